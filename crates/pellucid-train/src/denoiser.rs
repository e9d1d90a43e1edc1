//! Training a small text-conditional UNet of the SD1.5 kind, its text encoder along with it.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::{
    ClipConfig, ClipKind, Heads, UnetConfig, UnetLevel, clip_layout, unet_layout,
};
use pellucid_nets::text::ClipEncoder;
use pellucid_nets::unet::{Unet, UnetInput};

use crate::adam::{Group, Settings, numbers};
use crate::autoencoder::saved;
use crate::base::{TEXT, UNET, VAE, Viewer};
use crate::config::{Config, DenoiserTask};
use crate::data::sheet::{Sheet, sheet};
use crate::data::{Source, Split, example};
use crate::error::TrainError;
use crate::latents::{Encoding, Latents};
use crate::noising::{Noising, Rows};
use crate::parameters::Parameters;
use crate::random::Random;
use crate::run::{Event, Training};
use crate::sampling::{Question, Sampling, sample};
use crate::shards::{self, Gradients};
use crate::state::{Precision, save_model};
use crate::vocabulary::{ALL_TOKENS, Vocabulary};

/// The name of the checkpoint.
pub const CHECKPOINT: &str = "checkpoint.safetensors";

const TOKENS: &str = "text_model.embeddings.token_embedding.weight";

/// How often a picture that is no layer shows surroundings alone.
const BACKGROUNDS: f32 = 0.15;

/// Captions on a sample sheet.
const SHOWN: u64 = 12;

/// A run that trains a denoiser.
pub struct DenoiserRun {
    seed: u64,
    batch: usize,
    parts: usize,
    size: usize,
    task: DenoiserTask,
    device: Device,
    unet: UnetConfig,
    clip: ClipConfig,
    vocabulary: Vocabulary,
    latents: Latents,
    noising: Noising,
    group: Group,
}

/// A question to a UNet without any additions.
pub fn plain_input<'a>(x: &'a Tensor, timesteps: &'a [f32], context: &'a Tensor) -> UnetInput<'a> {
    UnetInput { x, timesteps, context, label: None, control: &[], hooks: &[], roles: &[] }
}

/// A UNet of four levels as in SD1.5, transformers on all but the coarsest.
pub fn unet_config(base_width: usize, multipliers: [usize; 4], context_width: usize) -> UnetConfig {
    let level = |(index, multiplier)| UnetLevel {
        multiplier,
        residual_blocks: 2,
        transformer_depth: usize::from(index < 3),
    };
    UnetConfig {
        in_channels: 4,
        out_channels: Some(4),
        base_width,
        levels: multipliers.into_iter().enumerate().map(level).collect(),
        middle_depth: 1,
        context_width,
        heads: Heads::Count(8),
        label_width: None,
        dense_projections: false,
    }
}

fn clip_config(width: usize, layers: usize, vocabulary: usize) -> ClipConfig {
    ClipConfig {
        kind: ClipKind::L,
        width,
        heads: width / 64,
        layers,
        inner_width: 4 * width,
        positions: 77,
        vocabulary,
        projection: None,
    }
}

impl DenoiserRun {
    /// A fresh run; encodes its examples first, unless an earlier sitting has.
    pub fn start(
        config: &Config,
        task: &DenoiserTask,
        device: &Device,
        tell: &mut dyn FnMut(Event) -> bool,
    ) -> Result<Self, TrainError> {
        let source = Source::open(config.data.folder.as_deref(), config.data.size)?;
        for (path, why) in source.faults() {
            tell(Event::Note(format!("left out {}: {why}", path.display())));
        }
        let encoding = Encoding {
            autoencoder: &task.autoencoder,
            transparency: &task.transparency,
            source: &source,
            seed: config.seed,
            size: config.data.size,
            count: task.examples,
        };
        let latents = encoding.run(&config.out, device, tell)?;
        let captions = latents.captions.iter().flatten().map(String::as_str);
        let vocabulary = Vocabulary::of(captions)?;
        let unet = unet_config(task.base_width, task.multipliers, task.text_width);
        let clip = clip_config(task.text_width, task.text_layers, vocabulary.tokens.len());
        let parameters = fresh(&unet, &clip, config.seed, device)?;
        if let Some(path) = &task.start {
            parameters.take(path, "", |key, tensor| {
                if !key.ends_with(TOKENS) {
                    return Ok(tensor);
                }
                let rows = Tensor::new(vocabulary.tokens.as_slice(), tensor.device())?;
                Ok(tensor.index_select(&rows, 0)?)
            })?;
        }
        tell(Event::Note(format!("{} parameters", parameters.count())));
        let settings = Settings { beta2: 0.999, ..Settings::default() };
        Ok(Self {
            seed: config.seed,
            batch: config.schedule.batch,
            parts: config.schedule.parts,
            size: config.data.size,
            task: task.clone(),
            device: device.clone(),
            unet,
            clip,
            vocabulary,
            latents,
            noising: Noising::new(task.snr_limit),
            group: Group::new(parameters, settings)?,
        })
    }

