//! One graph, checked, planned and run as often as wanted, with results remembered in between.

mod numbers;
mod outputs;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use pellucid_comfy::Imported;
use pellucid_graph::{
    Budget, Cancel, Engine, Fate, Graph, Keys, Kinds, Override, Request, Resolved, Rules, Store,
    Wire, keys, plan, resolve,
};
use pellucid_source::{Diagnostic, Place, Severity, Span, sort_and_dedup};
use pellucid_value::Compute;

use crate::ledger::Ledger;
use crate::paths::folder;
use crate::previews::seen;
use crate::record::{self, Record};
use crate::workflow::Workflows;
use crate::world::{extra_folders, extra_of_models};
use crate::{ComfyTree, DiskStore, Event, FileFormats, FileWorld, Folders, HostWorld};

pub use report::{Explained, Report, Written, WrittenState};

/// Everything a session is told at its start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The graph file.
    pub graph: PathBuf,
    /// The kinds there are.
    pub kinds: Kinds,
    /// Params set from outside.
    pub set: Vec<Override>,
    /// Names of outputs to write; all when empty.
    pub only: Vec<String>,
    /// Where outputs are written.
    pub out: PathBuf,
    /// The folder for rough pictures of what is being drawn, `NODE.png`; they are not made without one.
    pub previews: Option<PathBuf>,
    /// The folder that files of the graph may not lie outside of. When left out: the nearest
    /// folder above the graph with a file [`ROOT_MARK`] in it, or the graph's own.
    pub root: Option<PathBuf>,
    /// Folders whose graphs are offered as kinds.
    pub nodes: Vec<PathBuf>,
    /// Folders of models, in the order they are searched.
    pub models: Vec<PathBuf>,
    /// Where networks are computed.
    pub compute: Compute,
    /// Nodes to run side by side.
    pub threads: usize,
    /// How much may be held.
    pub budget: Budget,
    /// Where results are kept beyond the process.
    pub cache: CacheChoice,
}

/// Name of the file that marks the root of a project.
pub const ROOT_MARK: &str = "pellucid.root";

/// Where results are kept beyond the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheChoice {
    /// Nowhere.
    None,
    /// In a folder, bounded to about this many bytes.
    Dir(PathBuf, u64),
}

impl Options {
    /// Options for a graph with everything else as usual, and no results kept on disk.
    pub fn new(graph: impl Into<PathBuf>, kinds: Kinds) -> Self {
        Self {
            graph: graph.into(),
            kinds,
            set: Vec::new(),
            only: Vec::new(),
            out: PathBuf::from("."),
            previews: None,
            root: None,
            nodes: Vec::new(),
            models: Vec::new(),
            compute: Compute::default(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            budget: Budget::default(),
            cache: CacheChoice::None,
        }
    }

    fn folders(&self) -> Folders {
        let root = self.root.clone().unwrap_or_else(|| marked_root(&self.graph));
        let mut models = self.models.clone();
        models.extend(ComfyTree::above(&self.graph).map(|tree| tree.root));
        let mut extra = extra_folders(&[folder(&self.graph).to_owned()]);
        extra.extend(extra_of_models(&models));
        Folders { root, nodes: self.nodes.clone(), models, extra }
    }

    /// Where ComfyUI is, as far as the model folders and the graph's own place tell.
    fn trees(&self) -> Vec<ComfyTree> {
        let mut trees = ComfyTree::of_models(&self.models);
        trees.extend(ComfyTree::above(&self.graph));
        trees.dedup();
        trees
    }
}

/// The nearest folder above a graph with [`ROOT_MARK`] in it, or the graph's own.
fn marked_root(graph: &Path) -> PathBuf {
    let own = folder(graph);
    let above = std::path::absolute(own).unwrap_or_else(|_| own.to_owned());
    let marked = above.ancestors().find(|dir| dir.join(ROOT_MARK).is_file());
    marked.map_or_else(|| own.to_owned(), Path::to_owned)
}

/// Why a session could not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionError {
    /// What went wrong.
    pub message: String,
}

impl std::fmt::Display for SessionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for SessionError {}

/// Hears events, from any thread.
pub type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// One graph, checked, planned and run as often as wanted.
pub struct Session {
    pub(crate) options: Options,
    pub(crate) world: Arc<dyn HostWorld>,
    pub(crate) engine: Engine,
    store: Option<Arc<DiskStore>>,
    ledger: Ledger,
    listener: Listener,
    rounds: AtomicU64,
    last: Mutex<Option<Record>>,
    /// Files of this round whose number was new, so that no two outputs share one.
    numbered: Mutex<BTreeSet<PathBuf>>,
}

