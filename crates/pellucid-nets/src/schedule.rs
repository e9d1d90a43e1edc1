//! Schedules: the falling noise levels (sigmas) that a sampler steps through.

mod align_your_steps;
mod beta;
mod curves;
mod discretisation;
mod prediction;

pub use align_your_steps::{ModelLevels, align_your_steps};
pub use discretisation::Discretisation;
pub(crate) use discretisation::{exp, ln};
pub use prediction::Prediction;

use crate::sample::Sampler;

/// How noise levels are spaced between the highest and the lowest a model was trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Schedule {
    /// Every so many rows of the table, counted from its noisy end.
    Simple,
    /// Even in training time, without the last level.
    SgmUniform,
    /// Even in the seventh root of sigma (Karras et al. 2022, equation 5).
    Karras,
    /// Even in the logarithm of sigma.
    Exponential,
    /// Every so many rows of the table, counted from its clean end; the count can differ from the
    /// one asked for.
    DdimUniform,
    /// Quantiles of a beta distribution over the table (Lee et al. 2024).
    Beta,
    /// Even in training time, from the highest level to the lowest.
    Normal,
    /// First even, then falling with the square (Genmo's Mochi).
    LinearQuadratic,
    /// Even in the arc tangent of sigma (Sabour et al. 2024, equation 7).
    KlOptimal,
}

impl Schedule {
    /// Every schedule and its name.
    pub const NAMES: &[(&str, Self)] = &[
        ("simple", Self::Simple),
        ("sgm_uniform", Self::SgmUniform),
        ("karras", Self::Karras),
        ("exponential", Self::Exponential),
        ("ddim_uniform", Self::DdimUniform),
        ("beta", Self::Beta),
        ("normal", Self::Normal),
        ("linear_quadratic", Self::LinearQuadratic),
        ("kl_optimal", Self::KlOptimal),
    ];

    /// The schedule of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, schedule)| *schedule)
    }

    /// The name it goes by.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, schedule)| *schedule == self).map_or("", |(name, _)| name)
    }
}

/// The levels of `schedule` in `steps` steps: falling, one more than there are steps, zero at the end.
///
/// `ddim_uniform` and `beta` may give another number of steps; no steps give no levels.
pub fn sigmas(schedule: Schedule, table: &Discretisation, steps: usize) -> Vec<f32> {
    if steps == 0 {
        return Vec::new();
    }
    match schedule {
        Schedule::Simple => curves::simple(table, steps),
        Schedule::SgmUniform => curves::sgm_uniform(table, steps),
        Schedule::Karras => curves::karras(table.sigma_min(), table.sigma_max(), steps),
        Schedule::Exponential => curves::exponential(table, steps),
        Schedule::DdimUniform => curves::ddim_uniform(table, steps),
        Schedule::Beta => curves::beta(table, steps),
        Schedule::Normal => curves::normal(table, steps),
        Schedule::LinearQuadratic => curves::linear_quadratic(table, steps),
        Schedule::KlOptimal => curves::kl_optimal(table, steps),
    }
}

/// The last `steps` steps of as many as make `denoise` (0 to 1) of a whole run `steps` long.
///
/// At 1 that is the whole schedule, at 0 no levels at all.
pub fn partial_sigmas(
    schedule: Schedule,
    table: &Discretisation,
    steps: usize,
    denoise: f64,
) -> Vec<f32> {
    last_part(steps, denoise, |steps| sigmas(schedule, table, steps))
}

/// The levels that a sampler node uses: as [`partial_sigmas`], but samplers that look a step ahead
/// make one step more and leave out the level before zero.
pub fn ksampler_sigmas(
    sampler: Sampler,
    schedule: Schedule,
    table: &Discretisation,
    steps: usize,
    denoise: f64,
) -> Vec<f32> {
    last_part(steps, denoise, |steps| {
        if !sampler.discards_penultimate_sigma() || steps == 0 {
            return sigmas(schedule, table, steps);
        }
        let mut levels = sigmas(schedule, table, steps + 1);
        levels.remove(levels.len().saturating_sub(2));
        levels
    })
}

