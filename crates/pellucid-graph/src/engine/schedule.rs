//! Which node runs when.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::job::{self, Job};
use super::{Engine, NodeEvent, Outcome, Request, Running, State};
use crate::cache::Values;
use crate::{Cancel, Cost, Key, NodeError, Trouble};

/// How often a waiting evaluation looks whether it is still wanted.
const POLL: Duration = Duration::from_millis(20);

pub(super) fn evaluate(engine: &Engine, request: &Request) -> Outcome {
    let mut evaluation = Evaluation::plan(engine, request);
    evaluation.work();
    evaluation.outcome()
}

/// One evaluation under way. Nodes are known by key, so that equal work is done once.
struct Evaluation<'a, 'r> {
    engine: &'a Engine,
    request: &'a Request<'r>,
    /// What has to run: the node that stands for the key, and what it waits for.
    pending: HashMap<Key, Pending>,
    /// Keys whose inputs are there, by the place of their node in the order.
    ready: BTreeMap<u32, Key>,
    /// Who waits for a key.
    waiting: HashMap<Key, Vec<Key>>,
    /// Started here, or under way from before; and whether it was started here.
    under_way: BTreeMap<u32, (Key, bool)>,
    /// Results that something still needs, and by how many things.
    held: HashMap<Key, (Values, usize)>,
    /// How many targets want a key.
    target_uses: HashMap<Key, usize>,
    outcome: Outcome,
    broken: HashSet<Key>,
}

struct Pending {
    node: u32,
    position: u32,
    missing: usize,
    inputs: Vec<Key>,
}

impl<'a, 'r> Evaluation<'a, 'r> {
    /// Finds out what has to run.
    fn plan(engine: &'a Engine, request: &'a Request<'r>) -> Self {
        let mut this = Self {
            engine,
            request,
            pending: HashMap::new(),
            ready: BTreeMap::new(),
            waiting: HashMap::new(),
            under_way: BTreeMap::new(),
            held: HashMap::new(),
            target_uses: HashMap::new(),
            outcome: Outcome::default(),
            broken: HashSet::new(),
        };
        let mut position = vec![0; request.graph.nodes.len()];
        for (place, index) in request.graph.order.iter().enumerate() {
            position[*index as usize] = place as u32;
        }
        // Of nodes that do the same work, the one written first stands for all.
        let mut first: HashMap<Key, u32> = HashMap::new();
        for index in request.graph.cone(request.targets) {
            if let Some(key) = this.key(index) {
                first.entry(key).or_insert(index);
            }
        }
        let mut seen = HashSet::new();
        let mut open: Vec<u32> =
            request.targets.iter().map(|t| request.graph.source(*t).node).collect();
        let mut wanted: Vec<(Key, usize)> = Vec::new();
        for target in request.targets {
            if let Some(key) = this.key(request.graph.source(*target).node) {
                wanted.push((key, 1));
                *this.target_uses.entry(key).or_default() += 1;
            }
        }
        while let Some(index) = open.pop() {
            let Some(key) = this.key(index) else { continue };
            let index = first[&key];
            if !seen.insert(key) || this.found(index, key) {
                continue;
            }
            let inputs = this.input_keys(index);
            wanted.extend(inputs.iter().map(|key| (*key, 1)));
            let node = &request.graph.nodes[index as usize];
            open.extend(node.inputs.iter().flatten().map(|wire| request.graph.source(*wire).node));
            let position = position[index as usize];
            this.pending.insert(key, Pending { node: index, position, missing: 0, inputs });
        }
        this.link(&wanted);
        this.outcome.needed = request.graph.cone(request.targets).len();
        this
    }

    fn key(&self, index: u32) -> Option<Key> {
        self.request.keys.keys[index as usize]
    }

    /// Keys of the values a node takes, each as often as it takes it.
    fn input_keys(&self, index: u32) -> Vec<Key> {
        let graph = self.request.graph;
        let wires = graph.nodes[index as usize].inputs.iter().flatten();
        wires.filter_map(|wire| self.key(graph.source(*wire).node)).collect()
    }

