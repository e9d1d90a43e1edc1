//! A model with its prompts as one denoiser: regions, windows, ControlNets, shared attentions and
//! guidance.

use std::sync::Arc;

use candle_core::{DType, Tensor};
use pellucid_nets::controlnet::{ControlInput, ControlNet, fit_hint};
use pellucid_nets::guidance::Guidance;
use pellucid_nets::layer_diffuse::SharingHook;
use pellucid_nets::sample::{Denoised, Denoiser, SampleError};
use pellucid_nets::schedule::{Discretisation, Prediction};
use pellucid_nets::unet::{
    AttentionHook, ControlResiduals, FreeU, Role, SizeConditioning, UnetInput, size_vector,
};
use pellucid_nets::vae::LatentFormat;
use pellucid_value::{Conditioning, Control, Family, Model, ModelStep, Prompt, Sharing, Window};

use crate::array::{colour_of, for_pictures, repeated, rows_of, tensor_of};
use crate::error::{through_sampler, unfit};
use crate::regions::{Rect, region};
use crate::{Computing, DiffusionError, model};

/// A model and what it is to draw, ready to be asked at any noise level.
pub(crate) struct GuidedModel<'a> {
    computing: &'a Computing<'a>,
    model: &'a Model,
    table: &'a Discretisation,
    prediction: Prediction,
    guidance: Guidance,
    positive: Vec<ReadyPrompt>,
    negative: Vec<ReadyPrompt>,
    hooks: Vec<Arc<dyn AttentionHook>>,
    rows: usize,
    frames: usize,
}

/// The size of what is drawn: rows, frames among them, and latent elements.
#[derive(Clone, Copy)]
pub(crate) struct Canvas {
    pub rows: usize,
    pub frames: usize,
    pub width: usize,
    pub height: usize,
}

/// A prompt with everything on the device and in latent elements.
struct ReadyPrompt {
    /// `[1, tokens, width]`.
    tokens: Tensor,
    /// `[1, n]`.
    label: Option<Tensor>,
    levels: Levels,
    strength: f64,
    rect: Option<Rect>,
    weight: Option<Tensor>,
    controls: Vec<ReadyControl>,
    concat: Option<(Tensor, Levels)>,
}

#[derive(Clone)]
struct ReadyControl {
    net: Arc<ControlNet>,
    hint: Tensor,
    /// The sort of picture that is, for a union ControlNet.
    sort: Option<usize>,
    strength: f64,
    levels: Levels,
    /// One factor a row; `None` for all rows alike.
    rows: Option<Tensor>,
    also_negative: bool,
}

/// A window as noise levels: from the higher down to the lower.
#[derive(Clone, Copy)]
struct Levels {
    high: f64,
    low: f64,
}

impl Levels {
    fn of(window: &Window, table: &Discretisation) -> Self {
        Self { high: table.percent_to_sigma(window.start), low: table.percent_to_sigma(window.end) }
    }

    fn hold(self, sigma: f32) -> bool {
        let sigma = f64::from(sigma);
        self.low <= sigma && sigma <= self.high
    }
}

/// The longest that prompts are repeated to: hundreds of times what a prompt usually is.
const MOST_TOKENS: usize = 1 << 16;