/// A graph that was checked, with the keys of its nodes.
pub(crate) struct Checked {
    pub resolved: Resolved,
    pub keys: Keys,
    pub targets: Vec<Target>,
    pub start: Instant,
    pub round: u64,
    /// The workflow that the graph was, if it was one.
    pub imported: Option<Arc<Imported>>,
}

/// An output to write.
pub(crate) struct Target {
    /// Index among the graph's outputs.
    pub output: usize,
    pub wire: Wire,
    pub suffix: String,
}

impl Session {
    /// A session on the real file system.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub fn new(options: Options, listener: Listener) -> Result<Self, SessionError> {
        let world = Arc::new(FileWorld::new(options.folders()));
        Self::within(options, world, listener)
    }

    /// A session in a world of its own.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub fn within(
        options: Options,
        world: Arc<dyn HostWorld>,
        listener: Listener,
    ) -> Result<Self, SessionError> {
        let engine =
            Engine::new(options.threads, options.budget, options.compute).map_err(|error| {
                SessionError { message: format!("threads cannot be started: {error}") }
            })?;
        let store = match &options.cache {
            CacheChoice::None => None,
            CacheChoice::Dir(dir, bytes) => Some(Arc::new(DiskStore::open(dir, *bytes))),
        };
        let last = store.as_ref().and_then(|store| Record::load(store.dir(), &options.graph));
        Ok(Self {
            options,
            world,
            engine,
            store,
            ledger: Ledger::default(),
            listener,
            rounds: AtomicU64::new(0),
            last: Mutex::new(last),
            numbered: Mutex::default(),
        })
    }

    pub(crate) fn tell(&self, event: Event) {
        (self.listener)(event);
    }

    /// Reads and checks the graph and all it names; nothing runs.
    pub fn check(&self) -> Resolved {
        self.world.next_round();
        let (mut resolved, imported) = self.resolve();
        self.targets(&mut resolved);
        in_terms_of(imported.as_deref(), &mut resolved);
        resolved
    }

    fn resolve(&self) -> (Resolved, Option<Arc<Imported>>) {
        let inputs = self.options.trees().iter().map(ComfyTree::input).collect();
        let workflows = Workflows::new(&self.options.kinds, &*self.world, inputs);
        let rules = Rules {
            kinds: &self.options.kinds,
            world: &*self.world,
            formats: &FileFormats,
            foreign: Some(&workflows),
            overrides: &self.options.set,
        };
        let resolved = resolve(&self.options.graph, &rules);
        (resolved, workflows.into_imported())
    }

    /// Checks the graph and says of every node whether it would run, and why.
    pub fn explain(&self) -> Explained {
        let checked = self.checked();
        let graph = &checked.resolved.graph;
        let stored = |target: &Target| self.stored_files(graph, &checked.keys, target).is_some();
        let made = checked.targets.iter().filter(|target| !stored(target));
        let wires: Vec<Wire> = made.map(|target| target.wire).collect();
        let store = self.store.as_ref().map(|store| &**store as &dyn Store);
        let fates = plan(graph, &checked.keys, &wires, &self.engine, store);
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let nodes = fates.iter().enumerate().map(|(index, fate)| {
            let words = record::words(*fate, last.as_ref(), graph, &checked.keys, index);
            (graph.nodes[index].name.clone(), *fate, words)
        });
        let nodes: Vec<(String, Fate, String)> = nodes.collect();
        let outputs = checked
            .targets
            .iter()
            .map(|target| (graph.outputs[target.output].name.clone(), stored(target)));
        let outputs = outputs.collect();
        Explained { nodes, outputs, resolved: checked.resolved }
    }

    /// Checks the graph, computes what its outputs need, and writes them.
    pub fn run(&self, cancel: &Cancel) -> Report {
        let checked = self.checked();
        self.tell(Event::Began { round: checked.round });
        self.tell_findings(&checked.resolved);
        self.finish(checked, cancel)
    }

    /// Begins a round: reads, checks, keys.
    pub(crate) fn checked(&self) -> Checked {
        let start = Instant::now();
        let round = self.rounds.fetch_add(1, Ordering::Relaxed) + 1;
        self.world.next_round();
        let (mut resolved, imported) = self.resolve();
        let targets = self.targets(&mut resolved);
        refuse_open_inputs(&targets, &mut resolved);
        let keys = if resolved.is_sound() {
            let mut findings = Vec::new();
            // Device and numbers may change the bits of a result.
            let class = self.options.compute.to_string();
            let keys = keys(&resolved.graph, &*self.world, &class, &mut findings);
            resolved.findings.append(&mut findings);
            keys
        } else {
            Keys { keys: vec![None; resolved.graph.nodes.len()], ..Keys::default() }
        };
        in_terms_of(imported.as_deref(), &mut resolved);
        Checked { resolved, keys, targets, start, round, imported }
    }

    pub(crate) fn tell_findings(&self, resolved: &Resolved) {
        if resolved.findings.is_empty() {
            return;
        }
        let sources = Arc::new(resolved.sources.clone());
        for finding in &resolved.findings {
            let (finding, sources) = (Box::new(finding.clone()), Arc::clone(&sources));
            self.tell(Event::Finding { finding, sources });
        }
    }

    /// Runs a checked graph, if it is sound, and writes its outputs.
    pub(crate) fn finish(&self, mut checked: Checked, cancel: &Cancel) -> Report {
        let mut report = Report { round: checked.round, ..Report::default() };
        if checked.resolved.is_sound() {
            self.evaluate(&mut checked, cancel, &mut report);
        }
        self.world.end_round();
        report.took = checked.start.elapsed();
        report.resolved = checked.resolved;
        let remember = report.is_ok();
        self.tell(Event::Ended {
            round: report.round,
            ran: report.ran.len(),
            needed: report.needed,
            took: report.took,
            ok: report.is_ok(),
            superseded: report.cancelled,
        });
        if remember {
            self.remember(&report.resolved, &checked.keys);
        }
        report
    }

    fn evaluate(&self, checked: &mut Checked, cancel: &Cancel, report: &mut Report) {
        self.numbered.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let wires: Vec<Wire> = checked.targets.iter().map(|target| target.wire).collect();
        report.needed = checked.resolved.graph.cone(&wires).len();
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for target in std::mem::take(&mut checked.targets) {
            match self.up_to_date(&checked.resolved.graph, &checked.keys, &target) {
                Some(written) => found.extend(written),
                None => missing.push(target),
            }
        }
        self.write_stored(checked, missing, &mut found);
        let missing = std::mem::take(&mut checked.targets);
        let targets: Vec<Wire> = missing.iter().map(|target| target.wire).collect();
        let (listener, previews) = (Arc::clone(&self.listener), self.options.previews.clone());
        let outcome = self.engine.evaluate(&Request {
            graph: &checked.resolved.graph,
            keys: &checked.keys,
            targets: &targets,
            world: self.world.clone(),
            store: self.store.clone().map(|store| store as Arc<dyn Store>),
            events: Arc::new(move |event| listener(seen(event, previews.as_deref()))),
            previews: self.options.previews.is_some(),
            cancel: cancel.clone(),
        });
        report.cancelled = outcome.cancelled;
        report.peak_bytes = outcome.peak_bytes;
        let graph = &checked.resolved.graph;
        report.ran = outcome
            .ran
            .iter()
            .map(|(node, took)| (graph.nodes[*node as usize].name.clone(), *took))
            .collect();
        let mut failures: Vec<Diagnostic> = outcome
            .failures
            .into_iter()
            .map(|(node, error)| pellucid_graph::locate(graph, &graph.nodes[node as usize], error))
            .filter(|finding| finding.code != "cancelled" || !report.cancelled)
            .collect();
        if let Some(imported) = &checked.imported {
            imported.rename(&mut failures);
        }
        if !report.cancelled {
            self.write_values(checked, &missing, &outcome.values, cancel, &mut found);
            report.cancelled = cancel.is_cancelled();
        }
        self.add_findings(&mut checked.resolved, failures);
        found.sort_by_key(|(output, index, _)| (*output, *index));
        report.written = found.into_iter().map(|(_, _, written)| written).collect();
    }

    fn add_findings(&self, resolved: &mut Resolved, findings: Vec<Diagnostic>) {
        if findings.is_empty() {
            return;
        }
        let mut told =
            Resolved { findings, sources: resolved.sources.clone(), ..Resolved::default() };
        sort_and_dedup(&mut told.findings);
        self.tell_findings(&told);
        resolved.findings.append(&mut told.findings);
    }

    fn remember(&self, resolved: &Resolved, keys: &Keys) {
        let record = Record::of(&resolved.graph, keys);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() == Some(&record) {
            return;
        }
        if let Some(store) = &self.store {
            record.save(store.dir(), &self.options.graph);
        }
        *last = Some(record);
    }

    /// Ends a run, and all work under way for it.
    pub fn interrupt(&self, cancel: &Cancel) {
        cancel.cancel();
        self.engine.keep_only(&Default::default());
        self.engine.wake();
    }
}

