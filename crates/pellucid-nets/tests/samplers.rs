//! Samplers, guidance and inpainting against runs recorded from ComfyUI and the DiffusersCLI pipeline.

#![allow(clippy::unwrap_used, reason = "a case that cannot be read fails its test")]
#![allow(clippy::print_stdout, reason = "the score is what the test is run for")]

mod cases;

use candle_core::{Device, Shape, Tensor};
use cases::{Section, Verdict, check_all, floats, id, integers, whole};
use pellucid_nets::guidance::Guidance;
use pellucid_nets::noise::{Generator, SeededNoise, StepNoise, initial_noise};
use pellucid_nets::sample::{
    Churn, Denoised, Denoiser, NoiseKind, Options, Run, SampleError, Sampler, sample,
    sample_with_noise,
};
use pellucid_nets::schedule::{Discretisation, Prediction};
use serde_json::Value;

#[test]
fn runs_equal_the_recorded_ones() {
    let Some(section) = Section::open("03_samplers") else { return };
    check_all(&section, |case| match case["file"].as_str().unwrap() {
        "03_samplers/cfg.safetensors" if id(case) == "scalings" => scalings(&section, case),
        "03_samplers/cfg.safetensors" => guidance(&section, case),
        "03_samplers/cli_dpmpp_2m.safetensors" => cli_run(&section, case),
        _ => sampler_run(&section, case),
    });
}

/// A model in closed form, with a prompt `m` and guidance.
struct Analytic {
    m: Tensor,
    cfg: f64,
    calls: Vec<f32>,
}

impl Analytic {
    fn answer(
        x: &Tensor,
        sigma: f32,
        weights: [f64; 3],
        m: &Tensor,
    ) -> candle_core::Result<Tensor> {
        let [near, bent, inside] = weights;
        let variance = 1.0 + f64::from(sigma).powi(2);
        let scaled = x.affine(inside / variance.sqrt(), 0.0)?.broadcast_add(m)?;
        x.affine(near / variance, 0.0)? + scaled.tanh()?.affine(bent, 0.0)?
    }
}

impl Denoiser for Analytic {
    fn denoise(&mut self, x: &Tensor, sigma: f32, _: bool) -> Result<Denoised, SampleError> {
        self.calls.push(sigma);
        let cond = Self::answer(x, sigma, [0.7, 0.3, 0.8], &self.m)?;
        let uncond = Self::answer(x, sigma, [0.55, 0.2, 0.5], &self.m.affine(-0.5, 0.0)?)?;
        let guidance = Guidance { scale: self.cfg, rescale: None };
        let guided = guidance.combine(x, sigma, &cond, &uncond)?;
        Ok(Denoised { guided, uncond: Some(uncond) })
    }
}

/// Noise that counts how often it is asked for.
struct Counted {
    source: SeededNoise,
    draws: i64,
}

impl StepNoise for Counted {
    fn draw(&mut self, sigma: f32, next: f32) -> candle_core::Result<Tensor> {
        self.draws += 1;
        self.source.draw(sigma, next)
    }
}

/// What an observer saw.
#[derive(Default)]
struct Seen {
    sigmas: Vec<f32>,
    x: Vec<Vec<f32>>,
    denoised: Vec<Vec<f32>>,
}

fn sampler_run(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let params = &case["params"];
    let Some(sampler) = params["sampler"].as_str().and_then(Sampler::named) else {
        verdict.fail(case, "no such sampler");
        return verdict;
    };
    // The Heun form is a sampler of its own here.
    let heun = params["options"]["solver_type"] == "heun";
    let sampler = if heun { Sampler::Dpmpp2mSdeHeun } else { sampler };
    let seed = whole(&params["seed"]);
    let last = section.output(case, "final");
    let mut generator = Generator::seeded(seed);
    let noise = section
        .find(case, "in", "noise")
        .unwrap_or_else(|| initial_noise(&mut generator, last.dims(), None).unwrap());
    if !params["global_seed"].is_null() {
        generator = Generator::seeded(whole(&params["global_seed"]));
    }
    let latent = section.find(case, "in", "latent").unwrap_or_else(|| last.zeros_like().unwrap());
    let mask = section.find(case, "in", "mask");
    let sigmas = floats(&section.input(case, "sigmas"));
    let table = Discretisation::stable_diffusion();
    let run = Run {
        sampler,
        options: options(&mut verdict, case),
        table: &table,
        sigmas: &sigmas,
        seed,
        generator,
        noise: &noise,
        latent: &latent,
        mask: mask.as_ref(),
    };
    let m = section.input(case, "m");
    let mut model = Analytic { m, cfg: params["cfg"].as_f64().unwrap(), calls: Vec::new() };
    let mut seen = Seen::default();
    let mut observe = |step: &pellucid_nets::sample::Step| {
        seen.sigmas.push(step.sigma);
        seen.x.push(floats(step.x));
        seen.denoised.push(floats(step.denoised));
        Ok(())
    };
    let result = if sampler.noise_kind() == NoiseKind::Independent {
        let source = seeded(seed, last.shape());
        let mut noise = Counted { source, draws: 0 };
        let result = sample_with_noise(&run, &mut model, &mut noise, &mut observe).unwrap();
        draws(&mut verdict, section, case, sampler, noise.draws);
        result
    } else {
        sample(&run, &mut model, &mut observe).unwrap()
    };
    verdict.compare(case, "final", &floats(&result), &last);
    verdict.compare(case, "calls", &model.calls, &section.output(case, "calls"));
    if let Some(denoised) = section.find(case, "out", "denoised") {
        verdict.compare(case, "denoised", &seen.denoised.concat(), &denoised);
    }
    seen_latents(&mut verdict, section, case, sampler, &seen);
    if let Some(mask) = &run.mask {
        kept(&mut verdict, case, &result, &latent, mask, sampler);
    }
    verdict
}

