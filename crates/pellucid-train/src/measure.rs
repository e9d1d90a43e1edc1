//! How good trained models are, on seeds and combinations that they were not trained on.

mod additions;
mod keying;
mod prompts;

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::layer_diffuse::{OffsetEncoder, TransparentDecoder};
use pellucid_pixel::blur::{Gaussian, gaussian_blur_matte};
use pellucid_pixel::{Matte, MatteFact};
use serde::{Deserialize, Serialize};

use crate::batch::{canvases, layer_canvases, layer_signals, layers_of_signals, signals};
use crate::data::{Canvas, Example, Source, Split};
use crate::error::TrainError;
use crate::losses::{decibels, mean_square};
use crate::transparency::{DECODER, ENCODER, Frozen, SCALE, Wanted};

/// The colours that layers are compared over: black, grey, white, the primaries and their opposites.
pub const BACKGROUNDS: [[f32; 3]; 9] = [
    [0.0, 0.0, 0.0],
    [0.5, 0.5, 0.5],
    [1.0, 1.0, 1.0],
    [1.0, 0.0, 0.0],
    [0.0, 1.0, 0.0],
    [0.0, 0.0, 1.0],
    [0.0, 1.0, 1.0],
    [1.0, 0.0, 1.0],
    [1.0, 1.0, 0.0],
];

/// Alpha above this, where there should be none, is haze.
const HAZE: f32 = 5.0 / 255.0;

/// What to measure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureConfig {
    /// The autoencoder's file.
    pub autoencoder: PathBuf,
    /// The folder of the transparency encoder and decoder; left out, the autoencoder alone is measured.
    #[serde(default)]
    pub transparency: Option<PathBuf>,
    /// An autoencoder of layers in four channels, to compare with.
    #[serde(default)]
    pub four_channels: Option<PathBuf>,
    /// What prompts are measured with; left out, they are not.
    #[serde(default)]
    pub prompts: Option<PromptsConfig>,
    /// What additions are measured with; left out, they are not.
    #[serde(default)]
    pub additions: Option<AdditionsConfig>,
    /// Examples of each split.
    pub examples: u64,
    /// Their seed; no run may have had it.
    pub seed: u64,
    /// Pixels along a side.
    pub size: usize,
}

/// How to measure prompts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptsConfig {
    /// The denoiser's checkpoint.
    pub checkpoint: PathBuf,
    /// The judge that says what came of a prompt.
    pub judge: PathBuf,
    /// Prompts of each split.
    pub count: u64,
    /// Steps from noise to a layer.
    pub steps: usize,
    /// Guidance.
    pub guidance: f64,
}

/// How to measure additions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdditionsConfig {
    /// The checkpoint that they are added to.
    pub checkpoint: PathBuf,
    /// A ControlNet for edges.
    #[serde(default)]
    pub edges: Option<PathBuf>,
    /// Attention shared between layer, surroundings and blend.
    #[serde(default)]
    pub joint: Option<PathBuf>,
    /// Attention shared between surroundings and blend, for a given layer.
    #[serde(default)]
    pub foreground_to_background: Option<PathBuf>,
    /// Pictures of each split.
    pub count: u64,
    /// Steps from noise to a picture.
    pub steps: usize,
    /// Guidance.
    pub guidance: f64,
}

/// Means over the examples of one split; what was not asked for is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The autoencoder's signal-to-noise ratio on blends, in decibels, values 0 to 1.
    pub autoencoder_blends_db: f32,
    /// The same on layers over grey.
    pub autoencoder_layers_db: f32,
    /// By how much layers over grey get worse when transparency rides on the latent, in decibels.
    pub identity_drop_db: f32,
    /// The transparency encoder and decoder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<LayerErrors>,
    /// An autoencoder of layers in four channels, with latents of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub four_channels: Option<LayerErrors>,
    /// What one would do without them: every pixel that differs enough from the grey around it is opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<LayerErrors>,
    /// The same with alpha rising with the difference from grey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matte: Option<LayerErrors>,
    /// Whether layers show what they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompts: Option<Prompts>,
    /// What additions do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additions: Option<Additions>,
}

