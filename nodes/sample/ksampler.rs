//! Draws: from noise, or from a latent with noise added.

use pellucid_diffusion::discretisation;
use pellucid_graph::comfy::{ComfyClass, combo, float, int, output, seed, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Param, Run, RunFn};
use pellucid_nets::sample::Options;
use pellucid_nets::schedule::ksampler_sigmas;
use pellucid_value::Value;

use super::settings::{
    CFG, FRAMES_IN_BATCH, LATENT_IN, LATENT_OUT, MODEL, NEGATIVE, POSITIVE, SAMPLER, SCHEDULE,
    SEED, STEPS, check_sampling, run_sampling,
};
use crate::comfy::words::{SAMPLERS, SCHEDULERS};

const DENOISE: Param<f64> = Param::float(
    "denoise",
    1.0,
    "How much of the way from noise to picture is gone: 1 begins with noise alone, less keeps more \
     of the latent.",
)
.range(0.0, 1.0);

/// The record of `ksampler`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "ksampler".into(),
        family: "sample".into(),
        docs: "Draws a latent: adds noise, and takes it away again in steps as the model says. \
               Where the latent has a mask, only what it covers is drawn and the rest stays as it \
               is, bit for bit."
            .into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![MODEL.decl(), POSITIVE.decl(), NEGATIVE.decl(), LATENT_IN.decl()],
        params: vec![
            SEED.decl(),
            STEPS.decl(),
            CFG.decl(),
            SAMPLER.decl(),
            SCHEDULE.decl(),
            DENOISE.decl(),
            FRAMES_IN_BATCH.decl(),
        ],
        outputs: vec![LATENT_OUT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("KSampler", "KSampler")
        .input(socket("model", "MODEL").to(MODEL))
        .input(seed("seed").to(SEED))
        .input(int("steps", 20, 1..=10_000).to(STEPS))
        .input(float("cfg", 8.0, 0.0..=100.0).to(CFG))
        .input(combo("sampler_name", SAMPLERS).to(SAMPLER))
        .input(combo("scheduler", SCHEDULERS).to(SCHEDULE))
        .input(socket("positive", "CONDITIONING").to(POSITIVE))
        .input(socket("negative", "CONDITIONING").to(NEGATIVE))
        .input(socket("latent_image", "LATENT").to(LATENT_IN))
        .input(float("denoise", 1.0, 0.0..=1.0).to(DENOISE))
        .output(output("LATENT").from(LATENT_OUT))
        .always(FRAMES_IN_BATCH, true)
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = check_sampling(cx, cx.param(FRAMES_IN_BATCH))?;
    Ok(Checked::Facts(vec![LATENT_OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let table = discretisation(&cx.input(MODEL).fact);
    let (sampler, steps) = (cx.choice(SAMPLER), cx.param(STEPS) as usize);
    let sigmas = ksampler_sigmas(sampler, cx.choice(SCHEDULE), &table, steps, cx.param(DENOISE));
    let sampled = run_sampling(cx, &sigmas, Options::default(), true)?;
    Ok(vec![LATENT_OUT.put(sampled.latent)])
}
