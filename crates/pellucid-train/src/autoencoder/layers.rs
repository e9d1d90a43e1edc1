//! How an autoencoder of layers starts, that has alpha as a fourth channel: what one would do without latent
//! transparency.

use std::path::Path;

use super::saved;
use crate::error::TrainError;
use crate::parameters::Parameters;

/// Starts as a saved autoencoder, with `channels` instead of fewer: it does not see the new ones yet, and gives 0
/// for them.
pub(super) fn start(
    parameters: &Parameters,
    path: &Path,
    channels: usize,
) -> Result<(), TrainError> {
    let tensors = saved(path)?;
    parameters.set(path, |key| {
        let missing = || TrainError::State(path.into(), format!("`{key}` is missing"));
        let tensor = tensors.get(key).ok_or_else(missing)?;
        let axis = match key {
            "encoder.conv_in.weight" => 1,
            "decoder.conv_out.weight" | "decoder.conv_out.bias" => 0,
            _ => return Ok(tensor.clone()),
        };
        let missing = channels.saturating_sub(tensor.dim(axis)?);
        Ok(tensor.pad_with_zeros(axis, 0, missing)?)
    })
}
