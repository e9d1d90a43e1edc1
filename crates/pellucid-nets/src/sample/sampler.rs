//! The list of samplers and what tells them apart from outside.

use candle_core::Tensor;

use super::session::Session;
use super::{
    SampleError, adams, deis, dpm_solver, dpm2, dpmpp, dpmpp_sde, er_sde, euler,
    gradient_estimation, heun, renoise, res_multistep, sa_solver, seeds, uni_pc,
};

/// A rule for the way down a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sampler {
    /// Euler's method.
    Euler,
    /// Euler's method with CFG++ guidance.
    EulerCfgPp,
    /// Euler's method with new noise at every step.
    EulerAncestral,
    /// Euler's method with new noise at every step and CFG++ guidance.
    EulerAncestralCfgPp,
    /// Heun's method: the mean of the slopes at both ends.
    Heun,
    /// Heun++: a weighted mean of up to three slopes.
    Heunpp2,
    /// The midpoint method in log sigma.
    Dpm2,
    /// The midpoint method in log sigma with new noise at every step.
    Dpm2Ancestral,
    /// Linear multistep of order four.
    Lms,
    /// DPM-Solver with as many model calls as steps.
    DpmFast,
    /// DPM-Solver that chooses its steps by the error it makes.
    DpmAdaptive,
    /// DPM-Solver++(2S) with new noise at every step.
    Dpmpp2sAncestral,
    /// DPM-Solver++(2S) with new noise at every step and CFG++ guidance.
    Dpmpp2sAncestralCfgPp,
    /// Stochastic DPM-Solver++ with two model calls a step.
    DpmppSde,
    /// DPM-Solver++(2M).
    Dpmpp2m,
    /// DPM-Solver++(2M) with CFG++ guidance.
    Dpmpp2mCfgPp,
    /// Stochastic DPM-Solver++(2M), midpoint form.
    Dpmpp2mSde,
    /// Stochastic DPM-Solver++(2M), Heun form.
    Dpmpp2mSdeHeun,
    /// Stochastic DPM-Solver++(3M).
    Dpmpp3mSde,
    /// The sampler of the original diffusion model.
    Ddpm,
    /// Latent consistency: the denoised latent with new noise.
    Lcm,
    /// Pseudo linear multistep with fixed weights.
    Ipndm,
    /// Pseudo linear multistep with weights for uneven steps.
    IpndmV,
    /// Exponential integrator with interpolated slopes in time.
    Deis,
    /// Exponential multistep of second order.
    ResMultistep,
    /// Exponential multistep with CFG++ guidance.
    ResMultistepCfgPp,
    /// Exponential multistep with new noise at every step.
    ResMultistepAncestral,
    /// Exponential multistep with new noise at every step and CFG++ guidance.
    ResMultistepAncestralCfgPp,
    /// Euler's method with an estimate of the slope's error.
    GradientEstimation,
    /// Gradient estimation with CFG++ guidance.
    GradientEstimationCfgPp,
    /// Extended reverse-time SDE solver of third order.
    ErSde,
    /// Stochastic exponential solver with two stages.
    Seeds2,
    /// Stochastic exponential solver with three stages.
    Seeds3,
    /// Stochastic Adams predictor and corrector.
    SaSolver,
    /// Stochastic Adams with a second model call after the corrector.
    SaSolverPece,
    /// Euler's method; with a mask, the kept part gets noise of its own.
    Ddim,
    /// UniPC, variant B1.
    UniPc,
    /// UniPC, variant B2.
    UniPcBh2,
}

/// Where a sampler's own noise comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoiseKind {
    /// It adds none, or an independent draw at every step.
    Independent,
    /// The increments of one Brownian path.
    Brownian,
}

impl Sampler {
    /// Every sampler under its names, in the usual order; the first name of a sampler is its own,
    /// and one that ends in `_gpu` is an alias, because our noise does not depend on the device.
    pub const NAMES: &[(&str, Self)] = &[
        ("euler", Self::Euler),
        ("euler_cfg_pp", Self::EulerCfgPp),
        ("euler_ancestral", Self::EulerAncestral),
        ("euler_ancestral_cfg_pp", Self::EulerAncestralCfgPp),
        ("heun", Self::Heun),
        ("heunpp2", Self::Heunpp2),
        ("dpm_2", Self::Dpm2),
        ("dpm_2_ancestral", Self::Dpm2Ancestral),
        ("lms", Self::Lms),
        ("dpm_fast", Self::DpmFast),
        ("dpm_adaptive", Self::DpmAdaptive),
        ("dpmpp_2s_ancestral", Self::Dpmpp2sAncestral),
        ("dpmpp_2s_ancestral_cfg_pp", Self::Dpmpp2sAncestralCfgPp),
        ("dpmpp_sde", Self::DpmppSde),
        ("dpmpp_sde_gpu", Self::DpmppSde),
        ("dpmpp_2m", Self::Dpmpp2m),
        ("dpmpp_2m_cfg_pp", Self::Dpmpp2mCfgPp),
        ("dpmpp_2m_sde", Self::Dpmpp2mSde),
        ("dpmpp_2m_sde_gpu", Self::Dpmpp2mSde),
        ("dpmpp_2m_sde_heun", Self::Dpmpp2mSdeHeun),
        ("dpmpp_2m_sde_heun_gpu", Self::Dpmpp2mSdeHeun),
        ("dpmpp_3m_sde", Self::Dpmpp3mSde),
        ("dpmpp_3m_sde_gpu", Self::Dpmpp3mSde),
        ("ddpm", Self::Ddpm),
        ("lcm", Self::Lcm),
        ("ipndm", Self::Ipndm),
        ("ipndm_v", Self::IpndmV),
        ("deis", Self::Deis),
        ("res_multistep", Self::ResMultistep),
        ("res_multistep_cfg_pp", Self::ResMultistepCfgPp),
        ("res_multistep_ancestral", Self::ResMultistepAncestral),
        ("res_multistep_ancestral_cfg_pp", Self::ResMultistepAncestralCfgPp),
        ("gradient_estimation", Self::GradientEstimation),
        ("gradient_estimation_cfg_pp", Self::GradientEstimationCfgPp),
        ("er_sde", Self::ErSde),
        ("seeds_2", Self::Seeds2),
        ("seeds_3", Self::Seeds3),
        ("sa_solver", Self::SaSolver),
        ("sa_solver_pece", Self::SaSolverPece),
        ("ddim", Self::Ddim),
        ("uni_pc", Self::UniPc),
        ("uni_pc_bh2", Self::UniPcBh2),
    ];

