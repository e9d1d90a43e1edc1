//! Sinusoids that tell a network a number: the timestep, or a size.

use std::f32::consts::LN_10;

use candle_core::{DType, Device, Tensor};

use super::{NetworkError, input_error};

/// Which half of a sinusoid vector comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinusoidOrder {
    /// `[cos, sin]`: all Stable Diffusion networks.
    CosineFirst,
    /// `[sin, cos]`.
    SineFirst,
}

/// `[cos(t f), sin(t f)]` with `f_i = 10000^(-i / (width / 2))`, one row per number, f32 on `device`.
///
/// An odd width gets one zero at the end.
pub fn sinusoids(values: &[f32], width: usize, device: &Device) -> Result<Tensor, NetworkError> {
    sinusoids_with(values, width, SinusoidOrder::CosineFirst, 0.0, device)
}

/// As [`sinusoids`], with the order of the halves and `shift` subtracted from `width / 2` in the exponent.
pub fn sinusoids_with(
    values: &[f32],
    width: usize,
    order: SinusoidOrder,
    shift: f32,
    device: &Device,
) -> Result<Tensor, NetworkError> {
    let half = width / 2;
    if half == 0 {
        return input_error(format!("sinusoids need a width of at least 2, got {width}"));
    }
    let frequencies: Vec<f32> =
        (0..half).map(|i| (-4.0 * LN_10 * i as f32 / (half as f32 - shift)).exp()).collect();
    let mut rows = Vec::with_capacity(values.len() * width);
    for value in values {
        let cosines = frequencies.iter().map(|f| (value * f).cos());
        let sines = frequencies.iter().map(|f| (value * f).sin());
        match order {
            SinusoidOrder::CosineFirst => rows.extend(cosines.chain(sines)),
            SinusoidOrder::SineFirst => rows.extend(sines.chain(cosines)),
        }
        rows.extend(std::iter::repeat_n(0.0, width % 2));
    }
    let rows = Tensor::from_vec(rows, (values.len(), width), &Device::Cpu)?;
    Ok(rows.to_dtype(DType::F32)?.to_device(device)?)
}
