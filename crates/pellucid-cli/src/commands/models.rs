//! `pellucid models`.

use std::path::{Path, PathBuf};

use pellucid_diffusion::{Description, describe};
use pellucid_host::extra_of_models;
use pellucid_host::models::{FOLDERS, candidates, names};
use serde_json::json;

use crate::args::{InspectArgs, ListArgs, ModelsArgs, ModelsCommand};
use crate::exit::{Exit, Failure};
use crate::{Outcome, terminal};

/// Lists what is in the model folders, or says what a file is.
pub fn models(args: &ModelsArgs) -> Outcome {
    match &args.command {
        Some(ModelsCommand::Inspect(inspect)) => inspect_file(inspect),
        Some(ModelsCommand::List(list)) => list_files(list),
        None => list_files(&ListArgs { models: args.models.clone(), json: false }),
    }
}

fn list_files(args: &ListArgs) -> Outcome {
    let roots = crate::args::model_folders(&args.models, None);
    if roots.is_empty() {
        return Err(Failure::usage(
            "there is no model folder; name one with --models DIR or PELLUCID_MODELS".to_owned(),
        ));
    }
    let extra = extra_of_models(&roots);
    let mut found = Vec::new();
    for (sort, _) in FOLDERS {
        for name in names(&roots, &extra, sort) {
            let path =
                candidates(&roots, &extra, sort, &name).into_iter().find(|path| path.exists());
            found.push((*sort, name, path.as_deref().map(what_is).unwrap_or_default()));
        }
    }
    let text = if args.json {
        let items = found
            .iter()
            .map(|(sort, name, what)| json!({ "folder": sort, "file": name, "is": what }));
        format!("{:#}\n", items.collect::<serde_json::Value>())
    } else {
        let mut text = String::new();
        let mut last = "";
        for (sort, name, what) in &found {
            if *sort != last {
                text.push_str(&format!("{sort}\n"));
                last = sort;
            }
            text.push_str(&format!("  {name:44} {what}\n"));
        }
        text
    };
    terminal::print(&text)?;
    Ok(Exit::Done)
}

/// What a path is, in a few words; why it is nothing, where it cannot be read.
fn what_is(path: &Path) -> String {
    if path.is_dir() {
        return "a folder in the diffusers layout".into();
    }
    describe(path, false).map_or_else(|error| error.to_string(), |found| found.what)
}

fn inspect_file(args: &InspectArgs) -> Outcome {
    let path = find(args)?;
    let found = describe(&path, args.numbers)
        .map_err(|error| Failure { exit: Exit::Findings, message: error.to_string() })?;
    let text = if args.json { as_json(&path, &found) } else { as_text(&path, &found) };
    terminal::print(&text)?;
    let sound = found.missing.is_empty() && found.not_finite.is_empty();
    Ok(if sound { Exit::Done } else { Exit::Findings })
}

/// A path as it is, or a name in the model folders.
fn find(args: &InspectArgs) -> Result<PathBuf, Failure> {
    if args.file.exists() {
        return Ok(args.file.clone());
    }
    let roots = crate::args::model_folders(&args.models, None);
    let name = args.file.to_string_lossy();
    let extra = extra_of_models(&roots);
    let all = FOLDERS.iter().flat_map(|(sort, _)| candidates(&roots, &extra, sort, &name));
    all.into_iter().find(|path| path.is_file()).ok_or_else(|| Failure {
        exit: Exit::Missing,
        message: format!("there is no file `{name}`"),
    })
}

fn as_text(path: &Path, found: &Description) -> String {
    let mut text = format!("{} is {}\n", path.display(), found.what);
    for (topic, value) in &found.details {
        text.push_str(&format!("  {topic:18} {value}\n"));
    }
    for (title, keys) in lists(found) {
        if !keys.is_empty() {
            text.push_str(&format!("{title} ({})\n", keys.len()));
            keys.iter().for_each(|key| text.push_str(&format!("  {key}\n")));
        }
    }
    text
}

fn as_json(path: &Path, found: &Description) -> String {
    let details: Vec<_> = found
        .details
        .iter()
        .map(|(topic, value)| json!({ "topic": topic, "value": value }))
        .collect();
    let json = json!({
        "file": path.to_string_lossy(),
        "is": found.what,
        "details": details,
        "missing": found.missing,
        "unexpected": found.unexpected,
        "not_finite": found.not_finite,
    });
    format!("{json:#}\n")
}

fn lists(found: &Description) -> [(&'static str, &[String]); 3] {
    [
        ("missing, or of another shape", &found.missing),
        ("without a place in such a file", &found.unexpected),
        ("with numbers that are not finite", &found.not_finite),
    ]
}
