//! Dissolves one picture into another.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, OptIn, Out, Param, Run, RunFn,
};
use pellucid_pixel::mix::{mix, mix_alpha};
use pellucid_pixel::{Alpha, Encoding, Image, ImageFact, Matte};
use pellucid_value::Value;

use crate::colours::SPACES;
use crate::sizes::{Sized, meet};

const BG: In<Image> = In::new("bg", "What shows where the factor is 0.");
const FG: In<Image> = In::new("fg", "What shows where the factor is 1.");
const MATTE: OptIn<Matte> = OptIn::new("matte", "Multiplied into the factor.");
const FACTOR: Param<f64> =
    Param::float("factor", 0.5, "How far `bg` has become `fg`, 0 to 1.").range(0.0, 1.0);
const SPACE: Choice<Encoding> =
    Choice::new("space", &SPACES, "The encoding the mathematics works in.");
const IMAGE: Out<Image> = Out::new(
    "image",
    "The mix, in the encoding of `bg`: opaque where both pictures are, else premultiplied.",
);

/// The record of `mix`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "mix".into(),
        family: "merge".into(),
        docs: "Dissolves `bg` into `fg`: bg + (fg - bg) * factor * matte, on premultiplied \
               pixels. Alpha is mixed as colour is."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![BG.decl(), FG.decl(), MATTE.decl()],
        params: vec![FACTOR.decl(), SPACE.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (bg, fg, matte) = (cx.fact(BG), cx.fact(FG), cx.given(MATTE));
    let of_bg = Sized { name: "bg", size: bg.size(), batch: bg.batch };
    let mut others = vec![(Sized { name: "fg", size: fg.size(), batch: fg.batch }, FG.into())];
    if let Some(matte) = matte {
        let of_matte = Sized { name: "matte", size: matte.size(), batch: matte.batch };
        others.push((of_matte, MATTE.into()));
    }
    let batch = meet(of_bg, &others)?;
    let fact = ImageFact { alpha: mix_alpha(bg.alpha, fg.alpha), batch, ..bg };
    let same_space = bg.encoding == cx.choice(SPACE);
    if cx.param(FACTOR) == 0.0 && fact == bg && same_space {
        return Ok(Checked::Forward("bg"));
    }
    let conversions = [bg, fg].into_iter().filter(|f| f.alpha == Alpha::Straight || !same_space);
    cx.needs(conversions.map(|fact| fact.bytes()).sum());
    Ok(Checked::Facts(vec![IMAGE.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (factor, matte) = (cx.param(FACTOR) as f32, cx.given(MATTE));
    let mixed = mix(&cx.input(BG), &cx.input(FG), factor, matte.as_ref(), cx.choice(SPACE));
    Ok(vec![IMAGE.put(mixed)])
}
