//! Makes one matte of two.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Run, RunFn,
};
use pellucid_pixel::combine::{Combine, combine};
use pellucid_pixel::{Matte, MatteFact};
use pellucid_value::Value;

use crate::sizes::{Sized, meet};

const A: In<Matte> = In::new("a", "The first matte.");
const B: In<Matte> = In::new("b", "The second matte, of the same size.");
const MODE: Choice<Combine> =
    Choice::new("mode", &Combine::NAMES, "How the two meet.").meanings(meaning);
const OUT: Out<Matte> = Out::new("matte", "Both mattes in one.");

/// The record of `matte_combine`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_combine".into(),
        family: "matte".into(),
        docs: "Makes one matte of two, value by value: union, intersection, sum, difference. \
               Mattes of values in 0..1 give values in 0..1."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![A.decl(), B.decl()],
        params: vec![MODE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn meaning(word: &str) -> &'static str {
    Combine::NAMES.iter().find(|(name, _)| *name == word).map_or("", |(_, mode)| mode.formula())
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (a, b) = (cx.fact(A), cx.fact(B));
    let of_a = Sized { name: "a", size: a.size(), batch: a.batch };
    let of_b = Sized { name: "b", size: b.size(), batch: b.batch };
    let batch = meet(of_a, &[(of_b, B.into())])?;
    Ok(Checked::Facts(vec![OUT.fact(MatteFact { batch, ..a })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(combine(&cx.input(A), &cx.input(B), cx.choice(MODE)))])
}
