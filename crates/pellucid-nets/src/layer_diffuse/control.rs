//! The network that shows shared attentions a picture, at four resolutions.

use candle_core::{DType, Device, Tensor};

use crate::blocks::{Conv2d, NetworkError, Source, input_error, silu};
use crate::vae::signal_of_picture;
use crate::weights::Weights;

/// Strides of the convolutions of each stage.
const STRIDES: [&[usize]; 4] = [&[1, 1, 2, 1, 2, 1, 2, 1], &[2, 1], &[2, 1], &[2, 1]];

/// Convolutions from a picture to features at 1/8, 1/16, 1/32 and 1/64 of its size.
pub struct ControlEncoder {
    dtype: DType,
    device: Device,
    stages: Vec<Vec<Conv2d>>,
}

/// Features of a control picture at one resolution, `[1 or b, c, h, w]`.
pub type ControlSignal = Tensor;

impl ControlEncoder {
    /// Loads an encoder whose keys start at `blocks_0` to `blocks_3`.
    pub fn load(weights: &Weights, dtype: DType, device: &Device) -> Result<Self, NetworkError> {
        let source = Source::new(weights, dtype, device);
        let stage = |(stage, strides): (usize, &&[usize])| {
            let conv = |(index, &stride): (usize, &usize)| {
                let source = source.under(format!("blocks_{stage}.{}", 2 * index));
                Conv2d::load_as_stored(&source, stride)
            };
            strides.iter().enumerate().map(conv).collect::<Result<Vec<_>, _>>()
        };
        let stages = STRIDES.iter().enumerate().map(stage).collect::<Result<_, _>>()?;
        Ok(Self { dtype: source.activations(), device: device.clone(), stages })
    }

    /// The features of a picture `[b, 3, h, w]`, 0 to 1, finest first.
    pub fn forward(&self, picture: &Tensor) -> Result<Vec<ControlSignal>, NetworkError> {
        let (batch, _, height, width) = picture.dims4()?;
        if batch * height * width == 0 {
            return input_error("a control picture needs at least one pixel");
        }
        let mut h = picture.to_device(&self.device)?.to_dtype(self.dtype)?;
        h = signal_of_picture(&h)?;
        let mut signals = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            for conv in stage {
                h = silu(&conv.forward(&h)?)?;
            }
            signals.push(h.clone());
        }
        Ok(signals)
    }
}
