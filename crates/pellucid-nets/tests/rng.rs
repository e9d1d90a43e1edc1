//! Random streams against numbers recorded from PyTorch, NumPy and torchsde.

#![allow(clippy::unwrap_used, reason = "a case that cannot be read fails its test")]
#![allow(clippy::print_stdout, reason = "the score is what the test is run for")]

mod cases;

use candle_core::{DType, Device, Shape, Tensor};
use cases::{Section, Verdict, check_all, doubles, floats, id, integers, whole};
use pellucid_nets::noise::{
    BrownianNoise, BrownianTree, Generator, SeedSequence, SeededNoise, StepNoise, initial_noise,
};
use serde_json::Value;

#[test]
fn random_numbers_equal_the_recorded_ones() {
    let Some(section) = Section::open("01_rng") else { return };
    check_all(&section, |case| {
        let check = match kind(id(case)) {
            "seed" => fresh_streams,
            "size_half" => half_precision,
            "size" => lengths,
            "seq" => sequences,
            "randn_like_channels_last" => channels_last,
            "prepare_noise" => initial,
            "default_noise_sampler" => step_noise,
            "seedseq" => seed_sequences,
            "tree_total" => whole_paths,
            "noise_sampler" => brownian_steps,
            _ => unknown,
        };
        check(&section, case)
    });
}

fn kind(id: &str) -> &str {
    let named = ["randn_like_channels_last", "default_noise_sampler"];
    if named.contains(&id) {
        return id;
    }
    let prefixes = [
        "seedseq",
        "seed",
        "size_half",
        "size",
        "seq",
        "prepare_noise",
        "tree_total",
        "noise_sampler",
    ];
    prefixes
        .into_iter()
        .find(|prefix| id.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_')))
        .unwrap_or(id)
}

fn unknown(_: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    verdict.fail(case, "no test knows this case");
    verdict
}

fn seed(case: &Value) -> u64 {
    whole(&case["params"]["seed"])
}

fn fresh_streams(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let stream = || Generator::seeded(seed(case));
    let names: Vec<&str> = case["out"].as_object().unwrap().keys().map(String::as_str).collect();
    for name in names {
        let want = section.output(case, name);
        let n = want.elem_count();
        match name {
            "randn3" | "randn16" | "randn20" => {
                verdict.compare(case, name, &stream().normals(n), &want);
            }
            "rand10" => verdict.equal(case, name, stream().uniforms(n), floats(&want)),
            "randn4_f64" | "randn20_f64" => {
                verdict.compare_f64(case, name, &stream().normals_f64(n), &want);
            }
            "rand3_f64" => verdict.equal(case, name, stream().uniforms_f64(n), doubles(&want)),
            "u32_mod_1e6" => {
                let got = stream().integers(n, 1_000_000);
                verdict.equal(case, name, got, unsigned(&want));
            }
            "u64_mod_1e9" => {
                let got = stream().integers(n, 1_000_000_000);
                verdict.equal(case, name, got, unsigned(&want));
            }
            _ => verdict.fail(case, &format!("no test knows the output {name}")),
        }
    }
    verdict
}

fn unsigned(tensor: &Tensor) -> Vec<u64> {
    integers(tensor).into_iter().map(|v| v as u64).collect()
}

fn lengths(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let stream = || Generator::seeded(seed(case));
    let n = whole(&case["params"]["n"]) as usize;
    verdict.compare(case, "randn", &stream().normals(n), &section.output(case, "randn"));
    verdict.equal(case, "rand", stream().uniforms(n), floats(&section.output(case, "rand")));
    let double = section.output(case, "randn_f64");
    verdict.compare_f64(case, "randn_f64", &stream().normals_f64(n), &double);
    verdict
}

/// Half-precision draws are rounded single-precision ones, except that the uneven end takes nothing
/// from the stream before its own block of sixteen.
fn half_precision(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let n = whole(&case["params"]["n"]) as usize;
    let mut stream = Generator::seeded(seed(case));
    let mut full = stream.normals(if n < 16 { n } else { n - n % 16 });
    if n > full.len() {
        full.truncate(n - 16);
        full.extend(stream.normals(16));
    }
    for (name, kind) in [("f16", DType::F16), ("bf16", DType::BF16)] {
        let half = Tensor::new(full.as_slice(), &Device::Cpu).unwrap().to_dtype(kind).unwrap();
        verdict.compare(case, name, &floats(&half), &section.output(case, name));
    }
    verdict
}

fn sequences(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let mut stream = Generator::seeded(seed(case));
    for (i, op) in case["params"]["ops"].as_array().unwrap().iter().enumerate() {
        let op = op.as_str().unwrap();
        if op == "reseed" {
            stream = Generator::seeded(seed(case));
            continue;
        }
        let name = format!("{i}_{op}");
        let want = section.output(case, &name);
        let n = op[1..].parse().unwrap();
        match &op[..1] {
            "n" => verdict.compare(case, &name, &stream.normals(n), &want),
            "u" => verdict.equal(case, &name, stream.uniforms(n), floats(&want)),
            "d" => verdict.compare_f64(case, &name, &stream.normals_f64(n), &want),
            "i" => verdict.equal(case, &name, stream.integers(n, 1_000_000), unsigned(&want)),
            _ => verdict.fail(case, &format!("no test knows the operation {op}")),
        }
    }
    verdict
}

/// A tensor that is not contiguous is filled one number at a time, in the order of its memory.
fn channels_last(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let want = section.output(case, "logical");
    let (n, c, h, w) = want.dims4().unwrap();
    let mut stream = Generator::seeded(seed(case));
    let memory: Vec<f32> = (0..want.elem_count()).flat_map(|_| stream.normals(1)).collect();
    let memory = Tensor::from_vec(memory, (n, h, w, c), &Device::Cpu).unwrap();
    verdict.compare(case, "logical", &floats(&memory.permute((0, 3, 1, 2)).unwrap()), &want);
    verdict
}

fn shape(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| whole(v) as usize).collect()
}

