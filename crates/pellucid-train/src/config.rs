//! What a run is: a JSON file.

mod check;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::addition::Kind;
use crate::error::TrainError;

/// A run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Free text.
    #[serde(default)]
    pub note: String,
    /// The folder for state, log, sheets and models.
    pub out: PathBuf,
    /// Everything random follows from it.
    #[serde(default)]
    pub seed: u64,
    /// How long and how fast.
    pub schedule: Schedule,
    /// Where pictures come from.
    #[serde(default)]
    pub data: Data,
    /// What is trained.
    pub task: Task,
}

/// How long and how fast.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Steps in all.
    pub steps: u64,
    /// Examples a step.
    pub batch: usize,
    /// Parts of a step's examples that are computed side by side; the bits depend on it.
    #[serde(default = "Schedule::parts")]
    pub parts: usize,
    /// The highest learning rate.
    pub rate: f32,
    /// Steps over which it rises from 0.
    #[serde(default = "Schedule::warm_up")]
    pub warm_up: u64,
    /// The part of the highest rate that it falls to, along a half cosine.
    #[serde(default = "Schedule::last_rate")]
    pub last_rate: f32,
    /// Steps between saved states.
    #[serde(default = "Schedule::save_every")]
    pub save_every: u64,
    /// Steps between sample sheets.
    #[serde(default = "Schedule::sheet_every")]
    pub sheet_every: u64,
}

/// Where pictures come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Pixels along a side.
    #[serde(default = "Data::size")]
    pub size: usize,
    /// A folder of pictures with alpha and captions, instead of pictures made by rule.
    #[serde(default)]
    pub folder: Option<PathBuf>,
}

/// What is trained.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A picture autoencoder.
    Autoencoder(AutoencoderTask),
    /// The latent transparency encoder and decoder.
    Transparency(TransparencyTask),
    /// A text-conditional denoiser and its text encoder.
    Denoiser(DenoiserTask),
    /// Something that is added to a denoiser.
    Addition(AdditionTask),
    /// A network that says what a layer shows.
    Judge(JudgeTask),
}

/// A network that says what a layer shows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeTask {
    /// Channels of its first convolution.
    pub width: usize,
}

/// A picture autoencoder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoencoderTask {
    /// Channels at full size.
    pub base_width: usize,
    /// Channels of each level divided by that.
    pub multipliers: Vec<usize>,
    /// Residual blocks of a level of the encoder.
    pub residual_blocks: usize,
    /// Pixels along a side of the cuts that are trained on.
    pub cut: usize,
    /// Weight of the divergence from the normal distribution, per latent element.
    pub divergence: f64,
    /// Whether it is for layers, with alpha as a fourth channel: what latent transparency is compared with. It
    /// must `start` from one for pictures.
    #[serde(default)]
    pub layers: bool,
    /// An autoencoder of the same shape to start from, or a checkpoint that has it.
    #[serde(default)]
    pub start: Option<PathBuf>,
}

/// The latent transparency encoder and decoder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransparencyTask {
    /// The autoencoder that stays as it is.
    pub autoencoder: PathBuf,
    /// Channels of the encoder's convolutions but the last.
    pub encoder_widths: [usize; 8],
    /// Channels of the decoder's levels.
    pub decoder_widths: Vec<usize>,
    /// Pixels along a side of the cuts that are trained on.
    pub cut: usize,
    /// Levels of the decoder, from the coarsest, with attention.
    pub attention_levels: usize,
    /// Residual blocks of a level on the way down.
    pub residual_blocks: usize,
    /// Channels of the discriminator's first layer.
    pub discriminator_width: usize,
    /// Weight of the reconstruction.
    #[serde(default = "TransparencyTask::one")]
    pub reconstruction: f64,
    /// Weight of the identity.
    #[serde(default = "TransparencyTask::one")]
    pub identity: f64,
    /// Weight of the discriminator.
    #[serde(default = "TransparencyTask::discriminator")]
    pub discriminator: f64,
    /// Steps before the discriminator joins in.
    #[serde(default)]
    pub discriminator_from: u64,
    /// Weight of the mean absolute error of alpha, beside the squared one of the reconstruction: squares hardly
    /// see haze. Clear alpha is to be found a little below 0 and solid a little above 1.
    #[serde(default)]
    pub haze: f64,
    /// The folder of an earlier run to start from.
    #[serde(default)]
    pub start: Option<PathBuf>,
    /// Whether the encoder stays as it is, so that what was trained on its latents stays right.
    #[serde(default)]
    pub encoder_stays: bool,
}

