//! LoRA files and their relatives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lora_keys::{Role, split};
use super::names::{Network, Target, Targets, layer_names};
use super::{Delta, Factor, Factors, Operand, Pair, Patch};
use crate::weights::{Problem, Weights, WeightsError};

/// Patches by the key of the weight that they change, for [`Weights::with_patches`].
pub type PatchList = Vec<(String, Arc<Patch>)>;

/// The patches of a LoRA file for the networks of a model.
#[derive(Clone, Debug, Default)]
pub struct LoraPatches {
    /// For the UNet.
    pub unet: PatchList,
    /// For CLIP-L.
    pub clip_l: PatchList,
    /// For CLIP-bigG.
    pub clip_g: PatchList,
    /// Keys of the file that have no place in the model; they do nothing.
    pub unknown: Vec<String>,
}

/// Reads which patches a LoRA file has for a model; no large tensor is read.
///
/// Layers that the model lacks are listed in the result. A kind of patch that is not understood,
/// or a layer whose tensors are not complete, is an error.
pub fn lora_patches(
    lora: &Weights,
    targets: &Targets<'_>,
    strength_unet: f64,
    strength_text: f64,
) -> Result<LoraPatches, WeightsError> {
    let names = layer_names(targets);
    let mut patches = LoraPatches::default();
    let mut layers: BTreeMap<&str, BTreeSet<(Role, &str)>> = BTreeMap::new();
    for key in lora.keys() {
        match split(key) {
            Some((layer, role)) if names.contains_key(layer) => {
                layers.entry(layer).or_default().insert((role, key));
            }
            _ => patches.unknown.push(key.to_owned()),
        }
    }
    for (layer, tensors) in layers {
        let target = &names[layer];
        let strength = match target.network {
            Network::Unet => strength_unet,
            Network::ClipL | Network::ClipG => strength_text,
        };
        let layer = Layer { lora, tensors: tensors.into_iter().collect() };
        for (key, delta) in layer.deltas(target)? {
            let list = match target.network {
                Network::Unet => &mut patches.unet,
                Network::ClipL => &mut patches.clip_l,
                Network::ClipG => &mut patches.clip_g,
            };
            list.push((key, Arc::new(Patch { strength, delta })));
        }
    }
    Ok(patches)
}

/// The tensors of one layer by what they are for.
struct Layer<'a> {
    lora: &'a Weights,
    tensors: BTreeMap<Role, &'a str>,
}

impl Layer<'_> {
    fn deltas(&self, target: &Target) -> Result<Vec<(String, Delta)>, WeightsError> {
        if let Some(key) = self.tensors.get(&Role::Unsupported) {
            return Err(self.error(key, "this kind of patch is not supported".to_owned()));
        }
        let weight = target.key.clone();
        let mut deltas = Vec::new();
        if let Some(operand) = self.operand(Role::Set) {
            deltas.push((weight.clone(), Delta::Set(operand)));
        }
        if let Some((factors, rank)) = self.factors()? {
            let scale = match (self.alpha()?, rank) {
                (Some(alpha), Some(rank)) => alpha / rank as f64,
                _ => 1.0,
            };
            let (factors, norms) = (Box::new(factors), self.operand(Role::Norms));
            deltas.push((weight.clone(), Delta::Factors { factors, scale, norms }));
        }
        if let Some(operand) = self.operand(Role::Diff) {
            deltas.push((weight.clone(), Delta::Add(operand)));
        }
        if let Some(operand) = self.operand(Role::BiasDiff) {
            let stem = weight.strip_suffix(".weight").unwrap_or(&weight);
            deltas.push((format!("{stem}.bias"), Delta::Add(operand)));
        }
        if deltas.is_empty() {
            let key = self.tensors.values().next().copied().unwrap_or_default();
            return Err(self.error(key, "the layer has no patch besides this".to_owned()));
        }
        Ok(deltas)
    }

    /// The factors and the rank that alpha is divided by, if it is.
    fn factors(&self) -> Result<Option<(Factors, Option<usize>)>, WeightsError> {
        let has = |roles: &[Role]| roles.iter().any(|role| self.tensors.contains_key(role));
        let rank = |operand: &Operand| operand.shape().first().copied();
        if has(&[Role::Up, Role::Down, Role::Middle]) {
            let down = self.needed(Role::Down)?;
            let rank = rank(&down);
            let (up, middle) = (self.needed(Role::Up)?, self.operand(Role::Middle));
            return Ok(Some((Factors::LowRank { up, down, middle }, rank)));
        }
        if has(&[Role::HadamardA1, Role::HadamardB1, Role::HadamardA2, Role::HadamardB2]) {
            let pairs = [
                self.pair(Role::HadamardA1, Role::HadamardB1, Some(Role::HadamardCore1))?,
                self.pair(Role::HadamardA2, Role::HadamardB2, Some(Role::HadamardCore2))?,
            ];
            let rank = rank(&pairs[0].b);
            return Ok(Some((Factors::Hadamard(pairs), rank)));
        }
        let first = [Role::Kronecker1, Role::KroneckerA1, Role::KroneckerB1];
        let second = [Role::Kronecker2, Role::KroneckerA2, Role::KroneckerB2];
        if has(&first) || has(&second) {
            let factor = |whole, a, b, core| match self.operand(whole) {
                Some(whole) => Ok(Factor::Whole(whole)),
                None => self.pair(a, b, core).map(Factor::LowRank),
            };
            let [whole, a, b] = first;
            let first = factor(whole, a, b, None)?;
            let [whole, a, b] = second;
            let second = factor(whole, a, b, Some(Role::KroneckerCore2))?;
            let rank = [&second, &first].into_iter().find_map(|factor| match factor {
                Factor::LowRank(pair) => rank(&pair.b),
                Factor::Whole(_) => None,
            });
            return Ok(Some((Factors::Kronecker([first, second]), rank)));
        }
        Ok(None)
    }

    fn pair(&self, a: Role, b: Role, core: Option<Role>) -> Result<Pair, WeightsError> {
        Ok(Pair {
            a: self.needed(a)?,
            b: self.needed(b)?,
            core: core.and_then(|core| self.operand(core)),
        })
    }

    fn alpha(&self) -> Result<Option<f64>, WeightsError> {
        let Some(key) = self.tensors.get(&Role::Alpha) else { return Ok(None) };
        let values = self.lora.plain(key)?;
        let number =
            |tensor: &candle_core::Tensor| tensor.flatten_all()?.get(0)?.to_scalar::<f32>();
        match number(&values) {
            Ok(alpha) => Ok(Some(f64::from(alpha))),
            Err(error) => Err(self.error(key, error.to_string())),
        }
    }

    fn operand(&self, role: Role) -> Option<Operand> {
        Operand::new(self.lora, self.tensors.get(&role)?)
    }

    fn needed(&self, role: Role) -> Result<Operand, WeightsError> {
        self.operand(role).ok_or_else(|| {
            let key = self.tensors.values().next().copied().unwrap_or_default();
            self.error(key, format!("its counterpart ({role:?}) is not in the file"))
        })
    }

    fn error(&self, key: &str, why: String) -> WeightsError {
        self.lora.problem(key, Problem::Patch(why))
    }
}
