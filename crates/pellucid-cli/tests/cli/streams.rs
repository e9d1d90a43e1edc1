//! Human text goes to stderr, data to stdout; nothing steers what is not a terminal.

use std::fs::File;
use std::process::Stdio;

use serde_json::Value;

use super::{Place, SOLID, ended};

const WRONG: &str =
    r#"{ "nodes": { "a": { "kind": "soild" } }, "outputs": { "o.png": "a.image" } }"#;

#[test]
fn findings_and_status_go_to_stderr() {
    let place = Place::with(SOLID);
    let ended = place.run(&["run", "graph.json"]).with(0);
    assert_eq!(ended.out, "");
    assert!(ended.err.starts_with("o.png in "), "{}", ended.err);
    place.write("graph.json", WRONG);
    for command in ["run", "check"] {
        let ended = place.run(&[command, "graph.json"]).with(1);
        assert_eq!(ended.out, "");
        assert!(ended.err.starts_with("error[unknown-kind]"), "{}", ended.err);
    }
}

#[test]
fn there_is_no_colour_without_a_terminal() {
    let place = Place::with(WRONG);
    for args in [&["run", "graph.json"][..], &["check", "graph.json"], &["rnu"], &["--help"]] {
        let ended = place.run(args);
        assert!(!ended.err.contains('\u{1b}') && !ended.out.contains('\u{1b}'), "{args:?}");
        let mut command = place.command(args);
        let quiet = super::ended(&command.env("NO_COLOR", "1").output().unwrap());
        assert_eq!((quiet.out, quiet.err), (ended.out, ended.err), "{args:?}");
    }
}

#[test]
fn check_gives_json() {
    let place = Place::with(WRONG);
    let ended = place.run(&["check", "graph.json", "--json"]).with(1);
    assert_eq!(ended.err, "");
    let value: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(value["ok"], false);
    let finding = &value["findings"][0];
    assert_eq!(finding["code"], "unknown-kind");
    assert_eq!((&finding["line"], &finding["column"]), (&1.into(), &29.into()));
    assert_eq!(finding["node"], "a");
    assert_eq!(finding["hint"], "did you mean `solid`?");
    place.write("graph.json", SOLID);
    let ended = place.run(&["check", "graph.json", "--json", "--show"]).with(0);
    let value: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(value["ok"], true);
    assert_eq!(value["nodes"][0]["name"], "a");
}

/// Every line is an object with a name; the last one says how it ended.
fn events(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n'));
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.iter().all(|event| event["event"].is_string()), "{text}");
    assert_eq!(events[0]["event"], "began");
    assert_eq!(events[events.len() - 1]["event"], "ended");
    events
}

#[test]
fn events_are_one_json_object_a_line() {
    let place = Place::with(SOLID);
    let ended = place.run(&["run", "graph.json", "--events", "-"]).with(0);
    let names: Vec<_> =
        events(&ended.out).iter().map(|e| e["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["began", "node-started", "node-finished", "wrote", "ended"]);
    assert_eq!(events(&ended.out)[4]["ok"], true);
    place.run(&["run", "graph.json", "--events", "log.jsonl"]).with(0);
    events(&String::from_utf8(place.read("log.jsonl")).unwrap());
    place.write("graph.json", WRONG);
    let ended = place.run(&["run", "graph.json", "--events", "-"]).with(1);
    let told = events(&ended.out);
    assert_eq!(told[1]["finding"]["code"], "unknown-kind");
    assert_eq!(told[2]["ok"], false);
    let ended = place.run(&["run", "absent.json", "--events", "-"]).with(3);
    assert_eq!(events(&ended.out)[1]["finding"]["code"], "missing-file");
}

#[test]
fn a_place_for_events_that_is_none_is_told_before_anything_runs() {
    let place = Place::with(SOLID);
    place.run(&["run", "graph.json", "--events", "no/such/folder.jsonl"]).with(3);
    assert!(!place.path("o.png").exists());
}

#[test]
fn a_reader_that_goes_away_is_not_an_error() {
    let place = Place::with(SOLID);
    for args in [&["schema"][..], &["kinds", "--json"], &["run", "graph.json", "--events", "-"]] {
        let mut child =
            place.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        ended(&child.wait_with_output().unwrap()).with(0);
    }
    // Nor is it when nobody reads what people would.
    place.write("graph.json", WRONG);
    let mut child = place.command(&["check", "graph.json"]).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

/// Data that cannot be written is lost, and that is said.
#[cfg(target_os = "linux")]
#[test]
fn a_full_stream_is_told() {
    let place = Place::with(SOLID);
    let full = || File::options().write(true).open("/dev/full").unwrap();
    for args in [
        &["schema"][..],
        &["kinds"],
        &["check", "graph.json", "--json"],
        &["explain", "graph.json"],
    ] {
        let ended =
            ended(&place.command(args).stdout(full()).stderr(Stdio::piped()).output().unwrap())
                .with(4);
        assert!(ended.err.contains("stdout cannot be written"), "{args:?}: {}", ended.err);
    }
    let mut run = place.command(&["run", "graph.json", "--events", "-"]);
    let ended = ended(&run.stdout(full()).stderr(Stdio::piped()).output().unwrap()).with(0);
    assert!(ended.err.contains("note: events cannot be written"), "{}", ended.err);
    place.write("graph.json", WRONG);
    let status = place.command(&["check", "graph.json"]).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}
