//! Exponential and error function over a vector.
//!
//! The polynomials are weighted minimax fits, made for this file; the errors stated are over all f32 arguments
//! with fused multiply-add.

use pulp::Simd;

/// `e^x` to 2 ulp; below -87.3 about `1.2e-38` instead of a smaller number or zero.
#[inline(always)]
pub(crate) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // The constant comes first: where one operand is not a number, x86 gives the second.
    let x = simd.min_f32s(simd.splat_f32s(88.37), x);
    let x = simd.max_f32s(simd.splat_f32s(-87.33), x);
    // Adding 1.5 · 2^23 rounds to a whole number, which is then in the lowest bits.
    let shift = simd.splat_f32s(12_582_912.0);
    let shifted = simd.mul_add_e_f32s(x, simd.splat_f32s(std::f32::consts::LOG2_E), shift);
    let whole = simd.sub_f32s(shifted, shift);
    // ln 2 in two parts; the first has so few digits that its product with `whole` is exact.
    let rest = simd.mul_add_e_f32s(whole, simd.splat_f32s(-0.693_359_4), x);
    let rest = simd.mul_add_e_f32s(whole, simd.splat_f32s(2.121_944_4e-4), rest);
    let fraction = polynomial(
        simd,
        rest,
        [
            0.000_197_892_66,
            0.001_394_575_2,
            0.008_333_504,
            0.041_666_28,
            0.166_666_66,
            0.5,
            1.0,
            1.0,
        ],
    );
    let exponent =
        simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    let bits = simd.add_u32s(simd.transmute_u32s_f32s(fraction), exponent);
    simd.transmute_f32s_u32s(bits)
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    simd.div_f32s(one, simd.add_f32s(one, exp(simd, simd.neg_f32s(x))))
}

/// The error function to `1.2e-7`.
#[inline(always)]
pub(crate) fn erf<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let sign = simd.and_f32s(x, simd.splat_f32s(-0.0));
    let size = simd.abs_f32s(x);
    // Near zero `x + x Q(x²)`.
    let square = simd.mul_f32s(x, x);
    let near = polynomial(
        simd,
        square,
        [-0.000_591_941_6, 0.004_979_13, -0.026_757_035, 0.112_815_52, -0.376_124_68, 0.128_379_15],
    );
    let near = simd.mul_add_e_f32s(near, x, x);
    // Elsewhere `1 - e^(-x R(x))`; from 4 on nothing is left of the exponential.
    let size = simd.min_f32s(simd.splat_f32s(4.0), size);
    let far = polynomial(
        simd,
        size,
        [
            4.636_115e-6,
            -4.188_033_2e-5,
            -6.855_962e-5,
            0.002_982_933_8,
            -0.022_760_196,
            0.105_344_996,
            0.635_582_5,
            1.128_561,
        ],
    );
    let far = exp(simd, simd.neg_f32s(simd.mul_f32s(far, size)));
    let far = simd.or_f32s(simd.sub_f32s(simd.splat_f32s(1.0), far), sign);
    let is_near = simd.less_than_f32s(size, simd.splat_f32s(0.9375));
    simd.select_f32s(is_near, near, far)
}

/// `x Φ(x)`: half of `x (1 + erf(x / √2))`.
#[inline(always)]
pub(crate) fn gelu<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let error = erf(simd, simd.mul_f32s(x, simd.splat_f32s(std::f32::consts::FRAC_1_SQRT_2)));
    let half = simd.mul_f32s(x, simd.splat_f32s(0.5));
    simd.mul_add_e_f32s(half, error, half)
}

/// Horner's rule, highest power first.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(simd: S, x: S::f32s, coefficients: [f32; N]) -> S::f32s {
    let mut sum = simd.splat_f32s(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = simd.mul_add_e_f32s(sum, x, simd.splat_f32s(coefficient));
    }
    sum
}
