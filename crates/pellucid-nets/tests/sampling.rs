//! Samplers on a model in closed form: known results, and the promises that hold for every sampler.

#![allow(clippy::unwrap_used, reason = "a run that fails fails its test")]

use candle_core::{Device, Tensor};
use pellucid_nets::noise::{Generator, initial_noise};
use pellucid_nets::sample::{Denoised, Denoiser, Options, Run, SampleError, Sampler, sample};
use pellucid_nets::schedule::{Discretisation, Schedule, ksampler_sigmas, sigmas, step_range};

/// Denoises to `x/(1+σ²) + 0.3·sin(x/√(1+σ²))`.
struct Sine;

impl Denoiser for Sine {
    fn denoise(&mut self, x: &Tensor, sigma: f32, _: bool) -> Result<Denoised, SampleError> {
        let variance = 1.0 + f64::from(sigma).powi(2);
        let bent = x.affine(1.0 / variance.sqrt(), 0.0)?.sin()?.affine(0.3, 0.0)?;
        let guided = (x.affine(1.0 / variance, 0.0)? + bent)?;
        Ok(Denoised { uncond: Some(guided.clone()), guided })
    }
}

/// The parts of a run that a test varies.
struct Setup<'a> {
    sampler: Sampler,
    sigmas: &'a [f32],
    latent: Tensor,
    mask: Option<Tensor>,
    options: Options,
}

impl Setup<'_> {
    fn new(sampler: Sampler, sigmas: &[f32]) -> Setup<'_> {
        let latent = Tensor::zeros((1, 4, 8, 8), candle_core::DType::F32, &Device::Cpu).unwrap();
        Setup { sampler, sigmas, latent, mask: None, options: Options::default() }
    }

    fn run(&self) -> Result<Tensor, SampleError> {
        self.observed(&mut |_| Ok(()))
    }

    fn observed(
        &self,
        observe: &mut dyn FnMut(&pellucid_nets::sample::Step) -> Result<(), SampleError>,
    ) -> Result<Tensor, SampleError> {
        let table = Discretisation::stable_diffusion();
        let mut generator = Generator::seeded(7);
        let noise = initial_noise(&mut generator, self.latent.dims(), None).unwrap();
        let run = Run {
            sampler: self.sampler,
            options: self.options.clone(),
            table: &table,
            sigmas: self.sigmas,
            seed: 7,
            generator,
            noise: &noise,
            latent: &self.latent,
            mask: self.mask.as_ref(),
        };
        sample(&run, &mut Sine, observe)
    }
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn levels(sampler: Sampler, schedule: Schedule, steps: usize) -> Vec<f32> {
    ksampler_sigmas(sampler, schedule, &Discretisation::stable_diffusion(), steps, 1.0)
}

/// A latent that is nowhere zero.
fn picture() -> Tensor {
    Generator::seeded(99).randn((1, 4, 8, 8)).unwrap()
}