fn initial(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let params = &case["params"];
    let index: Option<Vec<u64>> =
        params["noise_inds"].as_array().map(|list| list.iter().map(whole).collect());
    let mut stream = Generator::seeded(seed(case));
    let got = initial_noise(&mut stream, &shape(&params["shape"]), index.as_deref()).unwrap();
    verdict.compare(case, "noise", &floats(&got), &section.output(case, "noise"));
    verdict
}

fn step_noise(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let shape = section.output(case, "call0").shape().clone();
    let generator = Generator::seeded(seed(case));
    let first = initial_noise(&mut generator.clone(), shape.dims(), None).unwrap();
    verdict.compare(case, "prepare_noise", &floats(&first), &section.output(case, "prepare_noise"));
    let mut noise = SeededNoise { generator, shape, device: Device::Cpu };
    for name in ["call0", "call1", "call2"] {
        let got = noise.draw(1.0, 0.5).unwrap();
        verdict.compare(case, name, &floats(&got), &section.output(case, name));
    }
    verdict
}

fn seed_sequences(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let params = &case["params"];
    let path: Vec<u64> = params["spawn_key"].as_array().unwrap().iter().map(whole).collect();
    for size in [4, 24] {
        let sequence = SeedSequence::new(whole(&params["entropy"]), &path, size);
        let widen = |words: Vec<u32>| words.into_iter().map(u64::from).collect::<Vec<_>>();
        let (pool, state) = (format!("pool{size}"), format!("state{size}"));
        let want = unsigned(&section.output(case, &state));
        verdict.equal(case, &state, widen(sequence.generate_state(want.len())), want);
        verdict.equal(case, &pool, widen(sequence.pool), unsigned(&section.output(case, &pool)));
    }
    verdict
}

fn whole_paths(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let params = &case["params"];
    let (t0, t1) = (params["t0"].as_f64().unwrap(), params["t1"].as_f64().unwrap());
    let count = shape(&params["shape"]).iter().product();
    let mut tree = BrownianTree::new(whole(&params["entropy"]), count, t0, t1);
    verdict.compare(case, "w", &tree.increment(t0, t1), &section.output(case, "w"));
    verdict
}

fn brownian_steps(section: &Section, case: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let params = &case["params"];
    let end = |name: &str| params[name].as_f64().unwrap() as f32;
    let shape = Shape::from(shape(&params["shape"]));
    let (low, high) = (end("sigma_min"), end("sigma_max"));
    let mut noise = BrownianNoise::new(seed(case), shape, low, high, Device::Cpu);
    let from = floats(&section.input(case, "sigma_from"));
    let to = floats(&section.input(case, "sigma_to"));
    let draws: Vec<f32> =
        from.iter().zip(&to).flat_map(|(&s, &t)| floats(&noise.draw(s, t).unwrap())).collect();
    verdict.compare(case, "noise", &draws, &section.output(case, "noise"));
    verdict
}