impl<'a> GuidedModel<'a> {
    /// Readies a model and its prompts for a canvas; ControlNets are loaded.
    pub fn new(
        computing: &'a Computing<'a>,
        model: &'a Model,
        table: &'a Discretisation,
        (positive, negative, cfg): (&Conditioning, &Conditioning, f64),
        canvas: Canvas,
    ) -> Result<Self, DiffusionError> {
        let ready = |conditioning: &Conditioning| -> Result<Vec<ReadyPrompt>, DiffusionError> {
            let family = model.fact.family;
            if conditioning.family != family {
                let its = conditioning.family;
                return unfit(format!("a prompt encoded for {its}, but the model is {family}"));
            }
            let prompts = conditioning.prompts.iter();
            prompts.map(|prompt| ready_prompt(computing, model, table, prompt, canvas)).collect()
        };
        let (mut positive, mut negative) = (ready(positive)?, ready(negative)?);
        share_controls(&positive, &mut negative);
        let added = opposites(&positive, &negative);
        let other = opposites(&negative, &positive);
        negative.extend(added);
        positive.extend(other);
        let rescale = model.steps.iter().rev().find_map(|step| match step {
            ModelStep::RescaleCfg(share) => Some(*share),
            _ => None,
        });
        let mut guided = Self {
            computing,
            model,
            table,
            prediction: match model.fact.prediction {
                pellucid_value::Prediction::Epsilon => Prediction::Epsilon,
                pellucid_value::Prediction::Velocity { .. } => Prediction::Velocity,
            },
            guidance: Guidance { scale: cfg, rescale },
            positive,
            negative,
            hooks: Vec::new(),
            rows: canvas.rows,
            frames: canvas.frames.max(1),
        };
        guided.hooks = guided.ready_hooks(canvas)?;
        Ok(guided)
    }

    fn ready_hooks(
        &mut self,
        canvas: Canvas,
    ) -> Result<Vec<Arc<dyn AttentionHook>>, DiffusionError> {
        let mut hooks: Vec<Arc<dyn AttentionHook>> = Vec::new();
        for step in self.model.steps.iter() {
            let Sharing { file, prompts, control } = match step {
                ModelStep::Sharing(sharing) => sharing,
                ModelStep::FreeU { backbone, skip } => {
                    hooks.push(Arc::new(FreeU { backbone: *backbone, skip: *skip }));
                    continue;
                }
                _ => continue,
            };
            let mut hook = SharingHook::new(model::sharing(self.computing, file)?);
            let mut frames = Vec::new();
            for prompt in prompts.iter() {
                let first = prompt.as_ref().and_then(|prompt| prompt.prompts.first());
                frames.push(first.map(|prompt| self.on_device(&prompt.tokens)).transpose()?);
            }
            self.make_equally_long(&mut frames)?;
            hook.prompts = frames;
            if let Some(control) = control {
                let picture = fit_hint(&colour_of(control)?, canvas.height, canvas.width)?;
                let first = picture.narrow(0, 0, 1)?;
                hook.show(&first)?;
            }
            hooks.push(Arc::new(hook));
        }
        Ok(hooks)
    }

    fn on_device(&self, array: &pellucid_value::Array) -> Result<Tensor, DiffusionError> {
        Ok(tensor_of(array)?.to_device(&self.computing.device)?)
    }

    /// Repeats prompts until those of frames and those of the run have one length. Attention over
    /// a text that is there several times gives what it gives over the text.
    fn make_equally_long(&mut self, frames: &mut [Option<Tensor>]) -> Result<(), DiffusionError> {
        if frames.iter().all(Option::is_none) {
            return Ok(());
        }
        let mut length = 1;
        let all = self.positive.iter().chain(&self.negative).map(|prompt| &prompt.tokens);
        for tokens in frames.iter().flatten().chain(all) {
            length = least_common_multiple(length, tokens.dim(1)?);
            if length > MOST_TOKENS {
                return unfit(format!(
                    "prompts of layers that are drawn together must become equally long, which takes \
                     more than {MOST_TOKENS} tokens for one of {}",
                    tokens.dim(1)?
                ));
            }
        }
        let long = |tokens: &Tensor| tokens.repeat((1, length / tokens.dim(1)?, 1));
        for tokens in frames.iter_mut().flatten() {
            *tokens = long(tokens)?;
        }
        for prompt in self.positive.iter_mut().chain(&mut self.negative) {
            prompt.tokens = long(&prompt.tokens)?;
        }
        Ok(())
    }

