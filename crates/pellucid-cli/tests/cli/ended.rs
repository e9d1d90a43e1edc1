//! Runs that are ended in the middle, and runs side by side.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Place, files_below, is_part};

/// Some hundred milliseconds of work and of writing: a comb of merges, and four files.
fn heavy(colour: &str) -> String {
    let solid = |name: &str, colour: &str| {
        format!(
            "\"{name}\": {{ \"kind\": \"solid\", \"params\": {{ \"width\": 700, \"height\": 600, \"colour\": \"{colour}\" }} }}"
        )
    };
    let mut nodes = vec![solid("n0", "#204060"), solid("fg", colour)];
    for n in 1..8 {
        nodes.push(format!(
            "\"n{n}\": {{ \"kind\": \"merge\", \"inputs\": {{ \"bg\": \"n{}.image\", \"fg\": \"fg.image\" }}, \"params\": {{ \"mode\": \"soft_light\" }} }}",
            n - 1
        ));
    }
    let outputs = [("n2", "png"), ("n4", "tif"), ("n6", "safetensors"), ("n7", "png")];
    let outputs: Vec<_> =
        outputs.iter().map(|(n, suffix)| format!("\"{n}.{suffix}\": \"{n}.image\"")).collect();
    format!(
        "{{ \"nodes\": {{ {} }}, \"outputs\": {{ {} }} }}",
        nodes.join(", "),
        outputs.join(", ")
    )
}

const RUN: &[&str] =
    &["run", "graph.json", "--out", "out", "--cache", "kept", "--cache-size", "28M"];

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What a clean run writes.
fn written(graph: &str) -> (Files, Duration) {
    let place = Place::with(graph);
    let start = Instant::now();
    place.run(&["run", "graph.json", "--out", "out", "--no-cache"]).with(0);
    (contents(&place), start.elapsed())
}

/// All files in `out` that are not unfinished, by name.
fn contents(place: &Place) -> Files {
    let out = place.path("out");
    let files = files_below(&out).into_iter().filter(|file| !is_part(file));
    files
        .map(|file| (file.strip_prefix(&out).unwrap().to_owned(), fs::read(&file).unwrap()))
        .collect()
}

/// An entry of the cache holds its magic, its checksum, its length, and that many bytes.
fn is_whole_entry(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PELLUCID") && bytes[24..32] == ((bytes.len() - 32) as u64).to_le_bytes()
}

/// Killed at any time, with two versions of the graph in turn: every file is one version's or the
/// other's, as a whole, and the next run mends all.
#[test]
fn a_killed_run_leaves_whole_files_only() {
    let graphs = ["#ff880080", "#00ff8840"].map(heavy);
    let [(first, took), (second, _)] = graphs.each_ref().map(|graph| written(graph));
    assert_eq!(first.len(), 4);
    let place = Place::new();
    let tries = 14;
    let mut killed = 0;
    for n in 0..tries {
        place.write("graph.json", &graphs[n % 2]);
        let mut child = place.start(RUN);
        sleep(took * (n as u32 + 1) / tries as u32);
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        for (name, bytes) in contents(&place) {
            let whole = first.get(&name) == Some(&bytes) || second.get(&name) == Some(&bytes);
            assert!(whole, "{} has {} bytes after try {n}", name.display(), bytes.len());
        }
        let entries = files_below(&place.path("kept/v1/files"));
        for file in entries.iter().filter(|file| !is_part(file)) {
            assert!(is_whole_entry(&fs::read(file).unwrap()), "{} after try {n}", file.display());
        }
        if n % 5 == 4 {
            fs::remove_dir_all(place.path("kept")).unwrap_or_default();
        }
    }
    assert!(killed > 0, "every run was faster than its end");
    let told = place.run(&[RUN, &["--events", "-"]].concat()).with(0);
    assert!(!told.out.contains("cache-damaged"), "{}", told.out);
    assert_eq!(contents(&place), if tries % 2 == 1 { first } else { second });
}

/// A place where a file is written again and again: a reader sees the old one or the new one.
#[test]
fn a_reader_never_sees_half_a_file() {
    let graphs = ["#ff8800", "#00ff88"].map(heavy);
    let [(first, _), (second, _)] = graphs.each_ref().map(|graph| written(graph));
    let place = Place::with(&graphs[0]);
    place.run(RUN).with(0);
    place.write("graph.json", &graphs[1]);
    let mut child = place.start(RUN);
    let mut looks = 0;
    while child.try_wait().unwrap().is_none() {
        for (name, bytes) in contents(&place) {
            assert!(
                [&first, &second].iter().any(|files| files.get(&name) == Some(&bytes)),
                "{}",
                name.display()
            );
        }
        looks += 1;
    }
    assert!(looks > 1);
    assert_eq!(contents(&place), second);
}

#[test]
fn processes_side_by_side_share_a_cache() {
    let graph = heavy("#ff880080");
    let (expected, _) = written(&graph);
    let place = Place::with(&graph);
    let start = |n: usize| {
        place.start(&[
            "run",
            "graph.json",
            "--out",
            &format!("out{n}"),
            "--cache",
            "kept",
            "--cache-size",
            "28M",
        ])
    };
    for _ in 0..2 {
        let children: Vec<Child> = (0..3).map(start).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert_eq!(
                output.status.code(),
                Some(0),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        for n in 0..3 {
            for (name, bytes) in &expected {
                assert!(
                    place.read(format!("out{n}/{}", name.display())) == *bytes,
                    "{n} {}",
                    name.display()
                );
            }
            fs::remove_dir_all(place.path(format!("out{n}"))).unwrap();
        }
    }
    let entries = files_below(&place.path("kept/v1/files"));
    assert_eq!(entries.len(), 4);
    assert!(entries.iter().all(|file| is_whole_entry(&fs::read(file).unwrap())));
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    // The standard library sends no signal but SIGKILL.
    let sent = Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

/// Interrupted at any time: 130 and whole files, or all was done already. Never `done` with files
/// missing.
#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_with_130() {
    use std::os::unix::process::ExitStatusExt;
    const SIGINT: i32 = 2;
    let graph = heavy("#ff880080");
    let (expected, took) = written(&graph);
    let tries = 14;
    let mut interrupted = 0;
    for n in 0..tries {
        let place = Place::with(&graph);
        let child = place.start(&["run", "graph.json", "--out", "out", "--no-cache"]);
        sleep(took * (n + 1) / tries);
        if child.id() > 0 {
            interrupt(&child);
        }
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => assert_eq!(contents(&place).len(), expected.len(), "try {n}: {err}"),
            Some(130) => {
                assert!(err.contains("interrupted"), "{err}");
                interrupted += 1;
            }
            // It came before the program listened.
            None => assert_eq!(output.status.signal(), Some(SIGINT)),
            code => panic!("try {n}: {code:?} {err}"),
        }
        assert!(contents(&place).iter().all(|(name, bytes)| expected.get(name) == Some(bytes)));
        assert!(!files_below(&place.path("out")).iter().any(|file| is_part(file)));
    }
    assert!(interrupted > 0, "every run was faster than its end");
}

/// The events of an interrupted run end like those of any other.
#[cfg(unix)]
#[test]
fn an_interrupted_watch_ends_with_130() {
    let place = Place::with(super::SOLID);
    let child = place.start(&[
        "watch",
        "graph.json",
        "--out",
        "out",
        "--events",
        "log.jsonl",
        "--no-cache",
    ]);
    let start = Instant::now();
    while !place.path("out/o.png").is_file() && start.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(5));
    }
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let log = String::from_utf8(place.read("log.jsonl")).unwrap();
    assert!(
        log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "{log}"
    );
}
