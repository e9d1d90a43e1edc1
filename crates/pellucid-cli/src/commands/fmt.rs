//! `pellucid fmt`.

use std::io::Read;
use std::path::Path;

use pellucid_graph::canonical;
use pellucid_host::write_atomically;
use pellucid_source::{Sources, decode, lossy_text, read};

use crate::args::FmtArgs;
use crate::exit::{Exit, Failure};
use crate::{Outcome, terminal};

/// Lays out graph files canonically.
pub fn fmt(args: &FmtArgs) -> Outcome {
    let mut exit = Exit::Done;
    for path in &args.graphs {
        if one(path, args.check)? == Exit::Findings {
            exit = Exit::Findings;
        }
    }
    Ok(exit)
}

fn one(path: &Path, check: bool) -> Outcome {
    let name = path.to_string_lossy();
    let stdin = name == "-";
    let bytes = if stdin {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|error| Failure::io(&name, &error))?;
    let json = decode(&bytes).and_then(|text| read(text).map_err(|trouble| *trouble));
    let json = match json {
        Ok(json) => json,
        Err(trouble) => {
            let mut sources = Sources::default();
            let file = sources.add(name, lossy_text(&bytes));
            terminal::finding(&trouble.at(file), &sources);
            return Ok(Exit::Findings);
        }
    };
    let text = canonical(&json.v);
    let same = text.as_bytes() == bytes;
    if check {
        if !same {
            terminal::say(&format!("{name} is not laid out canonically"));
        }
        return Ok(if same { Exit::Done } else { Exit::Findings });
    }
    if stdin {
        terminal::print(&text)?;
    } else if !same {
        write_atomically(path, text.as_bytes()).map_err(|error| Failure::io(&name, &error))?;
        terminal::say(&format!("laid out {name}"));
    }
    Ok(Exit::Done)
}