    fn networks(&self, weights: &Weights) -> Result<(Unet, ClipEncoder), TrainError> {
        let unet = Unet::load(&weights.under(UNET), &self.unet, DType::F32, &self.device)?;
        let text = weights.under(TEXT);
        let clip = ClipEncoder::new(&text, &self.clip, DType::F32, &self.device)?;
        Ok((unet, clip))
    }

    fn encode(&self, clip: &ClipEncoder, captions: &[&str]) -> Result<Tensor, TrainError> {
        let window = |caption: &&str| self.vocabulary.window(caption);
        let windows = captions.iter().map(window).collect::<Result<Vec<_>, _>>()?;
        Ok(clip.encode_windows(&windows)?)
    }
}

/// What a part of a step comes to.
pub(crate) struct Found {
    pub(crate) grads: GradStore,
    pub(crate) loss: f32,
    /// The noise that was found.
    pub(crate) noise: Tensor,
}

/// Takes a step with the gradients of all parts; gives loss, its halves, and the gradient's length.
pub(crate) fn stepped(
    group: &mut Group,
    rows: &Rows,
    parts: Vec<(f32, Found)>,
    rate: f32,
) -> Result<Vec<f32>, TrainError> {
    let noise: Vec<&Tensor> = parts.iter().map(|(_, found)| &found.noise).collect();
    let [early, late] = rows.halves(&Tensor::cat(&noise, 0)?)?;
    let [loss] = shards::mean(parts.iter().map(|(share, found)| (*share, [found.loss])));
    let parts = parts.into_iter().map(|(share, found)| (share, found.grads)).collect();
    let length = group.step(&Gradients { parts }, rate)?;
    Ok(vec![loss, early, late, length])
}

/// Residual branches and the output start small.
fn fresh(
    unet: &UnetConfig,
    clip: &ClipConfig,
    seed: u64,
    device: &Device,
) -> Result<Parameters, TrainError> {
    let gain = |key: &str| match key {
        _ if key.ends_with("out_layers.3.weight") || key.ends_with("proj_out.weight") => 0.1,
        "out.2.weight" => 0.05,
        _ => 1.0,
    };
    let of_unet = Parameters::fresh(&unet_layout(unet), seed, gain, device)?;
    // Deviations 0.3 and 0.1: captions must differ from the start.
    let width = (clip.width as f32).sqrt();
    let gain = move |key: &str| match key {
        TOKENS => 0.3 * width,
        _ if key.ends_with("position_embedding.weight") => 0.1 * width,
        _ if key.ends_with("out_proj.weight") || key.ends_with("fc2.weight") => 0.5,
        _ => 1.0,
    };
    let of_text = Parameters::fresh(&clip_layout(clip), seed ^ 1, gain, device)?;
    let named = |prefix: &'static str, part: Parameters| {
        part.vars.into_iter().map(move |(key, var)| (format!("{prefix}{key}"), var))
    };
    Ok(Parameters { vars: named(UNET, of_unet).chain(named(TEXT, of_text)).collect() })
}

