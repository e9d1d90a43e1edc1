//! The numbers of patches, in f32.

use candle_core::{D, Tensor};

use super::{Factor, Factors, Operand, Pair};
use crate::weights::Problem;

/// Whether two shapes hold the same layer: ones at the end do not count.
pub(super) fn same_layer(a: &[usize], b: &[usize]) -> bool {
    let kept = |shape: &[usize]| shape.iter().rposition(|&n| n != 1).map_or(0, |last| last + 1);
    a[..kept(a)] == b[..kept(b)]
}

/// The number of elements; `None` if it is beyond counting.
pub(super) fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n))
}

pub(super) fn add(weight: &Tensor, by: &Tensor, factor: f64) -> Result<Tensor, Problem> {
    Ok((weight + by.reshape(weight.dims())?.affine(factor, 0.0)?)?)
}

pub(super) fn padded(weight: &Tensor, shape: &[usize]) -> Result<Tensor, Problem> {
    let mut weight = weight.clone();
    for (axis, &size) in shape.iter().enumerate() {
        let missing = size.saturating_sub(weight.dim(axis)?);
        weight = weight.pad_with_zeros(axis, 0, missing)?;
    }
    Ok(weight)
}

/// The shape that factors make, up to a reshape to the weight's.
pub(super) fn factors_shape(factors: &Factors) -> Result<Vec<usize>, Problem> {
    match factors {
        Factors::LowRank { up, down, middle: None } => low_rank_shape(up, down),
        Factors::LowRank { up, down, middle: Some(middle) } => {
            let (up, down) = (flat_shape(up), flat_shape(down));
            match *middle.shape() {
                [a, b, h, w] if a == up[1] && b == down[0] => Ok(vec![up[0], down[1], h, w]),
                _ => Err(unfit(&[middle])),
            }
        }
        Factors::Hadamard([first, second]) => {
            let shapes = (pair_shape(first)?, pair_shape(second)?);
            let fits = shapes.0 == shapes.1;
            fits.then_some(shapes.0)
                .ok_or_else(|| unfit(&[&first.a, &first.b, &second.a, &second.b]))
        }
        Factors::Kronecker([first, second]) => {
            let (first, second) = (factor_shape(first)?, factor_shape(second)?);
            match (first.as_slice(), second.as_slice()) {
                (&[a, b], &[c, d, ref kernel @ ..]) => Ok([&[a * c, b * d], kernel].concat()),
                _ => Err(Problem::Patch(format!(
                    "no Kronecker product of the shapes {first:?} and {second:?}"
                ))),
            }
        }
    }
}

/// Whether norms are one per output row, or one per input column.
pub(super) fn norms_fit(norms: &[usize], weight: &[usize]) -> bool {
    match (norms, weight) {
        ([rows], [out, ..]) => rows == out,
        ([rows, rest @ ..], [out, input, ..]) => {
            let others = rest.iter().product::<usize>();
            (rows == out && others == 1) || (*rows == 1 && rest[0] == *input && others == *input)
        }
        _ => false,
    }
}

/// The product of factors.
pub(super) fn product(factors: &Factors) -> Result<Tensor, Problem> {
    match factors {
        Factors::LowRank { up, down, middle } => {
            let up = up.read()?.flatten_from(1)?;
            let down = down.read()?.flatten_from(1)?;
            let Some(middle) = middle else { return Ok(up.matmul(&down)?) };
            // down'[a, i, taps] = sum over b of middle[a, b, taps] down[b, i]
            let middle = middle.read()?;
            let (a, b, h, w) = middle.dims4()?;
            let columns = middle.permute((0, 2, 3, 1))?.reshape((a * h * w, b))?.matmul(&down)?;
            let input = down.dim(1)?;
            let down = columns.reshape((a, h, w, input))?.permute((0, 3, 1, 2))?;
            let out = up.dim(0)?;
            Ok(up.matmul(&down.reshape((a, input * h * w))?)?.reshape((out, input, h, w))?)
        }
        Factors::Hadamard([first, second]) => Ok((pair(first)? * pair(second)?)?),
        Factors::Kronecker([first, second]) => kronecker(&factor(first)?, &factor(second)?),
    }
}

