//! The error measures of the matting benchmarks.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, OptIn, Out, Run, RunFn, Site,
};
use pellucid_pixel::inspect::{MattingScores, score_matte};
use pellucid_pixel::{Matte, MatteFact};
use pellucid_value::{Table, Value};

use crate::frames::{each, matte_at};
use crate::reports::{Row, greatest, row, table};
use crate::sizes::{Sized, meet};

const TRUTH: In<Matte> = In::new("truth", "The matte that is right.");
const PREDICTION: In<Matte> = In::new("prediction", "The matte that is scored.");
const TRIMAP: OptIn<Matte> = OptIn::new(
    "trimap",
    "0 where the picture is known to be clear, 1 where it is known to be solid, between where it \
     is unknown; without it all is unknown.",
);
const SAD: Out<f64> = Out::new("sad", "Sum of absolute differences, in thousands.");
const MSE: Out<f64> = Out::new("mse", "Mean squared difference where alpha is unknown.");
const MAD: Out<f64> = Out::new("mad", "Mean absolute difference where alpha is unknown.");
const GRAD: Out<f64> = Out::new("grad", "Squared differences of gradients, in thousands.");
const CONN: Out<f64> = Out::new("conn", "Differences of connectivity, in thousands.");
const TABLE: Out<Arc<Table>> = Out::new("table", "The same numbers, frame by frame.");

/// The record of `matte_scores`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_scores".into(),
        family: "inspect".into(),
        docs: "Scores a matte against the truth with the measures of the matting benchmarks: SAD, \
               MSE, MAD, gradient and connectivity (Rhemann and others, 2009). Both mattes are \
               held to 0 or 1 where the trimap knows. Of a batch the numbers are those of the \
               worst frame."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![TRUTH.decl(), PREDICTION.decl(), TRIMAP.decl()],
        params: vec![],
        outputs: vec![SAD.decl(), MSE.decl(), MAD.decl(), GRAD.decl(), CONN.decl(), TABLE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (truth, prediction) = (cx.fact(TRUTH), cx.fact(PREDICTION));
    let of_truth = Sized { name: "truth", size: truth.size(), batch: truth.batch };
    let of = |name, fact: MatteFact| Sized { name, size: fact.size(), batch: fact.batch };
    let mut others = vec![(of("prediction", prediction), Site::from(PREDICTION))];
    others.extend(cx.given(TRIMAP).map(|trimap| (of("trimap", trimap), Site::from(TRIMAP))));
    meet(of_truth, &others)?;
    // Three mattes, six planes of f64 for gradients, and labels for connectivity.
    cx.needs(20 * MatteFact { batch: 1, ..truth }.bytes());
    Ok(Checked::Facts(vec![
        SAD.fact(()),
        MSE.fact(()),
        MAD.fact(()),
        GRAD.fact(()),
        CONN.fact(()),
        TABLE.fact(()),
    ]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (truth, prediction, trimap) = (cx.input(TRUTH), cx.input(PREDICTION), cx.given(TRIMAP));
    let batches = [truth.fact.batch, prediction.fact.batch];
    let batch = trimap.iter().map(|trimap| trimap.fact.batch).chain(batches).fold(1, u32::max);
    let rows = each(cx, batch, |i| {
        let trimap = trimap.as_ref().map(|trimap| matte_at(trimap, i));
        let (truth, prediction) = (matte_at(&truth, i), matte_at(&prediction, i));
        Ok(measures(&score_matte(&truth, &prediction, trimap.as_ref())?[0]))
    })?;
    let table = table(&rows);
    Ok(vec![
        SAD.put(greatest(&table, "sad")),
        MSE.put(greatest(&table, "mse")),
        MAD.put(greatest(&table, "mad")),
        GRAD.put(greatest(&table, "grad")),
        CONN.put(greatest(&table, "conn")),
        TABLE.put(table),
    ])
}

fn measures(scores: &MattingScores) -> Row {
    row([
        ("sad", scores.sad),
        ("mse", scores.mse),
        ("mad", scores.mad),
        ("grad", scores.gradient),
        ("conn", scores.connectivity),
    ])
}