    /// The mean of what prompts make of `x`, weighted by where they count.
    fn answer(&self, x: &Tensor, sigma: f32, role: Role) -> Result<Tensor, DiffusionError> {
        let prompts = match role {
            Role::Positive => &self.positive,
            Role::Negative => &self.negative,
        };
        let active: Vec<&ReadyPrompt> =
            prompts.iter().filter(|prompt| prompt.levels.hold(sigma)).collect();
        if let [only] = active[..]
            && only.rect.is_none()
            && only.weight.is_none()
        {
            return self.ask(only, x, sigma, role);
        }
        let mut sum = x.zeros_like()?;
        let mut count = x.zeros_like()?.affine(1.0, 1e-37)?;
        for prompt in active {
            let part = match prompt.rect {
                Some(rect) => rect.cut(x)?,
                None => x.clone(),
            };
            let answer = self.ask(prompt, &part, sigma, role)?;
            let weight = match &prompt.weight {
                Some(weight) => for_pictures(weight, self.rows, self.frames)?
                    .to_device(x.device())?
                    .broadcast_as(answer.shape())?
                    .contiguous()?,
                None => answer.ones_like()?.affine(prompt.strength, 0.0)?,
            };
            let answer = (answer * &weight)?;
            match prompt.rect {
                Some(rect) => {
                    sum = add_at(&sum, &answer, rect)?;
                    count = add_at(&count, &weight, rect)?;
                }
                None => {
                    sum = (sum + answer)?;
                    count = (count + weight)?;
                }
            }
        }
        Ok((sum / count)?)
    }

    /// What one prompt makes of `x`, or of the part that it is for.
    fn ask(
        &self,
        prompt: &ReadyPrompt,
        x: &Tensor,
        sigma: f32,
        role: Role,
    ) -> Result<Tensor, DiffusionError> {
        let computing = self.computing;
        let rows = x.dim(0)?;
        let timesteps = vec![self.table.timestep(sigma) as f32; rows];
        let scaled = Prediction::scale_input(x, sigma)?;
        let context = repeated(&prompt.tokens, rows)?.to_dtype(computing.dtype)?;
        let label = prompt.label.as_ref().map(|label| repeated(label, rows)).transpose()?;
        let mut residuals = Vec::new();
        for control in prompt.controls.iter().filter(|control| control.levels.hold(sigma)) {
            let hint = match prompt.rect {
                Some(Rect { x, y, width, height }) => {
                    control.hint.narrow(2, 8 * y, 8 * height)?.narrow(3, 8 * x, 8 * width)?
                }
                None => control.hint.clone(),
            };
            let hint =
                if hint.dim(0)? == 1 { hint } else { for_pictures(&hint, rows, self.frames)? };
            let added = control.net.forward(&ControlInput {
                x: &scaled,
                timesteps: &timesteps,
                context: &context,
                label: label.as_ref(),
                hint: &hint.contiguous()?,
                sort: control.sort,
            })?;
            if let Some(added) = added.scaled(control.strength)? {
                residuals.push(only_rows(added, control.rows.as_ref())?);
            }
        }
        let concat = prompt.concat.as_ref().filter(|(_, levels)| levels.hold(sigma));
        let input = match concat {
            None => scaled,
            Some((latents, _)) => {
                let latents = repeated(latents, rows)?.to_dtype(scaled.dtype())?;
                let latents = match prompt.rect {
                    Some(rect) => rect.cut(&latents)?,
                    None => latents,
                };
                Tensor::cat(&[&scaled, &latents], 1)?
            }
        };
        let unet = model::unet(computing, self.model, |window| {
            Levels::of(window, self.table).hold(sigma)
        })?;
        let question = UnetInput {
            x: &input,
            timesteps: &timesteps,
            context: &context,
            label: label.as_ref(),
            control: &residuals,
            hooks: &self.hooks,
            roles: &vec![role; rows],
        };
        let output = unet.forward(&question)?;
        Ok(self.prediction.denoised(x, &output, sigma)?)
    }
}

