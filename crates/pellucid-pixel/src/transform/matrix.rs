//! Affine maps of the plane.

use std::fmt;

/// A forward map of positions: `x' = m[0] · (x, y, 1)`, `y' = m[1] · (x, y, 1)`.
///
/// Positions are measured from the top left corner of the picture; pixel centres lie at halves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine(pub [[f64; 3]; 2]);

/// An affine map that cannot be undone: it flattens the picture, or holds no finite numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotInvertible;

impl fmt::Display for NotInvertible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the transform flattens the picture: scales must be finite and not 0")
    }
}

impl std::error::Error for NotInvertible {}

impl Affine {
    /// The map that moves nothing.
    pub const IDENTITY: Self = Self([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);

    /// A shift by `(x, y)` pixels.
    pub const fn translate(x: f64, y: f64) -> Self {
        Self([[1.0, 0.0, x], [0.0, 1.0, y]])
    }

    /// A scale about the top left corner.
    pub const fn scale(x: f64, y: f64) -> Self {
        Self([[x, 0.0, 0.0], [0.0, y, 0.0]])
    }

    /// A clockwise rotation about the top left corner; exact for multiples of 90 degrees.
    pub fn rotate(degrees: f64) -> Self {
        let (sin, cos) = exact_sin_cos(degrees);
        Self([[cos, -sin, 0.0], [sin, cos, 0.0]])
    }

    /// Scale, then rotate, both about `pivot`, then shift.
    pub fn layer(
        scale: (f64, f64),
        degrees: f64,
        pivot: (f64, f64),
        translate: (f64, f64),
    ) -> Self {
        Self::translate(-pivot.0, -pivot.1)
            .then(Self::scale(scale.0, scale.1))
            .then(Self::rotate(degrees))
            .then(Self::translate(pivot.0 + translate.0, pivot.1 + translate.1))
    }

    /// This map, followed by `next`.
    pub fn then(self, next: Self) -> Self {
        let ([[a, b, c], [d, e, f]], next) = (self.0, next.0);
        Self(next.map(|[p, q, r]| [p * a + q * d, p * b + q * e, p * c + q * f + r]))
    }

    /// The map that undoes this one.
    pub fn inverse(self) -> Result<Self, NotInvertible> {
        let [[a, b, c], [d, e, f]] = self.0;
        let det = a * e - b * d;
        // Adding 0 turns -0 into 0, which a comparison of matrices would not mind but a reader.
        let row = |x: f64, y: f64| {
            let (x, y) = (x / det + 0.0, y / det + 0.0);
            [x, y, -(x * c + y * f) + 0.0]
        };
        let inverse = [row(e, -b), row(-d, a)];
        let finite =
            inverse.as_flattened().iter().chain(self.0.as_flattened()).all(|v| v.is_finite());
        if det == 0.0 || !finite { Err(NotInvertible) } else { Ok(Self(inverse)) }
    }

    /// Where a position goes.
    #[inline]
    pub fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let [[a, b, c], [d, e, f]] = self.0;
        (a * x + b * y + c, d * x + e * y + f)
    }

    /// How much unit steps along x and along y are stretched.
    pub(super) fn stretches(&self) -> (f64, f64) {
        let [[a, b, _], [d, e, _]] = self.0;
        (a.hypot(d), b.hypot(e))
    }

    /// The smallest factor by which any direction is stretched: the smaller singular value.
    pub(super) fn smallest_stretch(&self) -> f64 {
        let [[a, b, _], [d, e, _]] = self.0;
        let (sum, difference) = ((a + e).hypot(d - b), (a - e).hypot(b + d));
        (sum - difference).abs() / 2.0
    }
}

/// Sine and cosine of an angle in degrees, exact for multiples of 90.
pub(super) fn exact_sin_cos(degrees: f64) -> (f64, f64) {
    let turned = degrees.rem_euclid(360.0);
    match turned {
        0.0 | 360.0 => (0.0, 1.0),
        90.0 => (1.0, 0.0),
        180.0 => (0.0, -1.0),
        270.0 => (-1.0, 0.0),
        _ => turned.to_radians().sin_cos(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_and_its_inverse_cancel() {
        let map = Affine::layer((1.5, -0.3), 33.0, (20.0, 7.0), (3.0, -4.5));
        let (x, y) = map.apply(11.0, 5.0);
        let (x, y) = map.inverse().unwrap().apply(x, y);
        assert!((x - 11.0).abs() < 1e-12 && (y - 5.0).abs() < 1e-12);
    }

    #[test]
    fn what_flattens_is_refused() {
        assert_eq!(Affine::scale(0.0, 1.0).inverse(), Err(NotInvertible));
        assert_eq!(Affine::translate(f64::NAN, 0.0).inverse(), Err(NotInvertible));
        assert_eq!(Affine::rotate(f64::INFINITY).inverse(), Err(NotInvertible));
    }

    #[test]
    fn positive_degrees_turn_clockwise_with_y_down() {
        assert_eq!(Affine::rotate(90.0).apply(1.0, 0.0), (0.0, 1.0));
    }
}
