//! What kinds that load or run networks have in common.

use pellucid_diffusion::{Computing, DiffusionError, LayerStep};
use pellucid_graph::{Check, FileRef, NodeError, Param, Run, Site};
use pellucid_value::{ConditioningFact, ModelFact, WeightFile};

/// Where to compute and what is loaded.
///
/// # Errors
/// When this build or machine lacks the device.
pub fn computing<'a>(cx: &'a Run) -> Result<Computing<'a>, NodeError> {
    Computing::new(cx.residents(), cx.compute()).map_err(failed)
}

/// An error while running.
pub fn failed(error: DiffusionError) -> NodeError {
    match error {
        DiffusionError::Cancelled => NodeError::cancelled(),
        error @ DiffusionError::NotFinite { .. } => NodeError::new(error.to_string()).hint(
            "look for damage with `pellucid models inspect FILE`; numbers too large for bf16 or f16 need `--dtype f32`",
        ),
        error => NodeError::new(error.to_string()),
    }
}

/// A refusal while checking, about an input or a param.
pub fn refused(site: impl Into<Site>) -> impl Fn(DiffusionError) -> NodeError {
    let site = site.into();
    move |error| NodeError::at(site.clone(), error.to_string())
}

/// Reports progress, in the form that computations call.
pub fn steps<'a>(cx: &'a Run) -> impl FnMut(u64, u64) -> Result<(), DiffusionError> + 'a {
    |done, total| cx.step(done, total).map_err(|_| DiffusionError::Cancelled)
}

/// Reports progress of decoding layers, and shows the first of them as soon as there is something to see.
pub fn layer_steps<'a>(cx: &'a Run) -> impl FnMut(&LayerStep) -> Result<(), DiffusionError> + 'a {
    |at| {
        if let Some(layer) = at.preview() {
            cx.preview(layer)?;
        }
        cx.step(at.done, at.total).map_err(|_| DiffusionError::Cancelled)
    }
}

/// Refuses a prompt that is encoded for another line of models.
///
/// # Errors
/// At the prompt's `site`.
pub fn refuse_other_family(
    prompt: &ConditioningFact,
    model: &ModelFact,
    site: impl Into<Site>,
) -> Result<(), NodeError> {
    if prompt.family == model.family {
        return Ok(());
    }
    let message =
        format!("the prompt is encoded for {}, but the model is {}", prompt.family, model.family);
    Err(NodeError::at(site, message)
        .hint("encode it with the text encoders of the same checkpoint"))
}

/// Tells which tensors of a weight file nothing needs: it may be meant for something else, or be broken.
pub fn tell_unexpected(cx: &Check, param: impl Into<Site>, file: &WeightFile, keys: &[String]) {
    const SHOWN: usize = 3;
    if keys.is_empty() {
        return;
    }
    let shown: Vec<String> = keys.iter().take(SHOWN).map(|key| format!("`{key}`")).collect();
    let more = if keys.len() > SHOWN { ", ..." } else { "" };
    let (name, count, shown) = (&file.name, keys.len(), shown.join(", "));
    let message = format!("`{name}` holds {count} tensor(s) that nothing needs: {shown}{more}");
    cx.warn(NodeError::at(param, message).hint("`pellucid models inspect FILE` lists them all"));
}

/// The weight file of a param, while checking.
///
/// # Errors
/// When it is not there.
pub fn checked_file(cx: &Check, param: Param<FileRef>) -> Result<WeightFile, NodeError> {
    cx.weights(param, &cx.param(param))
}

/// The weight file of a param, while running.
///
/// # Errors
/// When it is not there, or changed since it was checked.
pub fn weight_file(cx: &Run, param: Param<FileRef>) -> Result<WeightFile, NodeError> {
    cx.weights(param, &cx.param(param))
}
