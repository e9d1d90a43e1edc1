//! Puts one picture into another at a place.

use pellucid_graph::comfy::{ComfyClass, flag, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, OptIn, Out, Param, Run, RunFn, Site,
};
use pellucid_pixel::interpolate::{Scheme, interpolate, interpolate_matte};
use pellucid_pixel::paste::{paste, pasted_alpha};
use pellucid_pixel::{Image, ImageFact, Matte};
use pellucid_value::Value;

const BG: In<Image> = In::new("bg", "The picture underneath, which gives size and batch.");
const FG: In<Image> = In::new("fg", "The picture that is put in.");
const MASK: OptIn<Matte> = OptIn::new(
    "mask",
    "How much of `fg` is seen; scaled to its size. All of it when there is none.",
);
const X: Param<i32> =
    Param::<i32>::int("x", 0, "Where the left edge of `fg` lies, in pixels.").range(-65535, 65535);
const Y: Param<i32> =
    Param::<i32>::int("y", 0, "Where the top edge of `fg` lies, in pixels.").range(-65535, 65535);
const STRETCH: Param<bool> =
    Param::bool("stretch", false, "Scale `fg` to the size of `bg` first, linearly.");
const OUT: Out<Image> = Out::new("image", "Both pictures, opaque as `bg`, else straight.");

/// The record of `paste`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "paste".into(),
        family: "merge".into(),
        docs: "Puts `fg` into `bg` at a place: mask * fg + (1 - mask) * bg, on straight values, \
               alpha like any other channel; the alpha of `fg` does not hide it, and is dropped \
               where `bg` has none. For pictures with alpha there is `alpha_over`. A smaller batch \
               of `fg` or mask is repeated."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![BG.decl(), FG.decl(), MASK.decl()],
        params: vec![X.decl(), Y.decl(), STRETCH.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![image_composite_masked()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_composite_masked() -> ComfyClass {
    ComfyClass::new("ImageCompositeMasked", "ImageCompositeMasked")
        .input(socket("destination", "IMAGE").to(BG))
        .input(socket("source", "IMAGE").to(FG))
        .input(int("x", 0, 0..=16384).to(X))
        .input(int("y", 0, 0..=16384).to(Y))
        .input(flag("resize_source", false).to(STRETCH))
        .input(socket("mask", "MASK").optional().to(MASK))
        .output(output("IMAGE").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (bg, fg, mask) = (cx.fact(BG), cx.fact(FG), cx.given(MASK));
    served("fg", fg.batch, bg.batch, FG)?;
    let size = if cx.param(STRETCH) { bg.size() } else { fg.size() };
    let source = ImageFact { width: size.0, height: size.1, ..fg };
    if let Some(mask) = mask {
        served("mask", mask.batch, bg.batch, MASK)?;
        cx.needs(source.bytes());
    }
    cx.needs(2 * source.bytes() + bg.bytes());
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { alpha: pasted_alpha(bg.alpha), ..bg })]))
}

/// Refuses pictures that would go unseen.
fn served(name: &str, batch: u32, of_bg: u32, site: impl Into<Site>) -> Result<(), NodeError> {
    if batch <= of_bg {
        return Ok(());
    }
    let message = format!("{name} is a batch of {batch}, but bg of {of_bg}");
    Err(NodeError::at(site, message)
        .hint("put a `repeat_frames` node behind bg, or take what is wanted with `pick_frames`"))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (bg, mut fg) = (cx.input(BG), cx.input(FG));
    let scheme = Scheme::Bilinear;
    if cx.param(STRETCH) {
        fg = interpolate(&fg, bg.fact.width, bg.fact.height, scheme);
    }
    cx.step(1, 3)?;
    let (width, height) = fg.fact.size();
    let mask = cx.given(MASK).map(|mask| interpolate_matte(&mask, width, height, scheme));
    cx.step(2, 3)?;
    let at = (i64::from(cx.param(X)), i64::from(cx.param(Y)));
    Ok(vec![OUT.put(paste(&bg, &fg, mask.as_ref(), at))])
}
