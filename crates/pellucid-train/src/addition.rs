//! Training what is added to a checkpoint that stays as it is: patches, shared attention, a ControlNet.

mod kind;
mod layout;
mod networks;
mod trained;

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use pellucid_nets::unet::UnetInput;

use crate::adam::{Group, Settings};
use crate::base::{Base, Viewer};
use crate::batch::signals;
use crate::config::{AdditionTask, Config};
use crate::data::sheet::{Sheet, sheet};
use crate::data::{Canvas, Example, Source, Split};
use crate::denoiser::{Found, stepped};
use crate::error::TrainError;
use crate::latents::{Encoding, Latents};
use crate::noising::Noising;
use crate::parameters::Parameters;
use crate::random::Random;
use crate::run::{Event, Training};
use crate::sampling::{Question, Sampling, sample};
use crate::shards;
use crate::state::{Precision, save_model};

pub use kind::Kind;
use kind::Picture;
use networks::Networks;
pub use trained::Trained;

/// Examples that are kept for sample sheets.
pub(crate) const KEPT: usize = 4;

/// A run that trains an addition.
pub struct AdditionRun {
    seed: u64,
    batch: usize,
    parts: usize,
    size: usize,
    task: AdditionTask,
    source: Source,
    device: Device,
    base: Base,
    latents: Latents,
    noising: Noising,
    group: Group,
}

/// The other things that a network is shown of some examples.
struct Shown {
    concat: Option<Tensor>,
    control: Option<Tensor>,
}

impl AdditionRun {
    /// A fresh run.
    pub fn start(
        config: &Config,
        task: &AdditionTask,
        device: &Device,
        tell: &mut dyn FnMut(Event) -> bool,
    ) -> Result<Self, TrainError> {
        let source = Source::open(config.data.folder.as_deref(), config.data.size)?;
        let base = Base::load(&task.checkpoint, device)?;
        let encoding = Encoding {
            autoencoder: &task.autoencoder,
            transparency: &task.transparency,
            source: &source,
            seed: task.examples_seed,
            size: config.data.size,
            count: task.examples_count,
        };
        let latents = encoding.run(&task.examples, device, tell)?;
        let parameters = layout::fresh(task, &base, config.seed, device)?;
        if let Some(path) = &task.start {
            parameters.take(path, task.kind.prefix(), |_, tensor| Ok(tensor))?;
        }
        tell(Event::Note(format!("{} parameters", parameters.count())));
        let settings = Settings { beta2: 0.999, ..Settings::default() };
        Ok(Self {
            seed: config.seed,
            batch: config.schedule.batch,
            parts: config.schedule.parts,
            size: config.data.size,
            task: task.clone(),
            source,
            device: device.clone(),
            base,
            latents,
            noising: Noising::new(task.snr_limit),
            group: Group::new(parameters, settings)?,
        })
    }

    fn latent(&self, index: usize, picture: Picture) -> &[f32] {
        match picture {
            Picture::Layer => &self.latents.layers[index],
            Picture::Blend => &self.latents.blends[index],
            Picture::Background => &self.latents.backgrounds[index],
        }
    }

    fn caption(&self, index: usize, picture: Picture) -> &str {
        let [layer, blend, background] = &self.latents.captions[index];
        match picture {
            Picture::Layer => layer,
            Picture::Blend => blend,
            Picture::Background => background,
        }
    }

    /// What is concatenated with the latents, and the control pictures, one row for each example.
    fn shown(&self, indices: &[usize]) -> Result<Shown, TrainError> {
        let [_, height, width] = self.latents.shape;
        let concatenated = self.task.kind.concatenated();
        let concat = if concatenated.is_empty() {
            None
        } else {
            let values: Vec<f32> = indices
                .iter()
                .flat_map(|&i| concatenated.iter().flat_map(move |&p| self.latent(i, p)))
                .copied()
                .collect();
            let shape = (indices.len(), 4 * concatenated.len(), height, width);
            Some(Tensor::from_vec(values, shape, &self.device)?)
        };
        let control = if self.task.kind.is_controlled() {
            let picture = |&index: &usize| {
                let (seed, size) = (self.task.examples_seed, self.size);
                let example = self.source.example(seed, index as u64, size, Split::Training);
                self.task.kind.control(&example, is_odd(index))
            };
            let pictures: Vec<Canvas> = indices.iter().filter_map(picture).collect();
            Some(seen(&pictures, &self.device)?)
        } else {
            None
        };
        Ok(Shown { concat, control })
    }
}

fn is_odd(index: usize) -> bool {
    !index.is_multiple_of(2)
}

/// Control pictures as a network sees them, 0 to 1; what is clear in them is grey.
fn seen(pictures: &[Canvas], device: &Device) -> Result<Tensor, TrainError> {
    let signal = signals(&pictures.iter().collect::<Vec<_>>(), device)?;
    Ok(((signal * 0.5)? + 0.5)?)
}

/// What is shown of rows with a caption and of as many without.
fn twice(shown: &Shown) -> Result<Shown, TrainError> {
    let twice = |x: &Option<Tensor>| x.as_ref().map(|x| Tensor::cat(&[x, x], 0)).transpose();
    Ok(Shown { concat: twice(&shown.concat)?, control: twice(&shown.control)? })
}

