//! One run of a sampler, from a latent to a latent.

use candle_core::Tensor;
use pellucid_nets::noise::{Generator, initial_noise};
use pellucid_nets::sample::{Options, Run, SampleError, Sampler, Step, sample as run_sampler};
use pellucid_nets::schedule::Discretisation;
use pellucid_pixel::Matte;
use pellucid_value::{
    Array, Conditioning, Latent, Model, ModelFact, ModelStep, Prediction, Sharing, WeightFile,
};

use crate::array::{finite, latent_of, numbers, repeated, rows_of};
use crate::denoise::{Canvas, GuidedModel, format_of};
use crate::error::{through_sampler, unfit};
use crate::regions::planes;
use crate::{Computing, DiffusionError};

/// Everything that decides what a run of a sampler gives.
#[derive(Clone, Debug)]
pub struct Sampling<'a> {
    /// The model.
    pub model: &'a Model,
    /// What to draw.
    pub positive: &'a Conditioning,
    /// What guidance leads away from.
    pub negative: &'a Conditioning,
    /// Where to begin.
    pub latent: &'a Latent,
    /// How strongly to follow the prompt.
    pub cfg: f64,
    /// The rule.
    pub sampler: Sampler,
    /// Its settings.
    pub options: Options,
    /// The noise levels to step through; none leaves the latent as it is.
    pub sigmas: &'a [f32],
    /// The seed of all noise.
    pub seed: u64,
    /// Whether noise is added to begin with.
    pub add_noise: bool,
}

/// One step of a run.
#[derive(Clone, Copy)]
pub struct SamplingStep<'a> {
    /// Steps done before this one.
    pub done: u64,
    /// Steps in all, as far as is known.
    pub total: u64,
    denoised: &'a Tensor,
    model: &'a ModelFact,
}

impl SamplingStep<'_> {
    /// What the result will be like: red, green and blue, 0 to 1, of every element of the first
    /// row, and width and height.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn preview(&self) -> Result<(Vec<[f32; 3]>, usize, usize), DiffusionError> {
        let first = self.denoised.narrow(0, 0, 1)?;
        let (_, channels, height, width) = first.dims4()?;
        let values = numbers(&first)?;
        let (rows, bias) = preview_factors(self.model.family);
        let plane = width * height;
        let colour = |element: usize| {
            std::array::from_fn(|rgb| {
                let sum: f32 =
                    (0..channels.min(4)).map(|c| values[c * plane + element] * rows[c][rgb]).sum();
                ((sum + bias[rgb]) * 0.5 + 0.5).clamp(0.0, 1.0)
            })
        };
        Ok(((0..plane).map(colour).collect(), width, height))
    }
}

/// A linear guess at the colour of scaled latents (the factors ComfyUI shows previews with).
fn preview_factors(family: pellucid_value::Family) -> ([[f32; 3]; 4], [f32; 3]) {
    match family {
        pellucid_value::Family::Sd15 | pellucid_value::Family::Sd2 => (
            [
                [0.3512, 0.2297, 0.3227],
                [0.3250, 0.4974, 0.2350],
                [-0.2829, 0.1762, 0.2721],
                [-0.2120, -0.2616, -0.7177],
            ],
            [0.0; 3],
        ),
        pellucid_value::Family::Sdxl | pellucid_value::Family::SdxlRefiner => (
            [
                [0.3651, 0.4232, 0.4341],
                [-0.2533, -0.0042, 0.1068],
                [0.1076, 0.1111, -0.0362],
                [-0.3165, -0.2492, -0.2188],
            ],
            [0.1084, -0.0175, -0.0011],
        ),
    }
}

/// What a run came to.
pub struct Sampled {
    /// The latent at the last level.
    pub latent: Latent,
    /// What the model last made of it: the same without the noise that is left.
    pub denoised: Latent,
}

/// The noise levels that a model knows.
pub fn discretisation(fact: &ModelFact) -> Discretisation {
    match fact.prediction {
        Prediction::Velocity { zero_snr: true } => Discretisation::zero_terminal_snr(),
        _ => Discretisation::stable_diffusion(),
    }
}