/// How far layers are from those that were wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LayerErrors {
    /// The signal-to-noise ratio of layers over nine backgrounds, in decibels, of the mean square error.
    pub layers_db: f32,
    /// Mean absolute error of alpha.
    pub alpha_mae: f32,
    /// Sum of absolute errors of alpha, in thousands of pixels.
    pub alpha_sad: f32,
    /// Sum of squared differences of the gradient's length (Gaussian of 1.4 pixels), in thousands.
    pub alpha_gradient: f32,
    /// Part of the pixels that should be clear and are not.
    pub haze: f32,
}

/// Whether layers show what they were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Prompts {
    /// Part of prompts whose thing the judge sees in the layer drawn for them.
    pub thing: f32,
    /// The same for the colours of things that have one.
    pub colour: f32,
    /// Part of pictures made by rule whose thing the judge sees: what could be reached.
    pub judge_thing: f32,
    /// The same for colours.
    pub judge_colour: f32,
}

/// What additions do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Additions {
    /// How well edges of what is drawn lie on those that were given: the F-score, within two pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edges: Option<f32>,
    /// The same of what is drawn from the same noise without being given them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edges_without: Option<f32>,
    /// How far the blend that is drawn jointly is from the layer over its surroundings: CIEDE2000, mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joint_delta_e: Option<f64>,
    /// How far the blend drawn for a layer is from that layer where it is opaque: CIEDE2000, mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_delta_e: Option<f64>,
}

/// The figures of both splits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measures {
    /// Combinations that were trained on, with other seeds.
    pub seen: Figures,
    /// Combinations that were kept from training.
    pub held_out: Figures,
}

impl MeasureConfig {
    /// Reads what to measure; paths are relative to the file's folder.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(|error| TrainError::file(path, error))?;
        let mut config: Self = serde_json::from_str(&text)
            .map_err(|error| TrainError::Config(format!("{}: {error}", path.display())))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.autoencoder = folder.join(&config.autoencoder);
        config.transparency = config.transparency.map(|path| folder.join(path));
        config.four_channels = config.four_channels.map(|path| folder.join(path));
        if let Some(prompts) = &mut config.prompts {
            prompts.checkpoint = folder.join(&prompts.checkpoint);
            prompts.judge = folder.join(&prompts.judge);
            if config.transparency.is_none() || prompts.count == 0 || prompts.steps == 0 {
                let text = "`prompts` needs `transparency`, and `count` and `steps` of at least 1";
                return Err(TrainError::Config(text.into()));
            }
        }
        if let Some(additions) = &mut config.additions {
            additions.checkpoint = folder.join(&additions.checkpoint);
            let files = [
                &mut additions.edges,
                &mut additions.joint,
                &mut additions.foreground_to_background,
            ];
            for file in files.into_iter().flatten() {
                *file = folder.join(&*file);
            }
            if config.transparency.is_none() || additions.count == 0 || additions.steps == 0 {
                let text =
                    "`additions` needs `transparency`, and `count` and `steps` of at least 1";
                return Err(TrainError::Config(text.into()));
            }
        }
        if config.examples == 0
            || !(64..=1024).contains(&config.size)
            || !config.size.is_multiple_of(64)
        {
            let text = "`examples` must be at least 1 and `size` a multiple of 64 up to 1024";
            return Err(TrainError::Config(text.into()));
        }
        Ok(config)
    }
}

