//! What runs, what does not, and what is kept.

use std::sync::Arc;

use pellucid_graph::{Budget, Cancel};
use pellucid_host::{CacheChoice, Event, Options, WrittenState};
use pellucid_tests::{Folder, codes, ran, told, told_findings};
use serde_json::{Value, json};

fn chain(sigma: f64) -> Value {
    json!({
        "nodes": {
            "sky": { "kind": "solid", "params": { "width": 40, "height": 30, "colour": "#204060" } },
            "sun": { "kind": "solid", "params": { "width": 40, "height": 30, "colour": "#ffcc0080" } },
            "soft": { "kind": "blur", "inputs": { "image": "sun.image" }, "params": { "sigma": sigma } },
            "comp": { "kind": "merge", "inputs": { "bg": "sky.image", "fg": "soft.image" } },
        },
        "outputs": { "comp.png": "comp.image" },
    })
}

#[test]
fn only_what_an_edit_touches_runs_again() {
    let folder = Folder::with_graph(&chain(2.0));
    let told = folder.session(folder.options());
    assert_eq!(told.ran(), ["comp", "sky", "soft", "sun"]);
    assert_eq!(told.ran(), [""; 0]);
    folder.write("graph.json", chain(3.0).to_string());
    assert_eq!(told.ran(), ["comp", "soft"]);
    folder.write("graph.json", chain(2.0).to_string());
    assert_eq!(told.ran(), [""; 0], "undo is instant");
}

#[test]
fn a_renamed_node_and_a_moved_picture_run_nothing() {
    let folder = Folder::with_graph(&chain(2.0));
    let told = folder.session(folder.options());
    told.ran();
    let renamed = chain(2.0).to_string().replace("soft", "softened").replace("\"sun", "\"sol");
    folder.write("graph.json", renamed);
    assert_eq!(told.ran(), [""; 0]);
}

#[test]
fn equal_work_is_done_once() {
    let folder = Folder::with_graph(&json!({
        "nodes": {
            "a": { "kind": "solid", "params": { "width": 8, "height": 8, "colour": "#102030" } },
            "b": { "kind": "solid", "params": { "height": 8, "width": 8, "colour": "#102030" }, "note": "the same" },
            "comp": { "kind": "merge", "inputs": { "bg": "a.image", "fg": "b.image" } },
        },
        "outputs": { "comp.png": "comp.image" },
    }));
    assert_eq!(folder.session(folder.options()).ran(), ["a", "comp"]);
}

#[test]
fn what_no_output_asks_for_does_not_run() {
    let mut graph = chain(2.0);
    graph["nodes"]["idle"] = json!({ "kind": "solid" });
    let folder = Folder::with_graph(&graph);
    let report = folder.run();
    assert_eq!(ran(&report), ["comp", "sky", "soft", "sun"]);
    assert_eq!(codes(&report), ["unused-node"]);
    assert_eq!(report.needed, 4);
}

#[test]
fn a_file_that_is_right_is_left_alone() {
    let folder = Folder::with_graph(&chain(2.0));
    let told = folder.session(folder.options());
    told.ran();
    let before = std::fs::metadata(folder.path("out/comp.png")).unwrap().modified().unwrap();
    let report = told.session.run(&Cancel::default());
    assert_eq!(report.written[0].state, WrittenState::Unchanged);
    // A fresh session knows nothing, computes, and finds the bytes already there.
    let report = folder.run();
    assert_eq!(report.written[0].state, WrittenState::Unchanged);
    let after = std::fs::metadata(folder.path("out/comp.png")).unwrap().modified().unwrap();
    assert_eq!(before, after);
}

#[test]
fn a_file_somebody_changed_is_written_again() {
    let folder = Folder::with_graph(&chain(2.0));
    let told = folder.session(folder.options());
    told.ran();
    folder.write("out/comp.png", "scribble");
    let report = told.session.run(&Cancel::default());
    assert_eq!(report.written[0].state, WrittenState::Wrote);
    assert_ne!(folder.read("out/comp.png"), b"scribble");
}

