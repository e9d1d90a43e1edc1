//! Input that is wrong: what is found, where, in which words, and what to do about it. Nothing is
//! written, nothing is told twice, and nothing panics.

mod cases;
mod changing;
mod files;
mod language;
mod outputs;
mod params;
mod pictures;
mod raw;
mod subgraphs;
mod text;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use pellucid_graph::{Cancel, Override};
use pellucid_host::{Event, Options, Report};
use pellucid_source::{Diagnostic, Sources, render};
use pellucid_tests::{Folder, told, told_findings};

use cases::{Case, Want};

/// A finding is read by a person: it fits a screen whatever the input was.
const LONGEST: usize = 4_000;

/// Runs all cases and tells all that is wrong with any.
fn check(cases: Vec<Case>) {
    let troubles: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            catch_unwind(AssertUnwindSafe(|| run(case))).unwrap_or_else(|_| panicked(case))
        })
        .collect();
    assert!(troubles.is_empty(), "\n{}", troubles.join("\n"));
}

fn panicked(case: &Case) -> Option<String> {
    Some(format!("{}: it panicked", case.name))
}

fn run(case: &Case) -> Option<String> {
    let folder = Folder::new();
    case.lay_out(&folder);
    let out = folder.path(&case.out);
    let options = Options {
        graph: folder.path(&case.graph),
        out: out.clone(),
        set: case.set.iter().map(|text| Override { text: text.clone() }).collect(),
        only: case.only.clone(),
        kinds: cases::kinds(),
        ..folder.options()
    };
    let before = files_below(&out);
    let told = told(options);
    let report = told.session.run(&Cancel::default());
    let events = told.events.lock().unwrap();
    let mut troubles = wrong_words(case, &report);
    troubles.extend(wrong_events(&events));
    if files_below(&out) != before {
        troubles.push(format!("it wrote something: {:?}", files_below(&out)));
    }
    let findings = told_findings(&report);
    (!troubles.is_empty()).then(|| format!("{}: {}\n{findings}", case.name, troubles.join("; ")))
}

fn wrong_words(case: &Case, report: &Report) -> Vec<String> {
    let sources = &report.resolved.sources;
    let errors: Vec<&Diagnostic> =
        report.resolved.findings.iter().filter(|finding| finding.is_error()).collect();
    let mut troubles = Vec::new();
    let codes: Vec<_> = errors.iter().map(|error| error.code).collect();
    let wanted: Vec<_> = case.wants.iter().map(|want| want.code).collect();
    if codes != wanted {
        troubles.push(format!("found {codes:?}, wanted {wanted:?}"));
    }
    for (error, want) in errors.iter().zip(&case.wants) {
        troubles.extend(differs(error, want, sources));
    }
    for error in errors {
        if error.place.is_none() && !case.placeless {
            troubles.push("an error has no place".into());
        }
        troubles.extend(misshapen(error, sources));
    }
    troubles
}

fn differs(error: &Diagnostic, want: &Want, sources: &Sources) -> Vec<String> {
    let mut troubles = Vec::new();
    if !error.message.contains(want.says) {
        troubles.push(format!("the message lacks `{}`", want.says));
    }
    if !error.hint.as_deref().unwrap_or_default().contains(want.hint) {
        troubles.push(format!("the hint lacks `{}`", want.hint));
    }
    if let (Some(at), Some(place)) = (want.at, error.place) {
        let found = place.span.of(&sources.get(place.file).text);
        if found != at {
            troubles.push(format!("it points at `{found}`, not at `{at}`"));
        }
    }
    if let (Some(file), Some(place)) = (want.file, error.place) {
        let found = &sources.get(place.file).name;
        if !found.ends_with(file) {
            troubles.push(format!("it points into {found}, not into {file}"));
        }
    }
    troubles
}

/// What no finding may be, whatever it is about.
fn misshapen(error: &Diagnostic, sources: &Sources) -> Vec<String> {
    let text = render(error, sources, false);
    let mut troubles = Vec::new();
    if error.message.contains("broke off") {
        troubles.push("a node panicked".into());
    }
    if text.len() > LONGEST {
        troubles.push(format!("it prints {} bytes", text.len()));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        troubles.push("it could steer the terminal".into());
    }
    if error.message.ends_with('.') || error.message.is_empty() {
        troubles.push("the message is no headline".into());
    }
    troubles
}

/// Every finding is told once, and the round ends as one that failed.
fn wrong_events(events: &[Event]) -> Vec<String> {
    let mut troubles = Vec::new();
    let mut seen: Vec<&Diagnostic> = Vec::new();
    for event in events {
        if let Event::Finding { finding, .. } = event {
            if seen.contains(&&**finding) {
                troubles.push(format!("told twice: {}", finding.message));
            }
            seen.push(finding);
        }
    }
    if !matches!(events.last(), Some(Event::Ended { ok: false, .. })) {
        troubles.push("the round did not end as a failure".into());
    }
    troubles
}

fn files_below(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files_below(&entry.path()));
        } else if kind.is_file() {
            found.push((entry.path(), fs::read(entry.path()).unwrap()));
        }
    }
    found.sort();
    found
}
