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
