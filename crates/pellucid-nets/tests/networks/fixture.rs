//! Reading the fixtures: a section is a folder with an index of cases and files of tensors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use pellucid_nets::Weights;
use serde_json::Value;

use crate::synthetic;

/// One section of the fixtures.
pub struct Section {
    root: PathBuf,
    cases: Vec<Value>,
    files: BTreeMap<String, Weights>,
}

/// One case, with the tensors of its file.
pub struct Case<'a> {
    pub name: &'a str,
    pub params: &'a Value,
    section: &'a Section,
    value: &'a Value,
    tensors: &'a Weights,
}

impl Section {
    /// Opens a section; `None`, with a line that says so, where the fixtures are absent.
    #[expect(clippy::print_stdout, reason = "a skipped test must say so")]
    pub fn open(name: &str) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/units");
        let Ok(index) = std::fs::read(root.join(name).join("index.json")) else {
            println!("skipped: {} is absent", root.join(name).display());
            return None;
        };
        let index: Value = serde_json::from_slice(&index).unwrap();
        let cases = index["cases"].as_array().unwrap().clone();
        let names = cases.iter().filter_map(|case| case["file"].as_str());
        let opened = names.filter(|name| name.ends_with(".safetensors"));
        let files = opened
            .map(|name| (name.to_owned(), Weights::open(&root.join(name)).unwrap()))
            .collect();
        Some(Self { root, cases, files })
    }

    /// The number of cases.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// The cases whose name starts with `prefix`; there must be one.
    pub fn cases<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = Case<'a>> {
        let mut cases = self.all().filter(move |case| case.name.starts_with(prefix)).peekable();
        assert!(cases.peek().is_some(), "no case starts with {prefix}");
        cases
    }

    /// The case of that name.
    pub fn case<'a>(&'a self, name: &str) -> Case<'a> {
        self.all().find(|case| case.name == name).unwrap()
    }

    /// All cases with a file of tensors.
    pub fn all(&self) -> impl Iterator<Item = Case<'_>> {
        self.cases.iter().filter_map(|value| {
            let tensors = self.files.get(value["file"].as_str()?)?;
            let name = value["id"].as_str()?.split_once('/')?.1;
            Some(Case { name, params: &value["params"], section: self, value, tensors })
        })
    }

    /// A JSON file of the fixtures.
    pub fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.root.join(path)).unwrap()).unwrap()
    }
}

impl Case<'_> {
    /// An input.
    pub fn input(&self, name: &str) -> Tensor {
        self.tensor("in", name)
    }

    /// Whether there is such an input.
    pub fn has_input(&self, name: &str) -> bool {
        self.value["in"].get(name).is_some()
    }

    /// An expected output.
    pub fn output(&self, name: &str) -> Tensor {
        self.tensor("out", name)
    }

    /// Whether there is such an output.
    pub fn has_output(&self, name: &str) -> bool {
        self.value["out"].get(name).is_some()
    }

    /// The names of the expected outputs.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.value["out"].as_object().unwrap().keys().map(String::as_str)
    }

    /// The weights that the case's file holds.
    pub fn stored_weights(&self) -> Weights {
        self.tensors.under(self.value["weights_prefix"].as_str().unwrap())
    }

    /// The weights of the manifest that a parameter names.
    pub fn synthetic_weights(&self, param: &str) -> Weights {
        synthetic::weights(&self.section.json(self.params[param].as_str().unwrap()))
    }

    /// The numbers of a one-dimensional input.
    pub fn numbers(&self, name: &str) -> Vec<f32> {
        self.input(name).to_vec1().unwrap()
    }

    /// Asserts that `got` is within the case's tolerance of the output `name`.
    #[track_caller]
    pub fn check(&self, name: &str, got: &Tensor) {
        let tolerance = |key: &str| self.value["tol"][key].as_f64().unwrap();
        let wanted = self.output(name);
        close(&format!("{} {name}", self.name), got, &wanted, tolerance("atol"), tolerance("rtol"));
    }

    fn tensor(&self, side: &str, name: &str) -> Tensor {
        let key = self.value[side][name].as_str();
        let key = key.unwrap_or_else(|| panic!("{} has no {side} {name}", self.name));
        self.tensors.plain(key).unwrap()
    }
}

/// Asserts `|got - wanted| ≤ atol + rtol·|wanted|` for every element.
#[track_caller]
pub fn close(what: &str, got: &Tensor, wanted: &Tensor, atol: f64, rtol: f64) {
    assert_eq!(got.dims(), wanted.dims(), "{what}: shape");
    let numbers = |x: &Tensor| {
        x.to_dtype(candle_core::DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    };
    let (got, wanted): (Vec<f64>, Vec<f64>) = (numbers(got), numbers(wanted));
    for (index, (g, w)) in got.iter().zip(&wanted).enumerate() {
        let apart = (g - w).abs();
        let allowed = atol + rtol * w.abs();
        assert!(apart <= allowed, "{what}: {g} is not {w} at {index} ({apart} of {allowed})");
    }
}

/// The largest absolute difference.
pub fn difference(a: &Tensor, b: &Tensor) -> f32 {
    let apart = (a - b).unwrap().abs().unwrap().flatten_all().unwrap();
    apart.max(0).unwrap().to_scalar().unwrap()
}

/// `[b, h, w, c]` to `[b, c, h, w]`.
pub fn channels_first(picture: &Tensor) -> Tensor {
    picture.permute((0, 3, 1, 2)).unwrap().contiguous().unwrap()
}

/// `[b, c, h, w]` to `[b, h, w, c]`.
pub fn channels_last(picture: &Tensor) -> Tensor {
    picture.permute((0, 2, 3, 1)).unwrap().contiguous().unwrap()
}

/// Weights under the names of a map.
pub fn renamed(weights: &Weights, names: &[(String, String)]) -> Weights {
    let names: BTreeMap<&str, &str> = names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    weights.renamed(|key| Some((*names.get(key)?).to_owned()))
}

/// The pairs of a JSON object of texts.
pub fn pairs(map: &Value) -> Vec<(String, String)> {
    let pair = |(key, value): (&String, &Value)| (key.clone(), value.as_str().unwrap().to_owned());
    map.as_object().unwrap().iter().map(pair).collect()
}