fn seeded(seed: u64, shape: &Shape) -> SeededNoise {
    let generator = Generator::seeded(seed);
    SeededNoise { generator, shape: shape.clone(), device: Device::Cpu }
}

/// Checks the number of draws and the first one. Noise that would be multiplied by zero is drawn
/// elsewhere, but not by us.
fn draws(verdict: &mut Verdict, section: &Section, case: &Value, sampler: Sampler, draws: i64) {
    let Some(count) = section.find(case, "out", "n_noise") else { return };
    let unused = matches!(
        sampler,
        Sampler::DpmFast
            | Sampler::DpmAdaptive
            | Sampler::ResMultistep
            | Sampler::ResMultistepCfgPp
    );
    let expected = if unused { 0 } else { integers(&count)[0] };
    verdict.equal(case, "draws", draws, expected);
    let first = section.output(case, "first_noise");
    let mut noise = seeded(whole(&case["params"]["seed"]), first.shape());
    verdict.compare(case, "first_noise", &floats(&noise.draw(1.0, 0.5).unwrap()), &first);
}

/// Checks the latents that the observer saw. Ours are always those before the step; the recorded
/// ones are not, with some samplers.
fn seen_latents(
    verdict: &mut Verdict,
    section: &Section,
    case: &Value,
    sampler: Sampler,
    seen: &Seen,
) {
    let want = section.output(case, "x");
    let count = want.dim(0).unwrap();
    verdict.equal(case, "steps seen", seen.x.len(), count);
    let mut rows = |what: &str, got: &[Vec<f32>], from: usize, len: usize| {
        verdict.compare(case, what, &got.concat(), &want.narrow(0, from, len).unwrap());
    };
    match sampler {
        // The initial latent is recorded at every step.
        Sampler::Ipndm | Sampler::IpndmV | Sampler::Deis => {
            rows("x", &vec![seen.x[0].clone(); count], 0, count);
        }
        // The latent after the step is recorded.
        Sampler::DpmAdaptive => rows("x", &seen.x[1..], 0, count - 1),
        // Latents of variance one are recorded, the last one after the step.
        Sampler::UniPc | Sampler::UniPcBh2 => {
            let scaled = seen.x[..count - 1].iter().zip(&seen.sigmas).map(|(x, sigma)| {
                let scale = 1.0 / (1.0 + sigma * sigma).sqrt();
                x.iter().map(|v| v * scale).collect()
            });
            rows("x", &scaled.collect::<Vec<_>>(), 0, count - 1);
        }
        _ => rows("x", &seen.x, 0, count),
    }
}

/// Checks that what the mask keeps is kept bit for bit.
fn kept(
    verdict: &mut Verdict,
    case: &Value,
    result: &Tensor,
    latent: &Tensor,
    mask: &Tensor,
    sampler: Sampler,
) {
    let mask = floats(&mask.broadcast_as(latent.shape()).unwrap());
    let pairs = floats(result).into_iter().zip(floats(latent));
    let kept: Vec<(f32, f32)> =
        pairs.zip(mask).filter(|(_, m)| *m == 0.0).map(|(pair, _)| pair).collect();
    verdict.equal(case, "something is kept", kept.is_empty(), false);
    if sampler.reaches_zero() {
        verdict.equal(case, "all is kept", kept.iter().all(|(r, l)| r == l), true);
    }
}

