//! Moving numbers around: between feature maps and tokens, and sums of two tensors.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::storage::{floats, with_floats};

/// Rows and columns of the blocks in which matrices are transposed.
const BLOCK: usize = 32;
/// Elements a thread adds at a time.
const CHUNK: usize = 1 << 15;

/// `[b, c, h, w]` to `[b, h · w, c]`, row by row.
///
/// # Errors
///
/// If `map` is not an f32 feature map in the CPU's memory.
pub fn tokens_of_map(map: &Tensor) -> Result<Tensor> {
    map.flatten_from(2)?.contiguous()?.apply_op1(Transpose)
}

/// `[b, h · w, c]` to `[b, c, h, w]`.
///
/// # Errors
///
/// If the tokens are not `height · width` or not f32 in the CPU's memory.
pub fn map_of_tokens(tokens: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    let (batch, _, channels) = tokens.dims3()?;
    let map = tokens.contiguous()?.apply_op1(Transpose)?;
    map.reshape((batch, channels, height, width))
}

/// `a + b`, of one shape.
///
/// # Errors
///
/// If the shapes differ or a tensor is not f32 in the CPU's memory.
pub fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    a.contiguous()?.apply_op2(&b.contiguous()?, Sum)
}

/// The map `[b, c, h, w]` with row `rows[y]` and column `columns[x]` at `(y, x)`.
///
/// # Errors
///
/// If there is no such row or column or `map` is not an f32 feature map in the CPU's memory.
pub fn pick(map: &Tensor, rows: Vec<usize>, columns: Vec<usize>) -> Result<Tensor> {
    map.contiguous()?.apply_op1(Pick { rows, columns })
}

/// Swaps the last two of three axes.
struct Transpose;

impl CustomOp1 for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, rows, columns) = layout.shape().dims3()?;
        let x = floats(x, layout)?;
        let mut y = vec![0.0; x.len()];
        if !x.is_empty() {
            let images = y.chunks_exact_mut(rows * columns).zip(x.chunks_exact(rows * columns));
            for (y, x) in images {
                transpose(x, rows, columns, y);
            }
        }
        Ok((CpuStorage::F32(y), Shape::from((batch, columns, rows))))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, slope: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(slope.contiguous()?.apply_op1(Self)?))
    }
}

/// Writes `[rows, columns]` as `[columns, rows]`, in blocks that fit the innermost cache.
fn transpose(source: &[f32], rows: usize, columns: usize, target: &mut [f32]) {
    target.par_chunks_mut(BLOCK * rows).enumerate().for_each(|(block, target)| {
        let first = block * BLOCK;
        for start in (0..rows).step_by(BLOCK) {
            let end = rows.min(start + BLOCK);
            for (column, target) in target.chunks_exact_mut(rows).enumerate() {
                for (row, slot) in (start..end).zip(&mut target[start..end]) {
                    *slot = source[row * columns + first + column];
                }
            }
        }
    });
}

struct Pick {
    rows: Vec<usize>,
    columns: Vec<usize>,
}

impl CustomOp1 for Pick {
    fn name(&self) -> &'static str {
        "pick"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, channels, height, width) = layout.shape().dims4()?;
        let inside = |list: &[usize], size: usize| list.iter().all(|index| *index < size);
        if !inside(&self.rows, height) || !inside(&self.columns, width) {
            bail!("a row or column outside of {width}x{height}");
        }
        let x = floats(x, layout)?;
        let (rows, columns) = (self.rows.len(), self.columns.len());
        let mut y = vec![0.0; batch * channels * rows * columns];
        if !y.is_empty() {
            let planes = y.par_chunks_mut(rows * columns).zip(x.par_chunks(height * width));
            planes.for_each(|(y, x)| {
                for (y, row) in y.chunks_exact_mut(columns).zip(&self.rows) {
                    let x = &x[row * width..][..width];
                    y.iter_mut().zip(&self.columns).for_each(|(y, column)| *y = x[*column]);
                }
            });
        }
        Ok((CpuStorage::F32(y), Shape::from((batch, channels, rows, columns))))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, slope: &Tensor) -> Result<Option<Tensor>> {
        let (_, _, height, width) = x.dims4()?;
        let (rows, columns) = (self.rows.len(), self.columns.len());
        let gradient = with_floats(slope, |slope| {
            let mut gradient = vec![0.0; x.elem_count()];
            if !slope.is_empty() {
                let planes = gradient.par_chunks_mut(height * width);
                planes.zip(slope.par_chunks(rows * columns)).for_each(|(gradient, slope)| {
                    for (slope, row) in slope.chunks_exact(columns).zip(&self.rows) {
                        for (slope, column) in slope.iter().zip(&self.columns) {
                            gradient[row * width + column] += slope;
                        }
                    }
                });
            }
            Ok(gradient)
        })?;
        Ok(Some(Tensor::from_vec(gradient, x.shape(), x.device())?))
    }
}

struct Sum;

impl CustomOp2 for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn cpu_fwd(
        &self,
        a: &CpuStorage,
        a_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (a_shape, b_shape) = (a_layout.shape(), b_layout.shape());
        if a_shape != b_shape {
            bail!("the sum of {a_shape:?} and {b_shape:?}");
        }
        let (a, b) = (floats(a, a_layout)?, floats(b, b_layout)?);
        let mut sum = vec![0.0; a.len()];
        let parts = sum.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK).zip(b.par_chunks(CHUNK)));
        parts.for_each(|(sum, (a, b))| {
            sum.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum = a + b);
        });
        Ok((CpuStorage::F32(sum), a_shape.clone()))
    }

    fn bwd(
        &self,
        _: &Tensor,
        _: &Tensor,
        _: &Tensor,
        slope: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        Ok((Some(slope.clone()), Some(slope.clone())))
    }
}
