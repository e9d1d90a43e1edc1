//! Changes of a weight: what LoRA files and their relatives add to a tensor when it is taken.

use candle_core::Tensor;

use crate::weights::Problem;

/// A change of one weight.
#[derive(Debug)]
pub struct Patch {
    /// How much of it is applied; 1 is the change as it was trained.
    pub strength: f64,
    /// What is changed.
    pub delta: Delta,
}

/// What a patch does to a weight.
#[derive(Debug)]
pub enum Delta {
    /// Adds a tensor of the same shape.
    Add(Tensor),
    /// Puts another tensor in the weight's place; the strength does not matter.
    Set(Tensor),
    /// Adds a tensor after growing the weight with zeros to its shape.
    AddPadded(Tensor),
}

impl Patch {
    /// The shape of the weight after the patch, or why the patch does not fit.
    pub fn shape_of(&self, shape: &[usize]) -> Result<Vec<usize>, Problem> {
        let unfit = |found: &[usize]| {
            Problem::Patch(format!("a patch of shape {found:?} for a weight of shape {shape:?}"))
        };
        match &self.delta {
            Delta::Add(by) if by.dims() == shape => Ok(shape.to_vec()),
            Delta::Set(to) if to.dims() == shape => Ok(shape.to_vec()),
            Delta::AddPadded(by) => {
                let grows = by.dims().len() == shape.len()
                    && by.dims().iter().zip(shape).all(|(new, old)| new >= old);
                grows.then(|| by.dims().to_vec()).ok_or_else(|| unfit(by.dims()))
            }
            Delta::Add(tensor) | Delta::Set(tensor) => Err(unfit(tensor.dims())),
        }
    }

    /// The weight after the patch; both are f32 on the CPU.
    pub fn apply(&self, weight: &Tensor) -> Result<Tensor, Problem> {
        match &self.delta {
            Delta::Add(by) => added(weight, by, self.strength),
            Delta::Set(to) => Ok(to.clone()),
            Delta::AddPadded(by) => added(&padded(weight, by.dims())?, by, self.strength),
        }
    }
}

fn added(weight: &Tensor, by: &Tensor, strength: f64) -> Result<Tensor, Problem> {
    Ok((weight + by.to_dtype(weight.dtype())?.affine(strength, 0.0)?)?)
}

fn padded(weight: &Tensor, shape: &[usize]) -> Result<Tensor, Problem> {
    let mut weight = weight.clone();
    for (axis, &size) in shape.iter().enumerate() {
        let missing = size.saturating_sub(weight.dim(axis)?);
        weight = weight.pad_with_zeros(axis, 0, missing)?;
    }
    Ok(weight)
}

/// The layer that a key of a LoRA file speaks of; `None` if it is none of a LoRA file.
pub fn lora_layer(key: &str) -> Option<&str> {
    LORA_ENDS.iter().find_map(|end| key.strip_suffix(end)).filter(|layer| !layer.is_empty())
}

/// What keys of LoRA files end in, after the name of a layer.
const LORA_ENDS: [&str; 24] = [
    ".lora_up.weight",
    ".lora_down.weight",
    ".lora_mid.weight",
    ".lora_A.weight",
    ".lora_B.weight",
    ".lora_A.default.weight",
    ".lora_B.default.weight",
    ".lora.up.weight",
    ".lora.down.weight",
    "_lora.up.weight",
    "_lora.down.weight",
    ".alpha",
    ".dora_scale",
    ".hada_w1_a",
    ".hada_w1_b",
    ".hada_w2_a",
    ".hada_w2_b",
    ".lokr_w1",
    ".lokr_w2",
    ".lokr_w1_a",
    ".lokr_w2_a",
    ".diff",
    ".diff_b",
    ".set_weight",
];