impl Denoiser for GuidedModel<'_> {
    fn denoise(&mut self, x: &Tensor, sigma: f32, uncond: bool) -> Result<Denoised, SampleError> {
        let answers = || -> Result<Denoised, DiffusionError> {
            let cond = self.answer(x, sigma, Role::Positive)?;
            if !uncond && !self.guidance.needs_uncond() {
                return Ok(Denoised { guided: cond, uncond: None });
            }
            let negative = self.answer(x, sigma, Role::Negative)?;
            let guided = if self.guidance.needs_uncond() {
                self.guidance.combine(x, sigma, &cond, &negative)?
            } else {
                cond
            };
            Ok(Denoised { guided, uncond: Some(negative) })
        };
        answers().map_err(through_sampler)
    }
}

/// How a family scales latents.
pub(crate) fn format_of(family: Family) -> LatentFormat {
    match family {
        Family::Sd15 | Family::Sd2 => LatentFormat::Sd15,
        Family::Sdxl | Family::SdxlRefiner => LatentFormat::Sdxl,
    }
}

fn ready_prompt(
    computing: &Computing,
    model: &Model,
    table: &Discretisation,
    prompt: &Prompt,
    canvas: Canvas,
) -> Result<ReadyPrompt, DiffusionError> {
    let family = model.fact.family;
    let region = region(prompt, canvas.width, canvas.height)?;
    let controls = prompt
        .controls
        .iter()
        .filter(|control| control.strength != 0.0)
        .map(|control| ready_control(computing, family, table, control, canvas))
        .collect::<Result<Vec<_>, _>>()?;
    let concat = match &prompt.concat {
        None => None,
        Some(concat) => {
            let mut parts = Vec::new();
            for latent in concat.latents.iter() {
                let fact = latent.fact();
                if (fact.width as usize, fact.height as usize) != (canvas.width, canvas.height) {
                    return unfit(format!(
                        "a latent of {}x{} beside one of {}x{}",
                        fact.width, fact.height, canvas.width, canvas.height
                    ));
                }
                parts.push(repeated(&format_of(family).scaled(&rows_of(latent)?)?, canvas.rows)?);
            }
            let latents = Tensor::cat(&parts, 1)?.to_device(&computing.device)?;
            Some((latents, Levels::of(&concat.window, table)))
        }
    };
    Ok(ReadyPrompt {
        tokens: tensor_of(&prompt.tokens)?.to_device(&computing.device)?,
        label: label(computing, family, prompt, canvas)?,
        levels: Levels::of(&prompt.window, table),
        strength: prompt.strength,
        rect: region.rect,
        weight: region.weight,
        controls,
        concat,
    })
}

fn ready_control(
    computing: &Computing,
    family: Family,
    table: &Discretisation,
    control: &Control,
    canvas: Canvas,
) -> Result<ReadyControl, DiffusionError> {
    let its = control.net.fact.family;
    if its != family {
        return unfit(format!("a ControlNet for {its}, but the model is {family}"));
    }
    let hint = fit_hint(&colour_of(&control.picture)?, canvas.height, canvas.width)?;
    let rows = (!control.frames.is_empty()).then(|| {
        let factor = |row: usize| {
            let frame = (row % canvas.frames.max(1)) as u32;
            if control.frames.contains(&frame) { 1f32 } else { 0.0 }
        };
        let factors: Vec<f32> = (0..canvas.rows).map(factor).collect();
        Tensor::from_vec(factors, (canvas.rows, 1, 1, 1), &computing.device)
    });
    Ok(ReadyControl {
        net: model::controlnet(computing, &control.net)?,
        hint,
        sort: control.net.sort.map(|sort| sort as usize),
        strength: control.strength,
        levels: Levels::of(&control.window, table),
        rows: rows.transpose()?,
        also_negative: control.also_negative,
    })
}