/// Sorts findings, those about a workflow in ComfyUI's terms.
fn in_terms_of(imported: Option<&Imported>, resolved: &mut Resolved) {
    if let Some(imported) = imported {
        imported.rename(&mut resolved.findings);
    }
    sort_and_dedup(&mut resolved.findings);
}

/// A graph that is made to be a node can be checked; alone there may be nothing of it to run.
fn refuse_open_inputs(targets: &[Target], resolved: &mut Resolved) {
    if !targets.is_empty() || !resolved.is_sound() {
        return;
    }
    for (name, place) in &resolved.graph.open_inputs {
        let message = format!("input `{name}` has no value, so there is nothing to run");
        let hint = "use this graph as a node of another, which gives it one";
        resolved.findings.push(Diagnostic::error("open-input", message).at(*place).hint(hint));
    }
}

/// The outputs to write, with findings about those that cannot be.
impl Session {
    fn targets(&self, resolved: &mut Resolved) -> Vec<Target> {
        let Resolved { graph, findings, sources } = resolved;
        for name in &self.options.only {
            if !graph.outputs.iter().any(|output| output.name == *name)
                && !graph.documents.is_empty()
            {
                let names = graph.outputs.iter().map(|output| output.name.as_str());
                let file = sources.add("--only", name.as_str());
                let mut finding = Diagnostic::error(
                    "unknown-output",
                    format!("the graph has no output `{name}`"),
                )
                .at(Place { file, span: Span::new(0, name.len()) });
                finding.hint = pellucid_source::did_you_mean(name, names);
                findings.push(finding);
            }
        }
        let mut targets = Vec::new();
        for (index, output) in graph.outputs.iter().enumerate() {
            let wanted = self.options.only.is_empty() || self.options.only.contains(&output.name);
            let (Some(suffix), Some(wire), true) = (output.suffix(), output.wire, wanted) else {
                continue;
            };
            if graph.fact(wire).is_some() {
                targets.push(Target { output: index, wire, suffix });
            }
        }
        let error = |finding: &Diagnostic| finding.severity == Severity::Error;
        // A graph that is made to be a node has its outputs for others.
        if graph.open_inputs.is_empty() && !findings.iter().any(error) {
            self.tell_nothing_to_write(graph, findings);
        }
        self.refuse_reading_outputs(&targets, graph, findings);
        refuse_shared_files(&targets, graph, |target| self.paths(graph, target), findings);
        targets
    }

