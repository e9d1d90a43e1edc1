//! CIELAB under D65, and colour difference in it.

use super::Colour;

/// A formula for the difference of two Lab colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeltaE {
    /// CIEDE2000 with all weights 1.
    Cie2000,
    /// CIE76: Euclidean distance.
    Cie76,
}

impl DeltaE {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("cie2000", Self::Cie2000), ("cie76", Self::Cie76)];

    /// The difference of two Lab colours; about 1 is just noticeable.
    pub fn between(self, a: [f64; 3], b: [f64; 3]) -> f64 {
        match self {
            Self::Cie2000 => cie2000(a, b),
            Self::Cie76 => (0..3).map(|c| (a[c] - b[c]).powi(2)).sum::<f64>().sqrt(),
        }
    }
}

/// Linear Rec. 709 light to CIELAB; the white of the screen is (100, 0, 0).
pub fn light_to_lab(light: Colour) -> [f64; 3] {
    let [r, g, b] = light.map(f64::from);
    // IEC 61966-2-1 primaries; every row is divided by its sum, which is the D65 white.
    let x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505;
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.0890;
    let [x, y, z] = [x, y, z].map(|t| {
        let edge = 6.0_f64 / 29.0;
        if t > edge.powi(3) { t.cbrt() } else { t / (3.0 * edge * edge) + 4.0 / 29.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// CIEDE2000 as laid out by Sharma, Wu and Dalal (2005).
fn cie2000([l1, a1, b1]: [f64; 3], [l2, a2, b2]: [f64; 3]) -> f64 {
    let seventh = |c: f64| (c.powi(7) / (c.powi(7) + 25.0_f64.powi(7))).sqrt();
    let mean_chroma = (a1.hypot(b1) + a2.hypot(b2)) / 2.0;
    let stretch = 1.0 + 0.5 * (1.0 - seventh(mean_chroma));
    let (a1, a2) = (a1 * stretch, a2 * stretch);
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let angle = |a: f64, b: f64| {
        if a == 0.0 && b == 0.0 { 0.0 } else { b.atan2(a).to_degrees().rem_euclid(360.0) }
    };
    let (h1, h2) = (angle(a1, b1), angle(a2, b2));
    let grey = c1 * c2 == 0.0;
    let turn = match h2 - h1 {
        _ if grey => 0.0,
        d if d > 180.0 => d - 360.0,
        d if d < -180.0 => d + 360.0,
        d => d,
    };
    let mean_hue = match h1 + h2 {
        sum if grey => sum,
        sum if (h1 - h2).abs() <= 180.0 => sum / 2.0,
        sum if sum < 360.0 => (sum + 360.0) / 2.0,
        sum => (sum - 360.0) / 2.0,
    };
    let (mean_l, mean_c) = ((l1 + l2) / 2.0, (c1 + c2) / 2.0);
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(mean_hue - 30.0)
        + 0.24 * cos(2.0 * mean_hue)
        + 0.32 * cos(3.0 * mean_hue + 6.0)
        - 0.20 * cos(4.0 * mean_hue - 63.0);
    let off = (mean_l - 50.0).powi(2);
    let scale_l = 1.0 + 0.015 * off / (20.0 + off).sqrt();
    let scale_c = 1.0 + 0.045 * mean_c;
    let scale_h = 1.0 + 0.015 * mean_c * t;
    let blue = 30.0 * (-((mean_hue - 275.0) / 25.0).powi(2)).exp();
    let rotation = -2.0 * seventh(mean_c) * (2.0 * blue).to_radians().sin();
    let l = (l2 - l1) / scale_l;
    let c = (c2 - c1) / scale_c;
    let h = 2.0 * (c1 * c2).sqrt() * (turn / 2.0).to_radians().sin() / scale_h;
    (l * l + c * c + h * h + rotation * c * h).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cie2000_gives_the_published_differences() {
        // Pairs of Sharma, Wu and Dalal's supplementary test data, given to four decimals.
        let pairs = [
            ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
            ([50.0, 3.1571, -77.2803], [50.0, 0.0, -82.7485], 2.8615),
            ([50.0, -1.0, 2.0], [50.0, 0.0, 0.0], 2.3669),
            ([50.0, 2.5, 0.0], [50.0, 0.0, -2.5], 4.3065),
            ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
            ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
            ([2.0776, 0.0795, -1.1350], [0.9033, -0.0636, -0.5514], 0.9082),
        ];
        for (a, b, wanted) in pairs {
            for (a, b) in [(a, b), (b, a)] {
                let got = DeltaE::Cie2000.between(a, b);
                assert!((got - wanted).abs() < 6e-5, "{a:?} {b:?}: {got}");
            }
        }
    }

    #[test]
    fn white_grey_and_blue_are_where_they_belong() {
        let close = |light: Colour, wanted: [f64; 3]| {
            let got = light_to_lab(light);
            assert!((0..3).all(|c| (got[c] - wanted[c]).abs() < 0.02), "{got:?}");
        };
        close([1.0; 3], [100.0, 0.0, 0.0]);
        close([0.184_187; 3], [50.0, 0.0, 0.0]);
        // sRGB blue, as commonly tabulated to two decimals.
        close([0.0, 0.0, 1.0], [32.30, 79.19, -107.86]);
    }
}