fn options(verdict: &mut Verdict, case: &Value) -> Options {
    let mut options = Options::default();
    let params = &case["params"];
    for (name, value) in params["options"].as_object().into_iter().flatten() {
        let number = value.as_f64();
        match name.as_str() {
            "eta" => options.eta = number.unwrap(),
            "s_noise" => options.s_noise = number.unwrap(),
            "r" => options.r = number.unwrap(),
            "rtol" => options.tolerance[0] = number.unwrap(),
            "order" | "max_order" | "max_stage" => options.order = Some(whole(value) as usize),
            "solver_type" if value == "heun" && params["sampler"] == "dpmpp_2m_sde" => {}
            _ => verdict.fail(case, &format!("no test knows the option {name}")),
        }
    }
    if let Some(amount) = params["s_churn"].as_f64() {
        let number = |name: &str| params[name].as_f64().unwrap();
        options.churn = Churn { amount, sigma_min: number("s_tmin"), sigma_max: number("s_tmax") };
        options.s_noise = number("s_noise");
    }
    options
}

fn guidance(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let params = &case["params"];
    let guidance =
        Guidance { scale: params["cfg"].as_f64().unwrap(), rescale: params["multiplier"].as_f64() };
    let [x, cond, uncond] = ["x", "cond", "uncond"].map(|name| section.input(case, name));
    let sigmas = floats(&section.input(case, "sigma"));
    verdict.equal(case, "one sigma", sigmas.iter().all(|sigma| *sigma == sigmas[0]), true);
    let got = guidance.combine(&x, sigmas[0], &cond, &uncond).unwrap();
    verdict.compare(case, "denoised", &floats(&got), &section.output(case, "denoised"));
    verdict
}

fn scalings(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let sigma = case["params"]["sigma"].as_f64().unwrap() as f32;
    let [x, output, latent, noise] =
        ["x", "model_output", "latent", "noise"].map(|name| section.input(case, name));
    let below = Discretisation::stable_diffusion();
    // A table whose highest level this is.
    let top = Discretisation { sigmas: vec![sigma], log_sigmas: vec![sigma.ln()] };
    let start = |table| pellucid_nets::sample::noisy_start(table, &noise, &latent, sigma).unwrap();
    for (name, got) in [
        ("input_eps", Prediction::scale_input(&x, sigma).unwrap()),
        ("denoised_eps", Prediction::Epsilon.denoised(&x, &output, sigma).unwrap()),
        ("denoised_v", Prediction::Velocity.denoised(&x, &output, sigma).unwrap()),
        ("noise_scaled", start(&below)),
        ("noise_scaled_max", start(&top)),
    ] {
        verdict.compare(case, name, &floats(&got), &section.output(case, name));
    }
    verdict
}

/// A network in closed form that predicts noise from the scaled latent and the training time.
struct Network {
    table: Discretisation,
    positive: Tensor,
    negative: Tensor,
    cfg: f64,
}

impl Denoiser for Network {
    fn denoise(&mut self, x: &Tensor, sigma: f32, _: bool) -> Result<Denoised, SampleError> {
        let input = Prediction::scale_input(x, sigma)?;
        let time = self.table.timestep(sigma) as f64 / 1000.0;
        let noise = |b: &Tensor| -> candle_core::Result<Tensor> {
            let inside = input.broadcast_add(b)?.affine(1.0, time)?;
            input.affine(0.6, 0.0)? + inside.tanh()?.affine(0.4, 0.0)?
        };
        let (cond, uncond) = (noise(&self.positive)?, noise(&self.negative)?);
        let guidance = Guidance { scale: self.cfg, rescale: None };
        let guided = guidance.combine(x, sigma, &cond, &uncond)?;
        let guided = Prediction::Epsilon.denoised(x, &guided, sigma)?;
        Ok(Denoised { guided, uncond: None })
    }
}

fn cli_run(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let table = Discretisation::single_precision();
    let x0 = section.input(case, "x0");
    let sigmas = floats(&section.input(case, "sigmas"));
    let run = Run {
        sampler: Sampler::Dpmpp2m,
        options: Options::default(),
        table: &table,
        sigmas: &sigmas,
        seed: 0,
        generator: Generator::seeded(0),
        // That pipeline adds the noise itself, without scaling at the highest level.
        noise: &x0.zeros_like().unwrap(),
        latent: &x0,
        mask: None,
    };
    let [positive, negative] = ["b1", "b2"].map(|name| section.input(case, name));
    let cfg = case["params"]["cfg"].as_f64().unwrap();
    let mut model = Network { table: table.clone(), positive, negative, cfg };
    let mut seen = Vec::new();
    let result = sample(&run, &mut model, &mut |step| {
        seen.push(floats(step.x));
        Ok(())
    });
    verdict.compare(case, "final", &floats(&result.unwrap()), &section.output(case, "final"));
    verdict.compare(case, "x", &seen.concat(), &section.output(case, "x"));
    verdict
}