/// DoRA: the patched weight with other row or column norms, then a step of `strength` towards it.
///
/// Row norms are those of the weight before the patch, column norms those after it; so does
/// ComfyUI, and its small addition to the norm is f32's epsilon.
pub(super) fn renormed(
    weight: &Tensor,
    full: &Tensor,
    norms: &Tensor,
    strength: f64,
) -> Result<Tensor, Problem> {
    let by_row = norms.dim(0)? == weight.dim(0)?;
    let squares = if by_row { weight.sqr()?.flatten_from(1)? } else { by_column(full)? };
    let found = squares.sum_keepdim(D::Minus1)?.sqrt()?.affine(1.0, f64::from(f32::EPSILON))?;
    let mut shape = vec![1; weight.rank()];
    let axis = if by_row { 0 } else { 1 };
    shape[axis] = weight.dim(axis)?;
    let factor = (norms.reshape(shape.as_slice())? / found.reshape(shape.as_slice())?)?;
    let target = full.broadcast_mul(&factor)?;
    Ok((weight + (target - weight)?.affine(strength, 0.0)?)?)
}

/// The squares of a weight, a row for every input column.
fn by_column(weight: &Tensor) -> Result<Tensor, Problem> {
    Ok(weight.sqr()?.transpose(0, 1)?.contiguous()?.flatten_from(1)?)
}

fn flat_shape(operand: &Operand) -> [usize; 2] {
    let shape = operand.shape();
    [shape.first().copied().unwrap_or(1), shape.iter().skip(1).product()]
}

fn low_rank_shape(up: &Operand, down: &Operand) -> Result<Vec<usize>, Problem> {
    let ([out, rank], [same, columns]) = (flat_shape(up), flat_shape(down));
    (rank == same).then(|| vec![out, columns]).ok_or_else(|| unfit(&[up, down]))
}

fn pair_shape(pair: &Pair) -> Result<Vec<usize>, Problem> {
    let Some(core) = &pair.core else { return low_rank_shape(&pair.a, &pair.b) };
    match (pair.a.shape(), pair.b.shape(), core.shape()) {
        (&[i, p], &[j, r], &[a, b, h, w]) if (a, b) == (i, j) => Ok(vec![p, r, h, w]),
        _ => Err(unfit(&[&pair.a, &pair.b, core])),
    }
}

fn factor_shape(factor: &Factor) -> Result<Vec<usize>, Problem> {
    match factor {
        Factor::Whole(operand) => Ok(operand.shape().to_vec()),
        Factor::LowRank(pair) => pair_shape(pair),
    }
}

fn unfit(operands: &[&Operand]) -> Problem {
    Problem::Patch(format!("factors that do not fit each other: {operands:?}"))
}

fn pair(pair: &Pair) -> Result<Tensor, Problem> {
    let (a, b) = (pair.a.read()?, pair.b.read()?);
    let Some(core) = &pair.core else {
        return Ok(a.flatten_from(1)?.matmul(&b.flatten_from(1)?)?);
    };
    // made[p, r, taps] = sum over i, j of core[i, j, taps] b[j, r] a[i, p]
    let core = core.read()?;
    let (i, j, h, w) = core.dims4()?;
    let (p, r) = (a.dim(1)?, b.dim(1)?);
    let inner = core.permute((0, 2, 3, 1))?.reshape((i * h * w, j))?.matmul(&b)?;
    let inner = inner.reshape((i, h * w * r))?;
    let made = a.t()?.contiguous()?.matmul(&inner)?.reshape((p, h, w, r))?;
    Ok(made.permute((0, 3, 1, 2))?.contiguous()?)
}

fn factor(factor: &Factor) -> Result<Tensor, Problem> {
    match factor {
        Factor::Whole(operand) => operand.read(),
        Factor::LowRank(operands) => pair(operands),
    }
}

/// Every element of the first times the whole second.
fn kronecker(first: &Tensor, second: &Tensor) -> Result<Tensor, Problem> {
    let (a, b) = first.dims2()?;
    let (c, d) = match *second.dims() {
        [c, d, ..] => (c, d),
        _ => return Err(Problem::Patch("a factor that is no matrix".to_owned())),
    };
    let taps = second.dims()[2..].iter().product::<usize>();
    let first = first.reshape((a, 1, b, 1, 1))?;
    let second = second.reshape((1, c, 1, d, taps))?;
    Ok(first.broadcast_mul(&second)?.reshape((a * c, b * d, taps))?)
}