/// Results after eight steps from the noise of seed 7, recorded from ComfyUI 0.3.64: the sampler,
/// the schedule, the first four values, the sum, and the sum of squares.
const KNOWN: &[(&str, &str, [f64; 6])] = &[
    ("euler", "normal", [-1.477891, 0.792165, 1.581125, -2.075579, -29.60918, 495.88436]),
    ("heun", "normal", [-3.380024, 2.428014, 3.47108, -3.720504, -64.9512, 2152.36776]),
    ("heunpp2", "normal", [-1.523939, 0.823859, 1.627718, -2.118576, -30.4156, 520.99604]),
    ("dpm_2", "normal", [-1.428603, 0.761547, 1.530602, -2.031956, -29.11957, 474.27064]),
    ("lms", "normal", [-1.78617, 0.99964, 1.895294, -2.384131, -35.13851, 683.98122]),
    ("dpm_fast", "normal", [-2.199971, 1.347952, 2.298484, -2.686766, -42.47976, 959.20367]),
    ("dpm_adaptive", "normal", [-2.159116, 1.370944, 2.242893, -2.563707, -41.91317, 911.11806]),
    ("dpmpp_2m", "normal", [-2.19181, 1.279301, 2.309286, -2.814871, -43.03296, 997.10866]),
    ("ipndm", "normal", [-1.812009, 1.025657, 1.919002, -2.392802, -35.58739, 696.95048]),
    ("ipndm_v", "normal", [-1.844207, 1.043621, 1.953109, -2.434991, -36.22331, 721.85254]),
    ("deis", "normal", [-1.826424, 1.030505, 1.935246, -2.41806, -35.87486, 709.5987]),
    ("res_multistep", "normal", [-2.425426, 1.455189, 2.545304, -3.058506, -47.84389, 1208.6506]),
    (
        "gradient_estimation",
        "normal",
        [-1.89309, 1.080291, 2.002017, -2.479764, -37.16227, 755.39772],
    ),
    ("ddim", "normal", [-1.477891, 0.792165, 1.581125, -2.075579, -29.60918, 495.88436]),
    ("uni_pc", "normal", [-1.433013, 0.762638, 1.535737, -2.041024, -29.22427, 477.95115]),
    ("uni_pc_bh2", "normal", [-1.414358, 0.750988, 1.516441, -2.020431, -28.88029, 467.32994]),
    ("euler_ancestral", "normal", [-1.121174, 0.389053, 0.319382, -2.093666, 23.74647, 466.63754]),
    ("dpm_2_ancestral", "normal", [-1.557936, 0.716975, 0.624712, -2.503116, 20.27623, 657.34199]),
    (
        "dpmpp_2s_ancestral",
        "normal",
        [-1.739009, 0.36028, 0.132001, -2.623133, 25.21867, 842.24251],
    ),
    ("ddpm", "normal", [-1.121169, 0.389051, 0.31938, -2.093659, 23.74639, 466.63409]),
    ("lcm", "normal", [-0.630582, 0.867797, 1.062906, -1.107707, 31.73496, 319.67209]),
    ("dpmpp_sde", "normal", [-1.405136, 2.45683, 0.386731, -2.689716, 14.97684, 842.14965]),
    ("dpmpp_2m_sde", "normal", [-1.220945, 2.907062, 0.335064, -3.141724, 24.44707, 1432.56608]),
    ("dpmpp_2m_sde_heun", "normal", [-1.703856, 3.503662, 0.236041, -3.63331, 32.31666, 2380.4304]),
    ("dpmpp_3m_sde", "normal", [-1.562224, -1.756445, -1.248091, -1.270688, 43.73979, 5154.89132]),
    ("euler", "simple", [-1.252592, 0.650711, 1.348997, -1.84237, -25.9372, 381.00155]),
    ("euler", "sgm_uniform", [-1.25135, 0.649991, 1.347693, -1.840863, -25.91478, 380.34672]),
    ("euler", "karras", [-1.618654, 0.889817, 1.723259, -2.203419, -31.94438, 572.62254]),
    ("euler", "exponential", [-1.677788, 0.934858, 1.781876, -2.251154, -32.95532, 605.77935]),
    ("euler", "ddim_uniform", [-1.492573, 0.800024, 1.596866, -2.0969, -29.92701, 506.20652]),
    ("euler", "beta", [-1.337345, 0.701033, 1.437481, -1.940196, -27.39738, 425.26707]),
];

