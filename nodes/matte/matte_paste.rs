//! Lets one matte change another at a place.

use pellucid_graph::comfy::{ComfyClass, combo, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Matte;
use pellucid_pixel::paste::{Overlap, paste_matte};
use pellucid_value::Value;

const A: In<Matte> = In::new("a", "The matte that is changed.");
const B: In<Matte> = In::new("b", "The matte that changes it, of any size.");
const X: Param<i32> =
    Param::<i32>::int("x", 0, "Where the left edge of `b` lies, in pixels.").range(-65535, 65535);
const Y: Param<i32> =
    Param::<i32>::int("y", 0, "Where the top edge of `b` lies, in pixels.").range(-65535, 65535);
const MODE: Choice<Overlap> = Choice::new(
    "mode",
    &Overlap::NAMES,
    "How the two meet; `and`, `or` and `xor` round first, 0.5 down to 0.",
);
const OUT: Out<Matte> = Out::new("matte", "The first matte, changed where the second lies.");

/// The record of `matte_paste`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_paste".into(),
        family: "matte".into(),
        docs: "Lets one matte change another where it lies; the rest stays. All values are held \
               to 0..1. For mattes of one size there is `matte_combine`."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![A.decl(), B.decl()],
        params: vec![X.decl(), Y.decl(), MODE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![mask_composite()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn mask_composite() -> ComfyClass {
    ComfyClass::new("MaskComposite", "MaskComposite")
        .input(socket("destination", "MASK").to(A))
        .input(socket("source", "MASK").to(B))
        .input(int("x", 0, 0..=16384).to(X))
        .input(int("y", 0, 0..=16384).to(Y))
        .input(combo("operation", &["multiply", "add", "subtract", "and", "or", "xor"]).to(MODE))
        .output(output("MASK").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (a, b) = (cx.fact(A), cx.fact(B));
    if b.batch != 1 && b.batch != a.batch {
        let message = format!("b is a batch of {}, but a of {}", b.batch, a.batch);
        return Err(
            NodeError::at(B, message).hint("give both the same number of mattes, or one of b")
        );
    }
    Ok(Checked::Facts(vec![OUT.fact(a)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let at = (i64::from(cx.param(X)), i64::from(cx.param(Y)));
    Ok(vec![OUT.put(paste_matte(&cx.input(A), &cx.input(B), at, cx.choice(MODE)))])
}
