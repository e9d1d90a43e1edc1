//! Encodes pictures to latents.

use std::sync::Arc;

use pellucid_diffusion::{TiledSize, encode_image};
use pellucid_graph::comfy::{ComfyClass, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::{Latent, LatentFact, Vae, VaeFact, Value};

use super::decode_latent::{decode_bytes_per_pixel, refuse_no_vae};
use crate::networks::{computing, failed, steps};

const IMAGE: In<Image> = In::new("image", "The pictures; their colour counts, not their alpha.");
const VAE: In<Arc<Vae>> = In::new("vae", "The autoencoder.");
const SAMPLE: Param<bool> = Param::bool(
    "sample",
    false,
    "Whether to draw a fair sample of what the picture may have been made from, instead of the most \
     likely latent.",
);
const SEED: Param<u64> = Param::seed("seed", 0, "The seed of that sample.");
const TILE: Param<u32> = Param::<u32>::int(
    "tile",
    0,
    "Side of the tiles to encode in, in pixels, for pictures that do not fit memory whole; 0 encodes \
     whole.",
)
.range(0, 4096);
const OVERLAP: Param<u32> =
    Param::<u32>::int("overlap", 64, "How far tiles overlap, in pixels.").range(0, 4096);
const LATENT: Out<Latent> = Out::new("latent", "The latents.");

/// The record of `encode_image`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "encode_image".into(),
        family: "latent".into(),
        docs: "Encodes pictures to latents with an autoencoder, to draw from them. What is left \
               over from multiples of 8 pixels is cut off evenly. Alpha does not count: put the \
               picture over a background first, or use `encode_layer` to keep it."
            .into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![IMAGE.decl(), VAE.decl()],
        params: vec![SAMPLE.decl(), SEED.decl(), TILE.decl(), OVERLAP.decl()],
        outputs: vec![LATENT.decl()],
        comfy: vec![vae_encode(), vae_encode_tiled()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn vae_encode() -> ComfyClass {
    ComfyClass::new("VAEEncode", "VAE Encode")
        .input(socket("pixels", "IMAGE").to(IMAGE))
        .input(socket("vae", "VAE").to(VAE))
        .output(output("LATENT").from(LATENT))
}

fn vae_encode_tiled() -> ComfyClass {
    ComfyClass::new("VAEEncodeTiled", "VAE Encode (Tiled)")
        .input(socket("pixels", "IMAGE").to(IMAGE))
        .input(socket("vae", "VAE").to(VAE))
        .input(int("tile_size", 512, 64..=4096).to(TILE))
        .input(int("overlap", 64, 0..=4096).to(OVERLAP))
        .input(int("temporal_size", 64, 8..=4096).optional())
        .input(int("temporal_overlap", 8, 4..=4096).optional())
        .output(output("LATENT").from(LATENT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (image, vae) = (cx.fact(IMAGE), cx.fact(VAE));
    refuse_no_vae(&vae, VAE)?;
    if image.alpha == Alpha::Premultiplied {
        return Err(NodeError::at(IMAGE, "the picture's colour is premultiplied with its alpha")
            .hint("put `unpremultiply` or an `alpha_over` on a background in front"));
    }
    let (tile, overlap) = (cx.param(TILE), cx.param(OVERLAP));
    if tile != 0 && (tile < 64 || overlap >= tile / 2) {
        let message = format!("tiles of {tile} pixels with an overlap of {overlap} are too small");
        return Err(NodeError::at(TILE, message)
            .hint("use 64 or more, and more than twice the overlap, or 0 to encode whole"));
    }
    let fact = encoded_fact(&image, &vae, (IMAGE, "picture"))?;
    let side = if tile == 0 { u32::MAX } else { 2 * tile };
    needs_encoder(cx, &vae, image.width.min(side), image.height.min(side));
    Ok(Checked::Facts(vec![LATENT.fact(fact)]))
}

/// Says to the planner what encoding a picture of that size at once takes.
pub(crate) fn needs_encoder(cx: &Check, vae: &VaeFact, width: u32, height: u32) {
    let pixels = u64::from(width) * u64::from(height);
    cx.needs(vae.bytes + pixels * decode_bytes_per_pixel(vae));
}

/// What encoded pictures will be.
///
/// # Errors
/// At `site`, whose pictures messages call `word`, when they are too small.
pub(crate) fn encoded_fact(
    image: &ImageFact,
    vae: &VaeFact,
    (site, word): (In<Image>, &str),
) -> Result<LatentFact, NodeError> {
    let fact = LatentFact {
        channels: vae.channels,
        ..LatentFact::for_picture(image.batch, image.width, image.height)
    };
    if fact.width == 0 || fact.height == 0 {
        let message =
            format!("a {word} of {}x{} has no whole latent element", image.width, image.height);
        return Err(
            NodeError::at(site, message).hint(format!("use a {word} of at least 8x8 pixels"))
        );
    }
    Ok(fact)
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, vae) = (cx.input(IMAGE), cx.input(VAE));
    let seed = cx.param(SAMPLE).then(|| cx.param(SEED));
    let tiled = match cx.param(TILE) {
        0 => None,
        tile => Some(TiledSize { tile, overlap: cx.param(OVERLAP) }),
    };
    let computing = computing(cx)?;
    let mut steps = steps(cx);
    let latent = encode_image(&computing, &vae, &image, tiled, seed, &mut steps).map_err(failed)?;
    Ok(vec![LATENT.put(latent)])
}