/// SDXL's pooled text and sizes.
fn label(
    computing: &Computing,
    family: Family,
    prompt: &Prompt,
    canvas: Canvas,
) -> Result<Option<Tensor>, DiffusionError> {
    if family != Family::Sdxl {
        return match family {
            Family::SdxlRefiner => unfit("the refiner of SDXL is not supported"),
            _ => Ok(None),
        };
    }
    let Some(pooled) = &prompt.pooled else {
        return unfit("an SDXL prompt without its pooled vector");
    };
    let whole = SizeConditioning::whole(8 * canvas.width as u32, 8 * canvas.height as u32);
    let sizes = prompt.sizes.map_or(whole, |sizes| SizeConditioning {
        height: sizes.height,
        width: sizes.width,
        crop_top: sizes.crop_y,
        crop_left: sizes.crop_x,
        target_height: sizes.target_height,
        target_width: sizes.target_width,
    });
    let pooled = tensor_of(pooled)?.to_device(&computing.device)?;
    Ok(Some(size_vector(&pooled, &sizes)?.to_dtype(DType::F32)?))
}

/// Gives the positive prompts' controls that are for both to negative prompts without any.
fn share_controls(positive: &[ReadyPrompt], negative: &mut [ReadyPrompt]) {
    let shared: Vec<&ReadyPrompt> = positive
        .iter()
        .filter(|prompt| prompt.rect.is_none())
        .filter(|prompt| prompt.controls.iter().any(|control| control.also_negative))
        .collect();
    if shared.is_empty() {
        return;
    }
    let bare =
        negative.iter_mut().filter(|prompt| prompt.rect.is_none() && prompt.controls.is_empty());
    for (index, prompt) in bare.enumerate() {
        prompt.controls = shared[index % shared.len()].controls.clone();
    }
}

/// For every prompt with an area a counterpart of the other role for the same area, made of the
/// text of the smallest of the others' prompts around it.
fn opposites(prompts: &[ReadyPrompt], others: &[ReadyPrompt]) -> Vec<ReadyPrompt> {
    let mut added = Vec::new();
    for prompt in prompts {
        let Some(rect) = prompt.rect else { continue };
        let around = others.iter().filter(|other| other.rect.is_none_or(|its| its.holds(&rect)));
        let size =
            |other: &&ReadyPrompt| other.rect.map_or(usize::MAX, |rect| rect.width * rect.height);
        let Some(text) = around.min_by_key(size) else { continue };
        if text.rect == Some(rect) {
            continue;
        }
        added.push(ReadyPrompt {
            tokens: text.tokens.clone(),
            label: text.label.clone(),
            levels: prompt.levels,
            strength: prompt.strength,
            rect: prompt.rect,
            weight: prompt.weight.clone(),
            controls: prompt.controls.clone(),
            concat: text.concat.clone(),
        });
    }
    added
}

/// Residuals for the chosen rows, nothing for the others.
fn only_rows(
    added: ControlResiduals,
    rows: Option<&Tensor>,
) -> Result<ControlResiduals, DiffusionError> {
    let Some(rows) = rows else { return Ok(added) };
    let keep = |x: &Tensor| x.broadcast_mul(&rows.to_dtype(x.dtype())?);
    Ok(ControlResiduals {
        skips: added.skips.iter().map(keep).collect::<Result<_, _>>()?,
        middle: keep(&added.middle)?,
    })
}

fn add_at(whole: &Tensor, part: &Tensor, rect: Rect) -> Result<Tensor, DiffusionError> {
    let (_, _, height, width) = whole.dims4()?;
    let padded = part.pad_with_zeros(2, rect.y, height - rect.y - rect.height)?.pad_with_zeros(
        3,
        rect.x,
        width - rect.x - rect.width,
    )?;
    Ok((whole + padded)?)
}

fn least_common_multiple(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a.max(1), b.max(1));
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a.max(1) / x * b.max(1)
}
