//! Feature maps as tokens and back, and their sums.

use candle_core::Tensor;
use pellucid_kernels::ops;

use super::NetworkError;

/// `[b, c, h, w]` to `[b, h·w, c]`, row by row.
pub fn to_tokens(map: &Tensor) -> Result<Tensor, NetworkError> {
    if ops::serves(map) {
        return Ok(ops::tokens_of_map(map)?);
    }
    Ok(map.flatten_from(2)?.transpose(1, 2)?.contiguous()?)
}

/// `[b, h·w, c]` to `[b, c, h, w]`.
pub fn to_map(tokens: &Tensor, height: usize, width: usize) -> Result<Tensor, NetworkError> {
    if ops::serves(tokens) {
        return Ok(ops::map_of_tokens(tokens, height, width)?);
    }
    let (batch, _, channels) = tokens.dims3()?;
    let map = tokens.transpose(1, 2)?.contiguous()?;
    Ok(map.reshape((batch, channels, height, width))?)
}

/// `a + b`, of one shape and type.
pub fn add(a: &Tensor, b: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(if ops::serves(a) && ops::serves(b) { ops::add(a, b)? } else { (a + b)? })
}
