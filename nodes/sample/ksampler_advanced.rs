//! Draws a part of the way from noise to picture.

use pellucid_diffusion::discretisation;
use pellucid_graph::comfy::{ComfyClass, combo, float, int, output, seed, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Param, Run, RunFn};
use pellucid_nets::sample::Options;
use pellucid_nets::schedule::{ksampler_sigmas, step_range};
use pellucid_value::Value;

use super::settings::{
    CFG, FRAMES_IN_BATCH, LATENT_IN, LATENT_OUT, MODEL, NEGATIVE, POSITIVE, SAMPLER, SCHEDULE,
    SEED, STEPS, check_sampling, run_sampling,
};
use crate::comfy::words::{SAMPLERS, SCHEDULERS};

const ADD_NOISE: Param<bool> = Param::bool(
    "add_noise",
    true,
    "Whether to add noise first; not after another sampler left some.",
);
const START: Param<u32> =
    Param::<u32>::int("start_at_step", 0, "The first step to make, from 0.").range(0, 10_000);
const END: Param<u32> =
    Param::<u32>::int("end_at_step", 10_000, "The step to stop before.").range(0, 10_000);
const LEAVE_NOISE: Param<bool> = Param::bool(
    "leave_noise",
    false,
    "Whether to leave the noise that is there when it stops early, for another sampler to go on with.",
);

/// The record of `ksampler_advanced`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "ksampler_advanced".into(),
        family: "sample".into(),
        docs: "Draws a part of the way from noise to picture, so that several samplers, or several models, draw one picture after each other.".into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![MODEL.decl(), POSITIVE.decl(), NEGATIVE.decl(), LATENT_IN.decl()],
        params: vec![SEED.decl(), STEPS.decl(), CFG.decl(), SAMPLER.decl(), SCHEDULE.decl(), ADD_NOISE.decl(), START.decl(), END.decl(), LEAVE_NOISE.decl(), FRAMES_IN_BATCH.decl()],
        outputs: vec![LATENT_OUT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("KSamplerAdvanced", "KSampler (Advanced)")
        .input(socket("model", "MODEL").to(MODEL))
        .input(combo("add_noise", &["enable", "disable"]).is("enable").to(ADD_NOISE))
        .input(seed("noise_seed").to(SEED))
        .input(int("steps", 20, 1..=10_000).to(STEPS))
        .input(float("cfg", 8.0, 0.0..=100.0).to(CFG))
        .input(combo("sampler_name", SAMPLERS).to(SAMPLER))
        .input(combo("scheduler", SCHEDULERS).to(SCHEDULE))
        .input(socket("positive", "CONDITIONING").to(POSITIVE))
        .input(socket("negative", "CONDITIONING").to(NEGATIVE))
        .input(socket("latent_image", "LATENT").to(LATENT_IN))
        .input(int("start_at_step", 0, 0..=10_000).to(START))
        .input(int("end_at_step", 10_000, 0..=10_000).to(END))
        .input(
            combo("return_with_leftover_noise", &["disable", "enable"])
                .is("enable")
                .to(LEAVE_NOISE),
        )
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
    let whole = ksampler_sigmas(sampler, cx.choice(SCHEDULE), &table, steps, 1.0);
    let (start, end) = (cx.param(START) as usize, cx.param(END) as usize);
    let sigmas = step_range(&whole, start, end, cx.param(LEAVE_NOISE));
    let sampled = run_sampling(cx, &sigmas, Options::default(), cx.param(ADD_NOISE))?;
    Ok(vec![LATENT_OUT.put(sampled.latent)])
}
