//! Training the latent transparency encoder and decoder against a frozen autoencoder.

mod layout;
mod start;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::Shapes;
use pellucid_nets::layer_diffuse::{LayerPicture, OffsetEncoder, TransparentDecoder, pad_colour};
use pellucid_nets::vae::Vae;

use crate::adam::{Group, Settings};
use crate::autoencoder;
use crate::batch::{canvases, cut, layer_canvases, layers, signals};
use crate::config::{Config, TransparencyTask};
use crate::data::sheet::{Sheet, sheet};
use crate::data::{Canvas, Example, Source, Split};
use crate::discriminator::{
    Discriminator, Statistics, discriminator_hinge, generator_hinge, layout as discriminator_layout,
};
use crate::error::TrainError;
use crate::losses::{alpha_error, decibels, mean_absolute, mean_square};
use crate::parameters::Parameters;
use crate::random::Random;
use crate::run::{Event, Training};
use crate::shards::{self, Gradients};
use crate::state::{Precision, save_model};

pub use layout::{decoder_layout, encoder_layout};

/// The name of the encoder's file.
pub const ENCODER: &str = "vae_transparent_encoder.safetensors";
/// The name of the decoder's file.
pub const DECODER: &str = "vae_transparent_decoder.safetensors";

/// What the encoder's output is multiplied by, as in the files of the web interface's extension.
pub const SCALE: f64 = 1.0;

/// How often the whole blend stands for a layer: what is solid must stay solid.
const SOLID: f32 = 0.1;

/// How far beyond 0 and 1 clear and solid alpha is to be found, before it is cut off.
const MARGIN: f64 = 0.03;

/// A run that trains latent transparency.
pub struct TransparencyRun {
    seed: u64,
    batch: usize,
    parts: usize,
    size: usize,
    task: TransparencyTask,
    source: Source,
    device: Device,
    vae: Frozen,
    encoder: Group,
    decoder: Group,
    discriminator: Group,
}

/// An autoencoder that stays as it is: gradients flow through it and change nothing.
pub struct Frozen {
    /// The autoencoder.
    pub vae: Vae,
}

/// What comes of a batch of layers.
pub struct Pass {
    /// The autoencoder's most likely latent.
    pub mean: Tensor,
    /// The latent that carries transparency.
    pub adjusted: Tensor,
    /// What the frozen decoder makes of that, -1 to 1.
    pub decoded: Tensor,
    /// Alpha, red, green, blue as the transparent decoder sees them, not cut.
    pub layer: Tensor,
}

/// What a pass is compared with.
pub struct Wanted {
    /// The layers on grey, -1 to 1.
    pub signal: Tensor,
    /// Alpha and colour, padded where alpha is 0: `[b, 4, h, w]`.
    pub layer: Tensor,
}

impl Wanted {
    /// Layers and what is seen of them.
    pub fn of(pictures: &[&Canvas], device: &Device) -> Result<Self, TrainError> {
        let signal = signals(pictures, device)?;
        let layer = layers(pictures, device)?;
        Ok(Self { signal, layer: Self::padded(&layer)? })
    }

    fn padded(layer: &LayerPicture) -> Result<Tensor, TrainError> {
        Ok(Tensor::cat(&[&layer.alpha, &pad_colour(layer)?], 1)?)
    }
}

impl Frozen {
    /// A saved autoencoder.
    pub fn load(path: &Path, device: &Device) -> Result<Self, TrainError> {
        Ok(Self { vae: autoencoder::load(path, device)?.0 })
    }

    /// Encodes, disturbs, decodes twice; gradients flow to the two networks. The encoder's output is
    /// multiplied by `scale`.
    pub fn pass(
        &self,
        wanted: &Wanted,
        encoder: &OffsetEncoder,
        decoder: &TransparentDecoder,
        scale: f64,
    ) -> Result<Pass, TrainError> {
        let posterior = self.vae.encode_signal(&wanted.signal)?;
        let (mean, std) = (posterior.mean.clone(), posterior.std()?);
        let offset = (encoder.forward(&wanted.layer)? * scale)?;
        let adjusted = (&mean + (std * offset)?)?;
        let decoded = self.vae.decode_signal(&adjusted)?;
        let picture = ((&decoded * 0.5)? + 0.5)?.clamp(0f32, 1f32)?;
        let layer = decoder.forward(&picture, &adjusted)?;
        Ok(Pass { mean, adjusted, decoded, layer })
    }
}

/// An example's layer, sometimes the whole blend.
pub(crate) fn layer<'a>(example: &'a Example, random: &mut Random) -> &'a Canvas {
    if random.chance(SOLID) { &example.blend } else { &example.foreground }
}

/// The squared error of colour plus that of alpha, each a mean.
pub fn reconstruction(layer: &Tensor, wanted: &Tensor) -> Result<Tensor, TrainError> {
    let alpha = mean_square(&layer.narrow(1, 0, 1)?, &wanted.narrow(1, 0, 1)?)?;
    let colour = mean_square(&layer.narrow(1, 1, 3)?, &wanted.narrow(1, 1, 3)?)?;
    Ok((alpha + colour)?)
}

