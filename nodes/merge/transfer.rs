//! Puts two pictures together by a transfer mode.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Run, RunFn,
};
use pellucid_pixel::transfer::{Transfer, transfer};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

use crate::sizes::{Sized, meet};

const BG: In<Image> = In::new("bg", "The picture underneath: the destination, D.");
const FG: In<Image> = In::new("fg", "The picture on top: the source, S.");
const MODE: Choice<Transfer> =
    Choice::new("mode", &Transfer::NAMES, "How the two meet.").meanings(meaning);
const OUT: Out<Image> =
    Out::new("image", "Both pictures, in the encoding of `bg`, straight, colour held to 0..1.");

/// The record of `transfer`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "transfer".into(),
        family: "merge".into(),
        docs: "Puts two pictures together by a transfer mode as Android and Skia name and define \
               them, on premultiplied pixels: Porter-Duff operators, and blend modes that mostly \
               differ from those of `merge` where alpha is not 1."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![BG.decl(), FG.decl()],
        params: vec![MODE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn meaning(word: &str) -> &'static str {
    Transfer::NAMES.iter().find(|(name, _)| *name == word).map_or("", |(_, mode)| mode.formula())
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (bg, fg) = (cx.fact(BG), cx.fact(FG));
    let of_bg = Sized { name: "bg", size: bg.size(), batch: bg.batch };
    let of_fg = Sized { name: "fg", size: fg.size(), batch: fg.batch };
    let batch = meet(of_bg, &[(of_fg, FG.into())])?;
    cx.needs(bg.bytes() + 2 * fg.bytes());
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { alpha: Alpha::Straight, batch, ..bg })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(transfer(&cx.input(BG), &cx.input(FG), cx.choice(MODE))?)])
}
