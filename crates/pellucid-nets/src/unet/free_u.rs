//! FreeU: a UNet's own features against those it skips over (Si et al. 2023, second version).

use candle_core::{D, DType, Tensor};

use crate::blocks::NetworkError;

/// Factors for the two deepest widths of a UNet, four and two times its base width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FreeU {
    /// On the first half of the channels that come up, where they are strong.
    pub backbone: [f64; 2],
    /// On the lowest frequencies of the skips.
    pub skip: [f64; 2],
}

impl FreeU {
    /// What comes up and what is skipped to, before they are joined.
    pub(super) fn apply(
        &self,
        h: &Tensor,
        skip: &Tensor,
        base_width: usize,
    ) -> Result<(Tensor, Tensor), NetworkError> {
        let channels = h.dim(1)?;
        let level = match channels {
            n if n == 4 * base_width => 0,
            n if n == 2 * base_width => 1,
            _ => return Ok((h.clone(), skip.clone())),
        };
        let strength = where_strong(h)?.affine(self.backbone[level] - 1.0, 1.0)?;
        let half = channels / 2;
        let raised = h.narrow(1, 0, half)?.broadcast_mul(&strength.to_dtype(h.dtype())?)?;
        let h = Tensor::cat(&[&raised, &h.narrow(1, half, channels - half)?], 1)?;
        Ok((h, with_low_frequencies(skip, self.skip[level])?))
    }
}

/// The mean over channels, stretched to 0 to 1 in every row: `[b, 1, h, w]`.
fn where_strong(h: &Tensor) -> Result<Tensor, NetworkError> {
    let mean = h.to_dtype(DType::F32)?.mean_keepdim(1)?;
    let flat = mean.flatten_from(1)?;
    let shape = (mean.dim(0)?, 1, 1, 1);
    let (low, high) = (flat.min(D::Minus1)?.reshape(shape)?, flat.max(D::Minus1)?.reshape(shape)?);
    Ok(mean.broadcast_sub(&low)?.broadcast_div(&(high - low)?)?)
}

/// The same maps with those four Fourier components scaled whose frequencies are 0 or -1 along
/// either axis; of what that gives, the real part.
fn with_low_frequencies(x: &Tensor, scale: f64) -> Result<Tensor, NetworkError> {
    let (_, _, height, width) = x.dims4()?;
    let wide = x.to_dtype(DType::F32)?;
    let mut low = wide.zeros_like()?;
    for (down, across) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let angle = |place: usize| {
            let (row, column) = (place / width, place % width);
            let turns =
                (down * row) as f64 / height as f64 + (across * column) as f64 / width as f64;
            std::f64::consts::TAU * turns
        };
        let wave = |part: fn(f64) -> f64| -> Result<Tensor, NetworkError> {
            let values: Vec<f32> = (0..height * width).map(|p| part(angle(p)) as f32).collect();
            Ok(Tensor::from_vec(values, (1, 1, height, width), x.device())?)
        };
        let (cosine, sine) = (wave(f64::cos)?, wave(f64::sin)?);
        let share = |wave: &Tensor| -> Result<Tensor, NetworkError> {
            Ok(wide.broadcast_mul(wave)?.mean_keepdim(3)?.mean_keepdim(2)?)
        };
        let (real, imaginary) = (share(&cosine)?, share(&sine)?);
        low = (low + cosine.broadcast_mul(&real)?)?;
        low = (low + sine.broadcast_mul(&imaginary)?)?;
    }
    Ok((wide + (low * (scale - 1.0))?)?.to_dtype(x.dtype())?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::noise::Generator;

    #[test]
    fn factors_of_one_change_nothing_but_rounding() {
        let x = Generator::seeded(1).randn((2, 8, 4, 6)).unwrap();
        let none = FreeU { backbone: [1.0; 2], skip: [1.0; 2] };
        let (h, skip) = none.apply(&x, &x, 2).unwrap();
        for y in [h, skip] {
            let apart = (y - &x).unwrap().abs().unwrap().max_all().unwrap();
            assert!(apart.to_scalar::<f32>().unwrap() < 1e-6);
        }
    }

    #[test]
    fn no_low_frequencies_takes_the_mean_away() {
        let flat = Tensor::ones((1, 1, 4, 4), DType::F32, &Device::Cpu).unwrap();
        let gone = with_low_frequencies(&flat, 0.0).unwrap().abs().unwrap().max_all().unwrap();
        assert!(gone.to_scalar::<f32>().unwrap() < 1e-6);
    }

    #[test]
    fn a_wave_of_another_frequency_stays() {
        let wave = [1f32, -1.0, 1.0, -1.0];
        let x = Tensor::new(&wave, &Device::Cpu).unwrap().reshape((1, 1, 1, 4)).unwrap();
        let y = with_low_frequencies(&x, 0.0).unwrap();
        let y: Vec<f32> = y.flatten_all().unwrap().to_vec1().unwrap();
        assert!(y.iter().zip(wave).all(|(y, x)| (y - x).abs() < 1e-6), "{y:?}");
    }
}
