//! Training a picture autoencoder of the Stable Diffusion kind.

mod layers;
mod start;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::{VaeConfig, vae_config, vae_layout};
use pellucid_nets::vae::{LatentFormat, Vae};

use crate::adam::{Group, Settings, numbers};
use crate::base::VAE;
use crate::batch::{LAYER_CHANNELS, canvases, cut, layer_signals, layers_of_signals, signals};
use crate::config::{AutoencoderTask, Config};
use crate::data::sheet::{Sheet, sheet};
use crate::data::{Canvas, Example, Source, Split};
use crate::error::TrainError;
use crate::losses::{decibels, divergence, mean_absolute, mean_square, slopes};
use crate::parameters::{Parameters, tensors_of};
use crate::random::Random;
use crate::run::{Event, Training};
use crate::shards::{self, Gradients};
use crate::state::{Precision, save_model};
use crate::transparency::layer;

/// The name of the model file.
pub const MODEL: &str = "autoencoder.safetensors";

/// Weight of differences of slopes beside those of values.
const SLOPES: f64 = 0.5;

/// Layers and blends that the latents' mean and deviation are taken from.
const CALIBRATION: u64 = 48;

/// A run that trains an autoencoder.
pub struct AutoencoderRun {
    seed: u64,
    batch: usize,
    parts: usize,
    size: usize,
    task: AutoencoderTask,
    shape: VaeConfig,
    source: Source,
    device: Device,
    group: Group,
}

impl AutoencoderRun {
    /// A fresh run.
    pub fn start(
        config: &Config,
        task: &AutoencoderTask,
        device: &Device,
        tell: &mut dyn FnMut(Event) -> bool,
    ) -> Result<Self, TrainError> {
        let shape = VaeConfig {
            channels: if task.layers { LAYER_CHANNELS } else { 3 },
            latent_channels: 4,
            base_width: task.base_width,
            multipliers: task.multipliers.clone(),
            residual_blocks: task.residual_blocks,
        };
        let source = Source::open(config.data.folder.as_deref(), config.data.size)?;
        for (path, why) in source.faults() {
            tell(Event::Note(format!("left out {}: {why}", path.display())));
        }
        if task.base_width < start::FEWEST_CHANNELS {
            tell(Event::Note(format!(
                "norms of fewer than four channels a group forget even colours: a `base_width` of {} or more learns much better",
                start::FEWEST_CHANNELS
            )));
        }
        // Residual branches start small, so that the whole starts near its skips.
        let gain = |key: &str| if key.ends_with("conv2.weight") { 0.3 } else { 1.2 };
        let parameters = Parameters::fresh(&vae_layout(&shape), config.seed, gain, device)?;
        match &task.start {
            None => start::start(&parameters, &shape)?,
            Some(path) => layers::start(&parameters, path, shape.channels)?,
        }
        let multiplications = operations(&shape, task.cut);
        tell(Event::Note(format!(
            "{} parameters; {:.2} GFLOP forwards and about three times that with gradients for each cut of {} pixels",
            parameters.count(),
            2.0 * multiplications / 1e9,
            task.cut
        )));
        Ok(Self {
            seed: config.seed,
            batch: config.schedule.batch,
            parts: config.schedule.parts,
            size: config.data.size,
            task: task.clone(),
            shape,
            source,
            device: device.clone(),
            group: Group::new(parameters, Settings::default())?,
        })
    }

    /// The cuts that a part of a step looks at: blends, surroundings, and layers on grey.
    fn pictures(&self, step: u64, part: Range<usize>) -> Vec<Canvas> {
        let picture = |index: usize| {
            let number = step * self.batch as u64 + index as u64;
            let random = &mut Random::new(self.seed, &[0x6165, number]);
            let example = self.source.example(self.seed, number, self.size, Split::Training);
            let picture =
                if self.task.layers { layer(&example, random) } else { chosen(&example, random) };
            let room = self.size - self.task.cut + 1;
            cut(picture, random.below(room), random.below(room), self.task.cut)
        };
        part.map(picture).collect()
    }