    /// The sampler of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, sampler)| *sampler)
    }

    /// Its own name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, sampler)| *sampler == self).map_or("", |(name, _)| name)
    }

    /// Whether its schedules leave out the level before zero, because it looks a step ahead.
    pub fn discards_penultimate_sigma(self) -> bool {
        matches!(self, Self::Dpm2 | Self::Dpm2Ancestral | Self::UniPc | Self::UniPcBh2)
    }

    /// Whether a schedule that ends in zero takes it all the way there.
    pub fn reaches_zero(self) -> bool {
        !matches!(self, Self::DpmFast | Self::DpmAdaptive | Self::UniPc | Self::UniPcBh2)
    }

    /// Where its own noise comes from.
    pub fn noise_kind(self) -> NoiseKind {
        match self {
            Self::DpmppSde | Self::Dpmpp2mSde | Self::Dpmpp2mSdeHeun | Self::Dpmpp3mSde => {
                NoiseKind::Brownian
            }
            _ => NoiseKind::Independent,
        }
    }

    pub(super) fn run(self, session: &mut Session, x: Tensor) -> Result<Tensor, SampleError> {
        match self {
            Self::Euler | Self::Ddim => euler::euler(session, x),
            Self::EulerCfgPp => euler::euler_cfg_pp(session, x, 0.0),
            Self::EulerAncestral => euler::euler_ancestral(session, x),
            Self::EulerAncestralCfgPp => euler::euler_cfg_pp(session, x, session.options.eta),
            Self::Heun => heun::heun(session, x),
            Self::Heunpp2 => heun::heunpp2(session, x),
            Self::Dpm2 => dpm2::dpm_2(session, x),
            Self::Dpm2Ancestral => dpm2::dpm_2_ancestral(session, x),
            Self::Lms => adams::lms(session, x),
            Self::DpmFast => dpm_solver::dpm_fast(session, x),
            Self::DpmAdaptive => dpm_solver::dpm_adaptive(session, x),
            Self::Dpmpp2sAncestral => dpmpp::dpmpp_2s_ancestral(session, x),
            Self::Dpmpp2sAncestralCfgPp => dpmpp::dpmpp_2s_ancestral_cfg_pp(session, x),
            Self::DpmppSde => dpmpp_sde::dpmpp_sde(session, x),
            Self::Dpmpp2m => dpmpp::dpmpp_2m(session, x),
            Self::Dpmpp2mCfgPp => dpmpp::dpmpp_2m_cfg_pp(session, x),
            Self::Dpmpp2mSde => dpmpp_sde::dpmpp_2m_sde(session, x, dpmpp_sde::Form::Midpoint),
            Self::Dpmpp2mSdeHeun => dpmpp_sde::dpmpp_2m_sde(session, x, dpmpp_sde::Form::Heun),
            Self::Dpmpp3mSde => dpmpp_sde::dpmpp_3m_sde(session, x),
            Self::Ddpm => renoise::ddpm(session, x),
            Self::Lcm => renoise::lcm(session, x),
            Self::Ipndm => adams::ipndm(session, x),
            Self::IpndmV => adams::ipndm_v(session, x),
            Self::Deis => deis::deis(session, x),
            Self::ResMultistep => res_multistep::res_multistep(session, x, 0.0),
            Self::ResMultistepCfgPp => res_multistep::res_multistep_cfg_pp(session, x, 0.0),
            Self::ResMultistepAncestral => {
                res_multistep::res_multistep(session, x, session.options.eta)
            }
            Self::ResMultistepAncestralCfgPp => {
                res_multistep::res_multistep_cfg_pp(session, x, session.options.eta)
            }
            Self::GradientEstimation => gradient_estimation::gradient_estimation(session, x),
            Self::GradientEstimationCfgPp => {
                gradient_estimation::gradient_estimation_cfg_pp(session, x)
            }
            Self::ErSde => er_sde::er_sde(session, x),
            Self::Seeds2 => seeds::seeds_2(session, x),
            Self::Seeds3 => seeds::seeds_3(session, x),
            Self::SaSolver => sa_solver::sa_solver(session, x, false),
            Self::SaSolverPece => sa_solver::sa_solver(session, x, true),
            Self::UniPc => uni_pc::uni_pc(session, x, uni_pc::Variant::B1),
            Self::UniPcBh2 => uni_pc::uni_pc(session, x, uni_pc::Variant::B2),
        }
    }
}