    /// Outputs without a suffix are there for other graphs; alone they make a run do nothing.
    fn tell_nothing_to_write(&self, graph: &Graph, findings: &mut Vec<Diagnostic>) {
        let only = &self.options.only;
        let mut wanted =
            graph.outputs.iter().filter(|output| only.is_empty() || only.contains(&output.name));
        let Some(first) = wanted.next() else { return };
        if first.suffix().is_none() && wanted.all(|output| output.suffix().is_none()) {
            let message = format!("`{}` has no suffix, so no file is written", first.name);
            findings.push(
                Diagnostic::warning("no-outputs", message)
                    .at(first.place)
                    .hint(format!("name it \"{}.png\"", first.name)),
            );
        }
    }

    /// An output that would replace a file the graph reads would change its own input.
    fn refuse_reading_outputs(
        &self,
        targets: &[Target],
        graph: &Graph,
        findings: &mut Vec<Diagnostic>,
    ) {
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let read: BTreeSet<PathBuf> =
            self.world.touched().keys().filter_map(|path| real(path)).collect();
        for target in targets {
            let output = &graph.outputs[target.output];
            let paths = self.paths(graph, target);
            if paths.iter().any(|path| real(path).is_some_and(|path| read.contains(&path))) {
                let message = format!("{} is a file the graph reads", output.name);
                findings.push(
                    Diagnostic::error("bad-output", message).at(output.place).hint(
                        "give the output another name, or write to another folder with --out",
                    ),
                );
            }
        }
    }
}

/// Of two outputs that are written to one file, only one would be there in the end.
fn refuse_shared_files(
    targets: &[Target],
    graph: &Graph,
    paths: impl Fn(&Target) -> Vec<PathBuf>,
    findings: &mut Vec<Diagnostic>,
) {
    let mut taken: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for target in targets {
        let output = &graph.outputs[target.output];
        for path in paths(target) {
            let first = *taken.entry(path).or_insert(target.output);
            let first = &graph.outputs[first];
            // Two outputs of one name are a finding of their own.
            if first.name != output.name {
                let message = format!("{} and {} are written to one file", first.name, output.name);
                findings.push(
                    Diagnostic::error("bad-output", message)
                        .at(output.place)
                        .note(first.place, "the other output")
                        .hint("give one of them another name"),
                );
                break;
            }
        }
    }
}