    fn signals(&self, pictures: &[&Canvas]) -> Result<Tensor, TrainError> {
        if self.task.layers {
            layer_signals(pictures, &self.device)
        } else {
            signals(pictures, &self.device)
        }
    }

    fn vae(&self, tensors: &Weights) -> Result<Vae, TrainError> {
        Ok(Vae::load(tensors, &self.shape, DType::F32, &self.device)?)
    }
}

impl Training for AutoencoderRun {
    fn columns(&self) -> &'static [&'static str] {
        &["loss", "absolute", "divergence", "decibels", "gradient"]
    }

    fn groups(&self) -> Vec<(&'static str, &Group)> {
        vec![("autoencoder", &self.group)]
    }

    fn groups_mut(&mut self) -> Vec<(&'static str, &mut Group)> {
        vec![("autoencoder", &mut self.group)]
    }

    fn step(&mut self, step: u64, rate: f32) -> Result<Vec<f32>, TrainError> {
        let weights = self.group.parameters.weights();
        let parts = shards::each(&shards::parts(self.batch, 1, self.parts), |part| {
            let pictures = self.pictures(step, part.clone());
            let signal = self.signals(&pictures.iter().collect::<Vec<_>>())?;
            let vae = self.vae(&weights)?;
            let posterior = vae.encode_signal(&signal)?;
            let random = &mut Random::new(self.seed, &[0x6e6f, step, part.start as u64]);
            let noise = random.normals(posterior.mean.elem_count());
            let noise = Tensor::from_vec(noise, posterior.mean.shape(), &self.device)?;
            let decoded = vae.decode_signal(&posterior.sample(&noise)?)?;
            let absolute = mean_absolute(&decoded, &signal)?;
            let apart = divergence(&posterior.mean, &posterior.log_variance)?;
            let loss = ((&absolute + (slopes(&decoded, &signal)? * SLOPES)?)?
                + (&apart * self.task.divergence)?)?;
            let square = mean_square(&decoded.detach(), &signal)?;
            let number = |tensor: &Tensor| -> Result<f32, TrainError> { Ok(tensor.to_scalar()?) };
            let numbers = [number(&loss)?, number(&absolute)?, number(&apart)?, number(&square)?];
            Ok((loss.backward()?, numbers))
        })?;
        let [loss, absolute, apart, square] =
            shards::mean(parts.iter().map(|(share, (_, numbers))| (*share, *numbers)));
        let parts = parts.into_iter().map(|(share, (grads, _))| (share, grads)).collect();
        let length = self.group.step(&Gradients { parts }, rate)?;
        Ok(vec![loss, absolute, apart, decibels(square, 2.0), length])
    }

    fn sheet(&self) -> Result<Sheet, TrainError> {
        let made =
            |index| self.source.example(self.seed ^ 0x7368, index, self.size, Split::HeldOut);
        let examples: Vec<Example> = (0..12).map(made).collect();
        let wanted: Vec<&Canvas> =
            examples.iter().flat_map(|e| [&e.foreground, &e.blend]).collect();
        let signal = self.signals(&wanted)?;
        let vae = self.vae(&Weights::from_tensors(self.group.averages()?))?;
        let decoded = vae.decode_signal(&vae.encode_signal(&signal)?.mean)?;
        let seen = if self.task.layers { layers_of_signals } else { canvases };
        let pairs = seen(&signal)?.into_iter().zip(seen(&decoded)?);
        Ok(sheet(&pairs.flat_map(|(wanted, got)| [wanted, got]).collect::<Vec<_>>(), 8))
    }

    fn write(&self, folder: &Path, step: u64) -> Result<(), TrainError> {
        let tensors = self.group.averages()?;
        let vae = self.vae(&Weights::from_tensors(tensors.clone()))?;
        let scaled = self.calibrated(tensors, &vae)?;
        let notes = BTreeMap::from([("steps".to_owned(), step.to_string())]);
        save_model(&folder.join(MODEL), &scaled, Precision::F32, &notes)
    }
}

