//! Decodes latents to pictures.

use std::sync::Arc;

use pellucid_diffusion::{TiledSize, decode_latent};
use pellucid_graph::comfy::{ComfyClass, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn, Site,
};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::{Latent, LatentFact, Vae, VaeFact, Value};

use crate::limits::admit;
use crate::networks::{computing, failed, steps};

const LATENT: In<Latent> = In::new("latent", "The latents.");
const VAE: In<Arc<Vae>> = In::new("vae", "The autoencoder.");
const TILE: Param<u32> = Param::<u32>::int(
    "tile",
    0,
    "Side of the tiles to decode in, in pixels, for pictures that do not fit memory whole; 0 decodes \
     whole.",
)
.range(0, 4096);
const OVERLAP: Param<u32> =
    Param::<u32>::int("overlap", 64, "How far tiles overlap, in pixels.").range(0, 4096);
const IMAGE: Out<Image> =
    Out::new("image", "The pictures, opaque, one for every frame of every latent.");

/// The record of `decode_latent`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "decode_latent".into(),
        family: "latent".into(),
        docs: "Decodes latents to pictures with an autoencoder. In tiles, the picture is decoded \
               three times in tiles of three shapes and averaged, so that no seam is left."
            .into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![LATENT.decl(), VAE.decl()],
        params: vec![TILE.decl(), OVERLAP.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![vae_decode(), vae_decode_tiled()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn vae_decode() -> ComfyClass {
    ComfyClass::new("VAEDecode", "VAE Decode")
        .input(socket("samples", "LATENT").to(LATENT))
        .input(socket("vae", "VAE").to(VAE))
        .output(output("IMAGE").from(IMAGE))
}

fn vae_decode_tiled() -> ComfyClass {
    ComfyClass::new("VAEDecodeTiled", "VAE Decode (Tiled)")
        .input(socket("samples", "LATENT").to(LATENT))
        .input(socket("vae", "VAE").to(VAE))
        .input(int("tile_size", 512, 64..=4096).to(TILE))
        .input(int("overlap", 64, 0..=4096).to(OVERLAP))
        .input(int("temporal_size", 64, 8..=4096).optional())
        .input(int("temporal_overlap", 8, 4..=4096).optional())
        .output(output("IMAGE").from(IMAGE))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (latent, vae) = (cx.fact(LATENT), cx.fact(VAE));
    let (tile, overlap) = (cx.param(TILE), cx.param(OVERLAP));
    if tile != 0 && tile < 64 {
        return Err(NodeError::at(TILE, format!("tiles of {tile} pixels are too small"))
            .hint("use 64 or more, or 0 to decode whole"));
    }
    let fact = picture_fact(&latent, &vae, LATENT, VAE)?;
    let side = if tile == 0 { u32::MAX } else { 2 * tile + overlap };
    let pixels = u64::from(fact.width.min(side)) * u64::from(fact.height.min(side));
    cx.needs(vae.bytes + pixels * decode_bytes_per_pixel(&vae));
    Ok(Checked::Facts(vec![IMAGE.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (latent, vae) = (cx.input(LATENT), cx.input(VAE));
    let tiled = match cx.param(TILE) {
        0 => None,
        tile => Some(TiledSize { tile, overlap: cx.param(OVERLAP) }),
    };
    let computing = computing(cx)?;
    let image = decode_latent(&computing, &vae, &latent, tiled, &mut steps(cx)).map_err(failed)?;
    Ok(vec![IMAGE.put(image)])
}

/// The pictures that latents decode to.
pub(crate) fn picture_fact(
    latent: &LatentFact,
    vae: &VaeFact,
    latent_site: impl Into<Site>,
    vae_site: impl Into<Site>,
) -> Result<ImageFact, NodeError> {
    refuse_no_vae(vae, vae_site)?;
    let latent_site = latent_site.into();
    if latent.channels != vae.channels {
        let message =
            format!("the latent has {} channels, the vae {}", latent.channels, vae.channels);
        return Err(NodeError::at(latent_site, message).hint("use the vae of the same model"));
    }
    let side = |elements: u32| u64::from(elements) * u64::from(vae.pixels);
    let (width, height) = admit(side(latent.width), side(latent.height), latent_site)?;
    let batch = latent.batch * latent.frames;
    Ok(ImageFact { batch, ..ImageFact::new(width, height, Alpha::Opaque) })
}

/// Refuses the vae of a checkpoint that has none.
pub(crate) fn refuse_no_vae(vae: &VaeFact, site: impl Into<Site>) -> Result<(), NodeError> {
    if vae.channels == 0 {
        let message = "the checkpoint has no autoencoder";
        return Err(NodeError::at(site, message).hint("load one with `load_vae`"));
    }
    Ok(())
}

/// Bytes that features take at full size while a picture is decoded: two maps at the width of the
/// finest level and one at twice that.
pub(crate) fn decode_bytes_per_pixel(vae: &VaeFact) -> u64 {
    u64::from(vae.width) * 4 * 4
}
