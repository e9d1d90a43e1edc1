//! How far two pictures are apart.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn, Site,
};
use pellucid_pixel::Image;
use pellucid_pixel::compare::{Difference, compare};
use pellucid_value::{Table, Value};

use crate::frames::{each, frame_bytes, image_at};
use crate::reports::{Row, capped, greatest, least, row, table};
use crate::sizes::{Sized, meet};

const A: In<Image> = In::new("a", "A picture.");
const B: In<Image> = In::new("b", "Another of the same size.");
const MAX: Out<f64> = Out::new("max", "The greatest absolute difference of a channel.");
const MEAN: Out<f64> = Out::new("mean", "The mean absolute difference.");
const PSNR: Out<f64> =
    Out::new("psnr", "Peak signal-to-noise ratio in decibels; 999 for equal pictures.");
const TABLE: Out<Arc<Table>> = Out::new(
    "table",
    "All measures, frame by frame: also the mean squared difference, and x and y of the first \
     pixel that differs most.",
);

/// The record of `compare`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "compare".into(),
        family: "inspect".into(),
        docs: "Measures how far two pictures are apart, over four premultiplied channels in the \
               encoding of `a`: colour counts as much as it shows. Of a batch the numbers are \
               those of the worst frame."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![A.decl(), B.decl()],
        params: vec![],
        outputs: vec![MAX.decl(), MEAN.decl(), PSNR.decl(), TABLE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (a, b) = (cx.fact(A), cx.fact(B));
    let of_a = Sized { name: "a", size: a.size(), batch: a.batch };
    let of_b = Sized { name: "b", size: b.size(), batch: b.batch };
    meet(of_a, &[(of_b, Site::from(B))])?;
    cx.needs(5 * frame_bytes(a));
    Ok(Checked::Facts(vec![MAX.fact(()), MEAN.fact(()), PSNR.fact(()), TABLE.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (a, b) = (cx.input(A), cx.input(B));
    let rows = each(cx, a.fact.batch.max(b.fact.batch), |i| {
        Ok(measures(&compare(&image_at(&a, i), &image_at(&b, i))?))
    })?;
    let table = table(&rows);
    Ok(vec![
        MAX.put(greatest(&table, "max")),
        MEAN.put(greatest(&table, "mean")),
        PSNR.put(least(&table, "psnr")),
        TABLE.put(table),
    ])
}

fn measures(difference: &Difference) -> Row {
    let [_, x, y] = difference.worst.map(f64::from);
    row([
        ("max", difference.max),
        ("mean", difference.mean),
        ("mse", difference.mse),
        ("psnr", capped(difference.psnr)),
        ("x", x),
        ("y", y),
    ])
}