#[test]
fn known_runs_give_known_results() {
    for &(name, schedule, known) in KNOWN {
        let sampler = Sampler::named(name).unwrap();
        let levels = levels(sampler, Schedule::named(schedule).unwrap(), 8);
        let result = values(&Setup::new(sampler, &levels).run().unwrap());
        let wide: Vec<f64> = result.iter().map(|&v| v.into()).collect();
        let sums = [wide.iter().sum(), wide.iter().map(|v| v * v).sum()];
        // Six printed digits and f32 rounding over the steps, relative to the size of the number.
        // The integrals of lms are numerical in the record, to 1e-4; the steps of dpm_adaptive and
        // the Brownian path of dpmpp_sde magnify the last bit.
        let tolerance = match name {
            "lms" | "dpm_adaptive" | "dpmpp_sde" => 1e-3,
            _ => 3e-5,
        };
        for (got, want) in wide[..4].iter().chain(&sums).zip(known) {
            let close = (got - want).abs() <= tolerance * want.abs().max(1.0);
            assert!(close, "{name} {schedule}: {got}, recorded {want}");
        }
    }
}

#[test]
fn every_sampler_gives_the_same_bits_again() {
    for &(name, sampler) in Sampler::NAMES {
        let levels = levels(sampler, Schedule::Karras, 5);
        let once = values(&Setup::new(sampler, &levels).run().unwrap());
        assert!(once.iter().all(|value| value.is_finite()), "{name}");
        assert_eq!(once, values(&Setup::new(sampler, &levels).run().unwrap()), "{name}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    for name in ["dpmpp_sde", "euler_ancestral", "dpm_adaptive", "uni_pc"] {
        let sampler = Sampler::named(name).unwrap();
        let levels = levels(sampler, Schedule::Karras, 4);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| values(&Setup::new(sampler, &levels).run().unwrap()))
        };
        assert_eq!(run(1), run(5), "{name}");
    }
}

#[test]
fn every_sampler_survives_few_steps() {
    for &(name, sampler) in Sampler::NAMES {
        for steps in 1..5 {
            for end in [steps, steps - 1] {
                let whole = levels(sampler, Schedule::Karras, steps);
                let levels = step_range(&whole, 0, end, true);
                let result = values(&Setup::new(sampler, &levels).run().unwrap());
                assert!(result.iter().all(|value| value.is_finite()), "{name}, {steps} steps");
            }
        }
    }
}

#[test]
fn what_the_mask_keeps_is_kept_bit_for_bit() {
    // The left half is kept, a quarter is half repainted, the rest is repainted.
    let row = [0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 1.0, 1.0];
    let mask = Tensor::new(&row, &Device::Cpu).unwrap().reshape((1, 1, 1, 8)).unwrap();
    for &(name, sampler) in Sampler::NAMES.iter().filter(|(_, sampler)| sampler.reaches_zero()) {
        let levels = levels(sampler, Schedule::Karras, 6);
        let mut setup = Setup::new(sampler, &levels);
        setup.latent = picture();
        setup.mask = Some(mask.clone());
        let result = setup.run().unwrap();
        let kept = |tensor: &Tensor| values(&tensor.narrow(3, 0, 4).unwrap());
        let rest = |tensor: &Tensor| values(&tensor.narrow(3, 6, 2).unwrap());
        assert_eq!(kept(&result), kept(&setup.latent), "{name}");
        assert_ne!(rest(&result), rest(&setup.latent), "{name}");
    }
}

#[test]
fn a_run_in_two_parts_is_the_run_in_one() {
    let whole = levels(Sampler::Euler, Schedule::Karras, 10);
    let once = Setup::new(Sampler::Euler, &whole).run().unwrap();
    let first = step_range(&whole, 0, 4, true);
    let half = Setup::new(Sampler::Euler, &first).run().unwrap();
    let second = step_range(&whole, 4, 10_000, false);
    let table = Discretisation::stable_diffusion();
    let run = Run {
        sampler: Sampler::Euler,
        options: Options::default(),
        table: &table,
        sigmas: &second,
        seed: 7,
        generator: Generator::seeded(7),
        noise: &half.zeros_like().unwrap(),
        latent: &half,
        mask: None,
    };
    let twice = sample(&run, &mut Sine, &mut |_| Ok(())).unwrap();
    assert_eq!(values(&twice), values(&once));
}