/// Measures.
pub fn measure(config: &MeasureConfig, device: &Device) -> Result<Measures, TrainError> {
    let vae = Frozen::load(&config.autoencoder, device)?;
    let networks = match &config.transparency {
        None => None,
        Some(folder) => Some((
            OffsetEncoder::load(&Weights::open(&folder.join(ENCODER))?, DType::F32, device)?,
            TransparentDecoder::load(&Weights::open(&folder.join(DECODER))?, DType::F32, device)?,
        )),
    };
    let layered =
        config.four_channels.as_ref().map(|path| Frozen::load(path, device)).transpose()?;
    if let Some(channels) = layered.as_ref().map(|layered| layered.vae.config.channels)
        && channels != 4
    {
        let text = format!(
            "`four_channels` is an autoencoder of {channels} channels, not 4: train one with `layers`"
        );
        return Err(TrainError::Config(text));
    }
    let of = |split| -> Result<Figures, TrainError> {
        let layered = layered.as_ref();
        let mut figures = figures(config, split, &vae, networks.as_ref(), layered, device)?;
        if let Some(folder) = &config.transparency {
            let prompts = |prompts| prompts::follow(config, prompts, folder, split, device);
            figures.prompts = config.prompts.as_ref().map(prompts).transpose()?;
            let additions = |how| additions::compare(config, how, folder, split, device);
            figures.additions = config.additions.as_ref().map(additions).transpose()?;
        }
        Ok(figures)
    };
    Ok(Measures { seen: of(Split::Training)?, held_out: of(Split::HeldOut)? })
}

/// Examples to draw for, `size` at a time, with the seed of the noise.
fn batches(
    config: &MeasureConfig,
    split: Split,
    count: u64,
    size: u64,
) -> impl Iterator<Item = (u64, Vec<Example>)> {
    let made = move |index| Source::Rule.example(config.seed, index, config.size, split);
    let batch = move |start: u64| {
        let examples = (start..(start + size).min(count)).map(made).collect();
        (config.seed.wrapping_add(start), examples)
    };
    (0..count).step_by(size as usize).map(batch)
}

fn figures(
    config: &MeasureConfig,
    split: Split,
    vae: &Frozen,
    networks: Option<&(OffsetEncoder, TransparentDecoder)>,
    layered: Option<&Frozen>,
    device: &Device,
) -> Result<Figures, TrainError> {
    let mut mean = Figures::default();
    let share = 1.0 / config.examples as f32;
    let (mut codec, mut four, mut keyed) =
        (Sum::default(), Sum::default(), keying::Tried::default());
    for index in 0..config.examples {
        let example: Example = Source::Rule.example(config.seed, index, config.size, split);
        let quality = |wanted: &Tensor, got: &Tensor| -> Result<f32, TrainError> {
            Ok(decibels(mean_square(got, wanted)?.to_scalar()?, 2.0))
        };
        let plain = |picture: &Canvas| -> Result<(f32, Canvas), TrainError> {
            let signal = signals(&[picture], device)?;
            let decoded = vae.vae.decode_signal(&vae.vae.encode_signal(&signal)?.mean)?;
            let decoded = decoded.clamp(-1f32, 1f32)?;
            Ok((quality(&signal, &decoded)?, canvases(&decoded)?.remove(0)))
        };
        mean.autoencoder_blends_db += plain(&example.blend)?.0 * share;
        let (on_grey, picture) = plain(&example.foreground)?;
        mean.autoencoder_layers_db += on_grey * share;
        if let Some(layered) = layered {
            let signal = layer_signals(&[&example.foreground], device)?;
            let latent = layered.vae.encode_signal(&signal)?.mean;
            let decoded = layered.vae.decode_signal(&latent)?;
            four.add(&example.foreground, &layers_of_signals(&decoded)?[0]);
        }
        let Some((encoder, decoder)) = networks else { continue };
        let wanted = Wanted::of(&[&example.foreground], device)?;
        let pass = vae.pass(&wanted, encoder, decoder, SCALE)?;
        let with = quality(&wanted.signal, &pass.decoded.clamp(-1f32, 1f32)?)?;
        mean.identity_drop_db += (on_grey - with) * share;
        codec.add(&example.foreground, &layer_canvases(&pass.layer)?[0]);
        keyed.add(&example.foreground, &picture);
    }
    mean.four_channels = layered.map(|_| four.mean());
    if networks.is_some() {
        mean.codec = Some(codec.mean());
        [mean.threshold, mean.matte] = keyed.best().map(Some);
    }
    Ok(mean)
}

/// Errors of layers, summed.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    errors: LayerErrors,
    squares: f32,
    count: f32,
}

