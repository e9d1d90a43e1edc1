//! `explain` says why each node would run.

use pellucid_graph::Fate;
use pellucid_host::{CacheChoice, Options};
use pellucid_tests::Folder;
use serde_json::json;

fn graph(sigma: f64, colour: &str) -> String {
    json!({
        "nodes": {
            "sun": { "kind": "solid", "params": { "width": 8, "height": 8, "colour": colour } },
            "soft": { "kind": "blur", "inputs": { "image": "sun.image" }, "params": { "sigma": sigma } },
            "same": { "kind": "solid", "params": { "width": 8, "height": 8, "colour": colour } },
            "idle": { "kind": "solid" },
            "comp": { "kind": "merge", "inputs": { "bg": "same.image", "fg": "soft.image" } },
        },
        "outputs": { "comp.png": "comp.image" },
    })
    .to_string()
}

fn options(folder: &Folder) -> Options {
    Options { cache: CacheChoice::Dir(folder.path("cache"), 1 << 28), ..folder.options() }
}

fn words(folder: &Folder, node: &str) -> String {
    let explained = folder.session(options(folder)).session.explain();
    let found = explained.nodes.iter().find(|(name, _, _)| name == node);
    found.map(|(_, _, words)| words.clone()).unwrap()
}

#[test]
fn the_reason_is_told() {
    let folder = Folder::new();
    folder.write("graph.json", graph(2.0, "#ff0000"));
    assert_eq!(words(&folder, "soft"), "will run: nothing is known of an earlier run");
    folder.session(options(&folder)).ran();
    assert_eq!(words(&folder, "soft"), "not needed");
    folder.write("graph.json", graph(3.5, "#ff0000"));
    assert_eq!(words(&folder, "soft"), "will run: sigma was 2, is 3.5");
    assert_eq!(words(&folder, "comp"), "will run: fg is another value");
    assert_eq!(words(&folder, "sun"), "will run: its result is no longer kept");
    assert_eq!(words(&folder, "same"), "same work as sun");
    assert_eq!(words(&folder, "idle"), "not needed");
    folder.write("graph.json", graph(2.0, "#00ff00"));
    assert_eq!(words(&folder, "sun"), "will run: colour was \"#ff0000\", is \"#00ff00\"");
}

#[test]
fn in_one_session_memory_is_known() {
    let folder = Folder::new();
    folder.write("graph.json", graph(2.0, "#ff0000"));
    let told = folder.session(folder.options());
    told.ran();
    folder.write("graph.json", graph(2.5, "#ff0000"));
    let explained = told.session.explain();
    let fate = |node: &str| explained.nodes.iter().find(|(n, _, _)| n == node).unwrap().1;
    assert_eq!(fate("sun"), Fate::Memory);
    assert_eq!(fate("soft"), Fate::Run);
}

#[test]
fn a_changed_file_is_named() {
    let folder = Folder::new();
    folder.write("graph.json", graph(2.0, "#ff0000"));
    folder.session(options(&folder)).ran();
    let picture = folder.read("out/comp.png");
    folder.write("a.png", &picture);
    let loads = json!({
        "nodes": { "a": { "kind": "load_image", "params": { "file": "a.png" } } },
        "outputs": { "b.png": "a.image" },
    });
    folder.write("graph.json", loads.to_string());
    folder.session(options(&folder)).ran();
    folder.write("graph.json", graph(9.0, "#0000ff"));
    folder.session(options(&folder)).ran();
    folder.write("graph.json", loads.to_string());
    folder.session(options(&folder)).ran();
    folder.write("a.png", folder.read("out/comp.png"));
    assert_eq!(words(&folder, "a"), "will run: a.png has changed");
}