    /// Looks for a result in memory, then in the store.
    fn found(&mut self, index: u32, key: Key) -> bool {
        if let Some(values) = self.engine.shared.lock().cache.get(key) {
            self.held.insert(key, (values, 0));
            return true;
        }
        let Some(store) = &self.request.store else { return false };
        match store.get(key) {
            Ok(Some(values)) if self.are_as_known(index, &values) => {
                let values: Values = values.into();
                self.engine.shared.lock().cache.insert(key, Arc::clone(&values));
                self.held.insert(key, (values, 0));
                self.outcome.loaded.push(index);
                true
            }
            Ok(None) => false,
            Ok(Some(_)) => {
                let node = self.request.graph.nodes[index as usize].name.clone();
                let message = "the kept result is of another form".to_owned();
                (self.request.events)(NodeEvent::Damaged { node, message });
                false
            }
            Err(message) => {
                let node = self.request.graph.nodes[index as usize].name.clone();
                (self.request.events)(NodeEvent::Damaged { node, message });
                false
            }
        }
    }

    fn are_as_known(&self, index: u32, values: &[pellucid_value::Value]) -> bool {
        let facts = self.request.graph.nodes[index as usize].facts.as_deref().unwrap_or_default();
        facts.len() == values.len() && facts.iter().zip(values).all(|(f, v)| *f == v.fact())
    }

    /// Counts who waits for what.
    fn link(&mut self, wanted: &[(Key, usize)]) {
        for (key, times) in wanted {
            if let Some((_, uses)) = self.held.get_mut(key) {
                *uses += times;
            }
        }
        let known = |pending: &Pending| -> BTreeSet<Key> {
            pending.inputs.iter().filter(|i| self.pending.contains_key(i)).copied().collect()
        };
        let mut missing: Vec<(Key, BTreeSet<Key>)> =
            self.pending.iter().map(|(key, pending)| (*key, known(pending))).collect();
        missing.sort_unstable_by_key(|(key, _)| *key);
        for (key, inputs) in missing {
            let count = inputs.len();
            inputs.into_iter().for_each(|input| self.waiting.entry(input).or_default().push(key));
            if let Some(pending) = self.pending.get_mut(&key) {
                pending.missing = count;
                if count == 0 {
                    self.ready.insert(pending.position, key);
                }
            }
        }
    }

    /// Runs until nothing is left, or the evaluation is no longer wanted.
    fn work(&mut self) {
        loop {
            self.start_what_can();
            if self.under_way.is_empty() && self.ready.is_empty() {
                return;
            }
            if !self.wait() {
                self.outcome.cancelled = true;
                return;
            }
        }
    }

    fn start_what_can(&mut self) {
        while self.under_way.len() < self.engine.threads && !self.request.cancel.is_cancelled() {
            let engine = self.engine;
            let mut state = engine.shared.lock();
            let Some((position, key)) = self.next(&mut state) else { return };
            self.ready.remove(&position);
            if state.running.contains_key(&key) {
                self.under_way.insert(position, (key, false));
                continue;
            }
            // It may have been finished since by work of an earlier evaluation.
            if let Some(values) = state.cache.get(key) {
                drop(state);
                self.done(key, values);
                continue;
            }
            match self.fits(&mut state, key) {
                Fit::Yes(bytes) => {
                    let cancel = Cancel::default();
                    let node = self.pending[&key].node;
                    let exclusive =
                        self.request.graph.nodes[node as usize].kind.cost == Cost::Device;
                    state.failed.remove(&key);
                    state.running.insert(key, Running { cancel: cancel.clone(), bytes, exclusive });
                    drop(state);
                    self.spawn(key, cancel);
                    self.under_way.insert(position, (key, true));
                }
                Fit::Later => {
                    self.ready.insert(position, key);
                    return;
                }
                Fit::Never(error) => {
                    drop(state);
                    self.failed(key, error);
                }
            }
        }
    }

