//! Decodes foreground, background and blend that were drawn together.

use std::sync::Arc;

use pellucid_diffusion::{Decoding, decode_latent, decode_layers};
use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::{Alpha, Image, ImageFact, Layer, Layers};
use pellucid_value::{Latent, LatentFact, LayerFact, LayerFactContent, LayersFact, Vae, Value};

use super::decode_layer::{
    CODEC, OVERLAP, TILE, VIEWS, at_once, decoder_bytes, refuse_no_decoder, refuse_small_tiles,
    tiled,
};
use super::latent_frame::frame;
use crate::latent::decode_latent::{decode_bytes_per_pixel, picture_fact};
use crate::networks::{computing, failed, layer_steps};

const LATENT: In<Latent> =
    In::new("latent", "Latents of three frames: foreground, background, blend.");
const VAE: In<Arc<Vae>> = In::new("vae", "The autoencoder.");
const LAYERS: Out<Arc<Layers>> =
    Out::new("layers", "Background and foreground as a stack, whose composite is exact.");
const FOREGROUND: Out<Image> = Out::new("foreground", "The foreground, with straight alpha.");
const BACKGROUND: Out<Image> = Out::new("background", "The background, opaque.");
const BLEND: Out<Image> = Out::new(
    "blend",
    "What the model drew for both together, opaque; not exactly their composite.",
);

/// The record of `decode_joint`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "decode_joint".into(),
        family: "layer_diffusion".into(),
        docs: "Decodes layers that were drawn together: the foreground with its transparency, the background, and the blend. `recomposition` tells how far the blend is from the exact composite.".into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![LATENT.decl(), VAE.decl(), CODEC.decl()],
        params: vec![VIEWS.decl(), TILE.decl(), OVERLAP.decl()],
        outputs: vec![LAYERS.decl(), FOREGROUND.decl(), BACKGROUND.decl(), BLEND.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (latent, vae, codec) = (cx.fact(LATENT), cx.fact(VAE), cx.fact(CODEC));
    refuse_no_decoder(&codec)?;
    refuse_small_tiles(cx.params())?;
    if latent.frames != 3 {
        let message = format!("the latent has {} frame(s), not three", latent.frames);
        return Err(NodeError::at(LATENT, message)
            .hint("draw with `layer_joint` in an empty latent of 3 frames"));
    }
    if vae.family.is_some_and(|family| family != codec.family) {
        let message = format!("the codec reads latents of {}", codec.family);
        return Err(NodeError::at(CODEC, message).hint("use the codec of the model's line"));
    }
    let one = LatentFact { frames: 1, masked: false, ..latent };
    let opaque = picture_fact(&one, &vae, LATENT, VAE)?;
    let (size, tile) = ((opaque.width, opaque.height), cx.param(TILE));
    cx.needs(vae.bytes + codec.bytes);
    cx.needs((at_once(size, tile) * decode_bytes_per_pixel(&vae)).max(decoder_bytes(size, tile)));
    let layer = ImageFact { alpha: Alpha::Straight, ..opaque };
    Ok(Checked::Facts(vec![
        LAYERS.fact(stack_fact(opaque, layer)),
        FOREGROUND.fact(layer),
        BACKGROUND.fact(opaque),
        BLEND.fact(opaque),
    ]))
}

fn stack_fact(background: ImageFact, foreground: ImageFact) -> LayersFact {
    let layer = |name: &str, fact| LayerFact {
        name: name.into(),
        content: LayerFactContent::Image(fact, 0, 0),
    };
    LayersFact {
        width: background.width,
        height: background.height,
        batch: background.batch,
        layers: [layer("background", background), layer("foreground", foreground)].into(),
    }
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (latent, vae, codec) = (cx.input(LATENT), cx.input(VAE), cx.input(CODEC));
    let computing = computing(cx)?;
    let tiled = tiled(cx.params());
    let seen = |index: u32| {
        let latent = frame(&latent, index);
        decode_latent(&computing, &vae, &latent, tiled, &mut |_, _| Ok(())).map_err(failed)
    };
    let (opaque, background, blend) = (seen(0)?, seen(1)?, seen(2)?);
    let latent = frame(&latent, 0);
    let decoding = Decoding { views: cx.choice(VIEWS), tiled };
    let foreground =
        decode_layers(&computing, &codec, &latent, &opaque, decoding, &mut layer_steps(cx));
    let foreground = foreground.map_err(failed)?;
    let layers = Layers {
        width: background.fact.width,
        height: background.fact.height,
        layers: vec![
            Layer::new("background", background.clone()),
            Layer::new("foreground", foreground.clone()),
        ],
    };
    Ok(vec![
        LAYERS.put(Arc::new(layers)),
        FOREGROUND.put(foreground),
        BACKGROUND.put(background),
        BLEND.put(blend),
    ])
}
