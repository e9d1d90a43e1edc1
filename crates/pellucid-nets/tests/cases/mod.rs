//! Recorded cases of other programs: a section's index and its tensors, and comparison within a stated tolerance.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use serde_json::Value;

/// The cases of one section.
pub struct Section {
    pub cases: Vec<Value>,
    tensors: BTreeMap<String, HashMap<String, Tensor>>,
}

impl Section {
    /// Reads a section, or says loudly that its folder is absent.
    pub fn open(name: &str) -> Option<Self> {
        let units =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/units");
        let folder = units.join(name);
        let Ok(text) = std::fs::read_to_string(folder.join("index.json")) else {
            println!("skipped: {} is absent", folder.display());
            return None;
        };
        let index: Value = serde_json::from_str(&text).unwrap();
        let cases = index["cases"].as_array().unwrap().clone();
        let mut tensors = BTreeMap::new();
        for case in &cases {
            let file = case["file"].as_str().unwrap().to_owned();
            tensors.entry(file).or_insert_with_key(|file| {
                candle_core::safetensors::load(units.join(file), &Device::Cpu).unwrap()
            });
        }
        Some(Self { cases, tensors })
    }

    pub fn input(&self, case: &Value, name: &str) -> Tensor {
        self.find(case, "in", name).unwrap_or_else(|| panic!("{} has no input {name}", id(case)))
    }

    pub fn output(&self, case: &Value, name: &str) -> Tensor {
        self.find(case, "out", name).unwrap_or_else(|| panic!("{} has no output {name}", id(case)))
    }

    pub fn find(&self, case: &Value, side: &str, name: &str) -> Option<Tensor> {
        let key = case[side][name].as_str()?;
        Some(self.tensors[case["file"].as_str().unwrap()][key].clone())
    }
}

/// The case's name without its section.
pub fn id(case: &Value) -> &str {
    let id = case["id"].as_str().unwrap();
    id.split_once('/').map_or(id, |(_, name)| name)
}

/// A whole number that the index writes as a number or as text.
pub fn whole(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap()
}

pub fn floats(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.to_dtype(DType::F32).unwrap().flatten_all().unwrap();
    flat.to_vec1().unwrap()
}

pub fn doubles(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap();
    flat.to_vec1().unwrap()
}

pub fn integers(tensor: &Tensor) -> Vec<i64> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// What differs in one case, as sentences, and how much of the tolerance was used at most.
#[derive(Default)]
pub struct Verdict {
    pub failures: Vec<String>,
    pub worst: f64,
}

impl Verdict {
    /// Compares `got` with `want` within the tolerance that the case states: |got − want| ≤ atol + rtol·|want|.
    pub fn compare(&mut self, case: &Value, what: &str, got: &[f32], want: &Tensor) {
        let got: Vec<f64> = got.iter().map(|&v| v.into()).collect();
        self.compare_f64(case, what, &got, want);
    }

    pub fn compare_f64(&mut self, case: &Value, what: &str, got: &[f64], want: &Tensor) {
        let want = doubles(want);
        let tolerance = &case["tol"];
        let (atol, rtol) =
            (tolerance["atol"].as_f64().unwrap(), tolerance["rtol"].as_f64().unwrap());
        if got.len() != want.len() {
            self.fail(case, &format!("{what}: {} values, expected {}", got.len(), want.len()));
            return;
        }
        let used = got.iter().zip(&want).map(|(g, w)| {
            let used = (g - w).abs() / (atol + rtol * w.abs());
            if used.is_nan() { f64::INFINITY } else { used }
        });
        let worst = used.fold(0.0, f64::max);
        self.worst = self.worst.max(worst);
        if worst > 1.0 {
            self.fail(case, &format!("{what}: off by {worst:.3} tolerances"));
        }
    }

    pub fn equal<T: PartialEq + std::fmt::Debug>(
        &mut self,
        case: &Value,
        what: &str,
        got: T,
        want: T,
    ) {
        if got != want {
            self.fail(case, &format!("{what}: {got:?}, expected {want:?}"));
        }
    }

    pub fn fail(&mut self, case: &Value, why: &str) {
        self.failures.push(format!("{}: {why}", id(case)));
    }
}

/// Runs `check` over every case, prints the score, and fails when a case fails or none was run.
pub fn check_all(section: &Section, check: impl Fn(&Value) -> Verdict) {
    let mut failures = Vec::new();
    let (mut passed, mut worst) = (0, (0.0, String::new()));
    for case in &section.cases {
        let verdict = check(case);
        if verdict.failures.is_empty() {
            passed += 1;
            if verdict.worst >= worst.0 {
                worst = (verdict.worst, id(case).to_owned());
            }
        }
        failures.extend(verdict.failures);
    }
    let total = section.cases.len();
    println!(
        "{passed} of {total} cases; the worst, {}, uses {:.3} of its tolerance",
        worst.1, worst.0
    );
    assert!(failures.is_empty(), "{} of {total} cases pass:\n{}", passed, failures.join("\n"));
    assert!(total > 0, "the section has no cases");
}
