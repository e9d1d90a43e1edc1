//! The names that trainers give the layers of a model.

use std::collections::BTreeMap;

use crate::checkpoint::{unet_config, unet_names};
use crate::weights::Weights;

/// A network that patches are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Network {
    /// The UNet, in ldm names.
    Unet,
    /// CLIP-L, in Hugging Face names.
    ClipL,
    /// CLIP-bigG, in Hugging Face names.
    ClipG,
}

/// A weight of a model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The network.
    pub network: Network,
    /// The key of the weight in it.
    pub key: String,
}

/// The networks of a model that is to be patched, as [`crate::checkpoint::parts`] gives them.
#[derive(Clone, Copy, Default)]
pub struct Targets<'a> {
    /// The UNet.
    pub unet: Option<&'a Weights>,
    /// CLIP-L.
    pub clip_l: Option<&'a Weights>,
    /// CLIP-bigG.
    pub clip_g: Option<&'a Weights>,
}

/// Every name under which trainers know the layers of a model, and the weight each means.
pub fn layer_names(targets: &Targets<'_>) -> BTreeMap<String, Target> {
    let mut names = BTreeMap::new();
    if let Some(unet) = targets.unet {
        unet_layers(&mut names, unet);
    }
    let l = ["lora_te_", "lora_te1_"];
    let l_dotted = ["text_encoder.", "clip_l.transformer."];
    if let Some(clip) = targets.clip_l {
        text_layers(&mut names, clip, Network::ClipL, &l, &l_dotted);
    }
    if let Some(clip) = targets.clip_g {
        let dotted = ["text_encoder_2.", "clip_g.transformer."];
        text_layers(&mut names, clip, Network::ClipG, &["lora_te2_"], &dotted);
    }
    names
}

fn unet_layers(names: &mut BTreeMap<String, Target>, unet: &Weights) {
    let mut add = |name: String, key: &str| {
        names.insert(name, Target { network: Network::Unet, key: key.to_owned() });
    };
    for key in unet.keys() {
        let Some(layer) = key.strip_suffix(".weight") else { continue };
        add(format!("lora_unet_{}", layer.replace('.', "_")), key);
        add(format!("diffusion_model.{layer}"), key);
    }
    let Some(config) = unet_config(&unet.shapes()) else { return };
    for (diffusers, key) in unet_names(&config) {
        let Some(layer) = diffusers.strip_suffix(".weight") else { continue };
        add(format!("lora_unet_{}", layer.replace('.', "_")), &key);
        add(format!("lycoris_{}", layer.replace('.', "_")), &key);
        // Old diffusers files speak of attention processors and leave out the index of `to_out`.
        let processor = layer.replace(".to_", ".processor.to_");
        let processor = match processor.strip_suffix(".to_out.0") {
            Some(start) => format!("{start}.to_out"),
            None => processor,
        };
        for name in [layer, &processor] {
            add(format!("unet.{name}"), &key);
            add(name.to_owned(), &key);
        }
    }
}

fn text_layers(
    names: &mut BTreeMap<String, Target>,
    clip: &Weights,
    network: Network,
    joined: &[&str],
    dotted: &[&str],
) {
    for key in clip.keys() {
        let Some(layer) = key.strip_suffix(".weight") else { continue };
        let target = Target { network, key: key.to_owned() };
        for prefix in joined {
            names.insert(format!("{prefix}{}", layer.replace('.', "_")), target.clone());
        }
        for prefix in dotted {
            names.insert(format!("{prefix}{layer}"), target.clone());
        }
    }
}