impl AutoencoderRun {
    /// The same autoencoder with latents of mean 0 and of the deviation that Stable Diffusion's have: what
    /// comes after the encoder's last and before the decoder's first convolution is scaled.
    fn calibrated(
        &self,
        mut tensors: BTreeMap<String, Tensor>,
        vae: &Vae,
    ) -> Result<BTreeMap<String, Tensor>, TrainError> {
        let mut latents = Vec::new();
        for start in (0..CALIBRATION).step_by(8) {
            let made =
                |index| self.source.example(self.seed ^ 0x6361, index, self.size, Split::Training);
            let examples: Vec<Example> = (start..start + 8).map(made).collect();
            let pictures: Vec<&Canvas> = (examples.iter().enumerate())
                .map(|(i, e)| if i % 2 == 0 { &e.foreground } else { &e.blend })
                .collect();
            latents.push(vae.encode_signal(&self.signals(&pictures)?)?.mean);
        }
        let latents = Tensor::cat(&latents, 0)?.transpose(0, 1)?.flatten_from(1)?;
        let wanted = 1.0 / LatentFormat::Sd15.factor().unwrap_or(1.0) as f32;
        let channels = self.shape.latent_channels;
        let mut moments = Vec::with_capacity(channels);
        for channel in 0..channels {
            let values = numbers(&latents.get(channel)?)?;
            let mean = values.iter().sum::<f32>() / values.len() as f32;
            let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>();
            let deviation = (square / values.len() as f32).sqrt().max(1e-6);
            moments.push((mean, wanted / deviation));
        }
        rescale(&mut tensors, &moments)?;
        Ok(tensors)
    }
}

/// Makes channel `c` of the latent `(z - mean) · factor`, and undoes it before the decoder.
fn rescale(
    tensors: &mut BTreeMap<String, Tensor>,
    moments: &[(f32, f32)],
) -> Result<(), TrainError> {
    let channels = moments.len();
    let mut edit =
        |key: &str, change: &mut dyn FnMut(&mut [f32])| -> Result<Vec<f32>, TrainError> {
            let Some(tensor) = tensors.get_mut(key) else { return Ok(Vec::new()) };
            let mut values = numbers(tensor)?;
            change(&mut values);
            *tensor = Tensor::from_vec(values.clone(), tensor.shape(), tensor.device())?;
            Ok(values)
        };
    edit("quant_conv.weight", &mut |weight| {
        for (row, (_, factor)) in weight.chunks_mut(2 * channels).zip(moments) {
            row.iter_mut().for_each(|v| *v *= factor);
        }
    })?;
    edit("quant_conv.bias", &mut |bias| {
        for (channel, (mean, factor)) in moments.iter().enumerate() {
            bias[channel] = (bias[channel] - mean) * factor;
            bias[channels + channel] += 2.0 * factor.ln();
        }
    })?;
    let mut offsets = vec![0.0; channels];
    edit("post_quant_conv.weight", &mut |weight| {
        for (offset, row) in offsets.iter_mut().zip(weight.chunks_mut(channels)) {
            for (v, (mean, factor)) in row.iter_mut().zip(moments) {
                *offset += *v * mean;
                *v /= factor;
            }
        }
    })?;
    edit("post_quant_conv.bias", &mut |bias| {
        bias.iter_mut().zip(&offsets).for_each(|(v, offset)| *v += offset);
    })?;
    Ok(())
}

/// The tensors of a saved autoencoder, or of the one in a checkpoint, that no gradient is kept for.
pub fn saved(path: &Path) -> Result<BTreeMap<String, Tensor>, TrainError> {
    let weights = Weights::open(path)?;
    let part = weights.under(VAE);
    let of_checkpoint = !part.shapes().is_empty();
    tensors_of(if of_checkpoint { &part } else { &weights })
}