impl TransparencyRun {
    /// A fresh run.
    pub fn start(
        config: &Config,
        task: &TransparencyTask,
        device: &Device,
        tell: &mut dyn FnMut(Event) -> bool,
    ) -> Result<Self, TrainError> {
        let source = Source::open(config.data.folder.as_deref(), config.data.size)?;
        for (path, why) in source.faults() {
            tell(Event::Note(format!("left out {}: {why}", path.display())));
        }
        let fresh = |layout: Shapes, salt: u64, gain: &dyn Fn(&str) -> f32| {
            Parameters::fresh(&layout, config.seed ^ salt, gain, device)
        };
        let group = |parameters| Group::new(parameters, Settings::default());
        // No offset at first: the autoencoder starts unharmed.
        let encoder = fresh(encoder_layout(&task.encoder_widths), 1, &|key| {
            if key.starts_with("blocks.16.") { 0.05 } else { 1.4 }
        })?;
        let gain = |key: &str| {
            if key.ends_with("conv2.weight") || key.contains("to_out") { 0.3 } else { 1.2 }
        };
        let decoder = Parameters::fresh(&decoder_layout(task), config.seed ^ 2, gain, device)?;
        start::start(&decoder, task)?;
        if let Some(folder) = &task.start {
            encoder.take(&folder.join(ENCODER), "", |_, tensor| Ok(tensor))?;
            decoder.take(&folder.join(DECODER), "", |_, tensor| Ok(tensor))?;
        }
        let (encoder, decoder) = (group(encoder)?, group(decoder)?);
        let discriminator = fresh(discriminator_layout(task.discriminator_width), 3, &|_| 1.0)?;
        let discriminator = group(discriminator)?;
        tell(Event::Note(format!(
            "parameters: encoder {}, decoder {}, discriminator {}",
            encoder.parameters.count(),
            decoder.parameters.count(),
            discriminator.parameters.count()
        )));
        Ok(Self {
            seed: config.seed,
            batch: config.schedule.batch,
            parts: config.schedule.parts,
            size: config.data.size,
            task: task.clone(),
            source,
            device: device.clone(),
            vae: Frozen::load(&task.autoencoder, device)?,
            encoder,
            decoder,
            discriminator,
        })
    }

    fn pictures(&self, step: u64, part: Range<usize>) -> Vec<Canvas> {
        let picture = |index: usize| {
            let number = step * self.batch as u64 + index as u64;
            let random = &mut Random::new(self.seed, &[0x7472, number]);
            let example = self.source.example(self.seed, number, self.size, Split::Training);
            let picture = layer(&example, random);
            let room = self.size - self.task.cut + 1;
            cut(picture, random.below(room), random.below(room), self.task.cut)
        };
        part.map(picture).collect()
    }

    fn networks(
        &self,
        encoder: &Weights,
        decoder: &Weights,
    ) -> Result<(OffsetEncoder, TransparentDecoder), TrainError> {
        Ok((
            OffsetEncoder::load(encoder, DType::F32, &self.device)?,
            TransparentDecoder::load(decoder, DType::F32, &self.device)?,
        ))
    }

    fn averaged(&self) -> Result<(OffsetEncoder, TransparentDecoder), TrainError> {
        let weights =
            |group: &Group| Ok::<_, TrainError>(Parameters::of(&group.averages()?)?.weights());
        self.networks(&weights(&self.encoder)?, &weights(&self.decoder)?)
    }

    fn judge(&self) -> Result<Discriminator, TrainError> {
        Discriminator::load(&self.discriminator.parameters.weights(), &self.device)
    }
}

fn number(tensor: &Tensor) -> Result<f32, TrainError> {
    Ok(tensor.to_scalar()?)
}