impl Training for DenoiserRun {
    fn columns(&self) -> &'static [&'static str] {
        &["loss", "early", "late", "gradient"]
    }

    fn groups(&self) -> Vec<(&'static str, &Group)> {
        vec![("denoiser", &self.group)]
    }

    fn groups_mut(&mut self) -> Vec<(&'static str, &mut Group)> {
        vec![("denoiser", &mut self.group)]
    }

    fn step(&mut self, step: u64, rate: f32) -> Result<Vec<f32>, TrainError> {
        let random = &mut Random::new(self.seed, &[0x6465, step]);
        let (mut captions, mut latents) = (Vec::new(), Vec::new());
        for _ in 0..self.batch {
            let index = random.below(self.latents.captions.len());
            let [of_layer, of_blend, of_background] = &self.latents.captions[index];
            let (latent, caption) = if random.chance(self.task.layers) {
                (&self.latents.layers[index], of_layer)
            } else if random.chance(BACKGROUNDS) {
                (&self.latents.backgrounds[index], of_background)
            } else {
                (&self.latents.blends[index], of_blend)
            };
            latents.push(latent.as_slice());
            captions.push(if random.chance(self.task.uncaptioned) { "" } else { caption });
        }
        let rows = self.noising.rows(&latents, 1, self.latents.shape, random, &self.device)?;
        let weights = self.group.parameters.weights();
        let parts = shards::each(&shards::parts(self.batch, 1, self.parts), |part| {
            let rows = rows.part(part.clone())?;
            let (unet, clip) = self.networks(&weights)?;
            let context = self.encode(&clip, &captions[part])?;
            let found = unet.forward(&plain_input(&rows.noisy, &rows.times, &context))?;
            let loss = rows.loss(&found)?;
            Ok(Found { grads: loss.backward()?, loss: loss.to_scalar()?, noise: found.detach() })
        })?;
        stepped(&mut self.group, &rows, parts, rate)
    }

    fn sheet(&self) -> Result<Sheet, TrainError> {
        let (unet, clip) = self.networks(&Weights::from_tensors(self.group.averages()?))?;
        let made = |index| example(self.seed ^ 0x7368, index, self.size, Split::HeldOut);
        let examples: Vec<_> = (0..SHOWN).map(made).collect();
        let captions: Vec<&str> = (examples.iter().enumerate())
            .map(|(i, e)| if i % 3 == 2 { &*e.of_blend } else { &*e.of_foreground })
            .collect();
        let context = self.encode(&clip, &captions)?;
        let empty = self.encode(&clip, &vec![""; captions.len()])?;
        let how = Sampling { steps: 16, guidance: 4.0, seed: self.seed };
        let denoise = |question: Question<'_>| {
            Ok(unet.forward(&plain_input(question.x, question.times, question.context))?)
        };
        let latents = sample(&denoise, &context, &empty, self.latents.shape, how, &self.device)?;
        let (autoencoder, transparency) = (&self.task.autoencoder, &self.task.transparency);
        let viewer = Viewer::load(autoencoder, transparency, &self.device)?;
        Ok(sheet(&viewer.view_all(&latents)?, 8))
    }

    fn write(&self, folder: &Path, step: u64) -> Result<(), TrainError> {
        let mut tensors = self.group.averages()?;
        let key = format!("{TEXT}{TOKENS}");
        if let Some(small) = tensors.get(&key) {
            let whole = self.whole_table(small)?;
            tensors.insert(key, whole);
        }
        for (key, tensor) in saved(&self.task.autoencoder)? {
            tensors.insert(format!("{VAE}{key}"), tensor);
        }
        let notes = BTreeMap::from([("steps".to_owned(), step.to_string())]);
        save_model(&folder.join(CHECKPOINT), &tensors, Precision::F16, &notes)
    }
}

impl DenoiserRun {
    /// The whole table of token embeddings: rows that no caption used hold small noise.
    fn whole_table(&self, small: &Tensor) -> Result<Tensor, TrainError> {
        let (width, values) = (self.clip.width, numbers(small)?);
        let mut table = Random::new(self.seed, &[0x746f]).normals(ALL_TOKENS * width);
        table.iter_mut().for_each(|v| *v *= 0.02);
        for (row, &token) in values.chunks(width).zip(&self.vocabulary.tokens) {
            table[token as usize * width..][..width].copy_from_slice(row);
        }
        Ok(Tensor::from_vec(table, (ALL_TOKENS, width), &Device::Cpu)?)
    }
}