/// A saved autoencoder, or the one in a checkpoint.
pub fn load(path: &Path, device: &Device) -> Result<(Vae, BTreeMap<String, Tensor>), TrainError> {
    let tensors = saved(path)?;
    let weights = Weights::from_tensors(tensors.clone());
    let shapes =
        tensors.iter().map(|(key, tensor)| (key.clone(), tensor.dims().to_vec())).collect();
    let Some(shape) = vae_config(&shapes) else {
        return Err(TrainError::State(path.into(), "this is no autoencoder".into()));
    };
    Ok((Vae::load(&weights, &shape, DType::F32, device)?, tensors))
}

fn chosen<'a>(example: &'a Example, random: &mut Random) -> &'a Canvas {
    match random.unit() {
        part if part < 0.45 => &example.blend,
        part if part < 0.6 => &example.background,
        _ => &example.foreground,
    }
}

/// Multiplications of encoding and decoding a square of `side` pixels: what the convolutions do.
fn operations(shape: &VaeConfig, side: usize) -> f64 {
    let levels = shape.multipliers.len();
    let of = |key: &str, dims: &[usize]| -> f64 {
        let level = |text: &str| text.split('.').next().and_then(|n| n.parse::<usize>().ok());
        let inside = key.split_once("down.").or_else(|| key.split_once("up."));
        let mut place = inside.and_then(|(_, rest)| level(rest)).unwrap_or(levels - 1);
        if key.ends_with("encoder.conv_in.weight") || key.ends_with("decoder.conv_out.weight") {
            place = 0;
        }
        // A level's last convolution works at the next size.
        if key.contains("downsample") {
            place += 1;
        }
        if key.contains("upsample") {
            place -= 1;
        }
        let pixels = (side >> place) as f64;
        dims.iter().product::<usize>() as f64 * pixels * pixels
    };
    let layout = vae_layout(shape);
    layout.iter().filter(|(_, dims)| dims.len() == 4).map(|(key, dims)| of(key, dims)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rescaled_latents_decode_to_the_same_picture() {
        let shape = VaeConfig {
            channels: 3,
            latent_channels: 4,
            base_width: 32,
            multipliers: vec![1, 1],
            residual_blocks: 1,
        };
        let device = Device::Cpu;
        let parameters = Parameters::fresh(&vae_layout(&shape), 3, |_| 1.0, &device).unwrap();
        let mut tensors: BTreeMap<String, Tensor> =
            parameters.vars.iter().map(|(k, v)| (k.clone(), v.as_detached_tensor())).collect();
        let vae = |tensors: &BTreeMap<String, Tensor>| {
            let weights = Weights::from_tensors(tensors.clone());
            Vae::load(&weights, &shape, DType::F32, &device).unwrap()
        };
        let values = Random::new(1, &[]).normals(3 * 16 * 16);
        let picture = Tensor::from_vec(values, (1, 3, 16, 16), &device).unwrap();
        let before = vae(&tensors);
        let (a, a_std) = {
            let posterior = before.encode_signal(&picture).unwrap();
            (posterior.mean.clone(), posterior.std().unwrap())
        };
        rescale(&mut tensors, &[(0.3, 2.0), (-0.1, 0.5), (0.0, 1.0), (1.0, 3.0)]).unwrap();
        let after = vae(&tensors);
        let posterior = after.encode_signal(&picture).unwrap();
        let first = |t: &Tensor, c| numbers(&t.get(0).unwrap().get(c).unwrap()).unwrap()[5];
        // A few roundings of f32 at values of about 1.
        assert!((first(&posterior.mean, 3) - (first(&a, 3) - 1.0) * 3.0).abs() < 1e-5);
        assert!((first(&posterior.std().unwrap(), 0) - 2.0 * first(&a_std, 0)).abs() < 1e-5);
        let (x, y) =
            (before.decode_signal(&a).unwrap(), after.decode_signal(&posterior.mean).unwrap());
        let off = numbers(&(x - y).unwrap()).unwrap().into_iter().fold(0f32, |m, v| m.max(v.abs()));
        // Roundings carried through two dozen layers of untrained weights.
        assert!(off < 1e-3, "{off}");
    }
}
