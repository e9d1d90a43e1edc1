//! Encodes a given layer as SDXL's layer models look at it.

use std::sync::Arc;

use pellucid_diffusion::encode_image;
use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::{Latent, Vae, Value};

use crate::latent::decode_latent::refuse_no_vae;
use crate::latent::encode_image::{encoded_fact, needs_encoder};
use crate::networks::{computing, failed, steps};

const IMAGE: In<Image> = In::new("image", "The layer, with or without alpha.");
const VAE: In<Arc<Vae>> = In::new("vae", "The autoencoder.");
const LATENT: Out<Latent> = Out::new("latent", "What `layer_conditioned` looks at.");

/// The grey under what is transparent: byte 127, as the models were trained with.
const GREY: f32 = 127.0 / 255.0;

/// The record of `encode_condition`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "encode_condition".into(),
        family: "layer_diffusion".into(),
        docs: "Encodes a layer for models that look at one: what is transparent is put on the grey that they were trained with, and the autoencoder encodes the result.".into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![IMAGE.decl(), VAE.decl()],
        params: vec![],
        outputs: vec![LATENT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (image, vae) = (cx.fact(IMAGE), cx.fact(VAE));
    refuse_no_vae(&vae, VAE)?;
    needs_encoder(cx, &vae, image.width, image.height);
    let fact = encoded_fact(&image, &vae, (IMAGE, "picture"))?;
    Ok(Checked::Facts(vec![LATENT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, vae) = (on_grey(&cx.input(IMAGE)), cx.input(VAE));
    let computing = computing(cx)?;
    let latent =
        encode_image(&computing, &vae, &image, None, None, &mut steps(cx)).map_err(failed)?;
    Ok(vec![LATENT.put(latent)])
}

/// A picture over the grey that layer models were trained with, opaque.
pub(super) fn on_grey(image: &Image) -> Image {
    let premultiplied = image.fact.alpha == Alpha::Premultiplied;
    let over = |[r, g, b, a]: &[f32; 4]| {
        let channel = |v: f32| {
            let own = if premultiplied { v } else { v * a };
            own + GREY * (1.0 - a)
        };
        [channel(*r), channel(*g), channel(*b), 1.0]
    };
    if image.fact.alpha == Alpha::Opaque {
        return image.clone();
    }
    let fact = ImageFact { alpha: Alpha::Opaque, ..image.fact };
    Image::new(fact, image.pixels.iter().map(over).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_grey_and_what_is_opaque_stays() {
        let fact = ImageFact::new(2, 1, Alpha::Straight);
        let image = Image::new(fact, vec![[1.0, 0.0, 0.0, 0.0], [0.2, 0.4, 0.6, 1.0]]);
        let grey = on_grey(&image);
        assert_eq!(grey.pixels[0], [GREY, GREY, GREY, 1.0]);
        assert_eq!(grey.pixels[1], [0.2, 0.4, 0.6, 1.0]);
    }
}
