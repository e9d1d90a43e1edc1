//! One node's run, on a thread of the pool.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pellucid_value::{Fact, Value};

use super::{NodeEvent, Shared};
use crate::cache::Values;
use crate::context::Previews;
use crate::{Cancel, Key, NodeError, NodeKind, ParamValue, Run, StampedFile, Store, World};

/// All a run needs, owned: it may outlive the evaluation that started it.
pub(super) struct Job {
    pub key: Key,
    pub name: String,
    pub kind: Arc<NodeKind>,
    pub params: Vec<ParamValue>,
    pub inputs: Vec<Vec<Value>>,
    pub facts: Vec<Fact>,
    pub files: Vec<StampedFile>,
    pub world: Arc<dyn World>,
    pub store: Option<Arc<dyn Store>>,
    pub events: Arc<dyn Fn(NodeEvent) + Send + Sync>,
    pub previews: bool,
    pub cancel: Cancel,
}

/// Runs the node and tells the waiting evaluations.
pub(super) fn run(shared: &Shared, job: Job) {
    (job.events)(NodeEvent::Started { node: job.name.clone() });
    let start = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| values(&job, shared)));
    let result = result.unwrap_or_else(|panic| Err(panicked(&job.kind, panic.as_ref())));
    let took = start.elapsed();
    if result.is_ok() {
        (job.events)(NodeEvent::Finished { node: job.name.clone(), took });
    }
    if let (Ok(values), Some(store)) = (&result, &job.store)
        && let Err(message) = store.put(job.key, values)
    {
        (job.events)(NodeEvent::NotStored { node: job.name.clone(), message });
    }
    // Inputs are freed before anybody looks at what is held.
    let key = job.key;
    drop(job);
    finish(shared, key, result, took);
}

fn finish(shared: &Shared, key: Key, result: Result<Values, NodeError>, took: Duration) {
    let mut state = shared.lock();
    state.running.remove(&key);
    match result {
        Ok(values) => {
            state.cache.insert(key, values);
            state.took.insert(key, took);
        }
        Err(error) => drop(state.failed.insert(key, error)),
    }
    drop(state);
    shared.changed.notify_all();
}

fn values(job: &Job, shared: &Shared) -> Result<Values, NodeError> {
    if job.cancel.is_cancelled() {
        return Err(NodeError::cancelled());
    }
    let progress = |done, total| {
        (job.events)(NodeEvent::Step { node: job.name.clone(), done, total });
    };
    let show = |picture| {
        let picture = Arc::new(picture);
        (job.events)(NodeEvent::Preview { node: job.name.clone(), picture });
    };
    let previews = job.previews.then_some(Previews { show: &show, last: Mutex::new(None) });
    let mut cx = Run {
        kind: &job.kind,
        inputs: &job.inputs,
        params: &job.params,
        files: &job.files,
        world: &*job.world,
        cancel: &job.cancel,
        progress: &progress,
        previews,
        residents: &shared.residents,
        compute: shared.compute,
    };
    let values = job.kind.run.call(&mut cx)?;
    // A result that came too late is right, but it may be of a world that has moved on.
    if job.cancel.is_cancelled() {
        return Err(NodeError::cancelled());
    }
    let kept_word = values.len() == job.facts.len()
        && values.iter().zip(&job.facts).all(|(value, fact)| value.fact() == *fact);
    if !kept_word {
        let found: Vec<_> = values.iter().map(|value| value.fact().to_string()).collect();
        let said: Vec<_> = job.facts.iter().map(ToString::to_string).collect();
        let message = format!(
            "{} promised {}, but gave {}",
            job.kind.name,
            said.join("; "),
            found.join("; ")
        );
        return Err(NodeError::new(message)
            .hint("this is a fault of the kind, or a file changed while it was read"));
    }
    debug_assert!(
        values.iter().all(is_finite),
        "{} gave a value that is not finite",
        job.kind.name
    );
    Ok(values.into())
}

fn is_finite(value: &Value) -> bool {
    match value {
        Value::Image(image) => image.pixels.as_flattened().iter().all(|v| v.is_finite()),
        Value::Matte(matte) => matte.values.iter().all(|v| v.is_finite()),
        _ => true,
    }
}

fn panicked(kind: &NodeKind, panic: &(dyn std::any::Any + Send)) -> NodeError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    NodeError::new(format!("{} broke off: {text}", kind.name))
        .hint("this is a fault of the kind, not of the graph")
}
