//! FreeU: what a UNet brings up against what it skips over (Si et al. 2023, second version).

use candle_core::{D, DType, Tensor};

use super::hook::{AttentionCall, AttentionHook, Next};
use crate::blocks::NetworkError;

/// Factors for features four times as wide as the first level, and for those twice as wide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FreeU {
    /// On the first half of the features' channels, most where their mean is largest.
    pub backbone: [f64; 2],
    /// On the lowest frequencies of the skips.
    pub skip: [f64; 2],
}

impl AttentionHook for FreeU {
    fn attend(&self, call: AttentionCall<'_>, next: Next<'_>) -> Result<Tensor, NetworkError> {
        next.attend(call)
    }

    fn join(
        &self,
        features: Tensor,
        skip: Tensor,
        width: usize,
    ) -> Result<(Tensor, Tensor), NetworkError> {
        let channels = features.dim(1)?;
        let Some(level) = [4 * width, 2 * width].iter().position(|&wide| wide == channels) else {
            return Ok((features, skip));
        };
        let features = strengthened(&features, self.backbone[level])?;
        Ok((features, low_frequencies_times(&skip, self.skip[level])?))
    }
}

/// The first half of the channels times 1, where their mean over all channels is smallest, to
/// `factor`, where it is largest.
fn strengthened(features: &Tensor, factor: f64) -> Result<Tensor, NetworkError> {
    let (_, channels, height, width) = features.dims4()?;
    let mean = features.to_dtype(DType::F32)?.mean_keepdim(1)?.flatten_from(1)?;
    let (low, high) = (mean.min_keepdim(D::Minus1)?, mean.max_keepdim(D::Minus1)?);
    let range = (high - &low)?;
    // A map of one value has no largest place; it stays as it is.
    let range = (&range + range.eq(0f32)?.to_dtype(DType::F32)?)?;
    let mean = mean.broadcast_sub(&low)?.broadcast_div(&range)?;
    let factors = mean.affine(factor - 1.0, 1.0)?.reshape(((), 1, height, width))?;
    let half = channels / 2;
    let first = features.narrow(1, 0, half)?;
    let first = first.broadcast_mul(&factors.to_dtype(features.dtype())?)?;
    Ok(Tensor::cat(&[&first, &features.narrow(1, half, channels - half)?], 1)?)
}

/// The frequencies 0 and -1 along both axes times `factor`, the others as they are; of what is
/// complex afterwards, the real part.
fn low_frequencies_times(skip: &Tensor, factor: f64) -> Result<Tensor, NetworkError> {
    let (batch, channels, height, width) = skip.dims4()?;
    let (rows, pixels) = (batch * channels, height * width);
    let waves = Tensor::from_vec(waves(height, width), (pixels, ()), skip.device())?;
    let x = skip.to_dtype(DType::F32)?.contiguous()?.reshape((rows, pixels))?;
    let low = x.matmul(&waves)?.matmul(&waves.t()?.contiguous()?)?;
    let x = (x + low.affine((factor - 1.0) / pixels as f64, 0.0)?)?;
    Ok(x.reshape(skip.dims())?.to_dtype(skip.dtype())?)
}

/// Cosine and sine of each of the low frequencies, pixel by pixel.
fn waves(height: usize, width: usize) -> Vec<f32> {
    // A single row or column has no frequency but 0.
    let frequencies = |size: usize| if size > 1 { &[0.0, -1.0][..] } else { &[0.0] };
    let mut waves = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for v in frequencies(height) {
                for u in frequencies(width) {
                    let turns = v * y as f64 / height as f64 + u * x as f64 / width as f64;
                    let (sine, cosine) = (std::f64::consts::TAU * turns).sin_cos();
                    waves.extend([cosine as f32, sine as f32]);
                }
            }
        }
    }
    waves
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn map(height: usize, width: usize, of: impl Fn(usize, usize) -> f32) -> Tensor {
        let values: Vec<f32> =
            (0..height * width).map(|index| of(index / width, index % width)).collect();
        Tensor::from_vec(values, (1, 1, height, width), &Device::Cpu).unwrap()
    }

    fn close(a: &Tensor, b: &Tensor) {
        let far = (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        // Sums of a few dozen numbers of size 1 in f32.
        assert!(far < 1e-5, "{far}");
    }

    #[test]
    fn only_the_lowest_frequencies_are_scaled() {
        let wave = |turns: f32| {
            move |_: usize, x: usize| (std::f32::consts::FRAC_PI_4 * turns * x as f32).cos()
        };
        let fine = map(6, 8, wave(2.0));
        close(&low_frequencies_times(&fine, 0.25).unwrap(), &fine);
        let constant = map(6, 8, |_, _| 3.0);
        close(&low_frequencies_times(&constant, 0.25).unwrap(), &(constant * 0.25).unwrap());
        // Half of a wave of frequency 1 has frequency -1.
        let coarse = map(6, 8, wave(1.0));
        close(&low_frequencies_times(&coarse, 0.0).unwrap(), &(coarse * 0.5).unwrap());
        let single = map(1, 1, |_, _| 2.0);
        close(&low_frequencies_times(&single, 0.5).unwrap(), &map(1, 1, |_, _| 1.0));
    }

    #[test]
    fn half_of_the_channels_grow_where_the_mean_is_large() {
        let values = vec![0.0, 1.0, 2.0, 4.0, 0.0, 1.0, 2.0, 4.0f32];
        let x = Tensor::from_vec(values, (1, 2, 2, 2), &Device::Cpu).unwrap();
        let grown = strengthened(&x, 3.0).unwrap().flatten_all().unwrap().to_vec1::<f32>();
        assert_eq!(grown.unwrap(), [0.0, 1.5, 4.0, 12.0, 0.0, 1.0, 2.0, 4.0]);
        let flat = Tensor::ones((1, 2, 2, 2), DType::F32, &Device::Cpu).unwrap();
        close(&strengthened(&flat, 3.0).unwrap(), &flat);
    }

    #[test]
    fn other_widths_and_factors_of_one_change_no_bit() {
        let free = FreeU { backbone: [1.0; 2], skip: [1.0; 2] };
        let bits = |x: &Tensor| -> Vec<u32> {
            let values = x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            values.into_iter().map(f32::to_bits).collect()
        };
        for width in [2, 4, 3] {
            let x = crate::noise::Generator::seeded(1).randn((1, 8, 4, 4)).unwrap();
            let (features, skip) = free.join(x.clone(), x.clone(), width).unwrap();
            assert_eq!((bits(&features), bits(&skip)), (bits(&x), bits(&x)));
        }
    }
}
