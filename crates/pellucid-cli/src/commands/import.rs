//! `pellucid import`.

use std::path::{Component, Path};

use pellucid_host::{Provenance, read_provenance, write_atomically};

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
                terminal::say(&format!("note: it uses {}; -o writes that too", path.display()));
            }
        }
        Some(output) => write(output, &made_by)?,
    }
    if !made_by.set.is_empty() {
        let set: Vec<_> = made_by.set.iter().map(|set| format!("--set '{set}'")).collect();
        terminal::say(&format!("note: it was run with {}", set.join(" ")));
    }
    Ok(Exit::Done)
}

/// Writes the graph and the graphs it uses, which must lie below it; files with other content
/// are left alone.
fn write(output: &Path, made_by: &Provenance) -> Result<(), Failure> {
    let base = output.parent().unwrap_or(Path::new(""));
    let mut files = vec![(output.to_owned(), &made_by.graph)];
    for (path, text) in &made_by.graphs {
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            let message =
                format!("the graph uses {}, which lies outside its folder", path.display());
            return Err(Failure::failed(message));
        }
        files.push((base.join(path), text));
    }
    for (path, text) in &files {
        if std::fs::read(path).is_ok_and(|old| old != text.as_bytes()) {
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
