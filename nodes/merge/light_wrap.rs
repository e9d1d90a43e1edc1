//! Lets light of a backdrop fall on the edges of a picture.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::mix::{LightWrap, light_wrap};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

use crate::sizes::{Sized, meet};

const BG: In<Image> = In::new("bg", "The backdrop the light comes from.");
const FG: In<Image> = In::new("fg", "The picture that is lit.");
const WIDTH: Param<f64> = Param::float(
    "width",
    8.0,
    "How far the light reaches: standard deviation of the blur, in pixels.",
)
.range(0.0, 4096.0);
const INTENSITY: Param<f64> =
    Param::float("intensity", 1.0, "How much of the light falls in; 1 is all of it.")
        .range(0.0, 16.0);
const IMAGE: Out<Image> =
    Out::new("image", "`fg` with light on its edges and its alpha unchanged, to be put over `bg`.");

/// The record of `light_wrap`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "light_wrap".into(),
        family: "merge".into(),
        docs: "Lets light of `bg` fall on the edges of `fg`, so that it sits in the picture. With \
               l = intensity * blur(bg) * blur(1 - fg.alpha) the result is fg + l * max(0, \
               fg.alpha - fg), on premultiplied pixels in the encoding of `fg`: a screen held \
               inside `fg`. Put the result over `bg`."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![BG.decl(), FG.decl()],
        params: vec![WIDTH.decl(), INTENSITY.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (bg, fg) = (cx.fact(BG), cx.fact(FG));
    let of_bg = Sized { name: "bg", size: bg.size(), batch: bg.batch };
    let of_fg = Sized { name: "fg", size: fg.size(), batch: fg.batch };
    let batch = meet(of_bg, &[(of_fg, FG.into())])?;
    let unlit = fg.alpha == Alpha::Opaque || cx.param(INTENSITY) == 0.0;
    if unlit && fg.alpha != Alpha::Straight && batch == fg.batch {
        return Ok(Checked::Forward("fg"));
    }
    cx.needs(2 * bg.bytes() + 2 * fg.bytes());
    let alpha = if fg.alpha == Alpha::Opaque { Alpha::Opaque } else { Alpha::Premultiplied };
    Ok(Checked::Facts(vec![IMAGE.fact(ImageFact { alpha, batch, ..fg })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let how = LightWrap { sigma: cx.param(WIDTH) as f32, intensity: cx.param(INTENSITY) as f32 };
    cx.step(0, 1)?;
    Ok(vec![IMAGE.put(light_wrap(&cx.input(BG), &cx.input(FG), how))])
}
