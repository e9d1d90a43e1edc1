//! What training makes small.

use candle_core::Tensor;

use crate::error::TrainError;

/// The mean square difference.
pub fn mean_square(a: &Tensor, b: &Tensor) -> Result<Tensor, TrainError> {
    Ok((a - b)?.sqr()?.mean_all()?)
}

/// The mean absolute difference.
pub fn mean_absolute(a: &Tensor, b: &Tensor) -> Result<Tensor, TrainError> {
    Ok((a - b)?.abs()?.mean_all()?)
}

/// The mean absolute error of alpha, 0 to 1, where clear should be found at `-margin` or below and solid at
/// `1 + margin` or above: what is cut off to 0 and 1 afterwards is then free of haze.
pub fn alpha_error(found: &Tensor, wanted: &Tensor, margin: f64) -> Result<Tensor, TrainError> {
    let mask = |mask: Tensor| Ok::<_, TrainError>(mask.to_dtype(found.dtype())?);
    let (clear, solid) = (mask(wanted.le(0.0)?)?, mask(wanted.ge(1.0)?)?);
    let soft = (1.0 - (&clear + &solid)?)?;
    let above = ((found + margin)?.relu()? * clear)?;
    let below = ((1.0 + margin - found)?.relu()? * solid)?;
    let between = ((found - wanted)?.abs()? * soft)?;
    Ok(((above + below)? + between)?.mean_all()?)
}

/// The mean absolute difference between the slopes of two maps, along both axes: keeps edges sharp.
pub fn slopes(a: &Tensor, b: &Tensor) -> Result<Tensor, TrainError> {
    let off = (a - b)?;
    let along = |axis: usize| -> Result<Tensor, TrainError> {
        let length = off.dim(axis)? - 1;
        let slope = (off.narrow(axis, 1, length)? - off.narrow(axis, 0, length)?)?;
        Ok(slope.abs()?.mean_all()?)
    };
    Ok((along(2)? + along(3)?)?)
}

/// The mean over rows `[b, classes]` of the negative logarithm of what softmax gives to the wanted class; rows
/// that want none do not count.
pub fn cross_entropy(scores: &Tensor, wanted: &[Option<usize>]) -> Result<Tensor, TrainError> {
    let (rows, classes) = scores.dims2()?;
    let count = wanted.iter().flatten().count().max(1);
    let mut chosen = vec![0f32; rows * classes];
    for (row, class) in wanted.iter().enumerate() {
        if let Some(class) = class {
            chosen[row * classes + class] = 1.0 / count as f32;
        }
    }
    let chosen = Tensor::from_vec(chosen, (rows, classes), scores.device())?;
    let centred = scores.broadcast_sub(&scores.max_keepdim(1)?.detach())?;
    let logarithm = centred.exp()?.sum_keepdim(1)?.log()?;
    Ok((centred.broadcast_sub(&logarithm)? * chosen)?.sum_all()?.neg()?)
}

/// The mean divergence of normal distributions from the standard one, per element.
pub fn divergence(mean: &Tensor, log_variance: &Tensor) -> Result<Tensor, TrainError> {
    let terms = ((mean.sqr()? + log_variance.exp()?)? - log_variance)?;
    Ok(((terms - 1.0)? * 0.5)?.mean_all()?)
}

/// The peak signal-to-noise ratio in decibels of a mean square error, for values from 0 to `peak`.
pub fn decibels(mean_square: f32, peak: f32) -> f32 {
    10.0 * (peak * peak / mean_square.max(1e-12)).log10()
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn alpha_is_free_to_be_clearer_than_clear() {
        let of = |values: &[f32]| Tensor::new(values, &Device::Cpu).unwrap();
        let error = |found: &[f32], wanted: &[f32]| -> f32 {
            alpha_error(&of(found), &of(wanted), 0.1).unwrap().to_scalar().unwrap()
        };
        assert_eq!(error(&[-0.2, 1.3, 0.5], &[0.0, 1.0, 0.5]), 0.0);
        assert!((error(&[0.1], &[0.0]) - 0.2).abs() < 1e-6);
        assert!((error(&[0.9], &[1.0]) - 0.2).abs() < 1e-6);
        assert!((error(&[0.4], &[0.5]) - 0.1).abs() < 1e-6);
    }
}