#[test]
fn levels_given_twice_over_are_taken_once() {
    let plain = levels(Sampler::Dpmpp2m, Schedule::Karras, 6);
    let doubled: Vec<f32> = plain.iter().flat_map(|&sigma| [sigma, sigma]).collect();
    let once = Setup::new(Sampler::Dpmpp2m, &plain).run().unwrap();
    let twice = Setup::new(Sampler::Dpmpp2m, &doubled).run().unwrap();
    assert_eq!(values(&once), values(&twice));
}

#[test]
fn no_levels_leave_the_latent_alone() {
    let mut setup = Setup::new(Sampler::Euler, &[]);
    setup.latent = picture();
    assert_eq!(values(&setup.run().unwrap()), values(&setup.latent));
}

#[test]
fn levels_that_cannot_be_stepped_through_are_refused() {
    for levels in [&[1.0, 2.0][..], &[1.0, f32::NAN], &[f32::INFINITY, 1.0], &[1.0, 0.0, -1.0]] {
        for sampler in [Sampler::Euler, Sampler::DpmppSde] {
            let refused = Setup::new(sampler, levels).run();
            assert!(matches!(refused, Err(SampleError::Sigmas(_))), "{levels:?}");
        }
    }
}

#[test]
fn an_observer_ends_the_run() {
    for &(name, sampler) in Sampler::NAMES {
        let levels = levels(sampler, Schedule::Karras, 6);
        let mut seen = 0;
        let ended = Setup::new(sampler, &levels).observed(&mut |step| {
            assert_eq!(step.index, seen);
            seen += 1;
            if seen == 2 { Err(SampleError::Cancelled) } else { Ok(()) }
        });
        assert!(matches!(ended, Err(SampleError::Cancelled)), "{name}");
        assert_eq!(seen, 2, "{name}");
    }
}

#[test]
fn a_seed_offset_changes_the_noise_of_the_steps_alone() {
    let table = Discretisation::stable_diffusion();
    let levels = sigmas(Schedule::Karras, &table, 5);
    for (name, changes) in [("euler", false), ("euler_ancestral", true), ("lcm", true)] {
        let mut setup = Setup::new(Sampler::named(name).unwrap(), &levels);
        let plain = values(&setup.run().unwrap());
        setup.options.noise_seed_offset = 1;
        assert_eq!(plain != values(&setup.run().unwrap()), changes, "{name}");
    }
}

#[test]
fn a_guidance_that_needs_the_negative_answer_says_so() {
    struct Mute;
    impl Denoiser for Mute {
        fn denoise(&mut self, x: &Tensor, _: f32, _: bool) -> Result<Denoised, SampleError> {
            Ok(Denoised { guided: x.clone(), uncond: None })
        }
    }
    let table = Discretisation::stable_diffusion();
    let run = Run {
        sampler: Sampler::EulerCfgPp,
        options: Options::default(),
        table: &table,
        sigmas: &[1.0, 0.0],
        seed: 0,
        generator: Generator::seeded(0),
        noise: &picture(),
        latent: &picture(),
        mask: None,
    };
    let refused = sample(&run, &mut Mute, &mut |_| Ok(()));
    assert!(matches!(refused, Err(SampleError::NoUncond)));
}

#[test]
fn noise_of_another_shape_is_refused() {
    let table = Discretisation::stable_diffusion();
    let run = Run {
        sampler: Sampler::Euler,
        options: Options::default(),
        table: &table,
        sigmas: &[1.0, 0.0],
        seed: 0,
        generator: Generator::seeded(0),
        noise: &picture().narrow(3, 0, 4).unwrap(),
        latent: &picture(),
        mask: None,
    };
    let refused = sample(&run, &mut Sine, &mut |_| Ok(()));
    assert!(matches!(refused, Err(SampleError::Shape { what: "noise", .. })));
}
