//! Noise levels against those recorded from ComfyUI and the DiffusersCLI pipeline.

#![allow(clippy::unwrap_used, reason = "a case that cannot be read fails its test")]
#![allow(clippy::print_stdout, reason = "the score is what the test is run for")]

mod cases;

use cases::{Section, Verdict, check_all, doubles, floats, id, integers, whole};
use pellucid_nets::sample::Sampler;
use pellucid_nets::schedule::{
    Discretisation, ModelLevels, Schedule, align_your_steps, karras_by_strength, ksampler_sigmas,
    sigmas,
};
use serde_json::Value;

#[test]
fn noise_levels_equal_the_recorded_ones() {
    let Some(section) = Section::open("02_sigmas") else { return };
    check_all(&section, |case| match case["file"].as_str().unwrap() {
        "02_sigmas/tables.safetensors" => table(&section, case),
        "02_sigmas/convert.safetensors" => conversion(&section, case),
        _ => levels(&section, case),
    });
}

fn table(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let table = match id(case) {
        "table_sd15_sdxl_eps" => Discretisation::stable_diffusion(),
        "table_sdxl_zsnr_vpred" => Discretisation::zero_terminal_snr(),
        "table_diffusers_cli" => Discretisation::single_precision(),
        _ => {
            verdict.fail(case, "no test knows this table");
            return verdict;
        }
    };
    verdict.compare(case, "sigmas", &table.sigmas, &section.output(case, "sigmas"));
    verdict.compare(case, "log_sigmas", &table.log_sigmas, &section.output(case, "log_sigmas"));
    verdict
}

fn conversion(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let table = Discretisation::stable_diffusion();
    match id(case) {
        "timestep_to_sigma" => {
            let times = floats(&section.input(case, "t"));
            let got: Vec<f32> = times.into_iter().map(|time| table.sigma(time)).collect();
            verdict.compare(case, "sigma", &got, &section.output(case, "sigma"));
        }
        "sigma_to_timestep" => {
            let sigmas = floats(&section.input(case, "sigma"));
            let got = sigmas.into_iter().map(|sigma| table.timestep(sigma) as i64).collect();
            verdict.equal(case, "t", got, integers(&section.output(case, "t")));
        }
        "percent_to_sigma" => {
            let percents = doubles(&section.input(case, "percent"));
            let got: Vec<f64> = percents.into_iter().map(|p| table.percent_to_sigma(p)).collect();
            verdict.compare_f64(case, "sigma", &got, &section.output(case, "sigma"));
        }
        _ => verdict.fail(case, "no test knows this conversion"),
    }
    verdict
}

fn levels(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let params = &case["params"];
    let steps = whole(&params["steps"]) as usize;
    let stretched = params["zsnr"].as_bool() == Some(true);
    let table = if stretched {
        Discretisation::zero_terminal_snr()
    } else {
        Discretisation::stable_diffusion()
    };
    let schedule = params["scheduler"].as_str().and_then(Schedule::named);
    let sampler = params["sampler"].as_str().and_then(Sampler::named);
    let model = params["model_type"].as_str().map(model_levels);
    let strength = params["strength"].as_f64().unwrap_or(1.0);
    let got = match (schedule, sampler, model, params["denoise"].as_f64()) {
        (Some(schedule), Some(sampler), None, Some(denoise)) => {
            ksampler_sigmas(sampler, schedule, &table, steps, denoise)
        }
        (Some(schedule), None, None, None) => sigmas(schedule, &table, steps),
        (None, None, Some(model), Some(denoise)) => align_your_steps(model, steps, denoise),
        (None, None, None, None) if id(case).starts_with("cli_") => {
            karras_by_strength(&Discretisation::single_precision(), steps, strength)
        }
        _ => {
            verdict.fail(case, "no test knows these levels");
            return verdict;
        }
    };
    let want = section.output(case, "sigmas");
    if case["tol"]["nan_expected"].as_bool() == Some(true) {
        // One step of this schedule divides by zero elsewhere; ours starts from the top.
        verdict.equal(case, "sigmas", got, vec![table.sigma_max(), 0.0]);
    } else {
        verdict.compare(case, "sigmas", &got, &want);
    }
    verdict
}

fn model_levels(name: &str) -> ModelLevels {
    ModelLevels::NAMES.iter().find(|(known, _)| *known == name).unwrap().1
}
