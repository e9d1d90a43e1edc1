//! The spread of alpha in numbers.

use std::sync::Arc;

use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::inspect::{AlphaStatistics, alpha_statistics, matte_statistics};
use pellucid_value::{Raster, RasterFact, Table, Value};

use crate::frames::{each, frame_bytes, image_at, matte_at};
use crate::reports::{Row, row, table};

const IN: In<Raster> = In::new("image", "A picture or a matte.");
const MIN: Out<f64> = Out::new("min", "The least alpha.");
const MAX: Out<f64> = Out::new("max", "The greatest alpha.");
const MEAN: Out<f64> = Out::new("mean", "The mean alpha.");
const CLEAR: Out<f64> = Out::new("clear", "Fraction of pixels with alpha 0.");
const SOFT: Out<f64> = Out::new("soft", "Fraction of pixels with alpha between 0 and 1.");
const SOLID: Out<f64> = Out::new("solid", "Fraction of pixels with alpha 1.");
const TABLE: Out<Arc<Table>> = Out::new("table", "The same numbers, frame by frame.");

/// The record of `alpha_report`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "alpha_report".into(),
        family: "alpha".into(),
        docs: "Gives the spread of alpha in numbers. They count all pixels of all frames; \
               `clear`, `soft` and `solid` add up to 1."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![],
        outputs: vec![
            MIN.decl(),
            MAX.decl(),
            MEAN.decl(),
            CLEAR.decl(),
            SOFT.decl(),
            SOLID.decl(),
            TABLE.decl(),
        ],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    if let RasterFact::Image(fact) = cx.fact(IN) {
        cx.needs(frame_bytes(fact));
    }
    Ok(Checked::Facts(vec![
        MIN.fact(()),
        MAX.fact(()),
        MEAN.fact(()),
        CLEAR.fact(()),
        SOFT.fact(()),
        SOLID.fact(()),
        TABLE.fact(()),
    ]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (all, frames) = match cx.input(IN) {
        Raster::Image(image) => {
            let frame = |i| Ok(numbers(&alpha_statistics(&image_at(&image, i))));
            (alpha_statistics(&image), each(cx, image.fact.batch, frame)?)
        }
        Raster::Matte(matte) => {
            let frame = |i| Ok(numbers(&matte_statistics(&matte_at(&matte, i))));
            (matte_statistics(&matte), each(cx, matte.fact.batch, frame)?)
        }
    };
    Ok(vec![
        MIN.put(all.min),
        MAX.put(all.max),
        MEAN.put(all.mean),
        CLEAR.put(all.clear),
        SOFT.put(all.soft),
        SOLID.put(all.solid),
        TABLE.put(table(&frames)),
    ])
}

fn numbers(alpha: &AlphaStatistics) -> Row {
    row([
        ("min", alpha.min),
        ("max", alpha.max),
        ("mean", alpha.mean),
        ("clear", alpha.clear),
        ("soft", alpha.soft),
        ("solid", alpha.solid),
    ])
}
