//! Exit statuses.

use super::{Place, SOLID};

#[test]
fn done_is_0() {
    let place = Place::with(SOLID);
    place.run(&["run", "graph.json"]).with(0);
    assert!(place.path("o.png").is_file());
    place.run(&["run", "graph.json"]).with(0);
    place.run(&["check", "graph.json"]).with(0);
    place.run(&["explain", "graph.json"]).with(0);
    place.run(&["--version"]).with(0);
    place.run(&["--help"]).with(0);
}

#[test]
fn a_wrong_graph_is_1() {
    let place = Place::with(&SOLID.replace("solid", "soild"));
    for command in ["run", "check", "explain"] {
        let ended = place.run(&[command, "graph.json"]).with(1);
        assert!(ended.err.contains("did you mean `solid`?"), "{}", ended.err);
        assert!(ended.err.contains("graph.json:1:"), "{}", ended.err);
    }
    assert!(!place.path("o.png").exists());
    place.write("graph.json", "{ \"nodes\": ");
    place.run(&["run", "graph.json"]).with(1);
    place.run(&["fmt", "graph.json"]).with(1);
}

#[test]
fn a_wrong_command_line_is_2() {
    let place = Place::with(SOLID);
    for args in [
        &["rnu", "graph.json"][..],
        &["run"],
        &["run", "graph.json", "--colour"],
        &["run", "graph.json", "--threads", "0"],
        &["run", "graph.json", "--threads", "many"],
        &["run", "graph.json", "--memory", "lots"],
        &["run", "graph.json", "--memory", "-1"],
        &["run", "graph.json", "--device", "cuda"],
        &["run", "graph.json", "--cache", "c", "--no-cache"],
        &["kinds", "soild"],
        &["show", "graph.json", "-o", "graph.gif"],
        &["fmt"],
        &["run", "graph.json", "--events", "./graph.json"],
    ] {
        let ended = place.run(args).with(2);
        assert!(ended.out.is_empty() && !ended.err.is_empty(), "{args:?}");
    }
    assert_eq!(place.read("graph.json"), SOLID.as_bytes());
    assert!(!place.path("o.png").exists());
}

#[test]
fn something_named_that_is_missing_is_3() {
    let place = Place::with(
        r#"{ "nodes": { "a": { "kind": "load_image", "params": { "file": "cat.png" } } }, "outputs": { "o.png": "a.image" } }"#,
    );
    place.write("cat.pgn", "");
    for command in ["run", "check"] {
        let ended = place.run(&[command, "graph.json"]).with(3);
        assert!(ended.err.contains("did you mean `cat.pgn`?"), "{}", ended.err);
    }
    for command in ["run", "check", "explain", "fmt", "import"] {
        let ended = place.run(&[command, "grahp.json"]).with(3);
        assert!(ended.err.contains("grahp.json"), "{command}: {}", ended.err);
    }
}

#[test]
fn a_node_that_fails_is_4() {
    let place = Place::with(
        r#"{ "nodes": { "a": { "kind": "load_image", "params": { "file": "cat.png" } } }, "outputs": { "o.png": "a.image" } }"#,
    );
    let other = Place::with(SOLID);
    other.run(&["run", "graph.json"]).with(0);
    // All but the end of the pixels.
    let picture = other.read("o.png");
    let at = picture.windows(4).position(|w| w == b"IDAT").unwrap();
    place.write("cat.png", &picture[..at + 10]);
    let ended = place.run(&["run", "graph.json"]).with(4);
    assert!(ended.err.contains("error[failed]"), "{}", ended.err);
    assert!(ended.err.contains("graph.json:1:"), "{}", ended.err);
    assert!(!place.path("o.png").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_4() {
    let place = Place::with(SOLID);
    place.write("taken", "kept");
    let ended = place.run(&["run", "graph.json", "--out", "taken"]).with(4);
    assert!(ended.err.contains("error[cannot-write]"), "{}", ended.err);
    assert!(ended.err.contains("choose another folder with --out DIR"), "{}", ended.err);
    assert_eq!(place.read("taken"), b"kept");
    place.run(&["show", "graph.json", "-o", "taken/graph.svg"]).with(4);
    if cfg!(target_os = "linux") {
        place.run(&["run", "graph.json", "--out", "/proc/pellucid"]).with(4);
    }
}

#[test]
fn an_assertion_that_does_not_hold_is_5() {
    let assert = |assertion: &str| {
        format!(
            "{{ \"nodes\": {{ \"a\": {{ \"kind\": \"solid\", \"params\": {{ \"width\": 8, \"height\": 8 }} }}, \
             \"b\": {{ \"kind\": \"invert\", \"inputs\": {{ \"image\": \"c.image\" }} }}, \
             \"c\": {{ \"kind\": \"solid\", \"params\": {{ \"width\": 8, \"height\": 8, \"colour\": \"#fff\" }} }}, \
             \"stated\": {assertion} }}, \"outputs\": {{ \"o.png\": \"stated.image\", \"b.png\": \"b.image\" }} }}"
        )
    };
    // Known before anything runs.
    let place = Place::with(&assert(
        r#"{ "kind": "assert_size", "inputs": { "image": "a.image" }, "params": { "width": 9 } }"#,
    ));
    for command in ["run", "check"] {
        let ended = place.run(&[command, "graph.json"]).with(5);
        assert!(
            ended.err.contains("error[assertion]: image is 8 pixels wide, not 9"),
            "{}",
            ended.err
        );
    }
    // Known from the pixels alone.
    place.write(
        "graph.json",
        assert(r#"{ "kind": "assert_equal", "inputs": { "image": "a.image", "reference": "b.image" } }"#),
    );
    place.run(&["check", "graph.json"]).with(0);
    let ended = place.run(&["run", "graph.json"]).with(5);
    assert!(ended.err.contains("error[assertion]"), "{}", ended.err);
    assert!(!place.path("o.png").exists());
}
