//! `pellucid import`.

use std::path::{Component, Path, PathBuf};

use pellucid_host::{ComfyTree, Provenance, now, read_provenance, write_atomically};
use pellucid_source::{Severity, Sources, decode, printable, read};

use crate::args::ImportArgs;
use crate::exit::{Exit, Failure, of_findings};
use crate::{Outcome, terminal};

/// Turns a workflow of ComfyUI into a graph, or a picture back into the graph it was made by.
pub fn import(args: &ImportArgs) -> Outcome {
    let name = args.file.to_string_lossy();
    let bytes = std::fs::read(&args.file).map_err(|error| Failure::io(&name, &error))?;
    match read_provenance(&bytes) {
        Some(made_by) => give_back(args, &made_by),
        None => workflow(args, &name, &bytes),
    }
}

fn workflow(args: &ImportArgs, name: &str, bytes: &[u8]) -> Outcome {
    let mut sources = Sources::default();
    let mut findings = Vec::new();
    let embedded = pellucid_comfy::embedded(bytes);
    let text = match &embedded {
        Some(found) => Ok(found.text.as_str()),
        None => decode(bytes),
    };
    let source = match &embedded {
        Some(found) => format!("{name} ({})", found.key),
        None => name.to_owned(),
    };
    let parsed = text.map_err(Box::new).and_then(|text| Ok((text, read(text)?)));
    let imported = match parsed {
        Ok((text, json)) => {
            let file = sources.add(&source, text);
            let kinds = super::builtin();
            pellucid_comfy::import(&json, &kinds, file, &now(), &mut findings)
        }
        Err(_) if is_picture(bytes) => None,
        Err(trouble) => {
            let text = embedded.as_ref().map(|found| found.text.clone());
            let text = text.unwrap_or_else(|| pellucid_source::lossy_text(bytes));
            findings.push(trouble.at(sources.add(&source, text)));
            None
        }
    };
    pellucid_source::sort_and_dedup(&mut findings);
    findings.iter().for_each(|finding| terminal::finding(finding, &sources));
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Ok(of_findings(&findings));
    }
    let Some(imported) = imported else {
        let message = match is_picture(bytes) {
            true => format!("{name} does not say which graph it was made by"),
            false => format!("{name} is no workflow of ComfyUI"),
        };
        return Err(Failure { exit: Exit::Findings, message });
    };
    let mut imported = imported;
    let base = args.file.parent().unwrap_or(Path::new(""));
    let graph_base = args.output.as_deref().and_then(Path::parent).unwrap_or(base);
    imported.rename_pictures(&super::builtin(), |name| picture(name, &args.file, base, graph_base));
    let graph = pellucid_comfy::print(&imported);
    match &args.output {
        None => terminal::print(&graph)?,
        Some(output) => write_files(vec![(output.clone(), &graph)])?,
    }
    Ok(Exit::Done)
}

/// Where a workflow in `base` finds a picture, as a graph in `graph_base` names it; nothing when it is
/// not there.
fn picture(name: &str, workflow: &Path, base: &Path, graph_base: &Path) -> Option<String> {
    let mut folders = vec![base.join("input"), base.to_owned()];
    folders.extend(ComfyTree::above(workflow).map(|tree| tree.input()));
    let found = folders.iter().map(|dir| dir.join(name)).find(|path| path.is_file())?;
    let absolute = |path: &Path| std::path::absolute(path).ok();
    let (found, from) = (absolute(&found)?, absolute(graph_base)?);
    let shared = found.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = found.components().skip(shared);
    let down = down.map(|part| part.as_os_str().to_string_lossy().into_owned());
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// Whether the bytes are not text, so that what is wrong with them as JSON says nothing.
fn is_picture(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| *byte >= 0x80) || decode(bytes).is_err()
}

fn give_back(args: &ImportArgs, made_by: &Provenance) -> Outcome {
    match &args.output {
        None => {
            terminal::print(&made_by.graph)?;
            for (path, _) in &made_by.graphs {
                let path = printable(&path.to_string_lossy()).into_owned();
                terminal::say(&format!("note: it uses {path}; -o writes that too"));
            }
        }
        Some(output) => write(output, made_by)?,
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
    write_files(files)
}

/// Writes files, unless one is there with other content.
fn write_files(files: Vec<(PathBuf, &String)>) -> Result<(), Failure> {
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
