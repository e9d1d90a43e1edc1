//! From values to files: what is right is left alone, what is kept ready is copied, the rest is
//! encoded.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use pellucid_comfy::Imported;
use pellucid_graph::{Cancel, Graph, Key, Keys, NodeError, Output, Override};
use pellucid_source::Diagnostic;
use pellucid_value::Value;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use super::numbers::Series;
use super::{Checked, Session, Target, Written, WrittenState};
use crate::formats::{bytes_of, file_count, options_bytes};
use crate::store::Shelf;
use crate::write::write_atomically;
use crate::{Event, Provenance, now, provenance, workflow};

/// Raised when the bytes written for the same value change.
const REVISION: u32 = 1;

/// An output file with its order: output, number of the file.
pub(super) type Done = (usize, u32, Written);

/// One file of an output.
struct OneFile {
    path: PathBuf,
    key: Key,
}

impl Session {
    /// Where the files of an output go; several when a batch is written to numbered files.
    pub(super) fn paths(&self, graph: &Graph, target: &Target) -> Vec<PathBuf> {
        let name = &graph.outputs[target.output].name;
        let count = graph.fact(target.wire).map_or(0, |fact| file_count(&target.suffix, fact));
        (0..count).map(|index| self.options.out.join(numbered(name, index))).collect()
    }

    /// The files of an output with their keys.
    fn files(&self, graph: &Graph, keys: &Keys, target: &Target) -> Option<Vec<OneFile>> {
        let output = &graph.outputs[target.output];
        let source = graph.source(target.wire);
        let key = keys.keys[source.node as usize]?;
        let file = |(index, path): (usize, PathBuf)| {
            let index = index as u32;
            let mut bytes = key.0.to_le_bytes().to_vec();
            bytes.extend(source.output.to_le_bytes());
            bytes.extend(REVISION.to_le_bytes());
            bytes.extend(options_bytes(&target.suffix, index, &output.options));
            OneFile { path, key: Key(xxh3_128(&bytes)) }
        };
        Some(self.paths(graph, target).into_iter().enumerate().map(file).collect())
    }

    /// The files of an output when all of them are still what was last written.
    pub(super) fn up_to_date(
        &self,
        graph: &Graph,
        keys: &Keys,
        target: &Target,
    ) -> Option<Vec<Done>> {
        if graph.outputs[target.output].options.next {
            // Which file it is shows only when the bytes are there.
            return None;
        }
        let files = self.files(graph, keys, target)?;
        if !files.iter().all(|file| self.ledger.is_current(&file.path, file.key)) {
            return None;
        }
        let name = &graph.outputs[target.output].name;
        let done = files.into_iter().enumerate().map(|(index, file)| {
            let state = WrittenState::Unchanged;
            self.tell(Event::Unchanged { output: name.clone(), path: file.path.clone() });
            (target.output, index as u32, Written { output: name.clone(), path: file.path, state })
        });
        Some(done.collect())
    }

    /// The bytes of an output's files, when all are kept ready.
    pub(super) fn stored_files(&self, graph: &Graph, keys: &Keys, target: &Target) -> Option<()> {
        let store = self.store.as_ref()?;
        let files = self.files(graph, keys, target)?;
        files.iter().all(|file| store.contains(Shelf::Files, file.key)).then_some(())
    }

    /// Writes outputs whose bytes are kept ready; the rest become the targets of the round.
    pub(super) fn write_stored(
        &self,
        checked: &mut Checked,
        missing: Vec<Target>,
        found: &mut Vec<Done>,
    ) {
        let mut findings = Vec::new();
        let text = Signature::of(checked, &self.options.set);
        for target in missing {
            let graph = &checked.resolved.graph;
            let ready = self.stored_files(graph, &checked.keys, &target);
            let ready = ready.and_then(|()| self.load_files(graph, &checked.keys, &target));
            match ready {
                Some(files) => {
                    let output = &graph.outputs[target.output];
                    if output.options.next {
                        let files = files.into_iter().map(|(_, bytes)| bytes).collect();
                        self.place_next(graph, &target, files, &text, found, &mut findings);
                        continue;
                    }
                    for (index, (file, bytes)) in files.into_iter().enumerate() {
                        match self.place(output, &file, &bytes, &text) {
                            Ok(written) => found.push((target.output, index as u32, written)),
                            Err(finding) => findings.push(finding),
                        }
                    }
                }
                None => checked.targets.push(target),
            }
        }
        self.add_findings(&mut checked.resolved, findings);
    }

