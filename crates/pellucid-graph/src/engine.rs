//! Evaluation: pulls values from targets, runs independent nodes side by side, merges equal
//! work, and lets newer evaluations take over what older ones have under way.

mod job;
mod schedule;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pellucid_pixel::Image;
use pellucid_value::{Compute, Residents, Value};

use crate::cache::MemoryCache;
use crate::{Cancel, Graph, Key, Keys, NodeError, Store, Wire, World};

/// How long results stay and how much may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Bytes that values and running work may take together; `None` for no limit.
    pub memory: Option<u64>,
    /// Bytes of results to keep between evaluations.
    pub keep: u64,
    /// Bytes of networks to keep loaded.
    pub resident: u64,
    /// Evaluations after which an unused result is forgotten.
    pub max_age: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { memory: None, keep: 4 << 30, resident: 8 << 30, max_age: 10 }
    }
}

/// Runs nodes and keeps results. Cheap to share; lives as long as the session.
pub struct Engine {
    shared: Arc<Shared>,
    pool: rayon::ThreadPool,
    threads: usize,
    budget: Budget,
}

/// What running jobs and waiting evaluations share.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    residents: Residents,
    compute: Compute,
}

#[derive(Default)]
struct State {
    cache: MemoryCache,
    running: HashMap<Key, Running>,
    failed: HashMap<Key, NodeError>,
    /// Time of the run that made a result, until an evaluation has reported it.
    took: HashMap<Key, Duration>,
}

struct Running {
    cancel: Cancel,
    bytes: u64,
    exclusive: bool,
}

impl Shared {
    /// A panic elsewhere cannot leave the state half-changed: every change is one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What to evaluate and how.
pub struct Request<'a> {
    /// The checked graph.
    pub graph: &'a Graph,
    /// Its keys.
    pub keys: &'a Keys,
    /// The wires whose values are wanted.
    pub targets: &'a [Wire],
    /// Where files come from.
    pub world: Arc<dyn World>,
    /// Results kept beyond the process.
    pub store: Option<Arc<dyn Store>>,
    /// Hears what happens, from any thread.
    pub events: Arc<dyn Fn(NodeEvent) + Send + Sync>,
    /// Whether nodes show what they will come to, see [`NodeEvent::Preview`].
    pub previews: bool,
    /// Ends this evaluation; work under way goes on unless [`Engine::keep_only`] ends it too.
    pub cancel: Cancel,
}

/// Something that happened to a node.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeEvent {
    /// It began to run.
    Started {
        /// The node.
        node: String,
    },
    /// It got on.
    Step {
        /// The node.
        node: String,
        /// Steps done.
        done: u64,
        /// Steps in all.
        total: u64,
    },
    /// What it will come to looks like this so far.
    Preview {
        /// The node.
        node: String,
        /// A small, rough picture.
        picture: Arc<Image>,
    },
    /// It has run.
    Finished {
        /// The node.
        node: String,
        /// How long it took.
        took: Duration,
    },
    /// Its stored result was damaged, and is made again.
    Damaged {
        /// The node.
        node: String,
        /// What was found.
        message: String,
    },
    /// Its result could not be stored; the run goes on.
    NotStored {
        /// The node.
        node: String,
        /// Why.
        message: String,
    },
}

/// What an evaluation came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// A value for every target; `None` where a node behind it failed.
    pub values: Vec<Option<Value>>,
    /// The nodes that failed, by index.
    pub failures: Vec<(u32, NodeError)>,
    /// The nodes that ran, by index, and how long each took.
    pub ran: Vec<(u32, Duration)>,
    /// How many nodes the targets need, those with kept results included.
    pub needed: usize,
    /// Nodes whose results came from the store.
    pub loaded: Vec<u32>,
    /// True when the evaluation was ended before it was done.
    pub cancelled: bool,
    /// The most bytes that values and running work took at a time.
    pub peak_bytes: u64,
}

impl Engine {
    /// An engine that runs this many nodes side by side, at least one, and networks on a device.
    ///
    /// # Errors
    /// When the threads cannot be started.
    pub fn new(
        threads: usize,
        budget: Budget,
        compute: Compute,
    ) -> Result<Self, rayon::ThreadPoolBuildError> {
        let threads = threads.max(1);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("pellucid-{index}"))
            .stack_size(16 << 20)
            .build()?;
        let residents = Residents::new(budget.resident.min(budget.memory.unwrap_or(u64::MAX)));
        let shared =
            Shared { state: Mutex::default(), changed: Condvar::new(), residents, compute };
        Ok(Self { shared: Arc::new(shared), pool, threads, budget })
    }

    /// True when the result of a key is in memory.
    pub fn has(&self, key: Key) -> bool {
        self.shared.lock().cache.contains(key)
    }

    /// Ends running work whose key is not among these.
    pub fn keep_only(&self, keys: &HashSet<Key>) {
        let state = self.shared.lock();
        let stale = state.running.iter().filter(|(key, _)| !keys.contains(key));
        let stale: Vec<Cancel> = stale.map(|(_, running)| running.cancel.clone()).collect();
        stale.iter().for_each(Cancel::cancel);
    }

    /// Makes a waiting evaluation look at its cancel flag at once.
    pub fn wake(&self) {
        self.shared.changed.notify_all();
    }

    /// Runs `work` on the engine's threads, so that what it does in parallel keeps to them.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Computes the values of the targets.
    pub fn evaluate(&self, request: &Request) -> Outcome {
        schedule::evaluate(self, request)
    }
}
