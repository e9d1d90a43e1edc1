//! Makes pictures larger with a network.

use pellucid_diffusion::{TiledSize, upscale, upscaler_fact};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, In, NodeError, NodeKind, Out, Param, Run,
    RunFn,
};
use pellucid_pixel::{Alpha, Encoding, Image, ImageFact};
use pellucid_value::Value;

use crate::limits::admit;
use crate::networks::{checked_file, computing, failed, refused, steps, weight_file};

/// Where upscaling networks lie.
pub const PLACE: FilePlace = FilePlace::Weights("upscale_models");

const IN: In<Image> = In::new("image", "The pictures, opaque or straight.");
const FILE: Param<FileRef> = Param::file(
    "file",
    PLACE,
    "The network (ESRGAN and its like), looked up in `upscale_models` of the model folders. It says by how \
     much sides grow.",
);
const TILE: Param<u32> =
    Param::<u32>::int("tile", 512, "Largest side of what is made larger at once, in pixels.")
        .range(64, 4096);
const OVERLAP: Param<u32> =
    Param::<u32>::int("overlap", 32, "How far tiles overlap, in pixels.").range(0, 1024);
const OUT: Out<Image> = Out::new("image", "The pictures, larger, sRGB-encoded, held to 0..1.");

/// The record of `upscale`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "upscale".into(),
        family: "transform".into(),
        docs: "Makes pictures larger with a network that was trained to. Alpha goes through the network as well, \
               as a picture in grey, so that edges of layers stay as sharp as what is in them. Large pictures are \
               done in tiles, blended where they overlap."
            .into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![IN.decl()],
        params: vec![FILE.decl(), TILE.decl(), OVERLAP.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (tile, overlap) = (cx.param(TILE), cx.param(OVERLAP));
    if overlap >= tile {
        let message = format!("tiles of {tile} pixels cannot overlap by {overlap}");
        return Err(NodeError::at(OVERLAP, message).hint("make it smaller than the tile"));
    }
    let fact = cx.fact(IN);
    if fact.alpha == Alpha::Premultiplied {
        return Err(NodeError::at(
            IN,
            "pictures are made larger from straight alpha, but this one is premultiplied",
        )
        .hint("put an `unpremultiply` before it"));
    }
    let network = upscaler_fact(&checked_file(cx, FILE)?).map_err(refused(FILE))?;
    let scaled = |side: u32| u64::from(side) * u64::from(network.scale);
    let (width, height) = admit(scaled(fact.width), scaled(fact.height), FILE)?;
    let sized = ImageFact { width, height, encoding: Encoding::Srgb, ..fact };
    cx.needs(network.bytes + working_bytes(&fact, tile, network.width, network.scale));
    cx.needs(sized.len() as u64 * BESIDE);
    Ok(Checked::Facts(vec![OUT.fact(sized)]))
}

/// Bytes a pixel of the result takes besides: colour, alpha as a picture, and both put together.
const BESIDE: u64 = 64;

/// About what a tile takes: at its largest, six maps of the network's width.
fn working_bytes(fact: &ImageFact, tile: u32, width: u32, scale: u32) -> u64 {
    let side = |side: u32| u64::from(side.min(tile) * scale);
    side(fact.width) * side(fact.height) * u64::from(width) * 6 * 4
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, file) = (cx.input(IN), weight_file(cx, FILE)?);
    let tiled = TiledSize { tile: cx.param(TILE), overlap: cx.param(OVERLAP) };
    let computing = computing(cx)?;
    let larger = upscale(&computing, &file, &image, tiled, &mut steps(cx)).map_err(failed)?;
    Ok(vec![OUT.put(larger)])
}
