//! The whole autoencoder.

use candle_core::{DType, Device, Tensor};

use super::decoder::Decoder;
use super::encoder::Encoder;
use super::framing::{crop_to_multiple, picture_of_signal, signal_of_picture};
use crate::blocks::{Conv2d, NetworkError, Source, input_error};
use crate::checkpoint::VaeConfig;
use crate::weights::Weights;

/// More levels than any autoencoder has: one latent element would stand for 32768 pixels.
const MOST_LEVELS: usize = 16;

/// An autoencoder. Latents are unscaled, see [`super::LatentFormat`].
pub struct Vae {
    /// Its shape.
    pub config: VaeConfig,
    dtype: DType,
    device: Device,
    encoder: Encoder,
    quantise: Conv2d,
    dequantise: Conv2d,
    decoder: Decoder,
}

/// The normal distribution of latents that a picture may have been made from.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// The most likely latent, f32.
    pub mean: Tensor,
    /// The logarithm of the variance as the network gives it, f32.
    pub log_variance: Tensor,
}

impl Vae {
    /// Loads an autoencoder whose keys start at `encoder`, `decoder`, …; its weights are held in `dtype`.
    pub fn load(
        weights: &Weights,
        config: &VaeConfig,
        dtype: DType,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let source = &Source::new(weights, dtype, device);
        if config.multipliers.is_empty() || config.multipliers.len() > MOST_LEVELS {
            return input_error(format!("an autoencoder of {} levels", config.multipliers.len()));
        }
        let latent = config.latent_channels;
        Ok(Self {
            config: config.clone(),
            dtype: source.activations(),
            device: device.clone(),
            encoder: Encoder::load(&source.under("encoder"), config)?,
            quantise: Conv2d::load1(&source.under("quant_conv"), 2 * latent, 2 * latent)?,
            dequantise: Conv2d::load1(&source.under("post_quant_conv"), latent, latent)?,
            decoder: Decoder::load(&source.under("decoder"), config)?,
        })
    }

    /// Encodes a picture, 0 to 1, `[b, 3, h, w]`, after cutting its edges to multiples of eight pixels.
    pub fn encode(&self, picture: &Tensor) -> Result<Posterior, NetworkError> {
        let cut = crop_to_multiple(picture, self.config.pixels_per_latent())?;
        self.encode_signal(&signal_of_picture(&cut)?)
    }

    /// Encodes a signal, -1 to 1, `[b, 3, h, w]` with sides of a multiple of eight pixels; autoencoders of other
    /// things than pictures have another number of channels.
    pub fn encode_signal(&self, signal: &Tensor) -> Result<Posterior, NetworkError> {
        let (batch, channels, height, width) = signal.dims4()?;
        let unit = self.config.pixels_per_latent();
        let whole = height.is_multiple_of(unit) && width.is_multiple_of(unit);
        if channels != self.config.channels || !whole || batch * height * width == 0 {
            let (got, wanted) = (signal.dims(), self.config.channels);
            return input_error(format!(
                "cannot encode a picture of shape {got:?}: wanted {wanted} channels and sides that are multiples \
                 of {unit}"
            ));
        }
        let moments = self.encoder.forward(&self.convert(signal)?)?;
        let moments = self.quantise.forward(&moments)?.to_dtype(DType::F32)?;
        let latent = self.config.latent_channels;
        Ok(Posterior {
            mean: moments.narrow(1, 0, latent)?.contiguous()?,
            log_variance: moments.narrow(1, latent, latent)?.contiguous()?,
        })
    }

    /// Decodes a latent `[b, c, h, w]` to a picture, 0 to 1, `[b, 3, 8h, 8w]`.
    pub fn decode(&self, latent: &Tensor) -> Result<Tensor, NetworkError> {
        picture_of_signal(&self.decode_signal(latent)?)
    }

    /// Decodes a latent to a signal of about -1 to 1, unclamped, f32.
    pub fn decode_signal(&self, latent: &Tensor) -> Result<Tensor, NetworkError> {
        let (batch, channels, height, width) = latent.dims4()?;
        let wanted = self.config.latent_channels;
        if channels != wanted || batch * height * width == 0 {
            let got = latent.dims();
            return input_error(format!("cannot decode a latent of shape {got:?}"));
        }
        let h = self.dequantise.forward(&self.convert(latent)?)?;
        Ok(self.decoder.forward(&h)?.to_dtype(DType::F32)?)
    }

    fn convert(&self, x: &Tensor) -> Result<Tensor, NetworkError> {
        Ok(x.to_device(&self.device)?.to_dtype(self.dtype)?)
    }
}

impl Posterior {
    /// The standard deviation: `exp(½ clamp(log variance, -30, 20))`.
    pub fn std(&self) -> Result<Tensor, NetworkError> {
        Ok((self.log_variance.clamp(-30f32, 20f32)? * 0.5)?.exp()?)
    }

    /// `mean + std · noise`; `noise` is standard normal for a fair sample.
    pub fn sample(&self, noise: &Tensor) -> Result<Tensor, NetworkError> {
        if noise.dims() != self.mean.dims() {
            let (got, wanted) = (noise.dims(), self.mean.dims());
            return input_error(format!("noise of shape {got:?} for a latent of shape {wanted:?}"));
        }
        let noise = noise.to_device(self.mean.device())?.to_dtype(DType::F32)?;
        Ok((&self.mean + (self.std()? * noise)?)?)
    }
}
