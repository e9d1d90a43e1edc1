//! The networks in a file, each under the one set of names that the rest of the crate uses.

use super::clip::{ClipKind, of_open_clip};
use super::diffusers::{ldm_unet, ldm_vae};
use super::inspect::{CLIP_PLACES, CONTROL_PREFIX, UNET_PREFIX, VAE_PREFIX};
use super::kind::{FileKind, Layout};
use super::shapes::Shapes;
use crate::weights::{Part, Weights, WeightsError};

/// The networks that a file holds.
#[derive(Clone, Default)]
pub struct Parts {
    /// A UNet, in ldm names (`input_blocks.0.0.weight`).
    pub unet: Option<Weights>,
    /// An autoencoder, in ldm names (`encoder.conv_in.weight`).
    pub vae: Option<Weights>,
    /// CLIP-L, in Hugging Face names (`text_model.…`).
    pub clip_l: Option<Weights>,
    /// CLIP-bigG, in Hugging Face names, `text_projection.weight` as a linear layer has it.
    pub clip_g: Option<Weights>,
    /// A ControlNet, in its authors' names (`input_hint_block.0.weight`).
    pub controlnet: Option<Weights>,
}

/// Views of the networks in a file of that kind; nothing is read.
pub fn parts(weights: &Weights, kind: &FileKind) -> Result<Parts, WeightsError> {
    let mut parts = Parts::default();
    match kind {
        FileKind::Checkpoint { vae, .. } => {
            parts.unet = Some(weights.under(UNET_PREFIX));
            parts.vae = vae.is_some().then(|| weights.under(VAE_PREFIX));
            for (prefix, kind, open_clip) in CLIP_PLACES {
                if weights.under(prefix).keys().next().is_some() {
                    put_clip(&mut parts, clip(weights, prefix, open_clip)?, kind);
                }
            }
        }
        FileKind::Unet { layout: Layout::Ldm, .. } => {
            let prefixed = weights.has(&format!("{UNET_PREFIX}input_blocks.0.0.weight"));
            parts.unet = Some(weights.under(if prefixed { UNET_PREFIX } else { "" }));
        }
        FileKind::Unet { layout: Layout::Diffusers, .. } => {
            parts.unet = Some(renamed(weights, ldm_unet(&weights.shapes())));
        }
        FileKind::Vae { layout, .. } => {
            let prefixed = weights.under(VAE_PREFIX).keys().next().is_some();
            let vae = weights.under(if prefixed { VAE_PREFIX } else { "" });
            parts.vae = Some(match layout {
                Layout::Ldm => vae,
                Layout::Diffusers => renamed(&vae, ldm_vae(&vae.shapes())),
            });
        }
        FileKind::TextEncoder { clips } => {
            for file in clips {
                let view = clip(weights, &file.prefix, file.open_clip)?;
                put_clip(&mut parts, view, file.clip.kind);
            }
        }
        FileKind::ControlNet { layout: Layout::Diffusers, .. } => {
            parts.controlnet = Some(renamed(weights, ldm_unet(&weights.shapes())));
        }
        FileKind::ControlNet { layout: Layout::Ldm, .. } => {
            let prefixed = weights.under(CONTROL_PREFIX).keys().next().is_some();
            parts.controlnet = Some(weights.under(if prefixed { CONTROL_PREFIX } else { "" }));
        }
        _ => {}
    }
    Ok(parts)
}

fn put_clip(parts: &mut Parts, view: Weights, kind: ClipKind) {
    match kind {
        ClipKind::L => parts.clip_l = Some(view),
        ClipKind::BigG => parts.clip_g = Some(view),
    }
}

fn clip(weights: &Weights, prefix: &str, open_clip: bool) -> Result<Weights, WeightsError> {
    let view = weights.under(prefix);
    if !open_clip {
        return Ok(view);
    }
    view.relaid(|key| match of_open_clip(key) {
        parts if parts.is_empty() => vec![(key.to_owned(), Part::Whole)],
        parts => parts,
    })
}

fn renamed(weights: &Weights, names: Vec<(String, String)>) -> Weights {
    let names: std::collections::BTreeMap<String, String> = names.into_iter().collect();
    weights.renamed(|key| names.get(key).cloned())
}

impl Weights {
    /// The shape of every tensor of this view.
    pub fn shapes(&self) -> Shapes {
        let shape = |key: &str| self.shape(key).map(<[usize]>::to_vec).unwrap_or_default();
        self.keys().map(|key| (key.to_owned(), shape(key))).collect()
    }
}
