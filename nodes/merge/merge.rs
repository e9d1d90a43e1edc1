//! Puts one picture over, under, into or against another.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, OptIn, Out, Param, Params, Run,
    RunFn,
};
use pellucid_pixel::merge::{AlphaRule, Clamp, MaskMode, Merge, merge, result_alpha};
use pellucid_pixel::{Encoding, Image, ImageFact, Matte, Mode};
use pellucid_value::Value;

use crate::sizes::{Sized, common_batch, same_size};

const BG: In<Image> = In::new("bg", "The picture underneath: the backdrop, Nuke's B.");
const FG: In<Image> = In::new("fg", "The picture on top: the source, Nuke's A.");
const MASK: OptIn<Matte> = OptIn::new("mask", "Where `fg` counts.");
const MODE: Choice<Mode> = Choice::new("mode", &Mode::NAMES, "How the two meet.").meanings(meaning);
const OPACITY: Param<f64> =
    Param::float("opacity", 1.0, "Scales the alpha of `fg`.").range(0.0, 1.0);
const MASK_MODE: Choice<MaskMode> = Choice::new(
    "mask_mode",
    &MASK_MODES,
    "`source` multiplies the mask into the alpha of `fg`; `mix` fades between `bg` and the result.",
);
const CLAMP: Choice<Clamp> =
    Choice::new("clamp", &CLAMPS, "Where values are brought back to 0..1 in blend modes.");
const ALPHA: Choice<AlphaRule> = Choice::new(
    "alpha",
    &ALPHA_RULES,
    "Alpha of the result in plate arithmetic: by the mode, by union, or by the same formula.",
);
const SPACE: Choice<Encoding> =
    Choice::new("space", &SPACES, "The encoding the mathematics works in.");
const SEED: Param<u64> = Param::seed("seed", 0, "Picks the pattern of `dissolve`.");
const IMAGE: Out<Image> = Out::new("image", "Both pictures, in the encoding of `bg`.");

const MASK_MODES: &[(&str, MaskMode)] = &[("source", MaskMode::Source), ("mix", MaskMode::Mix)];
const CLAMPS: &[(&str, Clamp)] =
    &[("blend", Clamp::Blend), ("result", Clamp::Result), ("none", Clamp::None)];
const ALPHA_RULES: &[(&str, AlphaRule)] =
    &[("auto", AlphaRule::Auto), ("union", AlphaRule::Union), ("same", AlphaRule::Same)];
const SPACES: &[(&str, Encoding)] = &[("srgb", Encoding::Srgb), ("linear", Encoding::Linear)];

/// The record of `merge`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "merge".into(),
        family: "merge".into(),
        docs: "Puts `fg` over, under, into or against `bg`: Porter-Duff operators, W3C and \
               Photoshop blend modes, and plate arithmetic. `over` is fg + bg * (1 - fg.alpha), \
               on premultiplied pixels."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![BG.decl(), FG.decl(), MASK.decl()],
        params: vec![
            MODE.decl(),
            OPACITY.decl(),
            MASK_MODE.decl(),
            CLAMP.decl(),
            ALPHA.decl(),
            SPACE.decl(),
            SEED.decl(),
        ],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn meaning(word: &str) -> &'static str {
    Mode::from_name(word).map_or("", Mode::formula)
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (bg, fg, mask) = (cx.fact(BG), cx.fact(FG), cx.given(MASK));
    let of_bg = Sized { name: "bg", size: bg.size(), batch: bg.batch };
    let of_fg = Sized { name: "fg", size: fg.size(), batch: fg.batch };
    same_size(of_bg, of_fg, FG)?;
    let mut batch = common_batch(of_bg, of_fg, FG)?;
    if let Some(mask) = mask {
        let of_mask = Sized { name: "mask", size: mask.size(), batch: mask.batch };
        same_size(of_bg, of_mask, MASK)?;
        batch = common_batch(Sized { batch, ..of_bg }, of_mask, MASK)?;
    }
    let alpha = result_alpha(bg.alpha, fg.alpha, &how(cx.params()), mask.is_some());
    Ok(Checked::Facts(vec![IMAGE.fact(ImageFact { alpha, batch, ..bg })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let how = how(cx.params());
    let mask = cx.given(MASK);
    Ok(vec![IMAGE.put(merge(&cx.input(BG), &cx.input(FG), mask.as_ref(), &how))])
}

fn how(params: Params) -> Merge {
    Merge {
        mode: params.choice(MODE),
        opacity: params.get(OPACITY) as f32,
        clamp: params.choice(CLAMP),
        mask: params.choice(MASK_MODE),
        alpha: params.choice(ALPHA),
        space: params.choice(SPACE),
        seed: params.get(SEED),
    }
}
