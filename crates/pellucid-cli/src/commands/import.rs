//! `pellucid import`.

use std::path::{Component, Path};

use pellucid_host::{Provenance, read_provenance, write_atomically};
use pellucid_source::{printable, read};

use crate::args::ImportArgs;
use crate::exit::{Exit, Failure};
use crate::{Outcome, terminal};

/// Turns a picture back into the graph it was made by.
pub fn import(args: &ImportArgs) -> Outcome {
    let name = args.picture.to_string_lossy();
    let bytes = std::fs::read(&args.picture).map_err(|error| Failure::io(&name, &error))?;
    let Some(made_by) = read_provenance(&bytes) else {
        let message = format!("{name} does not say which graph it was made by");
        return Err(Failure { exit: Exit::Findings, message });
    };
    match &args.output {
        None => {
            terminal::print(&made_by.graph)?;
            for (path, _) in &made_by.graphs {
                let path = printable(&path.to_string_lossy()).into_owned();
                terminal::say(&format!("note: it uses {path}; -o writes that too"));
            }
        }
        Some(output) => write(output, &made_by)?,
    }
    if !made_by.set.is_empty() {
        let set: Vec<_> = made_by.set.iter().map(|set| format!("--set {set:?}")).collect();
        terminal::say(&format!("note: it was run with {}", set.join(" ")));
    }
    Ok(Exit::Done)
}

/// Writes the graph, and beside it the graphs it uses. Only graph files below the folder are
/// written, and no file that is there with other content is touched: pictures come from anywhere.
fn write(output: &Path, made_by: &Provenance) -> Result<(), Failure> {
    let base = output.parent().unwrap_or(Path::new(""));
    let mut files = vec![(output.to_owned(), &made_by.graph)];
    for (path, text) in &made_by.graphs {
        let place = base.join(path);
        if is_plain_graph(path) && read(text).is_ok() && files.iter().all(|(p, _)| *p != place) {
            files.push((place, text));
        } else {
            let path = printable(&path.to_string_lossy()).into_owned();
            terminal::say(&format!("note: it uses {path}, which is not written"));
        }
    }
    for (path, text) in &files {
        let same = std::fs::read(path).is_ok_and(|old| old == text.as_bytes());
        if std::fs::symlink_metadata(path).is_ok() && !same {
            let message = format!("{} is there already, with other content", path.display());
            return Err(Failure::failed(message));
        }
    }
    for (path, text) in files {
        write_atomically(&path, text.as_bytes())
            .map_err(|error| Failure::io(&path.to_string_lossy(), &error))?;
        terminal::say(&format!("wrote {}", path.display()));
    }
    Ok(())
}

/// A path below the folder, without hidden parts, that ends in `.json`.
fn is_plain_graph(path: &Path) -> bool {
    let plain = |part: Component| match part {
        Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
        _ => false,
    };
    path.components().all(plain) && path.extension().is_some_and(|e| e == "json")
}
