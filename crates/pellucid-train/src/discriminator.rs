//! The PatchGAN discriminator (Isola et al., "Image-to-Image Translation with Conditional Adversarial
//! Networks") of alpha, red, green, blue, and its losses.

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::blocks::{Conv2d, Source};
use pellucid_nets::checkpoint::Shapes;

use crate::error::TrainError;

/// Added to the variance in every norm.
const NORM_EPS: f64 = 1e-5;
/// What a negative number is multiplied with.
const LEAK: f64 = 0.2;
/// Index of the convolutions, their strides; all but the first and the last are followed by a norm.
const CONVOLUTIONS: [(usize, usize); 5] = [(0, 2), (2, 2), (5, 2), (8, 1), (11, 1)];

/// Where a norm's mean and variance come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistics {
    /// The batch.
    Batch,
    /// Mean 0 and variance 1.
    Standard,
}

/// Looks at patches of a layer and says how real each is.
pub struct Discriminator {
    convolutions: Vec<Conv2d>,
    norms: Vec<(Tensor, Tensor)>,
}

/// The tensors of a discriminator whose first layer has `width` channels.
pub fn layout(width: usize) -> Shapes {
    let mut shapes = Shapes::new();
    let widths = [4, width, 2 * width, 4 * width, 8 * width, 1];
    for (place, (index, _)) in CONVOLUTIONS.into_iter().enumerate() {
        let (input, output) = (widths[place], widths[place + 1]);
        shapes.insert(format!("main.{index}.weight"), vec![output, input, 4, 4]);
        if place == 0 || place == 4 {
            shapes.insert(format!("main.{index}.bias"), vec![output]);
        } else {
            shapes.insert(format!("main.{}.weight", index + 1), vec![output]);
            shapes.insert(format!("main.{}.bias", index + 1), vec![output]);
        }
    }
    shapes
}

impl Discriminator {
    /// Loads a discriminator whose keys start at `main`.
    pub fn load(weights: &Weights, device: &Device) -> Result<Self, TrainError> {
        let source = Source::new(&weights.under("main"), DType::F32, device);
        let (mut convolutions, mut norms) = (Vec::new(), Vec::new());
        for (place, (index, stride)) in CONVOLUTIONS.into_iter().enumerate() {
            let shape = |key: &str| source.weights.shape(key).unwrap_or_default().to_vec();
            let key = format!("{index}.weight");
            let weight = source.tensor(&key, &shape(&key))?;
            let output = weight.dim(0)?;
            let bias = if place == 0 || place == 4 {
                source.tensor(&format!("{index}.bias"), &[output])?
            } else {
                let of = |name: &str| source.tensor(&format!("{}.{name}", index + 1), &[output]);
                norms.push((of("weight")?, of("bias")?));
                Tensor::zeros(output, DType::F32, device)?
            };
            convolutions.push(Conv2d { weight, bias, stride, padding: 1 });
        }
        Ok(Self { convolutions, norms })
    }

    /// `[b, 4, h, w]`, 0 to 1, to a number for each patch: above 0 for real.
    pub fn forward(&self, layers: &Tensor, statistics: Statistics) -> Result<Tensor, TrainError> {
        // Colour before alpha, as the reference has it.
        let mut h = Tensor::cat(&[layers.narrow(1, 1, 3)?, layers.narrow(1, 0, 1)?], 1)?;
        for (place, convolution) in self.convolutions.iter().enumerate() {
            h = convolution.forward(&h)?;
            if let Some((weight, bias)) = place.checked_sub(1).and_then(|i| self.norms.get(i)) {
                h = normed(&h, weight, bias, statistics)?;
            }
            if place + 1 < self.convolutions.len() {
                h = h.maximum(&(&h * LEAK)?)?;
            }
        }
        Ok(h)
    }
}

fn normed(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    statistics: Statistics,
) -> Result<Tensor, TrainError> {
    let channels = x.dim(1)?;
    let across = |t: &Tensor| t.reshape((1, channels, 1, 1));
    let scaled = match statistics {
        Statistics::Standard => (x / (1.0 + NORM_EPS).sqrt())?,
        Statistics::Batch => {
            let mean = |x: &Tensor| x.mean_keepdim(0)?.mean_keepdim(2)?.mean_keepdim(3);
            let centred = x.broadcast_sub(&mean(x)?)?;
            let deviation = (mean(&centred.sqr()?)? + NORM_EPS)?.sqrt()?;
            centred.broadcast_div(&deviation)?
        }
    };
    Ok(scaled.broadcast_mul(&across(weight)?)?.broadcast_add(&across(bias)?)?)
}

/// What the generator makes small: `mean relu(1 - fake)`.
pub fn generator_hinge(fake: &Tensor) -> Result<Tensor, TrainError> {
    Ok((1.0 - fake)?.relu()?.mean_all()?)
}

/// What the discriminator makes small: half of `mean relu(1 - real) + mean relu(1 + fake)`.
pub fn discriminator_hinge(real: &Tensor, fake: &Tensor) -> Result<Tensor, TrainError> {
    let both = ((1.0 - real)?.relu()?.mean_all()? + (1.0 + fake)?.relu()?.mean_all()?)?;
    Ok((both * 0.5)?)
}