impl Sum {
    fn add(&mut self, wanted: &Canvas, found: &Canvas) {
        let errors = compare(wanted, found);
        self.squares += over_backgrounds(wanted, found);
        self.errors.alpha_mae += errors.alpha_mae;
        self.errors.alpha_sad += errors.alpha_sad;
        self.errors.alpha_gradient += errors.alpha_gradient;
        self.errors.haze += errors.haze;
        self.count += 1.0;
    }

    fn mean(&self) -> LayerErrors {
        let LayerErrors { alpha_mae, alpha_sad, alpha_gradient, haze, .. } = self.errors;
        LayerErrors {
            layers_db: decibels(self.squares / self.count, 1.0),
            alpha_mae: alpha_mae / self.count,
            alpha_sad: alpha_sad / self.count,
            alpha_gradient: alpha_gradient / self.count,
            haze: haze / self.count,
        }
    }
}

/// The mean square error of two layers over [`BACKGROUNDS`].
pub fn over_backgrounds(wanted: &Canvas, found: &Canvas) -> f32 {
    let mut sum = 0f64;
    for (wanted, found) in wanted.pixels.iter().zip(&found.pixels) {
        for background in BACKGROUNDS {
            for channel in 0..3 {
                let over = |p: &[f32; 4]| p[channel] + background[channel] * (1.0 - p[3]);
                sum += f64::from(over(wanted) - over(found)).powi(2);
            }
        }
    }
    (sum / (wanted.pixels.len().max(1) * 27) as f64) as f32
}

/// The errors of alpha; [`LayerErrors::layers_db`] is left 0.
pub fn compare(wanted: &Canvas, found: &Canvas) -> LayerErrors {
    let count = wanted.pixels.len().max(1) as f32;
    let pairs = || wanted.pixels.iter().zip(&found.pixels).map(|(w, f)| (w[3], f[3]));
    let sum: f32 = pairs().map(|(wanted, found)| (wanted - found).abs()).sum();
    let hazy = pairs().filter(|&(wanted, found)| wanted == 0.0 && found > HAZE).count();
    let slopes = slopes(wanted).into_iter().zip(slopes(found));
    let gradient: f32 = slopes.map(|(wanted, found)| (wanted - found).powi(2)).sum();
    LayerErrors {
        alpha_mae: sum / count,
        alpha_sad: sum / 1000.0,
        alpha_gradient: gradient / 1000.0,
        haze: hazy as f32 / count,
        ..LayerErrors::default()
    }
}

/// The length of the gradient of alpha, blurred by 1.4 pixels, by central differences.
fn slopes(canvas: &Canvas) -> Vec<f32> {
    let side = canvas.size;
    let fact = MatteFact { width: side as u32, height: side as u32, batch: 1 };
    let alpha = Matte::new(fact, canvas.pixels.iter().map(|p| p[3]).collect());
    let alpha = gaussian_blur_matte(&alpha, Gaussian::new(1.4));
    let values = alpha.frame(0);
    let at = |x: usize, y: usize| values[y * side + x];
    let slope = |index: usize| {
        let (x, y) = (index % side, index / side);
        let (left, right) = (x.saturating_sub(1), (x + 1).min(side - 1));
        let (above, below) = (y.saturating_sub(1), (y + 1).min(side - 1));
        ((at(right, y) - at(left, y)) * 0.5).hypot((at(x, below) - at(x, above)) * 0.5)
    };
    (0..side * side).map(slope).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_layer_has_no_error_and_haze_is_counted() {
        let example = Source::Rule.example(1, 2, 64, Split::Training);
        let layer = &example.foreground;
        assert_eq!(over_backgrounds(layer, layer), 0.0);
        assert_eq!(compare(layer, layer), LayerErrors::default());

        let clear = Canvas::clear(64);
        let mut hazy = clear.clone();
        hazy.pixels[..1024].fill([0.05, 0.05, 0.05, 0.1]);
        let found = compare(&clear, &hazy);
        assert_eq!(found.haze, 0.25);
        assert!((found.alpha_mae - 0.025).abs() < 1e-6);
        // Over white: 0.05 + 0.9 for 1; the error squared is 0.0025 there, on a quarter of the pixels.
        assert!(over_backgrounds(&clear, &hazy) > 0.0);
    }
}
