//! Lays one latent over another.

use pellucid_graph::comfy::{ComfyClass, flag, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, OptIn, Out, Param, Run, RunFn,
};
use pellucid_pixel::Matte;
use pellucid_value::{Array, Latent, LatentFact, Value};

const BG: In<Latent> = In::new("bg", "The latents below.");
const FG: In<Latent> = In::new("fg", "The latents on top; one for all, or one for each.");
const MASK: OptIn<Matte> =
    OptIn::new("mask", "Where the top shows (1), scaled to its size; everywhere without.");
const X: Param<i32> = Param::<i32>::int("x", 0, "Left edge of the top, in pixels of the picture.")
    .range(-32768, 32768);
const Y: Param<i32> = Param::<i32>::int("y", 0, "Top edge of the top, in pixels of the picture.")
    .range(-32768, 32768);
const FEATHER: Param<u32> = Param::<u32>::int(
    "feather",
    0,
    "How far from its inner edges the top fades in, in pixels of the picture.",
)
.range(0, 16384);
const LATENT: Out<Latent> = Out::new("latent", "Both in one.");

/// The record of `composite_latents`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "composite_latents".into(),
        family: "latent".into(),
        docs: "Lays one latent over another: top * m + below * (1 - m). Places are rounded to whole latent elements of 8 pixels.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![BG.decl(), FG.decl(), MASK.decl()],
        params: vec![X.decl(), Y.decl(), FEATHER.decl()],
        outputs: vec![LATENT.decl()],
        comfy: vec![latent_composite(), latent_composite_masked()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn latent_composite() -> ComfyClass {
    ComfyClass::new("LatentComposite", "Latent Composite")
        .input(socket("samples_to", "LATENT").to(BG))
        .input(socket("samples_from", "LATENT").to(FG))
        .input(int("x", 0, 0..=16384).to(X))
        .input(int("y", 0, 0..=16384).to(Y))
        .input(int("feather", 0, 0..=16384).to(FEATHER))
        .output(output("LATENT").from(LATENT))
}

fn latent_composite_masked() -> ComfyClass {
    ComfyClass::new("LatentCompositeMasked", "LatentCompositeMasked")
        .input(socket("destination", "LATENT"))
        .input(socket("source", "LATENT"))
        .input(int("x", 0, 0..=16384))
        .input(int("y", 0, 0..=16384))
        .input(flag("resize_source", false))
        .input(socket("mask", "MASK").optional())
        .output(output("LATENT"))
        .rewrite(|cx| {
            let (bg, mut fg) = (cx.wire("destination")?, cx.wire("source")?);
            if cx.flag("resize_source")? {
                let like = bg.clone();
                let scaled = cx.helper("scale_latent").wire("latent", fg).wire("like", like).add();
                fg = scaled.out("latent");
            }
            let (mask, x, y) = (cx.wire_if_given("mask")?, cx.literal("x")?, cx.literal("y")?);
            let node = cx
                .node("composite_latents")
                .wire(BG, bg)
                .wire(FG, fg)
                .wire_if("mask", mask)
                .set(X, x)
                .set(Y, y)
                .add();
            cx.output(0, node.out(LATENT));
            Ok(())
        })
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (bg, fg) = (cx.fact(BG), cx.fact(FG));
    if (bg.channels, bg.frames) != (fg.channels, fg.frames) {
        let message = format!(
            "fg has {} channels in {} frames, bg {} in {}",
            fg.channels, fg.frames, bg.channels, bg.frames
        );
        return Err(NodeError::at(FG, message));
    }
    for (count, site, what) in [
        (fg.batch, FG.into(), "latents on top"),
        (cx.given(MASK).map_or(1, |mask| mask.batch), pellucid_graph::Site::from(MASK), "masks"),
    ] {
        if count != 1 && count != bg.batch {
            let message = format!("{count} {what} for {} below", bg.batch);
            return Err(NodeError::at(site, message).hint("use one, or one for each"));
        }
    }
    Ok(Checked::Facts(vec![LATENT.fact(bg)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (bg, fg, mask) = (cx.input(BG), cx.input(FG), cx.given(MASK));
    let place = |pixels: i32| i64::from(pixels).div_euclid(8);
    let (x, y) = (place(cx.param(X)), place(cx.param(Y)));
    let (below, above) = (bg.fact(), fg.fact());
    let feather = cx.param(FEATHER) / 8;
    let mut data = bg.samples.data.to_vec();
    for item in 0..below.batch {
        let weights = weights(&above, &below, mask.as_ref(), item, (x, y), feather);
        lay(&mut data, &below, &fg.samples.data, &above, &weights, item, (x, y));
    }
    Ok(vec![LATENT.put(Latent { samples: Array::new(&below.shape(), data), ..bg })])
}

/// How much every element of the top counts.
fn weights(
    above: &LatentFact,
    below: &LatentFact,
    mask: Option<&Matte>,
    item: u32,
    (x, y): (i64, i64),
    feather: u32,
) -> Vec<f32> {
    let (width, height) = (above.width as usize, above.height as usize);
    let mut weights = match mask {
        Some(mask) => {
            let size = (mask.fact.width as usize, mask.fact.height as usize);
            let frame = mask.frame(item % mask.fact.batch);
            pellucid_diffusion::bilinear(frame, size, (width, height))
        }
        None => vec![1.0; width * height],
    };
    let ramp = |start: i64, size: u32, whole: u32, at: usize| {
        let (at, size) = (at as i64, i64::from(size));
        let mut weight = 1.0;
        let step = |distance: i64| {
            if distance < i64::from(feather) { (distance + 1) as f32 / feather as f32 } else { 1.0 }
        };
        if start != 0 {
            weight *= step(at);
        }
        if start + size < i64::from(whole) {
            weight *= step(size - 1 - at);
        }
        weight
    };
    for (index, weight) in weights.iter_mut().enumerate() {
        let (column, row) = (index % width, index / width);
        *weight *= ramp(x, above.width, below.width, column);
        *weight *= ramp(y, above.height, below.height, row);
    }
    weights
}

fn lay(
    data: &mut [f32],
    below: &LatentFact,
    top: &[f32],
    above: &LatentFact,
    weights: &[f32],
    item: u32,
    (x, y): (i64, i64),
) {
    let planes = (below.frames * below.channels) as usize;
    let (plane, top_plane) =
        ((below.width * below.height) as usize, (above.width * above.height) as usize);
    let from = (item % above.batch) as usize * planes * top_plane;
    for channel in 0..planes {
        let base = (item as usize * planes + channel) * plane;
        for (index, weight) in weights.iter().enumerate() {
            let column = x + (index % above.width as usize) as i64;
            let row = y + (index / above.width as usize) as i64;
            let inside = (0..i64::from(below.width)).contains(&column)
                && (0..i64::from(below.height)).contains(&row);
            if inside {
                let at = base + row as usize * below.width as usize + column as usize;
                let value = top[from + channel * top_plane + index];
                data[at] = value * weight + data[at] * (1.0 - weight);
            }
        }
    }
}
