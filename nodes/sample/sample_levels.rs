//! Draws through given noise levels, with every setting of the sampler.

use pellucid_graph::comfy::{
    Bundle, ComfyClass, ComfyTrouble, Rewrite, Stands, Wired, flag, float, output, seed, socket,
};
use pellucid_graph::{Check, CheckFn, Checked, Cost, NodeError, NodeKind, Out, Param, Run, RunFn};
use pellucid_nets::sample::{Churn, Options};
use pellucid_value::{Latent, Value};

use super::levels::{LEVELS, of};
use super::settings::{
    CFG, FRAMES_IN_BATCH, LATENT_IN, LATENT_OUT, MODEL, NEGATIVE, POSITIVE, SAMPLER, SEED,
    check_sampling, run_sampling,
};

const ADD_NOISE: Param<bool> = Param::bool("add_noise", true, "Whether to add noise first.");
const ETA: Param<f64> = Param::float(
    "eta",
    1.0,
    "How much of a stochastic sampler's noise is added anew at every step: 0 none, 1 all.",
)
.range(0.0, 100.0);
const S_NOISE: Param<f64> =
    Param::float("s_noise", 1.0, "A factor on the noise that is added.").range(0.0, 100.0);
const S_CHURN: Param<f64> =
    Param::float("s_churn", 0.0, "Noise added before steps, over the whole run.").range(0.0, 100.0);
const S_TMIN: Param<f64> =
    Param::float("s_tmin", 0.0, "The lowest level at which that is added.").range(0.0, 100.0);
const S_TMAX: Param<f64> =
    Param::float("s_tmax", 1e9, "The highest level at which that is added.").range(0.0, 1e9);
const ORDER: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "order",
    "The most answers of the model that a multistep sampler uses; as usual when left out.",
)
.range(1, 100);
const R: Param<f64> =
    Param::float("r", 0.5, "Where in a step some samplers ask the model again.").range(0.01, 100.0);
const RTOL: Param<f64> =
    Param::float("rtol", 0.05, "The relative error that `dpm_adaptive` allows.").range(1e-6, 100.0);
const ATOL: Param<f64> =
    Param::float("atol", 0.0078, "The absolute error that `dpm_adaptive` allows.")
        .range(1e-6, 100.0);
const DENOISED: Out<Latent> = Out::new(
    "denoised",
    "What the model last made of it: the same without the noise that is left.",
);

