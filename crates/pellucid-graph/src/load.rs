//! The graph file and all graph files it uses, each read once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use pellucid_source::{Diagnostic, FileId, Json, Place, Sources, Spanned};

use crate::document::{Document, read_document};
use crate::{FilePlace, FileTrouble, Rules, World};

/// A graph file that was read.
pub(crate) struct Loaded {
    pub document: Document,
    /// Where the file is.
    pub path: PathBuf,
    /// Its folder, where its file names start.
    pub base: PathBuf,
    /// The graphs its nodes use as kinds; `None` for one that could not be used.
    pub graphs: HashMap<String, Option<usize>>,
}

/// Reads files that are graphs in another language.
pub trait Foreign: Send + Sync {
    /// The text in a file that is not text itself, such as a picture, with a word for what it is.
    /// None for any other file.
    fn text(&self, bytes: &[u8]) -> Option<(String, String)>;

    /// The graph that a tree stands for, and whatever is wrong with it in `findings`; none when it is
    /// a graph of ours. `path` is the file that it was read from.
    fn document(
        &self,
        path: &Path,
        file: FileId,
        json: &Spanned<Json>,
        findings: &mut Vec<Diagnostic>,
    ) -> Option<Document>;
}

/// Reads `top` and all it uses. The first document is the top one, if it could be read.
pub(crate) fn load(
    top: &Path,
    rules: &Rules,
    sources: &mut Sources,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Loaded> {
    let world = rules.world;
    let mut loader = Loader { rules, world, sources, findings, loaded: Vec::new() };
    let mut by_path = HashMap::new();
    let mut waiting = Vec::new();
    if let Some(document) = loader.read(top, None) {
        by_path.insert(top.to_owned(), Some(document));
        waiting.push(document);
    }
    while let Some(user) = waiting.pop() {
        for kind in loader.graph_kinds(user) {
            let place = Place { file: loader.loaded[user].document.file, span: kind.span };
            let used = loader.locate(user, &kind).and_then(|path| {
                *by_path.entry(path.clone()).or_insert_with(|| {
                    let document = loader.read(&path, Some(place));
                    waiting.extend(document);
                    document
                })
            });
            loader.loaded[user].graphs.insert(kind.v, used);
        }
    }
    let mut loaded = loader.loaded;
    refuse_cycles(&mut loaded, findings);
    loaded
}

/// True when a kind is written as the path of a graph file.
pub(crate) fn is_graph_path(kind: &str) -> bool {
    kind.starts_with("./") || kind.starts_with("../") || kind.ends_with(".json")
}

/// The code of a finding about a file.
pub(crate) fn file_code(reason: FileTrouble) -> &'static str {
    match reason {
        FileTrouble::Missing => "missing-file",
        FileTrouble::Denied => "denied-file",
        FileTrouble::Outside => "outside-root",
        FileTrouble::Other => "bad-file",
    }
}

struct Loader<'a> {
    rules: &'a Rules<'a>,
    world: &'a dyn World,
    sources: &'a mut Sources,
    findings: &'a mut Vec<Diagnostic>,
    loaded: Vec<Loaded>,
}