    /// The first ready key that may run beside what is running.
    fn next(&self, state: &mut State) -> Option<(u32, Key)> {
        let busy = state.running.values().any(|running| running.exclusive);
        self.ready.iter().map(|(position, key)| (*position, *key)).find(|(_, key)| {
            let node = self.pending[key].node as usize;
            let exclusive = self.request.graph.nodes[node].kind.cost == Cost::Device;
            !(busy && exclusive) || state.running.contains_key(key)
        })
    }

    /// Makes room for a node's run, forgetting results nobody needs.
    fn fits(&mut self, state: &mut State, key: Key) -> Fit {
        let node = &self.request.graph.nodes[self.pending[&key].node as usize];
        let outputs = node.facts.iter().flatten().map(pellucid_value::Fact::bytes);
        let bytes = outputs.fold(node.needs, u64::saturating_add);
        let running: u64 = state.running.values().map(|running| running.bytes).sum();
        if let Some(memory) = self.engine.budget.memory {
            let taken = running.saturating_add(bytes);
            let room = memory.saturating_sub(taken);
            let held = |key: Key| self.held.contains_key(&key);
            state.cache.shrink(room, &held);
            if state.cache.bytes().saturating_add(taken) > memory {
                if !state.running.is_empty() {
                    return Fit::Later;
                }
                let message = format!(
                    "{} needs {} beside {} of other values, but the budget is {}",
                    node.name,
                    shown(bytes),
                    shown(state.cache.bytes()),
                    shown(memory)
                );
                return Fit::Never(
                    NodeError::new(message).hint("raise --memory, or work at a smaller size"),
                );
            }
        }
        let now = state.cache.bytes().saturating_add(running).saturating_add(bytes);
        self.outcome.peak_bytes = self.outcome.peak_bytes.max(now);
        Fit::Yes(bytes)
    }

    fn spawn(&self, key: Key, cancel: Cancel) {
        let graph = self.request.graph;
        let node = &graph.nodes[self.pending[&key].node as usize];
        let input = |wire: &crate::Wire| {
            let source = graph.source(*wire);
            let key = self.key(source.node).expect("a node runs when its inputs have keys");
            self.held[&key].0[source.output as usize].clone()
        };
        let keep = node.kind.cost != Cost::Light;
        let job = Job {
            key,
            name: node.name.clone(),
            kind: Arc::clone(&node.kind),
            params: node.params.clone(),
            inputs: node.inputs.iter().map(|wires| wires.iter().map(input).collect()).collect(),
            facts: node.facts.clone().unwrap_or_default(),
            files: self.request.keys.files[self.pending[&key].node as usize].clone(),
            world: Arc::clone(&self.request.world),
            store: self.request.store.clone().filter(|_| keep),
            events: Arc::clone(&self.request.events),
            previews: self.request.previews,
            cancel,
        };
        let shared = Arc::clone(&self.engine.shared);
        self.engine.pool.spawn(move || job::run(&shared, job));
    }

    /// Waits until something under way has ended, or until something ready may fit in beside
    /// work of other evaluations. False when no longer wanted.
    fn wait(&mut self) -> bool {
        let engine = self.engine;
        let mut state = engine.shared.lock();
        loop {
            if self.request.cancel.is_cancelled() {
                return false;
            }
            let ended: Vec<u32> = self
                .under_way
                .iter()
                .filter(|(_, (key, _))| !state.running.contains_key(key))
                .map(|(position, _)| *position)
                .collect();
            if !ended.is_empty() {
                let mut results = Vec::new();
                for (key, here) in ended.iter().filter_map(|at| self.under_way.remove(at)) {
                    results.push(take(&mut state, key, here));
                }
                drop(state);
                results.into_iter().for_each(|result| self.settle(result));
                return true;
            }
            let running = state.running.len();
            state = match engine.shared.changed.wait_timeout(state, POLL) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
            if !self.ready.is_empty() && state.running.len() < running.max(1) {
                return true;
            }
        }
    }

