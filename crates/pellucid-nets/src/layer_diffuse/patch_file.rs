//! Patch files of the SDXL models, and when they stop working.

use std::collections::BTreeMap;

use candle_core::Tensor;

use crate::blocks::{NetworkError, input_error};
use crate::patch::{Delta, Patch};
use crate::weights::Weights;

/// Before which noise level a patch is in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StopAt {
    /// The lowest noise level at which the patched model is asked; 0 for always.
    pub sigma: f64,
}

impl StopAt {
    /// Whether the patched model, with its concatenated channels, is asked at this noise level.
    pub fn is_patched(self, sigma: f64) -> bool {
        sigma >= self.sigma
    }
}

/// The patches of a file with keys `diffusion_model.NAME::TYPE::INDEX`, by the UNet's own names, in order.
///
/// `lora` is a product of two matrices, `diff` a difference whose tensor may be larger than the weight.
/// Where a name has both, the later in the file's order of keys counts.
pub fn read_patch_file(
    weights: &Weights,
    strength: f64,
) -> Result<Vec<(String, Patch)>, NetworkError> {
    let mut deltas: BTreeMap<&str, Delta> = BTreeMap::new();
    for key in weights.keys() {
        let mut parts = key.split("::");
        let (Some(name), Some(kind), Some(index), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return input_error(format!("`{key}` is not of the form NAME::TYPE::INDEX"));
        };
        match (kind, index) {
            ("lora", "0") => {
                deltas.insert(name, Delta::Add(product(weights, name)?));
            }
            ("lora", "1") => {}
            ("diff", "0") => {
                deltas.insert(name, Delta::AddPadded(weights.plain(key)?));
            }
            _ => return input_error(format!("`{key}`: unknown kind of patch")),
        }
    }
    let name = |name: &str| name.strip_prefix("diffusion_model.").unwrap_or(name).to_owned();
    Ok(deltas.into_iter().map(|(key, delta)| (name(key), Patch { strength, delta })).collect())
}

fn product(weights: &Weights, name: &str) -> Result<Tensor, NetworkError> {
    let up = weights.plain(&format!("{name}::lora::0"))?;
    let down = weights.plain(&format!("{name}::lora::1"))?;
    Ok(up.matmul(&down)?)
}