impl Training for AdditionRun {
    fn columns(&self) -> &'static [&'static str] {
        &["loss", "early", "late", "gradient"]
    }

    fn groups(&self) -> Vec<(&'static str, &Group)> {
        vec![("addition", &self.group)]
    }

    fn groups_mut(&mut self) -> Vec<(&'static str, &mut Group)> {
        vec![("addition", &mut self.group)]
    }

    fn step(&mut self, step: u64, rate: f32) -> Result<Vec<f32>, TrainError> {
        let random = &mut Random::new(self.seed, &[0x6164, step]);
        let count = self.task.kind.frames(false).len();
        let (mut indices, mut latents, mut captions) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.batch {
            let index = random.below(self.latents.captions.len() - KEPT);
            let uncaptioned = random.chance(self.task.uncaptioned);
            for &frame in self.task.kind.frames(is_odd(index)) {
                latents.push(self.latent(index, frame));
                // A layer patch makes a layer of whatever the caption says.
                let elsewhere = self.task.kind == Kind::Layer && random.chance(0.5);
                let told = if elsewhere { Picture::Blend } else { frame };
                captions.push(if uncaptioned { "" } else { self.caption(index, told) });
            }
            indices.push(index);
        }
        let shape = self.latents.shape;
        let rows = self.noising.rows(&latents, count, shape, random, &self.device)?;
        let parts = shards::parts(captions.len(), count, self.parts);
        let parts = shards::each(&parts, |part| {
            let rows = rows.part(part.clone())?;
            let context = self.base.encode(&captions[part.clone()])?;
            let indices = &indices[part.start / count..part.end / count];
            let (parameters, device) = (&self.group.parameters, &self.device);
            let networks = Networks::build(self.task.kind, &self.base, parameters, device)?;
            let shown = self.shown(indices)?;
            let found = networks.find(&rows.noisy, &rows.times, &context, &shown)?;
            let loss = rows.loss(&found)?;
            Ok(Found { grads: loss.backward()?, loss: loss.to_scalar()?, noise: found.detach() })
        })?;
        stepped(&mut self.group, &rows, parts, rate)
    }

    fn sheet(&self) -> Result<Sheet, TrainError> {
        let parameters = Parameters::of(&self.group.averages()?)?;
        let networks = Networks::build(self.task.kind, &self.base, &parameters, &self.device)?;
        let first = self.latents.captions.len() - KEPT;
        let indices: Vec<usize> = (first..first + KEPT).collect();
        let frames = |index| self.task.kind.frames(is_odd(index)).iter();
        let captions: Vec<&str> = (indices.iter())
            .flat_map(|&index| frames(index).map(move |&frame| self.caption(index, frame)))
            .collect();
        let context = self.base.encode(&captions)?;
        let empty = self.base.encode(&vec![""; captions.len()])?;
        let both = twice(&self.shown(&indices)?)?;
        let denoise = |question: Question<'_>| {
            networks.find(question.x, question.times, question.context, &both)
        };
        let how = Sampling { steps: 16, guidance: 4.0, seed: self.seed };
        let latents = sample(&denoise, &context, &empty, self.latents.shape, how, &self.device)?;
        let (autoencoder, transparency) = (&self.task.autoencoder, &self.task.transparency);
        let viewer = Viewer::load(autoencoder, transparency, &self.device)?;
        let made = viewer.view_all(&latents)?;
        let mut pictures = Vec::new();
        for (&index, made) in indices.iter().zip(made.chunks(made.len() / KEPT)) {
            let seed = self.task.examples_seed;
            let example = self.source.example(seed, index as u64, self.size, Split::Training);
            pictures.extend(given(self.task.kind, &example, is_odd(index)));
            pictures.extend_from_slice(made);
        }
        let columns = pictures.len() / KEPT;
        Ok(sheet(&pictures, columns))
    }

    fn write(&self, folder: &Path, step: u64) -> Result<(), TrainError> {
        let prefix = self.task.kind.prefix();
        let averages = self.group.averages()?;
        let named = averages.into_iter().map(|(key, tensor)| (format!("{prefix}{key}"), tensor));
        let notes = BTreeMap::from([("steps".to_owned(), step.to_string())]);
        let path = folder.join(self.task.kind.file());
        save_model(&path, &named.collect(), Precision::F16, &notes)
    }
}

/// What an example gives to the network, for the sheet.
fn given(kind: Kind, example: &Example, odd: bool) -> Vec<Canvas> {
    let mut given: Vec<Canvas> = kind
        .concatenated()
        .iter()
        .map(|picture| match picture {
            Picture::Layer => example.foreground.clone(),
            Picture::Blend => example.blend.clone(),
            Picture::Background => example.background.clone(),
        })
        .collect();
    given.extend(kind.control(example, odd));
    given
}

/// A UNet's question with everything but hooks.
fn question<'a>(x: &'a Tensor, timesteps: &'a [f32], context: &'a Tensor) -> UnetInput<'a> {
    crate::denoiser::plain_input(x, timesteps, context)
}
