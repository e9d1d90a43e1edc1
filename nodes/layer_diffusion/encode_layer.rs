//! Encodes layers with their transparency into latents.

use std::sync::Arc;

use pellucid_diffusion::encode_layers;
use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::{Alpha, Image};
use pellucid_value::{Latent, LatentFact, LayerCodec, Vae, Value};

use crate::latent::decode_latent::refuse_no_vae;
use crate::latent::encode_image::{encoded_fact, needs_encoder};
use crate::networks::{computing, failed, steps};

pub(super) const IMAGE: In<Image> = In::new("image", "The layers, with straight alpha.");
pub(super) const VAE: In<Arc<Vae>> = In::new("vae", "The autoencoder.");
pub(super) const CODEC: In<Arc<LayerCodec>> = In::new("codec", "The transparency codec.");
const LATENT: Out<Latent> = Out::new("latent", "Latents that carry the layers' transparency.");

/// The record of `encode_layer`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "encode_layer".into(),
        family: "layer_diffusion".into(),
        docs: "Encodes layers so that their transparency lies hidden in the latent, to draw over them with a layer model: colour is continued under what is transparent, the autoencoder sees the layer on grey, and the latent is its mean moved by offset * deviation. What is left over from multiples of 8 pixels is cut off.".into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![IMAGE.decl(), VAE.decl(), CODEC.decl()],
        params: vec![],
        outputs: vec![LATENT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = layer_latent_fact(cx)?;
    Ok(Checked::Facts(vec![LATENT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, vae, codec) = (cx.input(IMAGE), cx.input(VAE), cx.input(CODEC));
    let computing = computing(cx)?;
    let latent = encode_layers(&computing, &codec, &vae, &image, &mut steps(cx));
    Ok(vec![LATENT.put(latent.map_err(failed)?)])
}

/// What encoded layers will be; what cannot be encoded is refused.
pub(super) fn layer_latent_fact(cx: &Check) -> Result<LatentFact, NodeError> {
    let (image, vae, codec) = (cx.fact(IMAGE), cx.fact(VAE), cx.fact(CODEC));
    refuse_no_vae(&vae, VAE)?;
    if !codec.encodes {
        return Err(NodeError::at(CODEC, "the codec has no encoder").hint("name one in `encoder`"));
    }
    if vae.family.is_some_and(|family| family != codec.family) {
        let message = format!("the codec writes latents of {}", codec.family);
        return Err(NodeError::at(CODEC, message).hint("use the codec of the model's line"));
    }
    if image.alpha == Alpha::Premultiplied {
        return Err(NodeError::at(IMAGE, "the layer's colour is premultiplied with its alpha")
            .hint("put an `unpremultiply` node in front"));
    }
    cx.needs(codec.bytes);
    needs_encoder(cx, &vae, image.width, image.height);
    encoded_fact(&image, &vae, (IMAGE, "layer"))
}