impl Loader<'_> {
    fn read(&mut self, path: &Path, user: Option<Place>) -> Option<usize> {
        let bytes = match self.world.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let mut finding = Diagnostic::error(file_code(error.reason), error.message);
                finding.place = user;
                finding.hint = error.hint;
                self.findings.push(finding);
                return None;
            }
        };
        let shown = path.to_string_lossy();
        let shown = shown.strip_prefix("./").unwrap_or(&shown);
        // Only the outermost graph may be in another language.
        let foreign = self.rules.foreign.filter(|_| user.is_none());
        if let Some((text, what)) = foreign.and_then(|foreign| foreign.text(&bytes)) {
            return self.parse(path, &format!("{shown} ({what})"), &text, user);
        }
        let text = match pellucid_source::decode(&bytes) {
            Ok(text) => text,
            Err(trouble) => {
                // The damaged text is kept with its bad bytes replaced, so that a place in it
                // can still be shown.
                let file = self.sources.add(shown, pellucid_source::lossy_text(&bytes));
                self.findings.push(trouble.at(file));
                return None;
            }
        };
        self.parse(path, shown, text, user)
    }

    fn parse(
        &mut self,
        path: &Path,
        shown: &str,
        text: &str,
        user: Option<Place>,
    ) -> Option<usize> {
        let file = self.sources.add(shown, text);
        let json = match pellucid_source::read(text) {
            Ok(json) => json,
            Err(trouble) => {
                self.findings.push(trouble.at(file));
                return None;
            }
        };
        let foreign = self.rules.foreign.filter(|_| user.is_none());
        let document = foreign.and_then(|f| f.document(path, file, &json, self.findings));
        let document = document.unwrap_or_else(|| read_document(file, &json, self.findings));
        let base = path.parent().map(Path::to_owned).unwrap_or_default();
        self.loaded.push(Loaded { document, path: path.to_owned(), base, graphs: HashMap::new() });
        Some(self.loaded.len() - 1)
    }

    /// The kinds of a document's nodes that mean graphs, each once, where first written.
    fn graph_kinds(&self, document: usize) -> Vec<Spanned<String>> {
        let offered = self.world.graph_kinds();
        let mut found: Vec<Spanned<String>> = Vec::new();
        for node in &self.loaded[document].document.nodes {
            let kind = &node.kind.v;
            let is_graph = is_graph_path(kind)
                || (self.rules.kinds.get(kind).is_none() && offered.binary_search(kind).is_ok());
            if is_graph && !found.iter().any(|k| k.v == *kind) {
                found.push(node.kind.clone());
            }
        }
        found
    }

    fn locate(&mut self, user: usize, kind: &Spanned<String>) -> Option<PathBuf> {
        let user = &self.loaded[user];
        let place = if is_graph_path(&kind.v) { FilePlace::Graph } else { FilePlace::NamedGraph };
        match self.world.locate(&user.base, &kind.v, place) {
            Ok(path) => Some(path),
            Err(error) => {
                let mut finding = Diagnostic::error(file_code(error.reason), error.message)
                    .at(user.document.at(kind.span));
                finding.hint = error.hint;
                self.findings.push(finding);
                None
            }
        }
    }
}

/// Finds graphs that use themselves, tells the path, and cuts it so that nothing recurses.
fn refuse_cycles(loaded: &mut [Loaded], findings: &mut Vec<Diagnostic>) {
    let mut state = vec![Visit::New; loaded.len()];
    let mut cuts = Vec::new();
    for start in 0..loaded.len() {
        visit(start, loaded, &mut state, &mut Vec::new(), &mut cuts);
    }
    for Cut { user, kind, path } in cuts {
        let document = &loaded[user].document;
        let node = document.nodes.iter().find(|node| node.kind.v == kind);
        let span = node.map_or(document.span, |node| node.kind.span);
        let names: Vec<_> = path.iter().map(|i| loaded[*i].path.display().to_string()).collect();
        findings.push(
            Diagnostic::error("graph-cycle", format!("`{kind}` contains itself"))
                .at(document.at(span))
                .hint(format!("the path is {}", names.join(" > "))),
        );
        loaded[user].graphs.insert(kind, None);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    New,
    Open,
    Done,
}

struct Cut {
    user: usize,
    kind: String,
    path: Vec<usize>,
}

fn visit(
    at: usize,
    loaded: &[Loaded],
    state: &mut [Visit],
    path: &mut Vec<usize>,
    cuts: &mut Vec<Cut>,
) {
    if state[at] != Visit::New {
        return;
    }
    state[at] = Visit::Open;
    path.push(at);
    let mut used: Vec<_> = loaded[at].graphs.iter().collect();
    used.sort();
    for (kind, used) in used {
        let Some(used) = *used else { continue };
        if state[used] == Visit::Open {
            let from = path.iter().position(|i| *i == used).unwrap_or(0);
            let path = path[from..].iter().copied().chain([used]).collect();
            cuts.push(Cut { user: at, kind: kind.clone(), path });
        } else {
            visit(used, loaded, state, path, cuts);
        }
    }
    path.pop();
    state[at] = Visit::Done;
}
