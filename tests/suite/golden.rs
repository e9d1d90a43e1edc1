//! Graphs with the pictures or the findings they must give.
//!
//! `tests/graphs/FAMILY/KIND.json` must give `KIND.png` (or `.json`) beside it;
//! `tests/refused/NAME.json` must give exactly the findings in `NAME.txt`. `UPDATE=1` writes what
//! is missing or different and then fails, so that somebody looks.

use std::fs;
use std::path::{Path, PathBuf};

use pellucid_graph::Cancel;
use pellucid_host::Options;
use pellucid_pixel::files::{Limits, decode};
use pellucid_tests::{findings_text, kinds, models, repository, told, told_findings};

/// Golden pictures stay small: a picture that needs more shows too much.
const MAX_PICTURE: u64 = 20 << 10;

/// Pictures agree to one code of 8 bits: functions such as `powf` may differ in the last bit
/// between machines, which can move a value over a rounding edge.
const TOLERANCE: f32 = 1.01 / 255.0;

fn graphs(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![repository().join("tests").join(folder)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "json") && !is_expectation(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// `KIND.result.json` is what a graph must give, not a graph.
fn is_expectation(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".result.json")
}

fn update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

#[test]
fn every_graph_gives_its_picture() {
    let mut troubles = Vec::new();
    let all = graphs("graphs");
    assert!(!all.is_empty());
    for graph in all {
        if let Err(trouble) = check_graph(&graph) {
            troubles.push(format!("{}: {trouble}", graph.display()));
        }
    }
    assert!(troubles.is_empty(), "{}", troubles.join("\n"));
}

fn check_graph(graph: &Path) -> Result<(), String> {
    let out = tempfile::tempdir().unwrap();
    let options = Options {
        out: out.path().to_owned(),
        root: Some(repository().join("tests")),
        models: vec![models()],
        threads: 2,
        ..Options::new(graph, kinds())
    };
    let report = told(options).session.run(&Cancel::default());
    if !report.is_ok() {
        return Err(told_findings(&report));
    }
    if report.written.is_empty() {
        return Err("it writes nothing".into());
    }
    for written in &report.written {
        let suffix = written.path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let expected = match written.output.as_str() {
            "result.png" => graph.with_extension("png"),
            "result.json" => graph.with_extension("result.json"),
            other => graph.with_extension(other),
        };
        let got = fs::read(&written.path).unwrap();
        compare(&got, &expected, &suffix)?;
    }
    Ok(())
}

fn compare(got: &[u8], expected: &Path, suffix: &str) -> Result<(), String> {
    let verdict = match fs::read(expected) {
        Err(_) => Err("there is no expectation yet".to_owned()),
        Ok(_) if suffix != "png" && suffix != "json" => Err(format!("cannot compare .{suffix}")),
        Ok(want) if suffix == "png" => same_picture(got, &want),
        Ok(want) => same_json(got, &want),
    };
    let Err(trouble) = verdict else { return Ok(()) };
    if update() {
        fs::write(expected, got).unwrap();
        return Err(format!("{trouble}; written to {}: look at it", expected.display()));
    }
    let failed = repository().join("target/suite");
    fs::create_dir_all(&failed).unwrap();
    let name = expected.file_name().unwrap();
    fs::write(failed.join(name), got).unwrap();
    Err(format!("{trouble}; what came is in target/suite/{}", name.to_string_lossy()))
}

fn same_picture(got: &[u8], want: &[u8]) -> Result<(), String> {
    if want.len() as u64 > MAX_PICTURE {
        return Err(format!("the expectation has {} bytes, more than {MAX_PICTURE}", want.len()));
    }
    let open = |bytes| decode(bytes, &Limits::default()).map_err(|error| error.to_string());
    let (got, want) = (open(got)?.image, open(want)?.image);
    if got.fact != want.fact {
        return Err(format!("it is {:?}, not {:?}", got.fact, want.fact));
    }
    let pairs = got.pixels.as_flattened().iter().zip(want.pixels.as_flattened());
    let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    if worst <= TOLERANCE {
        Ok(())
    } else {
        Err(format!("it differs by up to {:.1}/255", worst * 255.0))
    }
}

/// Numbers agree to 1e-4 of their size: sums over pixels in f32 may be rounded differently.
fn same_json(got: &[u8], want: &[u8]) -> Result<(), String> {
    let parse =
        |bytes| serde_json::from_slice::<serde_json::Value>(bytes).map_err(|e| e.to_string());
    let (got, want) = (parse(got)?, parse(want)?);
    if close(&got, &want) { Ok(()) } else { Err(format!("it is {got}, not {want}")) }
}

fn close(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-4 * a.abs().max(b.abs()).max(1e-2)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| close(v, w)))
        }
        (a, b) => a == b,
    }
}

#[test]
fn every_refused_graph_gives_its_findings() {
    let mut troubles = Vec::new();
    let all = graphs("refused");
    assert!(!all.is_empty());
    for graph in all {
        let root = graph.parent().map(Path::to_owned);
        let models = vec![models()];
        let options = Options { threads: 1, root, models, ..Options::new(&graph, kinds()) };
        let resolved = told(options).session.check();
        let text = findings_text(&resolved.findings, &resolved.sources);
        let shown = format!("{}/", graph.parent().unwrap().display());
        let text = text.replace(&shown, "");
        let expected = graph.with_extension("txt");
        let want = fs::read_to_string(&expected).unwrap_or_default();
        if resolved.is_sound() {
            troubles.push(format!("{} is not refused", graph.display()));
        } else if text != want {
            if update() {
                fs::write(&expected, &text).unwrap();
            }
            troubles.push(format!("{}: got\n{text}\nwanted\n{want}", graph.display()));
        }
    }
    assert!(troubles.is_empty(), "{}", troubles.join("\n"));
}
