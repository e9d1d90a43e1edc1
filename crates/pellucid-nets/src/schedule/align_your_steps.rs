//! Levels tuned for few steps (Sabour, Fidler and Kreis 2024, "Align Your Steps").

/// Which model the levels were tuned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelLevels {
    /// Stable Diffusion 1.5.
    Sd15,
    /// Stable Diffusion XL.
    Sdxl,
    /// Stable Video Diffusion.
    Svd,
}

impl ModelLevels {
    /// Every set of levels and its name.
    pub const NAMES: &[(&str, Self)] =
        &[("SD1", Self::Sd15), ("SDXL", Self::Sdxl), ("SVD", Self::Svd)];

    /// The published levels for ten steps, falling.
    pub fn levels(self) -> [f64; 11] {
        match self {
            Self::Sd15 => [
                14.6146412293,
                6.4745760956,
                3.8636745985,
                2.6946151520,
                1.8841921177,
                1.3943805092,
                0.9642583904,
                0.6523686016,
                0.3977456272,
                0.1515232662,
                0.0291671582,
            ],
            Self::Sdxl => [
                14.6146412293,
                6.3184485287,
                3.7681790315,
                2.1811480769,
                1.3405244945,
                0.8620721141,
                0.5550693289,
                0.3798540708,
                0.2332364134,
                0.1114188177,
                0.0291671582,
            ],
            Self::Svd => {
                [700.0, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002]
            }
        }
    }
}

/// The levels tuned for a model, resampled to `steps` steps evenly in their logarithm, of which the
/// last `denoise` (0 to 1) are kept; the last one is zero.
pub fn align_your_steps(model: ModelLevels, steps: usize, denoise: f64) -> Vec<f32> {
    let kept = (steps as f64 * denoise.clamp(0.0, 1.0)).round_ties_even() as usize;
    if kept == 0 {
        return Vec::new();
    }
    let published = model.levels();
    let mut levels = if steps + 1 == published.len() {
        published.to_vec()
    } else {
        resample(&published, steps + 1)
    };
    let mut levels = levels.split_off(levels.len().saturating_sub(kept + 1));
    if let Some(last) = levels.last_mut() {
        *last = 0.0;
    }
    levels.into_iter().map(|level| level as f32).collect()
}

/// `count` values on the straight lines between the logarithms of `levels`.
fn resample(levels: &[f64], count: usize) -> Vec<f64> {
    let pieces = levels.len() - 1;
    let at = |i: usize| {
        let place = (i * pieces) as f64 / (count - 1) as f64;
        let left = (place as usize).min(pieces - 1);
        let part = place - left as f64;
        ((1.0 - part) * levels[left].ln() + part * levels[left + 1].ln()).exp()
    };
    (0..count).map(at).collect()
}
