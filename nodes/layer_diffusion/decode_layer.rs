//! Decodes latents to layers with transparency.

use std::sync::Arc;

use pellucid_diffusion::{Decoding, TiledSize, decode_latent, decode_layers};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, OptIn, Out, Param, Params, Run,
    RunFn,
};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::{Latent, LayerCodec, LayerCodecFact, Vae, Value};

use crate::latent::decode_latent::{decode_bytes_per_pixel, picture_fact};
use crate::networks::{computing, failed, layer_steps};

pub(super) const LATENT: In<Latent> = In::new("latent", "The latents, as a layer model drew them.");
pub(super) const CODEC: In<Arc<LayerCodec>> =
    In::new("codec", "The transparency codec of the same line.");
pub(super) const VAE: OptIn<Arc<Vae>> =
    OptIn::new("vae", "The autoencoder, unless `image` is given.");
pub(super) const IMAGE_IN: OptIn<Image> =
    OptIn::new("image", "The latents decoded already, one picture for each.");
pub(super) const VIEWS: Choice<usize> = Choice::new(
    "augmentations",
    &COUNTS,
    "How many turned and mirrored views the median is taken over: more are steadier and take longer.",
);
pub(super) const TILE: Param<u32> = Param::<u32>::int(
    "tile",
    0,
    "Side of the tiles to decode in, in pixels, for pictures that do not fit memory whole: 128 or more, rounded down to \
     what the codec can divide (64 for the released ones). 0 decodes whole.",
)
.range(0, 8192);
pub(super) const OVERLAP: Param<u32> = Param::<u32>::int(
    "overlap",
    64,
    "How far tiles overlap, in pixels, rounded up to what the codec can divide; at most half a tile.",
)
.range(0, 4096);
pub(super) const IMAGE: Out<Image> = Out::new("image", "The layers, with straight alpha.");

const COUNTS: &[(&str, usize)] = &[("8", 8), ("4", 4), ("2", 2), ("1", 1)];

/// The record of `decode_layer`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "decode_layer".into(),
        family: "layer_diffusion".into(),
        docs: "Reads colour and alpha from latents that carry transparency. Every pixel is the lower median over turned and mirrored views. Any size will do: edges are repeated to a multiple of 64 pixels and cut off again. In tiles it takes less memory, and the result differs a little, since the networks see one tile at a time.".into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![LATENT.decl(), CODEC.decl(), VAE.decl(), IMAGE_IN.decl()],
        params: vec![VIEWS.decl(), TILE.decl(), OVERLAP.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

/// Bytes of features a pixel takes while a layer is decoded: the widest maps at full size, with
/// those kept for the way up.
pub(super) const BYTES_PER_PIXEL: u64 = 32 * 4 * 8;

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (latent, codec) = (cx.fact(LATENT), cx.fact(CODEC));
    refuse_no_decoder(&codec)?;
    refuse_small_tiles(cx.params())?;
    let count = latent.batch * latent.frames;
    let fact = match (cx.given(IMAGE_IN), cx.given(VAE)) {
        (Some(image), _) => {
            let size = (latent.picture_width(), latent.picture_height());
            if image.batch != count || (image.width, image.height) != size {
                let message = format!(
                    "{} pictures of {}x{} for {count} latents of {}x{} pixels",
                    image.batch, image.width, image.height, size.0, size.1
                );
                return Err(NodeError::at(IMAGE_IN, message)
                    .hint("give the same latents, decoded by the autoencoder"));
            }
            image
        }
        (None, Some(vae)) => {
            if vae.family.is_some_and(|family| family != codec.family) {
                let message = format!(
                    "the autoencoder is of {}, but the codec reads latents of {}",
                    vae.family.map_or("", |family| family.name()),
                    codec.family
                );
                return Err(NodeError::at(CODEC, message).hint("use the codec of the model's line"));
            }
            let fact = picture_fact(&latent, &vae, LATENT, VAE)?;
            let pixels = at_once((fact.width, fact.height), cx.param(TILE));
            cx.needs(vae.bytes + pixels * decode_bytes_per_pixel(&vae));
            fact
        }
        (None, None) => {
            return Err(NodeError::at(VAE, "there is neither an autoencoder nor decoded pictures")
                .hint("wire the checkpoint's vae to `vae`"));
        }
    };
    cx.needs(codec.bytes + decoder_bytes((fact.width, fact.height), cx.param(TILE)));
    Ok(Checked::Facts(vec![IMAGE.fact(ImageFact { alpha: Alpha::Straight, ..fact })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (latent, codec) = (cx.input(LATENT), cx.input(CODEC));
    let computing = computing(cx)?;
    let image = match (cx.given(IMAGE_IN), cx.given(VAE)) {
        (Some(image), _) => image,
        (None, Some(vae)) => {
            decode_latent(&computing, &vae, &latent, tiled(cx.params()), &mut |_, _| Ok(()))
                .map_err(failed)?
        }
        (None, None) => unreachable!("`check` refuses a node without either"),
    };
    let decoding = Decoding { views: cx.choice(VIEWS), tiled: tiled(cx.params()) };
    let layers = decode_layers(&computing, &codec, &latent, &image, decoding, &mut layer_steps(cx));
    Ok(vec![IMAGE.put(layers.map_err(failed)?)])
}

/// Refuses tiles in which there is nothing to see.
pub(super) fn refuse_small_tiles(params: Params) -> Result<(), NodeError> {
    let tile = params.get(TILE);
    if tile == 0 || tile >= LEAST_TILE {
        return Ok(());
    }
    Err(NodeError::at(TILE, format!("tiles of {tile} pixels are too small"))
        .hint(format!("make them {LEAST_TILE} or more, or 0 to decode whole")))
}

/// The smallest tile, in pixels: two of the released decoders' coarsest pixels.
const LEAST_TILE: u32 = 128;

/// What the two params of tiles ask for.
pub(super) fn tiled(params: Params) -> Option<TiledSize> {
    let (tile, overlap) = (params.get(TILE), params.get(OVERLAP));
    (tile > 0).then_some(TiledSize { tile, overlap })
}

/// Bytes of features while a layer of this size is decoded.
pub(super) fn decoder_bytes((width, height): (u32, u32), tile: u32) -> u64 {
    let whole = |side: u32| side.next_multiple_of(64);
    at_once((whole(width), whole(height)), tile) * BYTES_PER_PIXEL
}

/// Pixels that are decoded at once.
pub(super) fn at_once((width, height): (u32, u32), tile: u32) -> u64 {
    let side = |side: u32| u64::from(if tile == 0 { side } else { side.min(tile) });
    side(width) * side(height)
}

/// Refuses a codec that only encodes.
pub(super) fn refuse_no_decoder(codec: &LayerCodecFact) -> Result<(), NodeError> {
    if codec.decodes {
        return Ok(());
    }
    Err(NodeError::at(CODEC, "the codec has no decoder").hint("name one in `decoder`"))
}
