//! A checkpoint that stays as it is while something is trained beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::{ClipKind, UnetConfig, clip_config};
use pellucid_nets::layer_diffuse::TransparentDecoder;
use pellucid_nets::text::ClipEncoder;
use pellucid_nets::vae::LatentFormat;

use crate::batch::{canvases, layer_canvases};
use crate::data::Canvas;
use crate::error::TrainError;
use crate::parameters::tensors_of;
use crate::transparency::{DECODER, Frozen};
use crate::vocabulary::window;

/// Where a checkpoint's parts are.
pub const UNET: &str = "model.diffusion_model.";
/// Where its text encoder is.
pub const TEXT: &str = "cond_stage_model.transformer.";
/// Where its autoencoder is.
pub const VAE: &str = "first_stage_model.";

/// A denoiser and its text encoder.
pub struct Base {
    /// The UNet's tensors, by ldm name.
    pub tensors: BTreeMap<String, Tensor>,
    /// The UNet's shape.
    pub config: UnetConfig,
    clip: ClipEncoder,
}

impl Base {
    /// Loads a checkpoint.
    pub fn load(path: &Path, device: &Device) -> Result<Self, TrainError> {
        let weights = Weights::open(path)?;
        let wrong = |what: &str| TrainError::State(path.into(), format!("there is no {what}"));
        let text = weights.under(TEXT);
        let clip = clip_config(&text.shapes(), ClipKind::L).ok_or_else(|| wrong("text encoder"))?;
        let unet = weights.under(UNET);
        let on_device = |(key, tensor): (String, Tensor)| Ok((key, tensor.to_device(device)?));
        Ok(Self {
            config: UnetConfig::from_weights(&unet)?,
            tensors: tensors_of(&unet)?
                .into_iter()
                .map(on_device)
                .collect::<Result<_, TrainError>>()?,
            clip: ClipEncoder::new(&text, &clip, DType::F32, device)?,
        })
    }

    /// Captions as a UNet reads them, `[captions, 77, width]`.
    pub fn encode(&self, captions: &[&str]) -> Result<Tensor, TrainError> {
        let windows = captions.iter().map(|text| window(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.clip.encode_windows(&windows)?)
    }
}

/// What latents look like.
pub struct Viewer {
    vae: Frozen,
    decoder: TransparentDecoder,
    device: Device,
}

impl Viewer {
    /// Loads an autoencoder and the transparency decoder of a run's folder.
    pub fn load(
        autoencoder: &Path,
        transparency: &Path,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let file: PathBuf = transparency.join(DECODER);
        let weights = Weights::open(&file)?;
        Ok(Self {
            vae: Frozen::load(autoencoder, device)?,
            decoder: TransparentDecoder::load(&weights, DType::F32, device)?,
            device: device.clone(),
        })
    }

    /// A scaled latent `[1, 4, h, w]` as a picture and as a layer.
    pub fn view(&self, latent: &Tensor) -> Result<[Canvas; 2], TrainError> {
        let latent = LatentFormat::Sd15.unscaled(&latent.to_device(&self.device)?.contiguous()?)?;
        let signal = self.vae.vae.decode_signal(&latent)?;
        let picture = ((&signal * 0.5)? + 0.5)?.clamp(0f32, 1f32)?;
        let layer = self.decoder.forward(&picture, &latent)?;
        let mut shown = canvases(&signal)?;
        shown.extend(layer_canvases(&layer)?);
        shown.try_into().map_err(|_| TrainError::Data("one latent at a time".into()))
    }

    /// Every row of `[b, 4, h, w]`, picture and layer in turn.
    pub fn view_all(&self, latents: &Tensor) -> Result<Vec<Canvas>, TrainError> {
        let mut shown = Vec::new();
        for row in 0..latents.dim(0)? {
            shown.extend(self.view(&latents.narrow(0, row, 1)?)?);
        }
        Ok(shown)
    }
}
