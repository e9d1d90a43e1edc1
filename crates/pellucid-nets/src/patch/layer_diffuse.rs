//! The patch files of LayerDiffuse for SDXL.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::lora::PatchList;
use super::{Delta, Factors, Operand, Patch};
use crate::checkpoint::{unet_config, unet_names};
use crate::weights::{Problem, Weights, WeightsError};

/// The patches of a file with keys `diffusion_model.NAME::TYPE::INDEX`, by the UNet's ldm names.
///
/// `lora` is a product of two matrices without an alpha, `diff` an offset that may be larger than
/// the weight. Another type is an error. One type counts for a weight, the later in key order.
pub fn layer_diffuse_patches(file: &Weights, strength: f64) -> Result<PatchList, WeightsError> {
    let mut deltas: BTreeMap<&str, Delta> = BTreeMap::new();
    for key in file.keys() {
        let unknown = |why: &str| file.problem(key, Problem::Patch(why.to_owned()));
        let (name, kind, index) = match *key.split("::").collect::<Vec<_>>() {
            [name, kind, index] => (name, kind, index),
            _ => return Err(unknown("not of the form NAME::TYPE::INDEX")),
        };
        let needed = |key: String| {
            Operand::new(file, &key).ok_or_else(|| file.problem(&key, Problem::Missing))
        };
        let delta = match (kind, index) {
            ("diff", "0") => Delta::AddPadded(needed(key.to_owned())?),
            ("lora", "0" | "1") => {
                let up = needed(format!("{name}::lora::0"))?;
                let down = needed(format!("{name}::lora::1"))?;
                let factors = Box::new(Factors::LowRank { up, down, middle: None });
                Delta::Factors { factors, scale: 1.0, norms: None }
            }
            _ => return Err(unknown("an unknown type of patch")),
        };
        deltas.insert(name, delta);
    }
    let named = deltas.into_iter().map(|(name, delta)| {
        let key = name.strip_prefix("diffusion_model.").unwrap_or(name);
        (key.to_owned(), Arc::new(Patch { strength, delta }))
    });
    Ok(named.collect())
}

/// The patches of a file of plain offsets in diffusers names, by the UNet's ldm names.
///
/// A name that the UNet does not have is an error.
pub fn diffusers_offsets(
    file: &Weights,
    unet: &Weights,
    strength: f64,
) -> Result<PatchList, WeightsError> {
    let config = unet_config(&unet.shapes());
    let names: BTreeMap<String, String> = config.iter().flat_map(unet_names).collect();
    let patch = |key: &str| {
        let (Some(target), Some(operand)) = (names.get(key), Operand::new(file, key)) else {
            let why = "the UNet has no weight of that name";
            return Err(file.problem(key, Problem::Patch(why.to_owned())));
        };
        let delta = Delta::Add(operand);
        Ok((target.clone(), Arc::new(Patch { strength, delta })))
    };
    file.keys().map(patch).collect()
}
