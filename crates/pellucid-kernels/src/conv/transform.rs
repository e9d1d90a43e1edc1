//! The transforms of Winograd's minimal filtering F(4×4, 3×3).
//!
//! A 4×4 tile of the result depends on 6×6 inputs and is a polynomial product evaluated at six points: 0, ±¾,
//! ±3/2 and infinity. With these points f32 loses the fewest digits among those that multiply 36 instead of 144
//! times: errors are about those of a plain sum of as many f32 products. Every constant below is exact in f32
//! but for the divisions in [`weights`].

use pulp::Simd;

/// Rows and columns of the result in a tile.
pub(crate) const TILE: usize = 4;
/// Rows and columns that a tile reads.
pub(crate) const SPAN: usize = 6;
/// Products of a tile.
pub(crate) const POINTS: usize = SPAN * SPAN;

/// The two finite points besides zero, each with both signs.
const A: f32 = 0.75;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;

/// Six inputs along one axis, as values at the six points.
#[inline(always)]
pub(crate) fn inputs<S: Simd>(simd: S, d: [S::f32s; SPAN]) -> [S::f32s; SPAN] {
    let times = |factor: f32, x, y| simd.mul_add_e_f32s(simd.splat_f32s(factor), x, y);
    let zero = times(A2 * B2, d[0], times(-(A2 + B2), d[2], d[4]));
    let infinity = times(A2 * B2, d[1], times(-(A2 + B2), d[3], d[5]));
    let (even_a, odd_a) = (times(-B2, d[2], d[4]), times(-B2, d[1], d[3]));
    let (even_b, odd_b) = (times(-A2, d[2], d[4]), times(-A2, d[1], d[3]));
    [
        zero,
        times(A, odd_a, even_a),
        times(-A, odd_a, even_a),
        times(B, odd_b, even_b),
        times(-B, odd_b, even_b),
        infinity,
    ]
}

/// The sums of products at the six points, as four results along one axis.
#[inline(always)]
pub(crate) fn outputs<S: Simd>(simd: S, m: [S::f32s; SPAN]) -> [S::f32s; TILE] {
    let times = |factor: f32, x, y| simd.mul_add_e_f32s(simd.splat_f32s(factor), x, y);
    let scaled = |factor: f32, x| simd.mul_f32s(simd.splat_f32s(factor), x);
    let (even_a, odd_a) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
    let (even_b, odd_b) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
    [
        simd.add_f32s(m[0], simd.add_f32s(even_a, even_b)),
        times(A, odd_a, scaled(B, odd_b)),
        times(A2, even_a, scaled(B2, even_b)),
        simd.add_f32s(times(A2 * A, odd_a, scaled(B2 * B, odd_b)), m[5]),
    ]
}

/// Three weights along one axis, as values at the six points, divided so that the other two transforms need no
/// division.
#[inline(always)]
pub(crate) fn weights<S: Simd>(simd: S, g: [S::f32s; 3]) -> [S::f32s; SPAN] {
    const ZERO: f32 = 1.0 / (A2 * B2);
    const NEAR: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
    const FAR: f32 = 1.0 / (2.0 * B2 * (B2 - A2));
    let scaled = |factor: f32, x| simd.mul_f32s(simd.splat_f32s(factor), x);
    let times = |factor: f32, x, y| simd.mul_add_e_f32s(simd.splat_f32s(factor), x, y);
    let (near, far) = (times(A2, g[2], g[0]), times(B2, g[2], g[0]));
    [
        scaled(ZERO, g[0]),
        scaled(NEAR, times(A, g[1], near)),
        scaled(NEAR, times(-A, g[1], near)),
        scaled(FAR, times(B, g[1], far)),
        scaled(FAR, times(-B, g[1], far)),
        g[2],
    ]
}
