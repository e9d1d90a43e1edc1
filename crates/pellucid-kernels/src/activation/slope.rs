//! Gradients of activations.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{CHUNK, Function};
use crate::math::{erf, exp, gelu, sigmoid};

/// `1 / √(2π)`.
const DENSITY: f32 = 0.398_942_3;

/// Multiplies every number of `slope` with the derivative of `function` at that place of `source`.
pub fn apply_slope(function: Function, source: &[f32], slope: &mut [f32]) {
    let arch = Arch::new();
    let chunks = slope.par_chunks_mut(CHUNK).zip(source.par_chunks(CHUNK));
    chunks.for_each(|(slope, source)| arch.dispatch(Apply { function, source, slope }));
}

/// The gradient of [`super::geglu`]'s source; `slope` is that of its result.
pub fn geglu_slope(source: &[f32], width: usize, slope: &[f32], gradient: &mut [f32]) {
    let arch = Arch::new();
    let rows = gradient.par_chunks_mut(2 * width).zip(source.par_chunks(2 * width));
    rows.zip(slope.par_chunks(width)).for_each(|((gradient, source), slope)| {
        arch.dispatch(Gate { source, slope, gradient });
    });
}

/// The derivative of `function`.
#[inline(always)]
pub(crate) fn derivative<S: Simd>(simd: S, function: Function, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    match function {
        Function::Identity => one,
        Function::Exp => exp(simd, x),
        Function::Silu => {
            let share = sigmoid(simd, x);
            let rest = simd.sub_f32s(one, share);
            simd.mul_f32s(share, simd.mul_add_e_f32s(x, rest, one))
        }
        Function::Gelu => {
            let half = simd.splat_f32s(0.5);
            let scaled = simd.mul_f32s(x, simd.splat_f32s(std::f32::consts::FRAC_1_SQRT_2));
            let below = simd.mul_add_e_f32s(half, erf(simd, scaled), half);
            let power = simd.neg_f32s(simd.mul_f32s(scaled, scaled));
            let density = simd.mul_f32s(simd.splat_f32s(DENSITY), exp(simd, power));
            simd.mul_add_e_f32s(x, density, below)
        }
    }
}

struct Apply<'a> {
    function: Function,
    source: &'a [f32],
    slope: &'a mut [f32],
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { function, source, slope } = self;
        let (whole, rest) = S::as_simd_f32s(source);
        let (slope, slope_rest) = S::as_mut_simd_f32s(slope);
        for (slope, &x) in slope.iter_mut().zip(whole) {
            *slope = simd.mul_f32s(*slope, derivative(simd, function, x));
        }
        if !rest.is_empty() {
            let factor = derivative(simd, function, simd.partial_load_f32s(rest));
            let last = simd.mul_f32s(simd.partial_load_f32s(slope_rest), factor);
            simd.partial_store_f32s(slope_rest, last);
        }
    }
}

/// One row of a gated layer.
struct Gate<'a> {
    source: &'a [f32],
    slope: &'a [f32],
    gradient: &'a mut [f32],
}

impl WithSimd for Gate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.slope.len();
        let (a, b) = self.source.split_at(width);
        let (of_a, of_b) = self.gradient.split_at_mut(width);
        for start in (0..width).step_by(S::F32_LANES) {
            let range = start..width.min(start + S::F32_LANES);
            let load = |values: &[f32]| simd.partial_load_f32s(&values[range.clone()]);
            let (a, b, slope) = (load(a), load(b), load(self.slope));
            simd.partial_store_f32s(&mut of_a[range.clone()], simd.mul_f32s(slope, gelu(simd, b)));
            let factor = simd.mul_f32s(a, derivative(simd, Function::Gelu, b));
            simd.partial_store_f32s(&mut of_b[range.clone()], simd.mul_f32s(slope, factor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::reference::value;

    #[test]
    fn slopes_are_those_of_the_definitions() {
        let x: Vec<f32> = (-400..=400).map(|i| i as f32 * 0.02).collect();
        for function in [Function::Identity, Function::Exp, Function::Silu, Function::Gelu] {
            let mut got = vec![2.0; x.len()];
            apply_slope(function, &x, &mut got);
            for (&x, &got) in x.iter().zip(&got) {
                let (x, step) = (f64::from(x), 1e-5);
                let rise = value(function, x + step) - value(function, x - step);
                let wanted = rise / step;
                // The difference quotient is good to some 1e-9 of the value, the slope to a few roundings.
                let apart = (f64::from(got) - wanted).abs();
                assert!(apart < 1e-6 * wanted.abs().max(1.0), "{function:?} at {x}: {got}");
            }
        }
    }
}
