//! Workflows in, by small kinds of these tests' own and by the built-in ones.
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod api;
mod fixtures;
mod graphs;
mod hostile;
mod kinds;
mod subgraphs;
mod ui;

use pellucid_comfy::{Imported, Moment, import};
use pellucid_source::{Diagnostic, FileId, read};
use serde_json::Value;

/// What a workflow became, and what was found.
struct Tried {
    imported: Imported,
    findings: Vec<Diagnostic>,
}

const NOW: Moment = Moment { year: 2026, month: 3, day: 7, hour: 9, minute: 5, second: 1 };

fn tried(text: &str) -> Tried {
    let json = read(text).expect("the test's JSON is sound");
    let mut findings = Vec::new();
    let kinds = kinds::kinds();
    let imported = import(&json, &kinds, FileId::default(), &NOW, &mut findings);
    Tried { imported: imported.expect("the test's JSON is a workflow"), findings }
}

/// A workflow that has nothing wrong with it.
fn sound(text: &str) -> Imported {
    let tried = tried(text);
    assert!(tried.findings.is_empty(), "{:#?}", tried.findings);
    tried.imported
}

/// What ComfyUI would run, as API format without titles.
fn flat(imported: &Imported) -> Value {
    let text = &imported.chunks.iter().find(|(key, _)| key == "prompt").unwrap().1;
    let mut value: Value = serde_json::from_str(text).unwrap();
    for node in value.as_object_mut().unwrap().values_mut() {
        node.as_object_mut().unwrap().remove("_meta");
    }
    value
}

/// The headlines of findings.
fn headlines(tried: &Tried) -> Vec<String> {
    tried.findings.iter().map(ToString::to_string).collect()
}

/// The only finding, which must be of a code.
fn only<'t>(tried: &'t Tried, code: &str) -> &'t Diagnostic {
    assert_eq!(tried.findings.len(), 1, "{:#?}", tried.findings);
    assert_eq!(tried.findings[0].code, code, "{:#?}", tried.findings);
    &tried.findings[0]
}
