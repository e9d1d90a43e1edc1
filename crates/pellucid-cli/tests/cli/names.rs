//! Files and folders with names that programs get wrong.

use std::ffi::OsString;

use super::{Place, SOLID};

const NAMES: &[&str] = &[
    "two words",
    " spaces around ",
    "Käse 水 🔥",
    "e\u{301}",
    "two\nlines",
    "a\ttab",
    "'quotes\" `and` $(more)",
    "-dash",
    "%41 #1 &c",
    "\u{202e}turned",
];

#[test]
fn graphs_and_folders_may_have_any_name() {
    for name in NAMES {
        let place = Place::new();
        let graph = format!("{name}/{name}.json");
        place.write(&graph, SOLID);
        let (path, out) = (format!("./{graph}"), format!("./{name} out"));
        place.run(&["run", &path, "--out", &out, "--cache", &format!("./{name} cache")]).with(0);
        assert!(place.path(format!("{out}/o.png")).is_file(), "{name:?}");
        place.run(&["check", &path]).with(0);
        place.run(&["fmt", &path]).with(0);
        place
            .run(&["import", &format!("{out}/o.png"), "-o", &format!("{out}/{name}.json")])
            .with(0);
        place.write(&graph, "{");
        let ended = place.run(&["run", &path]).with(1);
        // Whatever the name is, it stays on the line of its finding.
        assert!(ended.err.lines().nth(1).unwrap().contains(".json:1:2"), "{name:?}: {}", ended.err);
        assert!(!ended.err.contains(['\t', '\u{202e}']), "{name:?}");
        let ended = place.run(&["fmt", "--check", &format!("./{name}.json")]).with(3);
        assert_eq!(ended.err.lines().count(), 1, "{name:?}: {}", ended.err);
    }
}

#[test]
fn pictures_may_have_any_name() {
    let place = Place::with(SOLID);
    place.run(&["run", "graph.json"]).with(0);
    let picture = place.read("o.png");
    for name in NAMES {
        let file = serde_json::to_string(&format!("pictures/{name}.png")).unwrap();
        place.write(format!("pictures/{name}.png"), &picture);
        let graph = format!(
            "{{ \"nodes\": {{ \"a\": {{ \"kind\": \"load_image\", \"params\": {{ \"file\": {file} }} }} }}, \
             \"outputs\": {{ \"copy.safetensors\": \"a.image\" }} }}"
        );
        place.write("copy.json", graph);
        place.run(&["run", "copy.json"]).with(0);
        std::fs::remove_file(place.path("copy.safetensors")).unwrap();
    }
}

#[test]
fn outputs_may_have_names_with_spaces_and_letters() {
    for name in ["two words", "Käse 水 🔥", "e\u{301}", "a.b.c", ".hidden", "sub folder/ü"] {
        let place = Place::with(&SOLID.replace("o.png", &format!("{name}.png")));
        place.run(&["run", "graph.json", "--out", "out"]).with(0);
        assert!(place.path(format!("out/{name}.png")).is_file(), "{name}");
        place
            .run(&["run", "graph.json", "--out", "only", "--only", &format!("{name}.png")])
            .with(0);
        assert!(place.path(format!("only/{name}.png")).is_file(), "{name}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_graph_whose_name_is_no_unicode_runs() {
    use std::os::unix::ffi::OsStringExt;
    let place = Place::new();
    let name = OsString::from_vec(b"caf\xe9.json".to_vec());
    place.write(&name, SOLID);
    place.run(&[OsString::from("run"), name.clone()]).with(0);
    assert!(place.path("o.png").is_file());
    place.write(&name, "{");
    let ended = place.run(&[OsString::from("check"), name]).with(1);
    assert!(ended.err.contains("caf\u{fffd}.json:1:2"), "{}", ended.err);
}