/// The steps of `sigmas` from step `start` to step `end`, counted from zero.
///
/// With `leftover_noise` an early end keeps the noise of its level; without, it goes straight to
/// zero from the level before. No levels mean that there is nothing to do.
pub fn step_range(sigmas: &[f32], start: usize, end: usize, leftover_noise: bool) -> Vec<f32> {
    let mut levels = sigmas.to_vec();
    if end < levels.len().saturating_sub(1) {
        levels.truncate(end + 1);
        if let Some(last) = levels.last_mut().filter(|_| !leftover_noise) {
            *last = 0.0;
        }
    }
    if start + 1 >= levels.len() { Vec::new() } else { levels.split_off(start) }
}

/// Karras levels in `steps` steps between any ends (Karras et al. 2022, equation 5; `rho` is 7 there).
pub fn karras_levels(steps: usize, sigma_min: f64, sigma_max: f64, rho: f64) -> Vec<f32> {
    if steps == 0 { Vec::new() } else { curves::karras_of(steps, sigma_min, sigma_max, rho) }
}

/// Levels in `steps` steps between any ends whose logarithms fall as the `power` of what is left.
pub fn exponential_levels(steps: usize, sigma_min: f64, sigma_max: f64, power: f64) -> Vec<f32> {
    if steps == 0 { Vec::new() } else { curves::exponential_of(steps, sigma_min, sigma_max, power) }
}

/// The Karras levels of a table in single precision, the last `steps` steps of `steps / strength`.
pub fn karras_by_strength(table: &Discretisation, steps: usize, strength: f64) -> Vec<f32> {
    if steps == 0 || strength <= 0.0 {
        return Vec::new();
    }
    let levels = curves::karras_f32(table.sigma_min(), table.sigma_max(), whole(steps, strength));
    tail(levels, steps)
}

fn last_part(steps: usize, denoise: f64, levels: impl Fn(usize) -> Vec<f32>) -> Vec<f32> {
    if denoise > 0.9999 {
        levels(steps)
    } else if denoise > 0.0 {
        tail(levels(whole(steps, denoise)), steps)
    } else {
        Vec::new()
    }
}

/// The whole steps in `steps / part`; more than a table has levels make no sense to anybody.
fn whole(steps: usize, part: f64) -> usize {
    const MOST: f64 = 1e7;
    (steps as f64 / part).min(MOST) as usize
}

fn tail(mut levels: Vec<f32>, steps: usize) -> Vec<f32> {
    levels.split_off(levels.len().saturating_sub(steps + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_falls_to_zero() {
        let table = Discretisation::stable_diffusion();
        for &(name, schedule) in Schedule::NAMES {
            for steps in [1, 2, 3, 7, 20, 100] {
                let levels = sigmas(schedule, &table, steps);
                assert!(levels.windows(2).all(|pair| pair[0] > pair[1]), "{name} {steps}");
                assert_eq!(levels.last(), Some(&0.0), "{name} {steps}");
                assert!(levels[0].is_finite(), "{name} {steps}");
            }
            assert!(sigmas(schedule, &table, 0).is_empty(), "{name}");
        }
    }

    #[test]
    fn names_lead_back() {
        for &(name, schedule) in Schedule::NAMES {
            assert_eq!(Schedule::named(name), Some(schedule));
            assert_eq!(schedule.name(), name);
        }
        assert_eq!(Schedule::named("Karras"), None);
    }

    #[test]
    fn a_range_of_steps_ends_in_zero_unless_noise_is_left() {
        let levels = [4.0, 3.0, 2.0, 1.0, 0.0];
        assert_eq!(step_range(&levels, 1, 3, true), [3.0, 2.0, 1.0]);
        assert_eq!(step_range(&levels, 1, 3, false), [3.0, 2.0, 0.0]);
        assert_eq!(step_range(&levels, 0, 10_000, false), levels);
        assert!(step_range(&levels, 4, 10_000, false).is_empty());
        assert!(step_range(&levels, 3, 2, true).is_empty());
        assert!(step_range(&[], 0, 1, true).is_empty());
    }

    #[test]
    fn no_denoising_makes_no_levels() {
        let table = Discretisation::stable_diffusion();
        assert!(partial_sigmas(Schedule::Karras, &table, 20, 0.0).is_empty());
        assert!(partial_sigmas(Schedule::Karras, &table, 20, f64::NAN).is_empty());
        let half = ksampler_sigmas(Sampler::Dpm2, Schedule::Normal, &table, 10, 0.5);
        assert_eq!(half.len(), 11);
    }
}
