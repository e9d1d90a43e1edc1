//! What all kinds that change a model have in common.

use std::sync::Arc;

use pellucid_graph::{In, Out};
use pellucid_value::{Model, ModelFact, ModelStep};

pub const MODEL_IN: In<Arc<Model>> = In::new("model", "The model.");
pub const MODEL_OUT: Out<Arc<Model>> =
    Out::new("model", "The changed model; nothing is loaded yet.");

/// The model with one more step behind the others, and what is known of it then.
pub fn with_step(model: &Model, fact: ModelFact, step: ModelStep) -> Arc<Model> {
    let steps = model.steps.iter().cloned().chain([step]).collect();
    Arc::new(Model { fact, files: model.files.clone(), steps })
}
