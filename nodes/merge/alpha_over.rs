//! Puts one picture over another.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, OptIn, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::merge::{Merge, merge, result_alpha};
use pellucid_pixel::{Alpha, Encoding, Image, ImageFact, Matte};
use pellucid_value::Value;

use crate::sizes::{Sized, meet};

const BG: In<Image> = In::new("bg", "The picture underneath.");
const FG: In<Image> = In::new("fg", "The picture on top.");
const MASK: OptIn<Matte> = OptIn::new("mask", "Multiplied into the alpha of `fg`.");
const OPACITY: Param<f64> =
    Param::float("opacity", 1.0, "Scales the alpha of `fg`, 0 to 1.").range(0.0, 1.0);
const IMAGE: Out<Image> = Out::new("image", "Both pictures, in the encoding of `bg`.");

/// The record of `alpha_over`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "alpha_over".into(),
        family: "merge".into(),
        docs: "Puts `fg` over `bg`: fg + bg * (1 - fg.alpha), on premultiplied, sRGB-encoded \
               pixels. For other modes, and for linear light, there is `merge`."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![BG.decl(), FG.decl(), MASK.decl()],
        params: vec![OPACITY.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (bg, fg, mask) = (cx.fact(BG), cx.fact(FG), cx.given(MASK));
    let of_bg = Sized { name: "bg", size: bg.size(), batch: bg.batch };
    let mut others = vec![(Sized { name: "fg", size: fg.size(), batch: fg.batch }, FG.into())];
    if let Some(mask) = mask {
        let of_mask = Sized { name: "mask", size: mask.size(), batch: mask.batch };
        others.push((of_mask, MASK.into()));
    }
    let batch = meet(of_bg, &others)?;
    let as_it_is = bg.alpha != Alpha::Straight && bg.encoding == Encoding::Srgb;
    if cx.param(OPACITY) == 0.0 && as_it_is && batch == bg.batch {
        return Ok(Checked::Forward("bg"));
    }
    let alpha = result_alpha(bg.alpha, fg.alpha, &how(cx.params()), mask.is_some());
    Ok(Checked::Facts(vec![IMAGE.fact(ImageFact { alpha, batch, ..bg })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let mask = cx.given(MASK);
    let over = merge(&cx.input(BG), &cx.input(FG), mask.as_ref(), &how(cx.params()));
    Ok(vec![IMAGE.put(over)])
}

fn how(params: Params) -> Merge {
    Merge { opacity: params.get(OPACITY) as f32, ..Merge::default() }
}
