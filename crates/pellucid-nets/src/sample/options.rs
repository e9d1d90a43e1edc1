//! Settings of samplers; every sampler takes those that mean something to it.

/// The settings of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How much of a stochastic sampler's noise is added anew at every step (0: none, 1: all).
    pub eta: f64,
    /// A factor on the noise added.
    pub s_noise: f64,
    /// Noise that `euler`, `heun`, `heunpp2` and `dpm_2` add before their steps.
    pub churn: Churn,
    /// How many answers of the model a multistep sampler uses at most (`lms`, `ipndm`, `ipndm_v`,
    /// `deis`), the stages of `er_sde`, or 2 or 3 for `dpm_adaptive`; `None` for the usual number.
    pub order: Option<usize>,
    /// Where in a step, in log sigma, `dpmpp_sde` and `seeds_2` ask the model again.
    pub r: f64,
    /// The relative and the absolute error that `dpm_adaptive` allows in a step.
    pub tolerance: [f64; 2],
    /// Added to the seed for the noise of the steps. At 0 that noise begins with the initial noise
    /// again, as ComfyUI had it until late 2025; with 1 it does not.
    pub noise_seed_offset: u64,
}

/// Noise added before a step, raising its level (Karras et al. 2022, algorithm 2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Churn {
    /// The amount over the whole run.
    pub amount: f64,
    /// The lowest level at which it is added.
    pub sigma_min: f64,
    /// The highest level at which it is added.
    pub sigma_max: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            eta: 1.0,
            s_noise: 1.0,
            churn: Churn { amount: 0.0, sigma_min: 0.0, sigma_max: f64::INFINITY },
            order: None,
            r: 0.5,
            tolerance: [0.05, 0.0078],
            noise_seed_offset: 0,
        }
    }
}
