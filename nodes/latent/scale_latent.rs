//! Scales latents.

use pellucid_graph::comfy::{ComfyClass, combo, float, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, OptIn, Out, Param, Run, RunFn,
};
use pellucid_nets::interpolate::{Method, resampled};
use pellucid_value::{Latent, LatentFact, Raster, Value};

use crate::transform::scaling::size_of;

const LATENT_IN: In<Latent> = In::new("latent", "The latents.");
const LIKE: OptIn<Latent> =
    OptIn::new("like", "Latents whose size to scale to, instead of the params.");
const PICTURE: OptIn<Raster> =
    OptIn::new("picture", "A picture whose size to scale to, instead of the params.");
const METHOD: Choice<Method> =
    Choice::new("method", &Method::NAMES, "How new elements are made of old ones.");
const WIDTH: Param<u32> = Param::<u32>::int(
    "width",
    0,
    "New width in pixels of the picture; 0 keeps the shape, or with no height either, the size.",
)
.range(0, 32768);
const HEIGHT: Param<u32> = Param::<u32>::int(
    "height",
    0,
    "New height in pixels of the picture; 0 keeps the shape, or with no width either, the size.",
)
.range(0, 32768);
const FACTOR: Param<f64> =
    Param::float("factor", 1.0, "A factor on the size, when no width and height are given.")
        .range(0.01, 64.0);
const CROP: Choice<bool> =
    Choice::new("crop", &CROPS, "What to do when the shape changes.").meanings(meaning);
const LATENT: Out<Latent> = Out::new("latent", "The scaled latents; their mask stays as it is.");

const CROPS: &[(&str, bool)] = &[("disabled", false), ("center", true)];

fn meaning(word: &str) -> &'static str {
    match word {
        "disabled" => "Stretch.",
        _ => "Cut the middle out in the new shape first.",
    }
}

/// The record of `scale_latent`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "scale_latent".into(),
        family: "latent".into(),
        docs: "Scales latents, to go on drawing at another size. Scaling changes what a latent means; a few steps of a sampler with `denoise` below 1 put that right.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LATENT_IN.decl(), LIKE.decl(), PICTURE.decl()],
        params: vec![METHOD.decl(), WIDTH.decl(), HEIGHT.decl(), FACTOR.decl(), CROP.decl()],
        outputs: vec![LATENT.decl()],
        comfy: vec![latent_upscale(), latent_upscale_by()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

const METHODS: &[&str] = &["nearest-exact", "bilinear", "area", "bicubic", "bislerp"];

fn latent_upscale() -> ComfyClass {
    ComfyClass::new("LatentUpscale", "Upscale Latent")
        .input(socket("samples", "LATENT").to(LATENT_IN))
        .input(combo("upscale_method", METHODS).to(METHOD))
        .input(int("width", 512, 0..=16384).to(WIDTH))
        .input(int("height", 512, 0..=16384).to(HEIGHT))
        .input(combo("crop", &["disabled", "center"]).to(CROP))
        .output(output("LATENT").from(LATENT))
        .sized_like("scale_latent", PICTURE)
}

fn latent_upscale_by() -> ComfyClass {
    ComfyClass::new("LatentUpscaleBy", "Upscale Latent By")
        .input(socket("samples", "LATENT").to(LATENT_IN))
        .input(combo("upscale_method", METHODS).to(METHOD))
        .input(float("scale_by", 1.5, 0.01..=8.0).to(FACTOR))
        .output(output("LATENT").from(LATENT))
}

/// The new size in latent elements.
fn size(
    latent: &LatentFact,
    like: Option<LatentFact>,
    wanted: (u32, u32),
    factor: f64,
) -> (u32, u32) {
    /// The least width or height in pixels that a given one becomes.
    const LEAST: u32 = 64;
    if let Some(like) = like {
        return (like.width, like.height);
    }
    let kept = |a: u32, b: u32, other: u32| {
        let pixels = (f64::from(a * 8) * f64::from(other) / f64::from(b * 8)).round_ties_even();
        (pixels as u32).max(LEAST) / 8
    };
    match wanted {
        (0, 0) => {
            let scaled = |side: u32| ((f64::from(side) * factor).round_ties_even() as u32).max(1);
            (scaled(latent.width), scaled(latent.height))
        }
        (0, height) => {
            let height = height.max(LEAST);
            (kept(latent.width, latent.height, height), height / 8)
        }
        (width, 0) => {
            let width = width.max(LEAST);
            (width / 8, kept(latent.height, latent.width, width))
        }
        (width, height) => (width.max(LEAST) / 8, height.max(LEAST) / 8),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let latent = cx.fact(LATENT_IN);
    let picture = cx.given(PICTURE).map(|picture| picture.size());
    if picture.is_some() && cx.given(LIKE).is_some() {
        let message = "both a picture and latents are given to have the size of";
        return Err(NodeError::at(PICTURE, message).hint("leave one of them out"));
    }
    let wanted = picture.unwrap_or((cx.param(WIDTH), cx.param(HEIGHT)));
    let (width, height) = size(&latent, cx.given(LIKE), wanted, cx.param(FACTOR));
    if width > 8192 || height > 8192 {
        let message = format!("the result would be {width}x{height} latent elements");
        return Err(NodeError::at(FACTOR, message).hint("make it smaller"));
    }
    let unscaled = (width, height) == (latent.width, latent.height);
    if unscaled {
        return Ok(Checked::Forward("latent"));
    }
    Ok(Checked::Facts(vec![LATENT.fact(LatentFact { width, height, ..latent })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (latent, like) = (cx.input(LATENT_IN), cx.given(LIKE));
    let fact = latent.fact();
    let picture = cx.given(PICTURE).map(|picture| size_of(&picture));
    let wanted = picture.unwrap_or((cx.param(WIDTH), cx.param(HEIGHT)));
    let (width, height) = size(&fact, like.map(|like| like.fact()), wanted, cx.param(FACTOR));
    let shape = [
        (fact.batch * fact.frames) as usize,
        fact.channels as usize,
        fact.height as usize,
        fact.width as usize,
    ];
    let data = resampled(
        &latent.samples.data,
        shape,
        (width as usize, height as usize),
        cx.choice(METHOD),
        cx.choice(CROP),
    );
    let scaled = Latent::new(LatentFact { width, height, masked: false, ..fact }, data);
    Ok(vec![LATENT.put(Latent { mask: latent.mask, batch_index: latent.batch_index, ..scaled })])
}