/// The record of `sample_levels`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "sample_levels".into(),
        family: "sample".into(),
        docs: "Draws a latent through given noise levels, with every setting that samplers have. What a setting means nothing to leaves it aside.".into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![MODEL.decl(), POSITIVE.decl(), NEGATIVE.decl(), LATENT_IN.decl(), LEVELS.decl()],
        params: vec![SEED.decl(), CFG.decl(), SAMPLER.decl(), ADD_NOISE.decl(), ETA.decl(), S_NOISE.decl(), S_CHURN.decl(), S_TMIN.decl(), S_TMAX.decl(), ORDER.decl(), R.decl(), RTOL.decl(), ATOL.decl(), FRAMES_IN_BATCH.decl()],
        outputs: vec![LATENT_OUT.decl(), DENOISED.decl()],
        comfy: vec![sampler_custom(), sampler_custom_advanced()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn sampler_custom() -> ComfyClass {
    ComfyClass::new("SamplerCustom", "SamplerCustom")
        .input(socket("model", "MODEL"))
        .input(flag("add_noise", true))
        .input(seed("noise_seed"))
        .input(float("cfg", 8.0, 0.0..=100.0))
        .input(socket("positive", "CONDITIONING"))
        .input(socket("negative", "CONDITIONING"))
        .input(socket("sampler", "SAMPLER"))
        .input(socket("sigmas", "SIGMAS"))
        .input(socket("latent_image", "LATENT"))
        .output(output("LATENT").named("output"))
        .output(output("LATENT").named("denoised_output"))
        .rewrite(|cx| {
            let guider = Bundle::of([
                ("model", Stands::Wire(cx.wire("model")?)),
                ("positive", Stands::Wire(cx.wire("positive")?)),
                ("negative", Stands::Wire(cx.wire("negative")?)),
                ("cfg", Stands::Literal(cx.literal("cfg")?)),
            ]);
            let noise = Bundle::of([
                ("seed", Stands::Literal(cx.literal("noise_seed")?)),
                ("add_noise", Stands::Literal(cx.literal("add_noise")?)),
            ]);
            sample(cx, &guider, &noise)
        })
}

fn sampler_custom_advanced() -> ComfyClass {
    ComfyClass::new("SamplerCustomAdvanced", "SamplerCustomAdvanced")
        .input(socket("noise", "NOISE"))
        .input(socket("guider", "GUIDER"))
        .input(socket("sampler", "SAMPLER"))
        .input(socket("sigmas", "SIGMAS"))
        .input(socket("latent_image", "LATENT"))
        .output(output("LATENT").named("output"))
        .output(output("LATENT").named("denoised_output"))
        .rewrite(|cx| {
            let (guider, noise) = (cx.bundle("guider")?, cx.bundle("noise")?);
            sample(cx, &guider, &noise)
        })
}

/// One node from a guider, noise and a sampler.
fn sample(cx: &mut Rewrite, guider: &Bundle, noise: &Bundle) -> Result<(), ComfyTrouble> {
    let (levels, latent) = (cx.wire("sigmas")?, cx.wire("latent_image")?);
    let sampler = cx.bundle("sampler")?;
    let (model, positive) = (guider.wire("model")?, guider.wire("positive")?);
    let negative: Wired = match guider.get("negative") {
        Some(_) => guider.wire("negative")?,
        None => positive.clone(),
    };
    let part = |bundle: &Bundle, name: &str| match bundle.get(name) {
        Some(Stands::Literal(literal)) => Some(literal.clone()),
        _ => None,
    };
    // Noise without a seed is none.
    let adds_noise = match noise.get("seed") {
        Some(_) => part(noise, "add_noise"),
        None => Some(false.into()),
    };
    let mut node = cx
        .node("sample_levels")
        .wire(MODEL, model)
        .wire(POSITIVE, positive)
        .wire(NEGATIVE, negative)
        .wire(LATENT_IN, latent)
        .wire(LEVELS, levels)
        .set_if(SEED, part(noise, "seed"))
        .set_if(ADD_NOISE, adds_noise)
        .set(SAMPLER, sampler.literal("sampler")?);
    node = match part(guider, "cfg") {
        Some(cfg) => node.set(CFG, cfg),
        None => node.set(CFG, 1.0),
    };
    for (param, name) in [
        ("eta", "eta"),
        ("s_noise", "s_noise"),
        ("s_churn", "s_churn"),
        ("s_tmin", "s_tmin"),
        ("s_tmax", "s_tmax"),
        ("order", "order"),
        ("order", "max_stage"),
        ("r", "r"),
        ("rtol", "rtol"),
        ("atol", "atol"),
    ] {
        node = node.set_if(param, part(&sampler, name));
    }
    let node = node.set(FRAMES_IN_BATCH, true).add();
    cx.output(0, node.out(LATENT_OUT));
    cx.output(1, node.out(DENOISED));
    Ok(())
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = check_sampling(cx, cx.param(FRAMES_IN_BATCH))?;
    Ok(Checked::Facts(vec![LATENT_OUT.fact(fact), DENOISED.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let sigmas = of(&cx.input(LEVELS), LEVELS)?;
    let sampled = run_sampling(cx, &sigmas, options(cx), cx.param(ADD_NOISE))?;
    Ok(vec![LATENT_OUT.put(sampled.latent), DENOISED.put(sampled.denoised)])
}

fn options(cx: &Run) -> Options {
    Options {
        eta: cx.param(ETA),
        s_noise: cx.param(S_NOISE),
        churn: Churn {
            amount: cx.param(S_CHURN),
            sigma_min: cx.param(S_TMIN),
            sigma_max: cx.param(S_TMAX),
        },
        order: cx.param(ORDER).map(|order| order as usize),
        r: cx.param(R),
        tolerance: [cx.param(RTOL), cx.param(ATOL)],
        ..Options::default()
    }
}
