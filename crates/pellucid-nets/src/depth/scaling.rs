//! Scaling of maps as products with matrices of weights.

use candle_core::Tensor;

use crate::blocks::NetworkError;

/// `[b, c, h, w]` to `[b, c, height, width]`, linear between the nearest, corners on corners.
pub fn bilinear(x: &Tensor, height: usize, width: usize) -> Result<Tensor, NetworkError> {
    let (_, _, old_height, old_width) = x.dims4()?;
    scaled(x, &linear(old_height, height), &linear(old_width, width))
}

/// `[b, c, h, w]` scaled by factors to `[b, c, height, width]`, a cubic of the nearest four with a = -0.75, the border
/// repeated; a pixel's centre is at a half, and the factors need not be those of the sizes.
pub fn bicubic(
    x: &Tensor,
    [height, width]: [usize; 2],
    factors: [f64; 2],
) -> Result<Tensor, NetworkError> {
    let (_, _, old_height, old_width) = x.dims4()?;
    scaled(x, &cubic(old_height, height, factors[0]), &cubic(old_width, width, factors[1]))
}

/// A row of weights over the old elements for each new one.
struct Rows {
    old: usize,
    weights: Vec<f32>,
}

impl Rows {
    fn new(old: usize, new: usize, taps: impl Fn(usize) -> Vec<(isize, f64)>) -> Self {
        let mut weights = vec![0f32; old * new];
        for (place, row) in weights.chunks_mut(old.max(1)).enumerate() {
            for (at, weight) in taps(place) {
                row[at.clamp(0, old as isize - 1) as usize] += weight as f32;
            }
        }
        Self { old, weights }
    }
}

fn linear(old: usize, new: usize) -> Rows {
    let step = if new > 1 { (old - 1) as f64 / (new - 1) as f64 } else { 0.0 };
    Rows::new(old, new, |place| {
        let at = place as f64 * step;
        let (below, part) = (at.floor(), at - at.floor());
        vec![(below as isize, 1.0 - part), (below as isize + 1, part)]
    })
}

fn cubic(old: usize, new: usize, factor: f64) -> Rows {
    const A: f64 = -0.75;
    let inner = |d: f64| ((A + 2.0) * d - (A + 3.0)) * d * d + 1.0;
    let outer = |d: f64| ((A * d - 5.0 * A) * d + 8.0 * A) * d - 4.0 * A;
    Rows::new(old, new, |place| {
        let at = (place as f64 + 0.5) / factor - 0.5;
        let (below, part) = (at.floor() as isize, at - at.floor());
        vec![
            (below - 1, outer(part + 1.0)),
            (below, inner(part)),
            (below + 1, inner(1.0 - part)),
            (below + 2, outer(2.0 - part)),
        ]
    })
}

fn scaled(x: &Tensor, rows: &Rows, columns: &Rows) -> Result<Tensor, NetworkError> {
    let (batch, channels, height, width) = x.dims4()?;
    let matrix = |rows: &Rows| -> Result<Tensor, NetworkError> {
        let shape = (rows.weights.len() / rows.old, rows.old);
        Ok(Tensor::from_slice(&rows.weights, shape, x.device())?.to_dtype(x.dtype())?)
    };
    let (down, across) = (matrix(rows)?, matrix(columns)?);
    let (new_height, new_width) = (down.dim(0)?, across.dim(0)?);
    let wide = x.contiguous()?.reshape((batch * channels * height, width))?.matmul(&across.t()?)?;
    let wide = wide.reshape((batch * channels, height, new_width))?;
    let scaled = down.broadcast_matmul(&wide)?;
    Ok(scaled.reshape((batch, channels, new_height, new_width))?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn row(values: &[f32]) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap().reshape((1, 1, 1, values.len())).unwrap()
    }

    fn values(x: &Tensor) -> Vec<f32> {
        x.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn corners_lie_on_corners() {
        let got = values(&bilinear(&row(&[0.0, 1.0, 4.0]), 1, 5).unwrap());
        assert_eq!(got, [0.0, 0.5, 1.0, 2.5, 4.0]);
        assert_eq!(values(&bilinear(&row(&[3.0, 1.0]), 2, 1).unwrap()), [3.0, 3.0]);
    }

    #[test]
    fn the_cubic_is_the_tensor_libraries() {
        // torch.nn.functional.interpolate(..., scale_factor=(1.0, 5.1 / 3), mode="bicubic") of 0, 1, 4.
        let got = bicubic(&row(&[0.0, 1.0, 4.0]), [1, 5], [1.0, 5.1 / 3.0]).unwrap();
        let want = [-0.097_375_87, 0.165_294_11, 0.914_964_14, 2.779_8, 4.240_721_7];
        for (got, want) in values(&got).into_iter().zip(want) {
            assert!((got - want).abs() < 2e-6, "{got} is not {want}");
        }
    }
}
