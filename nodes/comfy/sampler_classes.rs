//! SAMPLER: the word for a sampler and its settings, unpacked by the classes that sample.

use pellucid_graph::comfy::{
    Bundle, ComfyClass, ComfyInput, ComfyTrouble, Literal, Rewrite, Stands, combo, flag, float,
    int, output, socket,
};

use super::words::SAMPLERS;

/// `KSamplerSelect`
pub fn ksampler_select() -> ComfyClass {
    ComfyClass::new("KSamplerSelect", "KSamplerSelect")
        .input(combo("sampler_name", SAMPLERS))
        .output(output("SAMPLER"))
        .rewrite(|cx| {
            let sampler = cx.literal("sampler_name")?.into();
            cx.output(0, Bundle::of([("sampler", sampler)]));
            Ok(())
        })
}

/// `SamplerEulerAncestral`
pub fn euler_ancestral() -> ComfyClass {
    sampler("SamplerEulerAncestral", "euler_ancestral", &[ETA, S_NOISE])
}

/// `SamplerEulerAncestralCFGPP`
pub fn euler_ancestral_cfg_pp() -> ComfyClass {
    let eta = Setting { name: "eta", input: |name| float(name, 1.0, 0.0..=1.0) };
    let s_noise = Setting { name: "s_noise", input: |name| float(name, 1.0, 0.0..=10.0) };
    sampler("SamplerEulerAncestralCFGPP", "euler_ancestral_cfg_pp", &[eta, s_noise])
}

/// `SamplerLMS`
pub fn lms() -> ComfyClass {
    let order = Setting { name: "order", input: |name| int(name, 4, 1..=100) };
    sampler("SamplerLMS", "lms", &[order])
}

/// `SamplerDPMPP_2S_Ancestral`
pub fn dpmpp_2s_ancestral() -> ComfyClass {
    sampler("SamplerDPMPP_2S_Ancestral", "dpmpp_2s_ancestral", &[ETA, S_NOISE])
}

/// `SamplerDPMPP_SDE`
pub fn dpmpp_sde() -> ComfyClass {
    let r = Setting { name: "r", input: |name| float(name, 0.5, 0.0..=100.0) };
    sampler("SamplerDPMPP_SDE", "dpmpp_sde", &[ETA, S_NOISE, r, NOISE_DEVICE])
}

/// `SamplerDPMPP_2M_SDE`
pub fn dpmpp_2m_sde() -> ComfyClass {
    let solver = Setting { name: "solver_type", input: |name| combo(name, &["midpoint", "heun"]) };
    sampler("SamplerDPMPP_2M_SDE", "dpmpp_2m_sde", &[solver, ETA, S_NOISE, NOISE_DEVICE])
}

/// `SamplerDPMPP_3M_SDE`
pub fn dpmpp_3m_sde() -> ComfyClass {
    sampler("SamplerDPMPP_3M_SDE", "dpmpp_3m_sde", &[ETA, S_NOISE, NOISE_DEVICE])
}

/// `SamplerDPMAdaptative`
pub fn dpm_adaptive() -> ComfyClass {
    let settings = [
        Setting { name: "order", input: |name| int(name, 3, 2..=3) },
        Setting { name: "rtol", input: |name| float(name, 0.05, 0.0..=100.0) },
        Setting { name: "atol", input: |name| float(name, 0.0078, 0.0..=100.0) },
        Setting { name: "h_init", input: |name| float(name, 0.05, 0.0..=100.0) },
        Setting { name: "pcoeff", input: |name| float(name, 0.0, 0.0..=100.0) },
        Setting { name: "icoeff", input: |name| float(name, 1.0, 0.0..=100.0) },
        Setting { name: "dcoeff", input: |name| float(name, 0.0, 0.0..=100.0) },
        Setting { name: "accept_safety", input: |name| float(name, 0.81, 0.0..=100.0) },
        Setting { name: "eta", input: |name| float(name, 0.0, 0.0..=100.0) },
        S_NOISE,
    ];
    sampler("SamplerDPMAdaptative", "dpm_adaptive", &settings)
}

/// `SamplerER_SDE`
pub fn er_sde() -> ComfyClass {
    const SOLVERS: &[&str] = &["ER-SDE", "Reverse-time SDE", "ODE"];
    let settings = [
        Setting { name: "solver_type", input: |name| combo(name, SOLVERS) },
        Setting { name: "max_stage", input: |name| int(name, 3, 1..=3) },
        ETA,
        S_NOISE,
    ];
    sampler("SamplerER_SDE", "er_sde", &settings)
}

/// `SamplerSASolver`; its bundle has the `model` too, whose sigmas the percentages are of.
pub fn sa_solver() -> ComfyClass {
    let settings = [
        Setting { name: "model", input: |name| socket(name, "MODEL") },
        Setting { name: "eta", input: |name| float(name, 1.0, 0.0..=10.0) },
        Setting { name: "sde_start_percent", input: |name| float(name, 0.2, 0.0..=1.0) },
        Setting { name: "sde_end_percent", input: |name| float(name, 0.8, 0.0..=1.0) },
        S_NOISE,
        Setting { name: "predictor_order", input: |name| int(name, 3, 1..=6) },
        Setting { name: "corrector_order", input: |name| int(name, 4, 0..=6) },
        Setting { name: "use_pece", input: |name| flag(name, false) },
        Setting { name: "simple_order_2", input: |name| flag(name, false) },
    ];
    sampler("SamplerSASolver", "sa_solver", &settings)
}

/// An input whose value becomes the part of that name.
#[derive(Clone, Copy)]
struct Setting {
    name: &'static str,
    input: fn(&str) -> ComfyInput,
}

const ETA: Setting = Setting { name: "eta", input: |name| float(name, 1.0, 0.0..=100.0) };
const S_NOISE: Setting = Setting { name: "s_noise", input: |name| float(name, 1.0, 0.0..=100.0) };
/// Which generator draws the noise; it shows in the name of the sampler.
const NOISE_DEVICE: Setting =
    Setting { name: "noise_device", input: |name| combo(name, &["gpu", "cpu"]) };

fn sampler(class: &str, word: &'static str, settings: &[Setting]) -> ComfyClass {
    let names: Vec<&'static str> = settings.iter().map(|setting| setting.name).collect();
    let inputs = settings.iter().map(|setting| (setting.input)(setting.name));
    inputs
        .fold(ComfyClass::new(class, class), ComfyClass::input)
        .output(output("SAMPLER"))
        .rewrite(move |cx| bundle(cx, word, &names))
}

fn bundle(cx: &mut Rewrite, word: &str, names: &[&'static str]) -> Result<(), ComfyTrouble> {
    let on_gpu = names.contains(&NOISE_DEVICE.name) && cx.text(NOISE_DEVICE.name)? == "gpu";
    let word = if on_gpu { format!("{word}_gpu") } else { word.to_owned() };
    let mut parts: Vec<(&'static str, Stands)> = vec![("sampler", Literal::from(word).into())];
    for name in names.iter().filter(|name| **name != NOISE_DEVICE.name) {
        parts.extend(cx.given(name).map(|stands| (*name, stands.clone())));
    }
    cx.output(0, Bundle::of(parts));
    Ok(())
}
