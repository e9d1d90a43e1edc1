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
