//! Changes of weights: what LoRA files and their relatives add to a tensor when it is taken.
//!
//! A patch refers to its file; nothing of it is read before the weight that it changes is.

mod arithmetic;
mod layer_diffuse;
mod lora;
mod lora_keys;
mod names;
mod operand;

pub use layer_diffuse::{diffusers_offsets, layer_diffuse_patches};
pub use lora::{LoraPatches, PatchList, lora_patches};
pub use lora_keys::lora_layer;
pub use names::{Network, Target, Targets, layer_names};
pub use operand::Operand;

use candle_core::Tensor;

use crate::weights::Problem;

/// A change of one weight.
#[derive(Clone, Debug)]
pub struct Patch {
    /// How much of it is applied; 1 is the change as it was trained.
    pub strength: f64,
    /// What is changed.
    pub delta: Delta,
}

/// What a patch does to a weight.
#[derive(Clone, Debug)]
pub enum Delta {
    /// Adds a tensor of the same shape.
    Add(Operand),
    /// Adds a tensor after growing the weight with zeros, at the end of every axis, to its shape.
    AddPadded(Operand),
    /// Puts another tensor in the weight's place; the strength does not matter.
    Set(Operand),
    /// Adds a product of factors.
    Factors {
        /// The factors.
        factors: Box<Factors>,
        /// What their product is multiplied with: alpha divided by the rank.
        scale: f64,
        /// Norms of the patched weight's rows or columns (DoRA, Liu et al. 2024).
        norms: Option<Operand>,
    },
}

/// Small tensors that make a large one.
#[derive(Clone, Debug)]
pub enum Factors {
    /// LoRA (Hu et al. 2021): up times down, with a kernel between them in the Tucker form.
    LowRank {
        /// `[out, rank]`, ones at the end.
        up: Operand,
        /// `[rank, in, …kernel]`; in the Tucker form `[rank, in]`.
        down: Operand,
        /// `[rank, rank, …kernel]`.
        middle: Option<Operand>,
    },
    /// LoHa (FedPara, Hyeon-Woo et al. 2021): two low-rank matrices, multiplied by element.
    Hadamard([Pair; 2]),
    /// LoKr (Edalati et al. 2022): the Kronecker product of two matrices, whole or low-rank.
    Kronecker([Factor; 2]),
}

/// A low-rank matrix, or a kernel in the Tucker form.
#[derive(Clone, Debug)]
pub struct Pair {
    /// `[out, rank]`; in the Tucker form `[rank, out]`.
    pub a: Operand,
    /// `[rank, in, …]`.
    pub b: Operand,
    /// `[rank, rank, …kernel]`.
    pub core: Option<Operand>,
}

/// A factor of a Kronecker product.
#[derive(Clone, Debug)]
pub enum Factor {
    /// The matrix itself.
    Whole(Operand),
    /// A product of two.
    LowRank(Pair),
}

impl Patch {
    /// The shape of the weight after the patch, or why the patch does not fit.
    pub fn shape_of(&self, shape: &[usize]) -> Result<Vec<usize>, Problem> {
        let unfit = |what: &str, found: &[usize]| {
            Problem::Patch(format!("{what} of shape {found:?} for a weight of shape {shape:?}"))
        };
        match &self.delta {
            Delta::Add(operand) | Delta::Set(operand) => {
                let fits = arithmetic::same_layer(operand.shape(), shape);
                fits.then(|| shape.to_vec()).ok_or_else(|| unfit("a patch", operand.shape()))
            }
            Delta::AddPadded(operand) => {
                let grown = operand.shape();
                let fits = grown.len() == shape.len()
                    && grown.iter().zip(shape).all(|(new, old)| new >= old);
                fits.then(|| grown.to_vec()).ok_or_else(|| unfit("a patch", grown))
            }
            Delta::Factors { factors, norms, .. } => {
                let made = arithmetic::factors_shape(factors)?;
                if arithmetic::elements(&made) != arithmetic::elements(shape) {
                    return Err(unfit("factors of a patch", &made));
                }
                match norms {
                    Some(norms) if !arithmetic::norms_fit(norms.shape(), shape) => {
                        Err(unfit("norms", norms.shape()))
                    }
                    _ => Ok(shape.to_vec()),
                }
            }
        }
    }

    /// The weight after the patch; both are f32 on the CPU.
    pub fn apply(&self, weight: &Tensor) -> Result<Tensor, Problem> {
        match &self.delta {
            Delta::Add(operand) => arithmetic::add(weight, &operand.read()?, self.strength),
            Delta::AddPadded(operand) => {
                let weight = arithmetic::padded(weight, operand.shape())?;
                arithmetic::add(&weight, &operand.read()?, self.strength)
            }
            Delta::Set(operand) => Ok(operand.read()?.reshape(weight.dims())?),
            Delta::Factors { factors, scale, norms: None } => {
                arithmetic::add(weight, &arithmetic::product(factors)?, self.strength * scale)
            }
            Delta::Factors { factors, scale, norms: Some(norms) } => {
                let product = arithmetic::product(factors)?;
                let full = arithmetic::add(weight, &product, *scale)?;
                arithmetic::renormed(weight, &full, &norms.read()?, self.strength)
            }
        }
    }
}
