//! How alike two cut-outs look over backgrounds.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn, Site,
};
use pellucid_pixel::Image;
use pellucid_pixel::inspect::{BACKGROUNDS, BackgroundScores, score_over_backgrounds};
use pellucid_value::{Table, Value};

use crate::frames::{each, frame_bytes, image_at};
use crate::reports::{Row, capped, least, row, table};
use crate::sizes::{Sized, meet};

const A: In<Image> = In::new("a", "A cut-out.");
const B: In<Image> = In::new("b", "Another of the same size.");
const PSNR: Out<f64> = Out::new(
    "psnr",
    "The mean over nine backgrounds, in decibels; 999 where they look equal over all.",
);
const TABLE: Out<Arc<Table>> = Out::new(
    "table",
    "All measures, frame by frame: the mean, the worst, that over every background, and the mean \
     squared error expected over natural ones.",
);

/// The record of `backgrounds_psnr`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "backgrounds_psnr".into(),
        family: "inspect".into(),
        docs: "Measures how alike two cut-outs look over grey, black, white, red, green, blue, \
               yellow, cyan and magenta (the protocol of AlphaVAE), composited in sRGB-encoded \
               space. Every PSNR is held to 999 decibels; of a batch the number is that of the \
               worst frame."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![A.decl(), B.decl()],
        params: vec![],
        outputs: vec![PSNR.decl(), TABLE.decl()],
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
    cx.needs(6 * frame_bytes(a));
    Ok(Checked::Facts(vec![PSNR.fact(()), TABLE.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (a, b) = (cx.input(A), cx.input(B));
    let rows = each(cx, a.fact.batch.max(b.fact.batch), |i| {
        Ok(measures(&score_over_backgrounds(&image_at(&a, i), &image_at(&b, i))?))
    })?;
    let table = table(&rows);
    Ok(vec![PSNR.put(least(&table, "psnr")), TABLE.put(table)])
}

/// The mean is taken of held values, so that one background that looks equal does not hide eight
/// that do not behind an infinity.
fn measures(scores: &BackgroundScores) -> Row {
    let over = scores.psnr.map(capped);
    let mean = over.iter().sum::<f64>() / over.len() as f64;
    let mut row = row([
        ("psnr", mean),
        ("min_psnr", capped(scores.min_psnr)),
        ("natural_mse", scores.natural_mse),
    ]);
    row.extend(
        BACKGROUNDS.iter().zip(over).map(|((name, _), psnr)| (format!("psnr_{name}"), psnr)),
    );
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_background_that_hides_the_difference_counts_as_999_decibels() {
        let mut psnr = [30.0; 9];
        psnr[1] = f64::INFINITY;
        let scores =
            BackgroundScores { psnr, mean_psnr: f64::INFINITY, min_psnr: 30.0, natural_mse: 0.001 };
        let row = measures(&scores);
        assert_eq!(row[0], ("psnr".to_owned(), (8.0 * 30.0 + 999.0) / 9.0));
        assert_eq!(row[4], ("psnr_black".to_owned(), 999.0));
    }
}
