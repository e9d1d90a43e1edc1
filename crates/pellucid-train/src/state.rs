//! What a run needs to go on to the very same bits: parameters, what the optimiser remembers, the step.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Tensor, Var};
use half::f16;
use pellucid_nets::Weights;
use safetensors::tensor::{Dtype, TensorView};

use crate::adam::{Group, Memory, numbers};
use crate::error::TrainError;
use crate::files::write_atomically;

/// The key of the steps in a state's metadata.
const STEPS: &str = "steps";
/// The whole run, among them.
const RUN: &str = "run";

/// Saves groups of parameters; `step` is the number of steps that are done.
pub fn save(path: &Path, step: u64, groups: &[(&str, &Group)]) -> Result<(), TrainError> {
    let mut parts: BTreeMap<String, (Vec<usize>, Vec<f32>)> = BTreeMap::new();
    let mut steps = BTreeMap::from([(RUN.to_owned(), step)]);
    for (name, group) in groups {
        steps.insert((*name).to_owned(), group.steps);
        for (key, var) in &group.parameters.vars {
            let shape = var.dims().to_vec();
            let memory = &group.memory[key];
            parts.insert(format!("{name}/value/{key}"), (shape.clone(), numbers(var.as_tensor())?));
            for (what, values) in
                [("mean", &memory.mean), ("square", &memory.square), ("average", &memory.average)]
            {
                parts.insert(format!("{name}/{what}/{key}"), (shape.clone(), values.clone()));
            }
        }
    }
    let bytes: BTreeMap<&str, (Vec<usize>, Vec<u8>)> = parts
        .iter()
        .map(|(key, (shape, values))| (key.as_str(), (shape.clone(), bytes_of(values))))
        .collect();
    let views = bytes.iter().map(|(key, (shape, bytes))| {
        (*key, TensorView::new(Dtype::F32, shape.clone(), bytes).expect("four bytes a number"))
    });
    let steps = serde_json::to_string(&steps)
        .map_err(|error| TrainError::State(path.into(), error.to_string()))?;
    // A single entry: metadata is written in the order of a hash map.
    let notes = HashMap::from([(STEPS.to_owned(), steps)]);
    let file = safetensors::serialize(views, Some(notes))
        .map_err(|error| TrainError::State(path.into(), error.to_string()))?;
    write_atomically(path, &file)
}

/// Puts a saved state back into groups of the same names and shapes; gives the steps done.
pub fn load(path: &Path, groups: &mut [(&str, &mut Group)]) -> Result<u64, TrainError> {
    let wrong = |text: String| TrainError::State(path.into(), text);
    let weights = Weights::open(path)?;
    let notes = weights.metadata();
    let text = notes.get(STEPS).ok_or_else(|| wrong(format!("there is no `{STEPS}`")))?;
    let steps: BTreeMap<String, u64> =
        serde_json::from_str(text).map_err(|error| wrong(format!("`{STEPS}`: {error}")))?;
    let note = |key: &str| -> Result<u64, TrainError> {
        let steps = steps.get(key).copied();
        steps.ok_or_else(|| wrong(format!("`{STEPS}` says nothing of `{key}`")))
    };
    let step = note(RUN)?;
    for (name, group) in groups {
        group.steps = note(name)?;
        let keys: Vec<(String, Var)> =
            group.parameters.vars.iter().map(|(key, var)| (key.clone(), var.clone())).collect();
        for (key, var) in keys {
            let read = |what: &str| -> Result<Tensor, TrainError> {
                let tensor = weights.plain(&format!("{name}/{what}/{key}"))?;
                if tensor.dims() != var.dims() {
                    let (found, wanted) = (tensor.dims(), var.dims());
                    return Err(wrong(format!("`{key}` is {found:?}, not {wanted:?}")));
                }
                Ok(tensor)
            };
            var.set(&read("value")?.to_device(var.device())?)?;
            let remembered = |what: &str| numbers(&read(what)?);
            let memory = Memory {
                mean: remembered("mean")?,
                square: remembered("square")?,
                average: remembered("average")?,
            };
            group.memory.insert(key, memory);
        }
    }
    Ok(step)
}

/// Number types of model files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Four bytes a number.
    F32,
    /// Two bytes a number.
    F16,
}

/// Writes a model file.
pub fn save_model(
    path: &Path,
    tensors: &BTreeMap<String, Tensor>,
    precision: Precision,
    notes: &BTreeMap<String, String>,
) -> Result<(), TrainError> {
    let mut parts = BTreeMap::new();
    for (key, tensor) in tensors {
        let values = numbers(&tensor.to_device(&Device::Cpu)?)?;
        let (kind, bytes) = match precision {
            Precision::F32 => (Dtype::F32, bytes_of(&values)),
            Precision::F16 => {
                let halves = values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes());
                (Dtype::F16, halves.collect())
            }
        };
        parts.insert(key.as_str(), (kind, tensor.dims().to_vec(), bytes));
    }
    let views = parts.iter().map(|(key, (kind, shape, bytes))| {
        (*key, TensorView::new(*kind, shape.clone(), bytes).expect("as many bytes as numbers need"))
    });
    let notes = notes.iter().map(|(key, note)| (key.clone(), note.clone())).collect();
    let file = safetensors::serialize(views, Some(notes))
        .map_err(|error| TrainError::State(path.into(), error.to_string()))?;
    write_atomically(path, &file)
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}
