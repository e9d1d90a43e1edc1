//! The noise levels a model was trained on, and the way between them and training time.

/// A table of noise levels, rising with training time.
#[derive(Clone, Debug, PartialEq)]
pub struct Discretisation {
    /// Sigma at every training time.
    pub sigmas: Vec<f32>,
    /// Its natural logarithm, rounded by itself.
    pub log_sigmas: Vec<f32>,
}

const TIMES: usize = 1000;

/// Noise variances β from 0.00085 to 0.012, even in their square roots.
const BETA_ENDS: [f64; 2] = [0.000_85, 0.012];

/// What is left of the picture at the last time of a zero-terminal-SNR table, which would be zero
/// and make sigma infinite.
const LAST_ALPHA: f64 = 4.897_345_189_085_343_5e-8;

impl Discretisation {
    /// The table of SD 1.x, SD 2.x and SDXL: 1000 levels from 0.0292 to 14.6.
    pub fn stable_diffusion() -> Self {
        Self::from_sigmas(alphas().into_iter().map(sigma_of).collect())
    }

    /// The same table stretched to end in pure noise (Lin et al. 2024, algorithm 1).
    pub fn zero_terminal_snr() -> Self {
        let roots: Vec<f64> = alphas()
            .into_iter()
            .map(|alpha| {
                let sigma = sigma_of(alpha);
                (1.0 / (sigma * sigma + 1.0)).sqrt()
            })
            .collect();
        let (first, last) = (roots[0], roots[TIMES - 1]);
        let mut stretched: Vec<f64> = roots
            .into_iter()
            .map(|root| ((root - last) * first / (first - last)).powi(2))
            .collect();
        stretched[TIMES - 1] = LAST_ALPHA;
        Self::from_sigmas(stretched.into_iter().map(sigma_of).collect())
    }

    /// The Stable Diffusion table as pipelines built on diffusers round it: from α in single precision.
    pub fn single_precision() -> Self {
        let sigmas: Vec<f32> = alphas()
            .into_iter()
            .map(|alpha| {
                let alpha = alpha as f32;
                ((1.0 - alpha) / alpha).sqrt()
            })
            .collect();
        let log_sigmas = sigmas.iter().map(|&sigma| ln(sigma)).collect();
        Self { sigmas, log_sigmas }
    }

    /// The lowest level.
    pub fn sigma_min(&self) -> f32 {
        self.sigmas.first().copied().unwrap_or(0.0)
    }

    /// The highest level.
    pub fn sigma_max(&self) -> f32 {
        self.sigmas.last().copied().unwrap_or(0.0)
    }

    /// The training time whose level is nearest to `sigma` in its logarithm.
    pub fn timestep(&self, sigma: f32) -> usize {
        let log = ln(sigma);
        let mut nearest = (f32::INFINITY, 0);
        for (time, &level) in self.log_sigmas.iter().enumerate() {
            let distance = (log - level).abs();
            if distance < nearest.0 {
                nearest = (distance, time);
            }
        }
        nearest.1
    }

    /// The level at a training time, between whole times even in its logarithm; times beyond the
    /// table stand for its ends.
    pub fn sigma(&self, time: f32) -> f32 {
        let Some(last) = self.log_sigmas.len().checked_sub(1) else { return 0.0 };
        let time = time.max(0.0).min(last as f32);
        let (low, high) = (time.floor(), time.ceil());
        let part = time - low;
        let between =
            (1.0 - part) * self.log_sigmas[low as usize] + part * self.log_sigmas[high as usize];
        exp(between)
    }

    /// The level when `percent` (0 to 1) of the training time is done: above every level at the
    /// start, zero at the end.
    pub fn percent_to_sigma(&self, percent: f64) -> f64 {
        const ABOVE_ALL: f64 = 999_999_999.9;
        if percent <= 0.0 {
            ABOVE_ALL
        } else if percent >= 1.0 {
            0.0
        } else {
            let last = self.sigmas.len().saturating_sub(1) as f64;
            self.sigma(((1.0 - percent) * last) as f32).into()
        }
    }

    fn from_sigmas(sigmas: Vec<f64>) -> Self {
        Self {
            log_sigmas: sigmas.iter().map(|sigma| sigma.ln() as f32).collect(),
            sigmas: sigmas.into_iter().map(|sigma| sigma as f32).collect(),
        }
    }
}

/// The natural logarithm, rounded once.
pub(crate) fn ln(value: f32) -> f32 {
    f64::from(value).ln() as f32
}

/// The exponential, rounded once.
pub(crate) fn exp(value: f32) -> f32 {
    f64::from(value).exp() as f32
}

/// The share of the picture's variance that is left at every time, ᾱ.
fn alphas() -> Vec<f64> {
    let [first, last] = BETA_ENDS.map(f64::sqrt);
    let step = (last - first) / (TIMES - 1) as f64;
    let mut left = 1.0;
    (0..TIMES)
        .map(|i| {
            let root = if i < TIMES / 2 {
                first + step * i as f64
            } else {
                last - step * (TIMES - 1 - i) as f64
            };
            left *= 1.0 - root * root;
            left
        })
        .collect()
}

fn sigma_of(alpha: f64) -> f64 {
    ((1.0 - alpha) / alpha).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_lead_back_to_their_times() {
        for table in [
            Discretisation::stable_diffusion(),
            Discretisation::zero_terminal_snr(),
            Discretisation::single_precision(),
        ] {
            for (time, &sigma) in table.sigmas.iter().enumerate() {
                assert_eq!(table.timestep(sigma), time);
            }
        }
    }

    #[test]
    fn times_beyond_the_table_stand_for_its_ends() {
        let table = Discretisation::stable_diffusion();
        assert_eq!(table.sigma(-5.0), table.sigma(0.0));
        assert_eq!(table.sigma(5000.0), table.sigma(999.0));
        assert_eq!(table.sigma(f32::NAN), table.sigma(0.0));
    }
}