    fn load_files(
        &self,
        graph: &Graph,
        keys: &Keys,
        target: &Target,
    ) -> Option<Vec<(OneFile, Vec<u8>)>> {
        let store = self.store.as_ref()?;
        let mut loaded = Vec::new();
        for file in self.files(graph, keys, target)? {
            match store.load(Shelf::Files, file.key) {
                Ok(Some(bytes)) => loaded.push((file, bytes)),
                Ok(None) => return None,
                Err(message) => {
                    let node = graph.outputs[target.output].name.clone();
                    self.tell(Event::Node(pellucid_graph::NodeEvent::Damaged { node, message }));
                    return None;
                }
            }
        }
        Some(loaded)
    }

    /// Encodes and writes the values of a round, side by side.
    pub(super) fn write_values(
        &self,
        checked: &mut Checked,
        targets: &[Target],
        values: &[Option<Value>],
        cancel: &Cancel,
        found: &mut Vec<Done>,
    ) {
        let graph = &checked.resolved.graph;
        let mut jobs = Vec::new();
        for (target, value) in targets.iter().zip(values) {
            let (Some(value), Some(files)) = (value, self.files(graph, &checked.keys, target))
            else {
                continue;
            };
            let output = &graph.outputs[target.output];
            for (index, file) in files.into_iter().enumerate() {
                jobs.push((target, output, value, index as u32, file));
            }
        }
        let text = Signature::of(checked, &self.options.set);
        let results: Vec<Result<Made, Diagnostic>> = self.engine.install(|| {
            jobs.into_par_iter()
                .filter(|_| !cancel.is_cancelled())
                .map(|(target, output, value, index, file)| {
                    let bytes = bytes_of(&target.suffix, value, index, &output.options)
                        .map_err(|error| encode_finding(output, error))?;
                    self.keep_file(&file, &bytes);
                    if output.options.next {
                        return Ok(Made::Next(target.output, bytes));
                    }
                    let written = self.place(output, &file, &bytes, &text)?;
                    Ok(Made::Written((target.output, index, written)))
                })
                .collect()
        });
        let mut findings = Vec::new();
        let mut next: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();
        for result in results {
            match result {
                Ok(Made::Written(done)) => found.push(done),
                Ok(Made::Next(output, bytes)) => next.entry(output).or_default().push(bytes),
                Err(finding) => findings.push(finding),
            }
        }
        for target in targets {
            if let Some(files) = next.remove(&target.output) {
                self.place_next(graph, target, files, &text, found, &mut findings);
            }
        }
        self.add_findings(&mut checked.resolved, findings);
    }

    fn keep_file(&self, file: &OneFile, bytes: &[u8]) {
        if let Some(store) = &self.store
            && let Err(message) = store.save(Shelf::Files, file.key, bytes)
        {
            let node = file.path.to_string_lossy().into_owned();
            self.tell(Event::Node(pellucid_graph::NodeEvent::NotStored { node, message }));
        }
    }

    /// Puts bytes where an output belongs, unless they are there. A PNG gets the graph as text
    /// beside its pixels; what is kept ready has none, so that it serves any graph.
    fn place(
        &self,
        output: &Output,
        file: &OneFile,
        bytes: &[u8],
        text: &Signature,
    ) -> Result<Written, Diagnostic> {
        let signed = text.signed(bytes, &output.name);
        let bytes = signed.as_deref().unwrap_or(bytes);
        let path = file.path.clone();
        let name = output.name.clone();
        let state = if holds(&path, bytes) {
            self.tell(Event::Unchanged { output: name.clone(), path: path.clone() });
            WrittenState::Unchanged
        } else {
            write_atomically(&path, bytes).map_err(|error| write_finding(output, &path, &error))?;
            let bytes = bytes.len() as u64;
            self.tell(Event::Wrote { output: name.clone(), path: path.clone(), bytes });
            WrittenState::Wrote
        };
        self.ledger.note(&path, file.key);
        Ok(Written { output: name, path, state })
    }
}