/// Runs a sampler. `observe` is told of every step and may end the run.
///
/// # Errors
/// When networks cannot be loaded, parts do not fit together, or the run is ended.
pub fn sample(
    computing: &Computing,
    sampling: &Sampling,
    observe: &mut dyn FnMut(&SamplingStep) -> Result<(), DiffusionError>,
) -> Result<Sampled, DiffusionError> {
    let Sampling { model, latent, .. } = *sampling;
    if sampling.sigmas.is_empty() {
        let latent = Latent { mask: None, ..latent.clone() };
        return Ok(Sampled { denoised: latent.clone(), latent });
    }
    let fact = latent.fact();
    let [batch, frames, _, height, width] = fact.shape();
    let frames = if frames > 1 { frames } else { model.fact.frames.max(1) as usize };
    let rows = rows_of(latent)?;
    let count = rows.dim(0)?;
    if count % frames != 0 {
        return unfit(format!("{count} latents make no whole pictures of {frames} frames"));
    }
    let format = format_of(model.fact.family);
    let start = format.scaled(&rows)?.to_device(&computing.device)?;
    let table = discretisation(&model.fact);
    let mut generator = Generator::seeded(sampling.seed);
    let noise = if sampling.add_noise {
        let shape = [batch, fact.frames as usize, fact.channels as usize, height, width];
        let noise = initial_noise(&mut generator, &shape, latent.batch_index.as_deref())?;
        noise.reshape(rows.dims())?
    } else {
        rows.zeros_like()?
    };
    let mask = latent.mask.as_ref().map(|mask| mask_rows(mask, batch, count, width, height));
    let mask = mask.transpose()?;
    let canvas = Canvas { rows: count, frames, width, height };
    let prompts = (sampling.positive, sampling.negative, sampling.cfg);
    let mut guided = GuidedModel::new(computing, model, &table, prompts, canvas)?;
    let mut last = None;
    let run = Run {
        sampler: sampling.sampler,
        options: sampling.options.clone(),
        table: &table,
        sigmas: sampling.sigmas,
        seed: sampling.seed,
        generator,
        noise: &noise,
        latent: &start,
        mask: mask.as_ref(),
    };
    let mut look = |step: &Step| -> Result<(), SampleError> {
        last = Some(step.denoised.clone());
        finite(step.denoised, DRAWING, taking_part(sampling)).map_err(through_sampler)?;
        let (done, total) = (step.index as u64, step.total as u64);
        let step = SamplingStep { done, total, denoised: step.denoised, model: &model.fact };
        observe(&step).map_err(through_sampler)
    };
    let result = run_sampler(&run, &mut guided, &mut look)?;
    finite(&result, DRAWING, taking_part(sampling))?;
    let noiseless = sampling.sigmas.last() == Some(&0.0);
    let kept = |rows: &Tensor| -> Result<Latent, DiffusionError> {
        let mut drawn = latent_of(&format.unscaled(rows)?, fact.frames as usize)?;
        if let Some(mask) = mask.as_ref().filter(|_| noiseless) {
            drawn.samples = outside_as_before(&drawn, latent, mask)?;
        }
        Ok(Latent { batch_index: latent.batch_index.clone(), ..drawn })
    };
    let denoised = kept(last.as_ref().unwrap_or(&result))?;
    Ok(Sampled { latent: kept(&result)?, denoised })
}

/// What a run does, in errors about what came of it.
const DRAWING: &str = "drawing";

/// The weight files that a run computes with.
fn taking_part<'a>(sampling: &Sampling<'a>) -> impl Iterator<Item = &'a WeightFile> {
    let Sampling { model, positive, negative, .. } = *sampling;
    let patches = model.steps.iter().filter_map(|step| match step {
        ModelStep::Lora { file, .. }
        | ModelStep::LayerPatch { file, .. }
        | ModelStep::Offsets { file, .. }
        | ModelStep::Sharing(Sharing { file, .. }) => Some(file),
        _ => None,
    });
    let prompts = positive.prompts.iter().chain(negative.prompts.iter());
    let controls = prompts.flat_map(|prompt| prompt.controls.iter());
    let nets = controls.flat_map(|control| control.net.files.iter());
    model.files.iter().chain(patches).chain(nets)
}

/// What was drawn, with the very numbers of before where a mask is nothing: scaling a latent for
/// the model and back rounds.
fn outside_as_before(
    drawn: &Latent,
    before: &Latent,
    mask: &Tensor,
) -> Result<Array, DiffusionError> {
    let plane = (before.fact().width * before.fact().height) as usize;
    let mask = numbers(mask)?;
    let mut data = drawn.samples.data.to_vec();
    let row = plane * before.fact().channels as usize;
    for (index, (new, old)) in data.iter_mut().zip(before.samples.data.iter()).enumerate() {
        if mask[index / row * plane + index % plane] == 0.0 {
            *new = *old;
        }
    }
    Ok(Array::new(&drawn.samples.shape, data))
}

/// Where to draw, one plane a row: a mask for every picture, or few repeated in turn.
fn mask_rows(
    mask: &Matte,
    batch: usize,
    rows: usize,
    width: usize,
    height: usize,
) -> Result<Tensor, DiffusionError> {
    let masks = mask.fact.batch as usize;
    let planes = planes(mask, width, height);
    let planes = Tensor::from_vec(planes, (masks, 1, height, width), &candle_core::Device::Cpu)?;
    let pictures = repeated(&planes, batch)?;
    let frames = rows / batch.max(1);
    let index: Vec<u32> = (0..rows).map(|row| (row / frames.max(1)) as u32).collect();
    Ok(pictures.index_select(&Tensor::new(index, &candle_core::Device::Cpu)?, 0)?)
}