/// A text-conditional denoiser and its text encoder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenoiserTask {
    /// The autoencoder of the latents.
    pub autoencoder: PathBuf,
    /// The transparency encoder and decoder of the layers' latents.
    pub transparency: PathBuf,
    /// Channels at the first level.
    pub base_width: usize,
    /// Channels of each of the four levels divided by that.
    pub multipliers: [usize; 4],
    /// Channels of the text encoder, a multiple of 64.
    pub text_width: usize,
    /// Layers of the text encoder.
    pub text_layers: usize,
    /// Examples that are encoded beforehand.
    pub examples: u64,
    /// A checkpoint of the same shape to start from, of a run on smaller pictures say.
    #[serde(default)]
    pub start: Option<PathBuf>,
    /// How often the caption is left out.
    #[serde(default = "DenoiserTask::uncaptioned")]
    pub uncaptioned: f32,
    /// The ratio of signal to noise from which on an example counts less in the loss: min-SNR weighting.
    #[serde(default)]
    pub snr_limit: Option<f64>,
    /// How often the picture is a layer on grey instead of a blend.
    #[serde(default = "DenoiserTask::layers")]
    pub layers: f32,
}

/// Something that is added to a denoiser.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdditionTask {
    /// What it is.
    pub kind: Kind,
    /// The denoiser's checkpoint.
    pub checkpoint: PathBuf,
    /// The folder of encoded examples, that of the denoiser's run say; those that it lacks are encoded.
    pub examples: PathBuf,
    /// Their seed: that of the run.
    pub examples_seed: u64,
    /// How many of them are used.
    #[serde(default = "AdditionTask::examples_count")]
    pub examples_count: u64,
    /// The autoencoder of the latents, or a checkpoint that has it.
    pub autoencoder: PathBuf,
    /// The folder of the transparency encoder and decoder.
    pub transparency: PathBuf,
    /// Rank of changes of weights.
    #[serde(default = "AdditionTask::rank")]
    pub rank: usize,
    /// Channels of the network that looks at a control picture.
    #[serde(default = "AdditionTask::control_width")]
    pub control_width: usize,
    /// How often the caption is left out.
    #[serde(default = "DenoiserTask::uncaptioned")]
    pub uncaptioned: f32,
    /// The ratio of signal to noise from which on an example counts less in the loss: min-SNR weighting.
    #[serde(default)]
    pub snr_limit: Option<f64>,
    /// An addition with tensors of the same names and shapes to start from, that for the other direction say.
    #[serde(default)]
    pub start: Option<PathBuf>,
}

impl AdditionTask {
    fn examples_count() -> u64 {
        1000
    }

    fn rank() -> usize {
        8
    }

    fn control_width() -> usize {
        32
    }
}

impl Schedule {
    fn parts() -> usize {
        2
    }

    fn warm_up() -> u64 {
        200
    }

    fn last_rate() -> f32 {
        0.05
    }

    fn save_every() -> u64 {
        250
    }

    fn sheet_every() -> u64 {
        500
    }

    /// The learning rate of a step.
    pub fn rate_at(&self, step: u64) -> f32 {
        let rise = ((step + 1) as f32 / self.warm_up.max(1) as f32).min(1.0);
        let done = (step as f32 / self.steps.max(1) as f32).min(1.0);
        let fall = 0.5 + 0.5 * (std::f32::consts::PI * done).cos();
        self.rate * rise * (self.last_rate + (1.0 - self.last_rate) * fall)
    }
}

impl Data {
    fn size() -> usize {
        128
    }
}

impl Default for Data {
    fn default() -> Self {
        Self { size: Self::size(), folder: None }
    }
}

impl TransparencyTask {
    fn one() -> f64 {
        1.0
    }

    fn discriminator() -> f64 {
        0.01
    }
}

impl DenoiserTask {
    fn uncaptioned() -> f32 {
        0.1
    }

    fn layers() -> f32 {
        0.5
    }
}

impl Config {
    /// Reads a configuration; paths in it are relative to its folder.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(|error| TrainError::file(path, error))?;
        let mut config: Self = serde_json::from_str(&text)
            .map_err(|error| TrainError::Config(format!("{}: {error}", path.display())))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for path in config.paths() {
            *path = folder.join(&*path);
        }
        config.check()?;
        Ok(config)
    }

    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut paths = vec![&mut self.out];
        paths.extend(self.data.folder.as_mut());
        match &mut self.task {
            Task::Autoencoder(task) => paths.extend(&mut task.start),
            Task::Transparency(task) => {
                paths.push(&mut task.autoencoder);
                paths.extend(&mut task.start);
            }
            Task::Denoiser(task) => {
                paths.extend([&mut task.autoencoder, &mut task.transparency]);
                paths.extend(&mut task.start);
            }
            Task::Judge(_) => {}
            Task::Addition(task) => {
                paths.extend([
                    &mut task.checkpoint,
                    &mut task.examples,
                    &mut task.autoencoder,
                    &mut task.transparency,
                ]);
                paths.extend(&mut task.start);
            }
        }
        paths
    }
}