    fn settle(&mut self, ended: Ended) {
        match ended {
            Ended::Done(key, values, took) => {
                self.outcome.ran.push((self.pending[&key].node, took));
                self.done(key, values);
            }
            Ended::Again(key) => {
                let position = self.pending[&key].position;
                self.ready.insert(position, key);
            }
            Ended::Failed(_, error) if error.trouble == Trouble::Cancelled => {
                self.outcome.cancelled = true;
            }
            Ended::Failed(key, error) => self.failed(key, error),
        }
    }

    fn done(&mut self, key: Key, values: Values) {
        let uses = self.uses(key);
        self.held.insert(key, (values, uses));
        for input in self.pending[&key].inputs.clone() {
            self.release(input);
        }
        for consumer in self.waiting.remove(&key).unwrap_or_default() {
            let Some(pending) = self.pending.get_mut(&consumer) else { continue };
            pending.missing -= 1;
            if pending.missing == 0 && !self.broken.contains(&consumer) {
                self.ready.insert(pending.position, consumer);
            }
        }
    }

    /// How many things will still take a result: consumers, and targets.
    fn uses(&self, key: Key) -> usize {
        let consumers = self.waiting.get(&key).into_iter().flatten();
        let taken: usize = consumers
            .map(|consumer| self.pending[consumer].inputs.iter().filter(|i| **i == key).count())
            .sum();
        taken + self.target_uses.get(&key).copied().unwrap_or(0)
    }

    fn release(&mut self, key: Key) {
        if let Some((_, uses)) = self.held.get_mut(&key) {
            *uses = uses.saturating_sub(1);
            if *uses == 0 {
                self.held.remove(&key);
            }
        }
    }

    /// Notes a failure, and gives up what depends on it.
    fn failed(&mut self, key: Key, error: NodeError) {
        let node = self.pending[&key].node;
        self.outcome.failures.push((node, error));
        let mut open = vec![key];
        while let Some(key) = open.pop() {
            if self.broken.insert(key) {
                open.extend(self.waiting.get(&key).into_iter().flatten());
            }
        }
    }

    fn outcome(mut self) -> Outcome {
        let graph = self.request.graph;
        let value = |target: &crate::Wire| {
            let source = graph.source(*target);
            let (values, _) = self.held.get(&self.key(source.node)?)?;
            Some(values[source.output as usize].clone())
        };
        let values = self.request.targets.iter().map(value).collect();
        self.outcome.values = values;
        self.outcome.failures.sort_by_key(|(node, _)| *node);
        self.outcome.ran.sort_by_key(|(node, _)| *node);
        let mut state = self.engine.shared.lock();
        let held: HashSet<Key> = self.held.keys().copied().collect();
        // What the graph still has is in use, also where a later result stood in for it.
        for key in self.request.keys.keys.iter().flatten() {
            drop(state.cache.get(*key));
        }
        let State { running, failed, took, .. } = &mut *state;
        failed.retain(|key, _| running.contains_key(key));
        took.retain(|key, _| running.contains_key(key));
        state.cache.next_round(self.engine.budget.max_age, &held);
        let memory = self.engine.budget.memory.unwrap_or(u64::MAX);
        state.cache.shrink(self.engine.budget.keep.min(memory), &|key| held.contains(&key));
        drop(state);
        self.outcome
    }
}

enum Fit {
    Yes(u64),
    Later,
    Never(NodeError),
}

enum Ended {
    Done(Key, Values, Duration),
    Again(Key),
    Failed(Key, NodeError),
}

/// What became of a key that no longer runs.
fn take(state: &mut State, key: Key, here: bool) -> Ended {
    if let Some(values) = state.cache.get(key) {
        let took = state.took.remove(&key).unwrap_or_default();
        return Ended::Done(key, values, took);
    }
    match state.failed.remove(&key) {
        // Somebody cancelled work that this evaluation was counting on: do it again.
        Some(error) if error.trouble == Trouble::Cancelled && !here => Ended::Again(key),
        Some(error) => Ended::Failed(key, error),
        None => Ended::Again(key),
    }
}

/// Bytes as people read them.
fn shown(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} B"),
        10_000..=9_999_999 => format!("{:.1} MB", bytes as f64 / 1e6),
        10_000_000..=9_999_999_999 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
