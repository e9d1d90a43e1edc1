//! Exact-size nearest-neighbour scaling and one-sided padding.

use candle_core::Tensor;
use pellucid_kernels::ops;

use super::{NetworkError, input_error};

/// Which source pixel a target pixel takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NearestRule {
    /// `floor(x · old / new)`.
    Corner,
    /// `floor((x + ½) · old / new)`, the pixel under the target's centre.
    Centre,
}

/// `[b, c, h, w]` to `[b, c, height, width]` by [`NearestRule::Corner`].
pub fn resize_nearest(x: &Tensor, height: usize, width: usize) -> Result<Tensor, NetworkError> {
    resize(x, height, width, NearestRule::Corner)
}

/// `[b, c, h, w]` to `[b, c, height, width]` by [`NearestRule::Centre`].
pub fn resize_nearest_exact(
    x: &Tensor,
    height: usize,
    width: usize,
) -> Result<Tensor, NetworkError> {
    resize(x, height, width, NearestRule::Centre)
}

/// Adds one row of zeros below and one column of zeros at the right.
pub fn pad_right_and_bottom(x: &Tensor) -> Result<Tensor, NetworkError> {
    Ok(x.pad_with_zeros(2, 0, 1)?.pad_with_zeros(3, 0, 1)?)
}

fn resize(
    x: &Tensor,
    height: usize,
    width: usize,
    rule: NearestRule,
) -> Result<Tensor, NetworkError> {
    let (_, _, old_height, old_width) = x.dims4()?;
    if (old_height, old_width) == (height, width) {
        return Ok(x.clone());
    }
    if old_height == 0 || old_width == 0 || height == 0 || width == 0 {
        return input_error(format!("cannot scale {old_width}x{old_height} to {width}x{height}"));
    }
    let (rows, columns) = (sources(old_height, height, rule), sources(old_width, width, rule));
    if ops::serves(x) {
        return Ok(ops::pick(x, rows, columns)?);
    }
    let index = |list: Vec<usize>| {
        let list: Vec<u32> = list.into_iter().map(|index| index as u32).collect();
        Tensor::new(list, x.device())
    };
    Ok(x.contiguous()?.index_select(&index(rows)?, 2)?.index_select(&index(columns)?, 3)?)
}

/// The source index for each target index, in whole numbers.
fn sources(old: usize, new: usize, rule: NearestRule) -> Vec<usize> {
    let source = |x: usize| match rule {
        NearestRule::Corner => x * old / new,
        NearestRule::Centre => (2 * x + 1) * old / (2 * new),
    };
    (0..new).map(|x| source(x).min(old - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_rule_takes_the_pixel_under_the_centre() {
        assert_eq!(sources(5, 2, NearestRule::Centre), [1, 3]);
        assert_eq!(sources(5, 2, NearestRule::Corner), [0, 2]);
        assert_eq!(sources(2, 3, NearestRule::Corner), [0, 0, 1]);
    }
}