impl Training for TransparencyRun {
    fn columns(&self) -> &'static [&'static str] {
        &["reconstruction", "identity", "generator", "discriminator", "drop_db", "alpha_mae"]
    }

    fn groups(&self) -> Vec<(&'static str, &Group)> {
        vec![
            ("encoder", &self.encoder),
            ("decoder", &self.decoder),
            ("discriminator", &self.discriminator),
        ]
    }

    fn groups_mut(&mut self) -> Vec<(&'static str, &mut Group)> {
        vec![
            ("encoder", &mut self.encoder),
            ("decoder", &mut self.decoder),
            ("discriminator", &mut self.discriminator),
        ]
    }

    fn step(&mut self, step: u64, rate: f32) -> Result<Vec<f32>, TrainError> {
        let encoder = &self.encoder.parameters;
        let encoder = if self.task.encoder_stays { encoder.frozen() } else { encoder.weights() };
        let weights = (encoder, self.decoder.parameters.weights());
        let judged = step >= self.task.discriminator_from && self.task.discriminator > 0.0;
        let parts = shards::parts(self.batch, 1, self.parts);
        let made = shards::each(&parts, |part| {
            let pictures = self.pictures(step, part.clone());
            let wanted = Wanted::of(&pictures.iter().collect::<Vec<_>>(), &self.device)?;
            let (encoder, decoder) = self.networks(&weights.0, &weights.1)?;
            let pass = self.vae.pass(&wanted, &encoder, &decoder, SCALE)?;
            let apart = reconstruction(&pass.layer, &wanted.layer)?;
            let identity = mean_square(&pass.decoded, &wanted.signal)?;
            let mut total =
                ((&apart * self.task.reconstruction)? + (&identity * self.task.identity)?)?;
            let alpha = pass.layer.narrow(1, 0, 1)?;
            let wanted_alpha = wanted.layer.narrow(1, 0, 1)?;
            let off = mean_absolute(&alpha, &wanted_alpha)?;
            if self.task.haze > 0.0 {
                let haze = alpha_error(&alpha, &wanted_alpha, MARGIN)?;
                total = (total + (haze * self.task.haze)?)?;
            }
            let mut generator = 0.0;
            if judged {
                let fake = self.judge()?.forward(&pass.layer, Statistics::Batch)?;
                let hinge = generator_hinge(&fake)?;
                generator = number(&hinge)?;
                total = (total + (hinge * self.task.discriminator)?)?;
            }
            let layer = pass.layer.detach();
            let numbers = [
                number(&apart)?,
                number(&identity)?,
                generator,
                self.drop(&pass, &wanted)?,
                number(&off)?,
            ];
            Ok((total.backward()?, numbers, layer, wanted.layer))
        })?;
        let mut discriminator = 0.0;
        let judgements = if judged {
            shards::each(&parts, |part| {
                let place = parts.iter().position(|other| *other == part).unwrap_or(0);
                let (_, (_, _, fake, real)) = &made[place];
                let judge = self.judge()?;
                let real = judge.forward(real, Statistics::Batch)?;
                let hinge = discriminator_hinge(&real, &judge.forward(fake, Statistics::Batch)?)?;
                Ok((hinge.backward()?, number(&hinge)?))
            })?
        } else {
            Vec::new()
        };
        let [apart, identity, generator, drop, alpha] =
            shards::mean(made.iter().map(|(share, (_, numbers, ..))| (*share, *numbers)));
        let parts = made.into_iter().map(|(share, (grads, ..))| (share, grads)).collect();
        let grads = Gradients { parts };
        if !self.task.encoder_stays {
            self.encoder.step(&grads, rate)?;
        }
        self.decoder.step(&grads, rate)?;
        if judged {
            [discriminator] = shards::mean(judgements.iter().map(|(share, (_, n))| (*share, [*n])));
            let parts = judgements.into_iter().map(|(share, (grads, _))| (share, grads)).collect();
            self.discriminator.step(&Gradients { parts }, rate)?;
        }
        Ok(vec![apart, identity, generator, discriminator, drop, alpha])
    }

    fn sheet(&self) -> Result<Sheet, TrainError> {
        let made =
            |index| self.source.example(self.seed ^ 0x7368, index, self.size, Split::HeldOut);
        let examples: Vec<Example> = (0..20).map(made).collect();
        let pictures: Vec<&Canvas> = examples.iter().map(|e| &e.foreground).collect();
        let (encoder, decoder) = self.averaged()?;
        let mut shown = Vec::new();
        for pictures in pictures.chunks(4) {
            let wanted = Wanted::of(pictures, &self.device)?;
            let pass = self.vae.pass(&wanted, &encoder, &decoder, SCALE)?;
            let seen = canvases(&pass.decoded.detach())?.into_iter();
            let made = layer_canvases(&pass.layer.detach())?;
            for ((wanted, seen), made) in pictures.iter().zip(seen).zip(made) {
                shown.extend([(*wanted).clone(), seen, made]);
            }
        }
        Ok(sheet(&shown, 12))
    }

    fn write(&self, folder: &Path, step: u64) -> Result<(), TrainError> {
        let notes = BTreeMap::from([("steps".to_owned(), step.to_string())]);
        for (file, group) in [(ENCODER, &self.encoder), (DECODER, &self.decoder)] {
            save_model(&folder.join(file), &group.averages()?, Precision::F32, &notes)?;
        }
        Ok(())
    }
}

impl TransparencyRun {
    /// By how many decibels the frozen decoder's picture of a part's first layer is worse than without
    /// transparency.
    fn drop(&self, pass: &Pass, wanted: &Wanted) -> Result<f32, TrainError> {
        let first = |x: &Tensor| x.narrow(0, 0, 1);
        let plain = self.vae.vae.decode_signal(&first(&pass.mean)?)?.detach();
        let signal = first(&wanted.signal)?;
        let quality = |picture: &Tensor| -> Result<f32, TrainError> {
            Ok(decibels(number(&mean_square(picture, &signal)?)?, 2.0))
        };
        Ok(quality(&plain)? - quality(&first(&pass.decoded.detach())?)?)
    }
}
