//! From a model's recipe to networks: patches are merged once, what is merged stays loaded.

use std::sync::Arc;

use pellucid_nets::checkpoint::{FileKind, unet_config};
use pellucid_nets::controlnet::ControlNet;
use pellucid_nets::layer_diffuse::AttentionSharing;
use pellucid_nets::patch::{
    LoraPatches, Targets, diffusers_offsets, layer_diffuse_patches, lora_patches,
};
use pellucid_nets::unet::Unet;
use pellucid_nets::weights::Weights;
use pellucid_value::{Model, ModelStep, WeightFile, Window};

use crate::error::unfit;
use crate::facts::loaded_bytes;
use crate::files::{inspection, networks, open};
use crate::{Computing, DiffusionError};

/// The UNet of a recipe, with the steps that take part at one moment.
///
/// `takes_part` decides on steps that have a window.
pub(crate) fn unet(
    computing: &Computing,
    model: &Model,
    takes_part: impl Fn(&Window) -> bool,
) -> Result<Arc<Unet>, DiffusionError> {
    let steps: Vec<&ModelStep> = model
        .steps
        .iter()
        .filter(|step| changes_weights(step))
        .filter(|step| match step {
            ModelStep::LayerPatch { window, .. } | ModelStep::Offsets { window, .. } => {
                takes_part(window)
            }
            _ => true,
        })
        .collect();
    let name = computing.name("unet", &(&model.files, &steps));
    computing.residents.get(&name, model.fact.bytes, || {
        let weights = patched(model, &steps)?;
        let Some(config) = unet_config(&weights.shapes()) else {
            return unfit("these tensors are not those of a UNet");
        };
        Ok(Unet::load(&weights, &config, computing.dtype, &computing.device)?)
    })
}

fn changes_weights(step: &ModelStep) -> bool {
    matches!(
        step,
        ModelStep::Lora { .. } | ModelStep::LayerPatch { .. } | ModelStep::Offsets { .. }
    )
}

/// The base's tensors with the patches of these steps; nothing is read.
fn patched(model: &Model, steps: &[&ModelStep]) -> Result<Weights, DiffusionError> {
    let Some(mut weights) = networks(&model.files)?.parts.unet else {
        return unfit("the model's files hold no UNet");
    };
    for step in steps {
        weights = match step {
            ModelStep::Lora { file, strength } => {
                let targets = Targets { unet: Some(&weights), ..Targets::default() };
                let patches = lora_patches(&open(file)?, &targets, *strength, 0.0)?;
                refuse_lora_without_place(file, &patches)?;
                weights.with_patches(patches.unet)?
            }
            ModelStep::LayerPatch { file, weight, .. } => {
                weights.with_patches(layer_diffuse_patches(&open(file)?, *weight)?)?
            }
            ModelStep::Offsets { file, weight, .. } => {
                let patches = diffusers_offsets(&open(file)?, &weights, *weight)?;
                weights.with_patches(patches)?
            }
            _ => weights,
        };
    }
    Ok(weights)
}

/// A LoRA that changes nothing would be taken for one that works.
fn refuse_lora_without_place(
    file: &WeightFile,
    patches: &LoraPatches,
) -> Result<(), DiffusionError> {
    let for_unet = match inspection(file)?.kind {
        FileKind::Lora(summary) => summary.unet_layers > 0,
        _ => true,
    };
    if !for_unet || !patches.unet.is_empty() {
        return Ok(());
    }
    // In order, the text encoders' layers come before the UNet's.
    let layer = patches.unknown.last().map_or("", String::as_str);
    unfit(format!(
        "`{}` has no layer that the model has; one of its is `{layer}`: it was made for another \
         sort of model",
        file.name
    ))
}

/// The weights of an attention-sharing file.
pub(crate) fn sharing(
    computing: &Computing,
    file: &WeightFile,
) -> Result<Arc<AttentionSharing>, DiffusionError> {
    let name = computing.name("sharing", file);
    let weights = open(file)?;
    computing.residents.get(&name, loaded_bytes(&weights), || {
        Ok(AttentionSharing::load(&weights, computing.dtype, &computing.device)?)
    })
}

/// The network of a ControlNet.
pub(crate) fn controlnet(
    computing: &Computing,
    net: &pellucid_value::ControlNet,
) -> Result<Arc<ControlNet>, DiffusionError> {
    let name = computing.name("controlnet", &net.files);
    computing.residents.get(&name, net.fact.bytes, || {
        let networks = networks(&net.files)?;
        let (Some(weights), Some(config)) = (networks.parts.controlnet, networks.unet) else {
            return unfit("these files hold no ControlNet");
        };
        Ok(ControlNet::load(&weights, &config, computing.dtype, &computing.device)?)
    })
}
