//! Tone curves of colour profiles.

use std::sync::Arc;

use moxcms::ToneReprCurve;

/// Steps of a curve's table: as fine as 16-bit samples, which are read off exactly.
const STEPS: usize = 65_535;

/// Encoded value to light, both 0 to 1.
#[derive(Clone)]
pub(super) struct Curve {
    table: Arc<Vec<f32>>,
}

impl Curve {
    /// Tabulates a profile's curve.
    pub(super) fn new(curve: &ToneReprCurve) -> Result<Self, String> {
        if matches!(curve, ToneReprCurve::Parametric(parameters) if parameters.is_empty()) {
            return Err("its curve has no parameters".into());
        }
        let curve = curve.make_linear_evaluator().map_err(|e| e.to_string())?;
        let table: Vec<f32> =
            (0..=STEPS).map(|i| curve.evaluate_value(i as f32 / STEPS as f32)).collect();
        match table.iter().all(|v| v.is_finite()) {
            true => Ok(Self { table: Arc::new(table) }),
            false => Err("its curve leaves the numbers".into()),
        }
    }

    /// Light of an encoded value, between neighbours by a straight line; clamped to 0 to 1.
    pub(super) fn at(&self, v: f32) -> f32 {
        let place = v.clamp(0.0, 1.0) * STEPS as f32;
        let below = (place as usize).min(STEPS - 1);
        let [low, high] = [self.table[below], self.table[below + 1]];
        low + (high - low) * (place - below as f32)
    }

    /// True where light and value are the same to a thousandth.
    pub(super) fn is_linear(&self) -> bool {
        (0..=64).all(|i| {
            let v = i as f32 / 64.0;
            (self.at(v) - v).abs() < 1e-3
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_is_read_off_between_its_table_entries() {
        let curve = Curve::new(&ToneReprCurve::Parametric(vec![2.2])).unwrap();
        for i in 0..=1000 {
            let v = i as f32 / 1000.0;
            // The evaluator's own power is good to about 1e-6.
            assert!((curve.at(v) - v.powf(2.2)).abs() < 4e-6, "{v}");
        }
        assert_eq!(curve.at(7.0), curve.at(1.0));
        assert!(!curve.is_linear());
        assert!(Curve::new(&ToneReprCurve::Parametric(vec![1.0])).unwrap().is_linear());
        assert!(Curve::new(&ToneReprCurve::Parametric(vec![])).is_err());
    }
}
