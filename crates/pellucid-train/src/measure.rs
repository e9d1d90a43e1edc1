//! How good trained models are, on seeds and combinations that they were not trained on.

mod prompts;

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::layer_diffuse::{OffsetEncoder, TransparentDecoder};
use pellucid_pixel::blur::{Gaussian, gaussian_blur_matte};
use pellucid_pixel::{Matte, MatteFact};
use serde::{Deserialize, Serialize};

use crate::batch::{layer_canvases, signals};
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
    /// What prompts are measured with; left out, they are not.
    #[serde(default)]
    pub prompts: Option<PromptsConfig>,
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

/// Means over the examples of one split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The autoencoder's signal-to-noise ratio on blends, in decibels, values 0 to 1.
    pub autoencoder_blends_db: f32,
    /// The same on layers over grey.
    pub autoencoder_layers_db: f32,
    /// By how much layers over grey get worse when transparency rides on the latent, in decibels.
    pub identity_drop_db: f32,
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
    /// Part of prompts whose thing the judge sees in the layer drawn for them.
    pub prompt_thing: f32,
    /// The same for the colours of things that have one.
    pub prompt_colour: f32,
    /// Part of pictures made by rule whose thing the judge sees: what could be reached.
    pub judge_thing: f32,
    /// The same for colours.
    pub judge_colour: f32,
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
        if let Some(prompts) = &mut config.prompts {
            prompts.checkpoint = folder.join(&prompts.checkpoint);
            prompts.judge = folder.join(&prompts.judge);
            if config.transparency.is_none() || prompts.count == 0 || prompts.steps == 0 {
                let text = "`prompts` needs `transparency`, and `count` and `steps` of at least 1";
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
    let of = |split| {
        let figures = figures(config, split, &vae, networks.as_ref(), device)?;
        with_prompts(config, figures, split, device)
    };
    Ok(Measures { seen: of(Split::Training)?, held_out: of(Split::HeldOut)? })
}

fn figures(
    config: &MeasureConfig,
    split: Split,
    vae: &Frozen,
    networks: Option<&(OffsetEncoder, TransparentDecoder)>,
    device: &Device,
) -> Result<Figures, TrainError> {
    let mut sum = Figures::default();
    let mut squares = 0.0;
    for index in 0..config.examples {
        let example: Example = Source::Rule.example(config.seed, index, config.size, split);
        let quality = |wanted: &Tensor, got: &Tensor| -> Result<f32, TrainError> {
            Ok(decibels(mean_square(got, wanted)?.to_scalar()?, 2.0))
        };
        let plain = |picture: &Canvas| -> Result<f32, TrainError> {
            let signal = signals(&[picture], device)?;
            let decoded = vae.vae.decode_signal(&vae.vae.encode_signal(&signal)?.mean)?;
            quality(&signal, &decoded.clamp(-1f32, 1f32)?)
        };
        sum.autoencoder_blends_db += plain(&example.blend)?;
        let on_grey = plain(&example.foreground)?;
        sum.autoencoder_layers_db += on_grey;
        let Some((encoder, decoder)) = networks else { continue };
        let wanted = Wanted::of(&[&example.foreground], device)?;
        let pass = vae.pass(&wanted, encoder, decoder, SCALE)?;
        let with = quality(&wanted.signal, &pass.decoded.clamp(-1f32, 1f32)?)?;
        sum.identity_drop_db += on_grey - with;
        let found = &layer_canvases(&pass.layer)?[0];
        squares += over_backgrounds(&example.foreground, found);
        let alpha = compare(&example.foreground, found);
        sum.alpha_mae += alpha.alpha_mae;
        sum.alpha_sad += alpha.alpha_sad;
        sum.alpha_gradient += alpha.alpha_gradient;
        sum.haze += alpha.haze;
    }
    let count = config.examples as f32;
    Ok(Figures {
        autoencoder_blends_db: sum.autoencoder_blends_db / count,
        autoencoder_layers_db: sum.autoencoder_layers_db / count,
        identity_drop_db: sum.identity_drop_db / count,
        layers_db: if networks.is_some() { decibels(squares / count, 1.0) } else { 0.0 },
        alpha_mae: sum.alpha_mae / count,
        alpha_sad: sum.alpha_sad / count,
        alpha_gradient: sum.alpha_gradient / count,
        haze: sum.haze / count,
        ..Figures::default()
    })
}

fn with_prompts(
    config: &MeasureConfig,
    mut figures: Figures,
    split: Split,
    device: &Device,
) -> Result<Figures, TrainError> {
    if let (Some(prompts), Some(transparency)) = (&config.prompts, &config.transparency) {
        let found = prompts::follow(config, prompts, transparency, split, device)?;
        figures.prompt_thing = found.drawn.thing;
        figures.prompt_colour = found.drawn.colour;
        figures.judge_thing = found.made.thing;
        figures.judge_colour = found.made.colour;
    }
    Ok(figures)
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

/// The errors of alpha.
pub fn compare(wanted: &Canvas, found: &Canvas) -> Figures {
    let count = wanted.pixels.len().max(1) as f32;
    let pairs = || wanted.pixels.iter().zip(&found.pixels).map(|(w, f)| (w[3], f[3]));
    let sum: f32 = pairs().map(|(wanted, found)| (wanted - found).abs()).sum();
    let hazy = pairs().filter(|&(wanted, found)| wanted == 0.0 && found > HAZE).count();
    let slopes = slopes(wanted).into_iter().zip(slopes(found));
    let gradient: f32 = slopes.map(|(wanted, found)| (wanted - found).powi(2)).sum();
    Figures {
        alpha_mae: sum / count,
        alpha_sad: sum / 1000.0,
        alpha_gradient: gradient / 1000.0,
        haze: hazy as f32 / count,
        ..Figures::default()
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
        assert_eq!(compare(layer, layer), Figures::default());

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
