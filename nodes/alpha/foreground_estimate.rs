//! Takes a picture apart into foreground and background colour, given its alpha.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn, Site,
};
use pellucid_pixel::alpha::{Foreground, estimate_grounds};
use pellucid_pixel::{Alpha, Image, ImageFact, Matte};
use pellucid_value::Value;

use crate::frames::{each, frame_bytes, image_at, joined, matte_at};
use crate::sizes::{Sized, meet};

const IN: In<Image> =
    In::new("image", "What was seen: foreground over a background. Its own alpha is not used.");
const MATTE: In<Matte> = In::new("matte", "Alpha of the foreground.");
const SMOOTH: Param<f64> =
    Param::float("smooth", 1e-5, "How much neighbouring colours pull at each other.")
        .range(1e-9, 1.0);
const EDGE: Param<f64> =
    Param::float("edge", 1.0, "How much more they do where alpha changes.").range(0.0, 100.0);
const SMALL_SWEEPS: Param<u32> =
    Param::<u32>::int("small_sweeps", 10, "Sweeps on levels of at most 32x32 pixels.")
        .range(1, 1000);
const LARGE_SWEEPS: Param<u32> =
    Param::<u32>::int("large_sweeps", 2, "Sweeps on larger levels.").range(1, 1000);
const FOREGROUND: Out<Image> =
    Out::new("image", "The foreground: straight colour F under the matte as alpha.");
const BACKGROUND: Out<Image> = Out::new("background", "The background B, opaque.");

/// The record of `foreground_estimate`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "foreground_estimate".into(),
        family: "alpha".into(),
        docs: "Estimates the foreground F and the background B that were mixed into a picture \
               I = a F + (1 - a) B, given alpha. Every level of a pyramid minimises the error of \
               I plus the change of F and B between neighbours, weighed by \
               smooth + edge * |change of a| (multi-level foreground estimation, Germer and \
               others, 2020)."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl(), MATTE.decl()],
        params: vec![SMOOTH.decl(), EDGE.decl(), SMALL_SWEEPS.decl(), LARGE_SWEEPS.decl()],
        outputs: vec![FOREGROUND.decl(), BACKGROUND.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (image, matte) = (cx.fact(IN), cx.fact(MATTE));
    let of_image = Sized { name: "image", size: image.size(), batch: image.batch };
    let of_matte = Sized { name: "matte", size: matte.size(), batch: matte.batch };
    let batch = meet(of_image, &[(of_matte, Site::from(MATTE))])?;
    let foreground = ImageFact { batch, alpha: Alpha::Straight, ..image };
    cx.needs(2 * foreground.bytes() + 6 * frame_bytes(image));
    Ok(Checked::Facts(vec![
        FOREGROUND.fact(foreground),
        BACKGROUND.fact(ImageFact { alpha: Alpha::Opaque, ..foreground }),
    ]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, matte, settings) = (cx.input(IN), cx.input(MATTE), settings(cx.params()));
    let batch = image.fact.batch.max(matte.fact.batch);
    let grounds = each(cx, batch, |i| {
        Ok(estimate_grounds(&image_at(&image, i), &matte_at(&matte, i), &settings)?)
    })?;
    let (foregrounds, backgrounds): (Vec<Image>, Vec<Image>) =
        grounds.into_iter().map(|grounds| (grounds.foreground, grounds.background)).unzip();
    Ok(vec![FOREGROUND.put(joined(foregrounds)), BACKGROUND.put(joined(backgrounds))])
}

fn settings(params: Params) -> Foreground {
    Foreground {
        smooth: params.get(SMOOTH) as f32,
        edge: params.get(EDGE) as f32,
        small_sweeps: params.get(SMALL_SWEEPS),
        large_sweeps: params.get(LARGE_SWEEPS),
    }
}
