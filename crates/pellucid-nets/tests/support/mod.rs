//! What the tests of this crate share.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its material has failed")]
#![allow(dead_code, reason = "not every test uses everything")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::weights::Weights;
use serde_json::Value;

/// A folder of shared test material; `None`, said aloud, where it is not laid out.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(folder);
    if !path.is_dir() {
        eprintln!("skipped: {} is absent", path.display());
        return None;
    }
    Some(path)
}

/// The cases of a section of unit fixtures, and the folder that their files are named from.
pub fn cases(section: &str) -> Option<(PathBuf, Vec<Value>)> {
    let folder = shared("fixtures/units")?;
    let text = std::fs::read_to_string(folder.join(section).join("index.json")).unwrap();
    let index: Value = serde_json::from_str(&text).unwrap();
    Some((folder, index["cases"].as_array().unwrap().clone()))
}

/// The text at a key of a case.
pub fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_else(|| panic!("no text `{key}` in {case}"))
}

/// The largest excess of |found - expected| over atol + rtol |expected|; positive is a failure.
pub fn excess(found: &Tensor, expected: &Tensor, tolerance: &Value) -> f64 {
    assert_eq!(found.dims(), expected.dims());
    let [atol, rtol] = ["atol", "rtol"].map(|key| tolerance[key].as_f64().unwrap());
    let values = |tensor: &Tensor| {
        let tensor = tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap();
        tensor.to_vec1::<f64>().unwrap()
    };
    let pairs = values(found).into_iter().zip(values(expected));
    // A NaN must fail, so it may not lose against a number.
    let excess = |(a, b): (f64, f64)| (a - b).abs() - (atol + rtol * b.abs());
    pairs
        .map(excess)
        .fold(f64::NEG_INFINITY, |worst, e| if e > worst || e.is_nan() { e } else { worst })
}

/// How far two f32 text encoders of a few layers may be apart: 2e-5 has been measured between two
/// implementations, the fixtures themselves allow 5e-4.
pub fn f32_encoders() -> Value {
    serde_json::json!({ "atol": 3e-5, "rtol": 3e-5 })
}

/// Weights of a small text encoder, its token table grown from the few rows that a fixture has.
pub fn text_encoder(file: &Weights, prefix: &str, ids: &str) -> Weights {
    let view = file.under(prefix);
    let rows_key = "text_model.embeddings.token_embedding.weight.rows";
    let rows = view.plain(rows_key).unwrap().to_vec2::<f32>().unwrap();
    let shape = file.shape(ids).unwrap();
    let ids = file.tensor(ids, shape, DType::U32, &Device::Cpu).unwrap().to_vec1::<u32>().unwrap();
    let width = rows[0].len();
    let mut table = vec![0f32; 49408 * width];
    for (id, row) in ids.into_iter().zip(rows) {
        table[id as usize * width..][..width].copy_from_slice(&row);
    }
    let table = Tensor::from_vec(table, (49408, width), &Device::Cpu).unwrap();
    let name = rows_key.strip_suffix(".rows").unwrap().to_owned();
    let rest = view.renamed(|key| (key != rows_key).then(|| key.to_owned()));
    Weights::join([rest, Weights::from_tensors(BTreeMap::from([(name, table)]))])
}

/// Numbers that follow a sine, their phase from the tensor's place among the sorted keys, as the scripts in
/// `tools/peers` make them.
pub fn filled(shape: &[usize], place: usize, size: f64) -> Tensor {
    let count = shape.iter().product();
    let value = |i: usize| (size * (0.7 * i as f64 + 1.3 * place as f64).sin()) as f32;
    Tensor::from_vec((0..count).map(value).collect::<Vec<f32>>(), shape, &Device::Cpu).unwrap()
}
