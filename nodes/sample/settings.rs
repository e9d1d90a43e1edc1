//! What all kinds that sample have in common.

use std::sync::Arc;

use pellucid_diffusion::{DiffusionError, Sampled, Sampling, SamplingStep, sample};
use pellucid_graph::{Check, Choice, In, NodeError, Out, Param, Run};
use pellucid_nets::sample::{Options, Sampler};
use pellucid_nets::schedule::Schedule;
use pellucid_pixel::resize::{Filter, Resize, resize};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::{Conditioning, ConditioningFact, Latent, LatentFact, Model, ModelFact};

use crate::networks::{computing, failed, refuse_other_family, steps};

pub const MODEL: In<Arc<Model>> = In::new("model", "The denoising network.");
pub const POSITIVE: In<Arc<Conditioning>> = In::new("positive", "What to draw.");
pub const NEGATIVE: In<Arc<Conditioning>> = In::new("negative", "What guidance leads away from.");
pub const LATENT_IN: In<Latent> =
    In::new("latent", "Where to begin: an empty latent, or one to draw over.");
pub const LATENT_OUT: Out<Latent> = Out::new("latent", "What was drawn.");

pub const SEED: Param<u64> =
    Param::seed("seed", 0, "The seed of all noise; a seed means the same picture as in ComfyUI.");
pub const STEPS: Param<u32> =
    Param::<u32>::int("steps", 20, "Steps from noise to picture.").range(1, 10_000);
pub const CFG: Param<f64> = Param::float(
    "cfg",
    8.0,
    "How strongly to follow the prompt: 1 not more than it says, without looking at `negative`.",
)
.range(0.0, 100.0);
pub const SAMPLER: Choice<Sampler> =
    Choice::new("sampler", &Sampler::NAMES, "The rule that steps from noise to picture.");
pub const SCHEDULE: Choice<Schedule> =
    Choice::new("schedule", &Schedule::NAMES, "How noise levels are spaced.").default_at(6);
pub const FRAMES_IN_BATCH: Param<bool> = Param::bool(
    "frames_in_batch",
    false,
    "Whether the frames of a model with shared attentions follow each other in the batch, as in \
     ComfyUI, instead of being an axis of the latent.",
);

/// Refuses what cannot be drawn together; gives what the result will be.
///
/// # Errors
/// With what differs, at the input that can be changed.
pub fn check_sampling(cx: &Check, frames_in_batch: bool) -> Result<LatentFact, NodeError> {
    let (model, latent) = (cx.fact(MODEL), cx.fact(LATENT_IN));
    let (positive, negative) = (cx.fact(POSITIVE), cx.fact(NEGATIVE));
    for (fact, site) in [(&positive, POSITIVE), (&negative, NEGATIVE)] {
        refuse_prompt(&model, &latent, fact, site)?;
    }
    refuse_frames(&model, &latent, frames_in_batch)?;
    if latent.channels != 4 {
        let message = format!("the latent has {} channels, but the model draws 4", latent.channels);
        return Err(NodeError::at(LATENT_IN, message));
    }
    let elements = u64::from(latent.width) * u64::from(latent.height);
    cx.needs(
        model.bytes
            + positive.control_bytes.max(negative.control_bytes)
            + elements * u64::from(latent.batch * latent.frames) * BYTES_PER_ELEMENT,
    );
    Ok(LatentFact { masked: false, ..latent })
}

/// Bytes of features a latent element takes inside a network of usual width.
const BYTES_PER_ELEMENT: u64 = 320 * 4 * 24;

fn refuse_prompt(
    model: &ModelFact,
    latent: &LatentFact,
    prompt: &ConditioningFact,
    site: In<Arc<Conditioning>>,
) -> Result<(), NodeError> {
    refuse_other_family(prompt, model, site)?;
    let wanted = model.in_channels.saturating_sub(4);
    if prompt.concat_channels != wanted {
        let message = match (wanted, prompt.concat_channels) {
            (0, given) => {
                format!(
                    "the prompt comes with {given} channels to look at, but the model looks at none"
                )
            }
            (wanted, given) => format!(
                "the model looks at {wanted} channels beside the latent, but the prompt comes with {given}"
            ),
        };
        return Err(NodeError::at(site, message)
            .hint("take model and prompts from the same layer node, or leave it out of both"));
    }
    if wanted > 0 && prompt.concat_size != (latent.width, latent.height) {
        let ((width, height), pixels) = (prompt.concat_size, 8);
        let message = format!(
            "what the model looks at is {}x{} pixels, but it draws {}x{}",
            width * pixels,
            height * pixels,
            latent.picture_width(),
            latent.picture_height()
        );
        return Err(NodeError::at(site, message).hint("make both the same size"));
    }
    Ok(())
}

fn refuse_frames(
    model: &ModelFact,
    latent: &LatentFact,
    frames_in_batch: bool,
) -> Result<(), NodeError> {
    let frames = model.frames.max(1);
    if frames_in_batch && latent.frames == 1 {
        if !latent.batch.is_multiple_of(frames) {
            let message =
                format!("a batch of {} makes no whole pictures of {frames} frames", latent.batch);
            return Err(NodeError::at(LATENT_IN, message)
                .hint(format!("use a batch of {frames}, {}, ...", 2 * frames)));
        }
        return Ok(());
    }
    if latent.frames != frames {
        let message = format!(
            "the latent has {} frame{}, but the model draws {frames} together",
            latent.frames,
            if latent.frames == 1 { "" } else { "s" }
        );
        return Err(NodeError::at(LATENT_IN, message)
            .hint(format!("set `frames` of the empty latent to {frames}")));
    }
    Ok(())
}

/// Runs the sampler that is set through given noise levels, on what is wired, with progress.
///
/// # Errors
/// When it cannot go on, or is no longer wanted.
pub fn run_sampling(
    cx: &Run,
    sigmas: &[f32],
    options: Options,
    add_noise: bool,
) -> Result<Sampled, NodeError> {
    let (model, latent) = (cx.input(MODEL), cx.input(LATENT_IN));
    let (positive, negative) = (cx.input(POSITIVE), cx.input(NEGATIVE));
    let sampling = Sampling {
        model: &model,
        positive: &positive,
        negative: &negative,
        latent: &latent,
        cfg: cx.param(CFG),
        sampler: cx.choice(SAMPLER),
        options,
        sigmas,
        seed: cx.param(SEED),
        add_noise,
    };
    let computing = computing(cx)?;
    let mut step = steps(cx);
    let mut observe = |at: &SamplingStep| {
        cx.preview(|| preview(at))?;
        step(at.done, at.total)
    };
    sample(&computing, &sampling, &mut observe).map_err(failed)
}

/// Pixels of a picture along one element of its latent.
const ELEMENT: u32 = 8;

/// What a step of a sampler will come to, as large as the picture will be.
fn preview(step: &SamplingStep) -> Result<Image, DiffusionError> {
    let (colours, width, height) = step.preview()?;
    let (width, height) = (width as u32, height as u32);
    let opaque = colours.into_iter().map(|[r, g, b]| [r, g, b, 1.0]).collect();
    let small = Image::new(ImageFact::new(width, height, Alpha::Opaque), opaque);
    let how = Resize { filter: Filter::Nearest, linear_light: false };
    Ok(resize(&small, width * ELEMENT, height * ELEMENT, how))
}
