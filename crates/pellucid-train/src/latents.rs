//! Examples encoded beforehand: the autoencoder stays as it is, so its work is done once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::layer_diffuse::OffsetEncoder;
use pellucid_nets::vae::LatentFormat;

use crate::adam::numbers;
use crate::batch::signals;
use crate::data::{Canvas, Example, Source, Split};
use crate::error::TrainError;
use crate::run::Event;
use crate::state::{Precision, save_model};
use crate::transparency::{ENCODER, Frozen, Wanted};

/// Examples in one file.
const PART: u64 = 250;
/// The key of the seed in the metadata of a file.
const SEED: &str = "seed";
/// Examples encoded at once.
const BATCH: u64 = 5;

/// Encoded examples, scaled as a UNet sees them.
#[derive(Default)]
pub struct Latents {
    /// Shape of one latent.
    pub shape: [usize; 3],
    /// Layers, with their transparency.
    pub layers: Vec<Vec<f32>>,
    /// Blends.
    pub blends: Vec<Vec<f32>>,
    /// Surroundings.
    pub backgrounds: Vec<Vec<f32>>,
    /// Captions of layer, blend and surroundings.
    pub captions: Vec<[String; 3]>,
}

/// What examples are encoded with and from.
pub struct Encoding<'a> {
    /// The frozen autoencoder.
    pub autoencoder: &'a Path,
    /// The folder of the transparency encoder.
    pub transparency: &'a Path,
    /// Where examples come from.
    pub source: &'a Source,
    /// Their seed.
    pub seed: u64,
    /// Pixels along a side.
    pub size: usize,
    /// How many.
    pub count: u64,
}

impl Encoding<'_> {
    /// Encodes, or reads what an earlier sitting has encoded into `folder`.
    pub fn run(
        &self,
        folder: &Path,
        device: &Device,
        tell: &mut dyn FnMut(Event) -> bool,
    ) -> Result<Latents, TrainError> {
        let mut latents = Latents::default();
        let mut networks = None;
        for start in (0..self.count).step_by(PART as usize) {
            let path = folder.join(format!("latents-{start:06}.safetensors"));
            if !path.exists() {
                let networks = match &mut networks {
                    Some(networks) => networks,
                    none => none.insert(self.networks(device)?),
                };
                self.encode(start, &path, networks, device)?;
                if !tell(Event::Note(format!(
                    "encoded {} examples",
                    (start + PART).min(self.count)
                ))) {
                    return Err(TrainError::Stopped);
                }
            }
            latents.read(&path, self)?;
        }
        Ok(latents)
    }

    fn networks(&self, device: &Device) -> Result<(Frozen, OffsetEncoder), TrainError> {
        let vae = Frozen::load(self.autoencoder, device)?;
        let weights = Weights::open(&self.transparency.join(ENCODER))?;
        Ok((vae, OffsetEncoder::load(&weights, DType::F32, device)?))
    }

    fn encode(
        &self,
        start: u64,
        path: &Path,
        (vae, encoder): &(Frozen, OffsetEncoder),
        device: &Device,
    ) -> Result<(), TrainError> {
        let (mut layers, mut blends, mut backgrounds) = (Vec::new(), Vec::new(), Vec::new());
        let mut captions = Vec::new();
        let end = (start + PART).min(self.count);
        for first in (start..end).step_by(BATCH as usize) {
            let made = |index| self.source.example(self.seed, index, self.size, Split::Training);
            let examples: Vec<Example> = (first..(first + BATCH).min(end)).map(made).collect();
            let of = |f: fn(&Example) -> &Canvas| examples.iter().map(f).collect::<Vec<_>>();
            let wanted = Wanted::of(&of(|e| &e.foreground), device)?;
            let posterior = vae.vae.encode_signal(&wanted.signal)?;
            let offset = encoder.forward(&wanted.layer)?;
            let layer = (&posterior.mean + (posterior.std()? * offset)?)?;
            layers.push(LatentFormat::Sd15.scaled(&layer)?);
            for (latents, pictures) in
                [(&mut blends, of(|e| &e.blend)), (&mut backgrounds, of(|e| &e.background))]
            {
                let latent = vae.vae.encode_signal(&signals(&pictures, device)?)?.mean;
                latents.push(LatentFormat::Sd15.scaled(&latent)?);
            }
            let named =
                examples.into_iter().map(|e| [e.of_foreground, e.of_blend, e.of_background]);
            captions.extend(named);
        }
        let tensors = BTreeMap::from([
            ("layers".to_owned(), Tensor::cat(&layers, 0)?),
            ("blends".to_owned(), Tensor::cat(&blends, 0)?),
            ("backgrounds".to_owned(), Tensor::cat(&backgrounds, 0)?),
        ]);
        let captions = serde_json::to_string(&captions)
            .map_err(|error| TrainError::State(path.into(), error.to_string()))?;
        let notes = BTreeMap::from([
            ("captions".to_owned(), captions),
            (SEED.to_owned(), self.seed.to_string()),
        ]);
        save_model(path, &tensors, Precision::F32, &notes)
    }
}

impl Latents {
    fn read(&mut self, path: &Path, wanted: &Encoding<'_>) -> Result<(), TrainError> {
        let wrong = |text: String| TrainError::State(PathBuf::from(path), text);
        let weights = Weights::open(path)?;
        let (seed, side) = (wanted.seed.to_string(), wanted.size / 8);
        if weights.metadata().get(SEED) != Some(&seed) {
            return Err(wrong(format!("these are not examples of seed {seed}; remove them")));
        }
        for (key, rows) in [
            ("layers", &mut self.layers),
            ("blends", &mut self.blends),
            ("backgrounds", &mut self.backgrounds),
        ] {
            let tensor = weights.plain(key)?;
            let (count, channels, height, width) = tensor.dims4()?;
            if [height, width] != [side; 2] {
                let size = wanted.size;
                return Err(wrong(format!("these are not examples of {size} pixels; remove them")));
            }
            self.shape = [channels, height, width];
            for index in 0..count {
                rows.push(numbers(&tensor.get(index)?)?);
            }
        }
        let notes = weights.metadata();
        let text = notes.get("captions").ok_or_else(|| wrong("there are no captions".into()))?;
        let captions: Vec<[String; 3]> =
            serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        self.captions.extend(captions);
        Ok(())
    }
}