impl Session {
    /// Puts files where the next numbers are, unless the same are there already: what was saved is
    /// not saved again.
    fn place_next(
        &self,
        graph: &Graph,
        target: &Target,
        files: Vec<Vec<u8>>,
        text: &Signature,
        found: &mut Vec<Done>,
        findings: &mut Vec<Diagnostic>,
    ) {
        let output = &graph.outputs[target.output];
        let Some(fact) = graph.fact(target.wire) else { return };
        let Some(series) = Series::of(&output.name, &self.options.out, fact, &now()) else {
            return;
        };
        let sign = |bytes: Vec<u8>| text.signed(&bytes, &output.name).unwrap_or(bytes);
        let files: Vec<Vec<u8>> = files.into_iter().map(sign).collect();
        let mut taken = self.numbered.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers = series.numbers();
        let paths = |first: u64| {
            (0..files.len()).map(|i| series.path(first + i as u64, i as u32)).collect::<Vec<_>>()
        };
        let same = numbers.iter().map(|number| paths(*number)).find(|paths| {
            let free = paths.iter().all(|path| !taken.contains(path));
            free && paths.iter().zip(&files).all(|(path, bytes)| holds(path, bytes))
        });
        let next = || paths(numbers.last().map_or(1, |last| last.saturating_add(1)));
        let (paths, state) = match same {
            Some(paths) => (paths, WrittenState::Unchanged),
            None => (next(), WrittenState::Wrote),
        };
        for (index, (path, bytes)) in paths.into_iter().zip(&files).enumerate() {
            let (name, bytes_len) = (output.name.clone(), bytes.len() as u64);
            match state {
                WrittenState::Unchanged => {
                    self.tell(Event::Unchanged { output: name.clone(), path: path.clone() });
                }
                WrittenState::Wrote => {
                    if let Err(error) = write_atomically(&path, bytes) {
                        findings.push(write_finding(output, &path, &error));
                        return;
                    }
                    self.tell(Event::Wrote {
                        output: name.clone(),
                        path: path.clone(),
                        bytes: bytes_len,
                    });
                }
            }
            taken.insert(path.clone());
            found.push((target.output, index as u32, Written { output: name, path, state }));
        }
    }
}

/// What goes into a PNG beside its pixels: the graph, or for a workflow what ComfyUI reads.
enum Signature {
    Nothing,
    Graph(Box<Provenance>),
    Workflow(Arc<Imported>),
}

impl Signature {
    fn of(checked: &Checked, set: &[Override]) -> Self {
        match &checked.imported {
            Some(imported) => Self::Workflow(Arc::clone(imported)),
            None => match provenance::text(&checked.resolved, set) {
                Some(text) => Self::Graph(Box::new(text)),
                None => Self::Nothing,
            },
        }
    }

    fn signed(&self, bytes: &[u8], output: &str) -> Option<Vec<u8>> {
        match self {
            Self::Nothing => None,
            Self::Graph(text) => provenance::signed(bytes, text, output),
            Self::Workflow(imported) => workflow::signed(bytes, imported),
        }
    }
}

/// A file that was made.
enum Made {
    Written(Done),
    /// One of an output whose number is found when all its files are there.
    Next(usize, Vec<u8>),
}

/// Whether a file has these bytes.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.len() == bytes.len() as u64)
        && fs::read(path).is_ok_and(|old| old == bytes)
}

/// `###` in a name becomes the number of the picture, from 1, with as many digits.
fn numbered(name: &str, index: u32) -> String {
    let Some(start) = name.find('#') else { return name.to_owned() };
    let len = name[start..].chars().take_while(|c| *c == '#').count();
    format!("{}{:0len$}{}", &name[..start], index + 1, &name[start + len..])
}

fn encode_finding(output: &Output, error: NodeError) -> Diagnostic {
    let message = format!("{} cannot be made: {}", output.name, error.message);
    let mut finding = Diagnostic::error("failed", message).at(output.place);
    finding.hint = error.hint;
    finding
}

fn write_finding(output: &Output, path: &Path, error: &std::io::Error) -> Diagnostic {
    let message = format!("{} cannot be written: {error}", path.display());
    Diagnostic::error("cannot-write", message)
        .at(output.place)
        .hint("choose another folder with --out DIR")
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn hashes_become_the_number() {
        assert_eq!(numbered("a_###.png", 0), "a_001.png");
        assert_eq!(numbered("a_#.png", 11), "a_12.png");
        assert_eq!(numbered("a.png", 3), "a.png");
    }
}