fn cached(folder: &Folder) -> Options {
    Options { cache: CacheChoice::Dir(folder.path("cache"), 1 << 28), ..folder.options() }
}

#[test]
fn a_restart_computes_nothing() {
    let folder = Folder::with_graph(&chain(2.0));
    folder.session(cached(&folder)).ran();
    assert_eq!(folder.session(cached(&folder)).ran(), [""; 0]);
    std::fs::remove_dir_all(folder.path("out")).unwrap();
    let told = folder.session(cached(&folder));
    assert_eq!(told.ran(), [""; 0]);
    assert!(folder.path("out/comp.png").is_file());
}

#[test]
fn a_damaged_cache_is_told_and_made_again() {
    let folder = Folder::with_graph(&chain(2.0));
    folder.session(cached(&folder)).ran();
    let good = folder.read("out/comp.png");
    let files = walk(&folder.path("cache/v1/files"));
    assert_eq!(files.len(), 1);
    for damage in [0usize, 9, 20, 40] {
        let mut bytes = std::fs::read(&files[0]).unwrap();
        bytes[damage] ^= 1;
        std::fs::write(&files[0], &bytes).unwrap();
        std::fs::remove_dir_all(folder.path("out")).unwrap();
        let told = folder.session(cached(&folder));
        assert_eq!(told.ran(), ["comp", "sky", "soft", "sun"]);
        assert_eq!(folder.read("out/comp.png"), good);
        let events = told.events.lock().unwrap();
        assert!(events.iter().any(|e| e.to_json()["event"] == "cache-damaged"));
    }
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(walk(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn a_cache_that_cannot_be_written_costs_only_the_cache() {
    let folder = Folder::with_graph(&chain(2.0));
    folder.write("cache", "a file where a folder should be");
    let told = folder.session(cached(&folder));
    assert_eq!(told.ran().len(), 4);
    let events = told.events.lock().unwrap();
    assert!(events.iter().any(|e| e.to_json()["event"] == "not-cached"));
}

#[test]
fn two_sessions_at_once_share_a_cache() {
    let folder = Folder::with_graph(&chain(2.0));
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let options = Options { out: folder.path(&format!("out{n}")), ..cached(&folder) };
            std::thread::spawn(move || told(options).ran())
        })
        .collect();
    threads.into_iter().for_each(|thread| drop(thread.join().unwrap()));
    let first = folder.read("out0/comp.png");
    (1..4).for_each(|n| assert_eq!(folder.read(&format!("out{n}/comp.png")), first));
}

#[test]
fn memory_stays_under_its_budget() {
    // A chain of 20 blurs of a 64 kB picture needs three of them at a time, not twenty.
    let mut nodes =
        json!({ "n0": { "kind": "checkerboard", "params": { "width": 64, "height": 64 } } });
    for n in 1..20 {
        nodes[format!("n{n}")] = json!({
            "kind": "offset", "inputs": { "image": format!("n{}.image", n - 1) }, "params": { "x": n },
        });
    }
    let graph = json!({ "nodes": nodes, "outputs": { "end.png": "n19.image" } });
    let folder = Folder::with_graph(&graph);
    let one = 64 * 64 * 16;
    let budget = Budget { memory: Some(6 * one), ..Budget::default() };
    let told = folder.session(Options { budget, ..folder.options() });
    let report = told.session.run(&Cancel::default());
    assert!(report.is_ok(), "{}", told_findings(&report));
    assert!(report.peak_bytes <= 6 * one, "{}", report.peak_bytes);
    assert_eq!(report.ran.len(), 20);
    let free = folder.run();
    assert!(free.peak_bytes > 6 * one, "the budget is what kept it low: {}", free.peak_bytes);
}

#[test]
fn a_budget_too_small_for_one_node_is_told() {
    let folder = Folder::with_graph(&chain(2.0));
    let budget = Budget { memory: Some(1000), ..Budget::default() };
    let told = folder.session(Options { budget, ..folder.options() });
    let report = told.session.run(&Cancel::default());
    assert!(told_findings(&report).contains("raise --memory"), "{}", told_findings(&report));
    assert!(!folder.path("out/comp.png").exists());
}

#[test]
fn threads_do_not_change_a_bit() {
    let folder = Folder::with_graph(&chain(2.5));
    folder.run();
    let two = folder.read("out/comp.png");
    for threads in [1, 3, 8] {
        std::fs::remove_dir_all(folder.path("out")).unwrap();
        folder.session(Options { threads, ..folder.options() }).ran();
        assert_eq!(folder.read("out/comp.png"), two);
    }
}

#[test]
fn a_cancelled_run_writes_nothing() {
    let folder = Folder::with_graph(&chain(2.0));
    let told = folder.session(folder.options());
    let cancel = Cancel::default();
    cancel.cancel();
    let report = told.session.run(&cancel);
    assert!(report.cancelled && report.written.is_empty());
    assert!(!folder.path("out").exists());
}

#[test]
fn one_failed_branch_does_not_take_the_other_with_it() {
    let mut graph = chain(2.0);
    graph["nodes"]["must"] = json!({
        "kind": "assert_size", "inputs": { "image": "sky.image" }, "params": { "width": 40, "height": 30 },
    });
    graph["nodes"]["range"] =
        json!({ "kind": "alpha_report", "inputs": { "image": "soft.image" } });
    graph["nodes"]["never"] = json!({
        "kind": "assert_range", "inputs": { "number": "range.mean" }, "params": { "min": 2.0, "max": 3.0 },
    });
    graph["outputs"]["sky.png"] = json!("must.image");
    graph["outputs"]["mean.json"] = json!("never.number");
    let folder = Folder::with_graph(&graph);
    let report = folder.run();
    assert_eq!(codes(&report), ["assertion"], "{}", told_findings(&report));
    assert!(folder.path("out/comp.png").is_file() && folder.path("out/sky.png").is_file());
    assert!(!folder.path("out/mean.json").exists());
}

#[test]
fn only_writes_what_it_names() {
    let mut graph = chain(2.0);
    graph["outputs"]["soft.png"] = json!("soft.image");
    let folder = Folder::with_graph(&graph);
    let only = vec!["soft.png".to_owned()];
    let told = folder.session(Options { only, ..folder.options() });
    assert_eq!(told.ran(), ["soft", "sun"]);
    assert!(folder.path("out/soft.png").is_file() && !folder.path("out/comp.png").exists());
    let only = vec!["sofd.png".to_owned()];
    let report =
        folder.session(Options { only, ..folder.options() }).session.run(&Cancel::default());
    assert!(told_findings(&report).contains("did you mean `soft.png`?"));
}

#[test]
fn a_picture_knows_its_graph() {
    let folder = Folder::with_graph(&chain(2.0));
    folder.run();
    let made_by = pellucid_host::read_provenance(&folder.read("out/comp.png")).unwrap();
    assert_eq!(made_by.graph.as_bytes(), folder.read("graph.json"));
    assert_eq!(made_by.output, "comp.png");
}

#[test]
fn events_tell_the_whole_story() {
    let folder = Folder::with_graph(&chain(2.0));
    let told = folder.session(folder.options());
    told.ran();
    let events = told.events.lock().unwrap();
    let names: Vec<String> =
        events.iter().map(|e| e.to_json()["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.first().map(String::as_str), Some("began"));
    assert_eq!(names.last().map(String::as_str), Some("ended"));
    assert_eq!(names.iter().filter(|n| *n == "node-finished").count(), 4);
    assert_eq!(names.iter().filter(|n| *n == "wrote").count(), 1);
    assert!(matches!(events.last(), Some(Event::Ended { ran: 4, needed: 4, ok: true, .. })));
    drop(events);
    assert_eq!(Arc::strong_count(&told.events), 2);
}
