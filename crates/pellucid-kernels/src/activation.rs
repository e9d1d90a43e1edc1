//! Activations over slices.

mod slope;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::math::{exp, gelu, sigmoid};

pub(crate) use slope::derivative;
pub use slope::{apply_slope, geglu_slope};

/// Elements a thread takes at a time.
const CHUNK: usize = 1 << 14;

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `x`.
    Identity,
    /// `e^x`, within f32's normal numbers.
    Exp,
    /// `x · sigmoid(x)`.
    Silu,
    /// `x Φ(x)`, with the error function.
    Gelu,
}

/// `function` of every number of `source`, into `target` of the same length.
pub fn apply(function: Function, source: &[f32], target: &mut [f32]) {
    let arch = Arch::new();
    let chunks = target.par_chunks_mut(CHUNK).zip(source.par_chunks(CHUNK));
    chunks.for_each(|(target, source)| arch.dispatch(Apply { function, source, target }));
}

/// `a · gelu(b)`, `[a, b]` the halves of each row of `source`; `target` has rows of `width`.
pub fn geglu(source: &[f32], width: usize, target: &mut [f32]) {
    let arch = Arch::new();
    let rows = (CHUNK / width.max(1)).max(1);
    let chunks = target.par_chunks_mut(rows * width).zip(source.par_chunks(rows * 2 * width));
    chunks.for_each(|(target, source)| arch.dispatch(Geglu { source, width, target }));
}

/// The same functions in f64, one number at a time.
pub mod reference {
    use super::Function;

    /// `function(x)` to f64 accuracy; the error function by its series.
    pub fn value(function: Function, x: f64) -> f64 {
        match function {
            Function::Identity => x,
            Function::Exp => x.exp(),
            Function::Silu => x / (1.0 + (-x).exp()),
            Function::Gelu => 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        }
    }

    /// `2/√π · e^(-x²) Σ 2^n x^(2n+1) / (2n+1)!!`, all terms of one sign.
    pub fn erf(x: f64) -> f64 {
        if x.abs() > 6.0 {
            return x.signum();
        }
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term.abs() > 1e-18 * sum.abs() {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp()
    }
}

struct Apply<'a> {
    function: Function,
    source: &'a [f32],
    target: &'a mut [f32],
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { function, source, target } = self;
        let (whole, rest) = S::as_simd_f32s(source);
        let (target, target_rest) = S::as_mut_simd_f32s(target);
        for (target, &x) in target.iter_mut().zip(whole) {
            *target = evaluate(simd, function, x);
        }
        if !rest.is_empty() {
            let last = evaluate(simd, function, simd.partial_load_f32s(rest));
            simd.partial_store_f32s(target_rest, last);
        }
    }
}

/// `function` of a vector; the branch is the same for all of a loop.
#[inline(always)]
pub(crate) fn evaluate<S: Simd>(simd: S, function: Function, x: S::f32s) -> S::f32s {
    match function {
        Function::Identity => x,
        Function::Exp => exp(simd, x),
        Function::Silu => simd.mul_f32s(x, sigmoid(simd, x)),
        Function::Gelu => gelu(simd, x),
    }
}

struct Geglu<'a> {
    source: &'a [f32],
    width: usize,
    target: &'a mut [f32],
}

impl WithSimd for Geglu<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { source, width, target } = self;
        for (source, target) in source.chunks_exact(2 * width).zip(target.chunks_exact_mut(width)) {
            let (a, b) = source.split_at(width);
            let ((a, a_rest), (b, b_rest)) = (S::as_simd_f32s(a), S::as_simd_f32s(b));
            let (target, target_rest) = S::as_mut_simd_f32s(target);
            for ((target, &a), &b) in target.iter_mut().zip(a).zip(b) {
                *target = simd.mul_f32s(a, gelu(simd, b));
            }
            if !a_rest.is_empty() {
                let (a, b) = (simd.partial_load_f32s(a_rest), simd.partial_load_f32s(b_rest));
                simd.partial_store_f32s(target_rest, simd.mul_f32s(a, gelu(simd, b)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(function: Function, from: f32, to: f32, floor: f64) -> f64 {
        let x: Vec<f32> = (0..=40_000).map(|i| from + (to - from) * i as f32 / 4e4).collect();
        let mut y = vec![0.0; x.len()];
        apply(function, &x, &mut y);
        let error = |(&x, &y): (&f32, &f32)| {
            let wanted = reference::value(function, f64::from(x));
            (f64::from(y) - wanted).abs() / wanted.abs().max(floor)
        };
        x.iter().zip(&y).map(error).fold(0.0, f64::max)
    }

    #[test]
    fn functions_are_right_to_a_few_roundings() {
        // One rounding of f32 is 6e-8 of the value.
        assert!(worst(Function::Exp, -87.0, 88.0, 0.0) < 2.4e-7);
        assert!(worst(Function::Silu, -80.0, 80.0, 1e-20) < 4e-7);
        assert!(worst(Function::Gelu, 0.0, 20.0, 0.0) < 2.4e-7);
        // For negative numbers `1 + erf` loses digits, as it does in the reference: absolute errors count.
        assert!(worst(Function::Gelu, -20.0, 0.0, 1.0) < 2.4e-7);
    }

    #[test]
    fn geglu_multiplies_the_first_half_with_gelu_of_the_second() {
        let (width, rows) = (13, 5);
        let source: Vec<f32> =
            (0..2 * width * rows).map(|i| (i as f32 * 0.7).sin() * 3.0).collect();
        let mut target = vec![0.0; width * rows];
        geglu(&source, width, &mut target);
        for (index, &got) in target.iter().enumerate() {
            let (row, column) = (index / width, index % width);
            let a = f64::from(source[row * 2 * width + column]);
            let b = f64::from(source[row * 2 * width + width + column]);
            let wanted = a * reference::value(Function::Gelu, b);
            // Values up to 9, a few roundings.
            assert!((f64::from(got) - wanted).abs() < 2e-6, "{got} is not {wanted}");
        }
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        for function in [Function::Exp, Function::Silu, Function::Gelu] {
            let mut y = [0.0f32; 9];
            apply(function, &[f32::NAN; 9], &mut y);
            assert!(y.iter().all(|y| y.is_nan()), "{function:?}");
        }
    }
}
