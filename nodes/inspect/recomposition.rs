//! How far a blend is from its own foreground over its own background.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Run, RunFn, Site,
};
use pellucid_pixel::Image;
use pellucid_pixel::colour::DeltaE;
use pellucid_pixel::inspect::{Recomposition, recomposition};
use pellucid_value::{Table, Value};

use crate::frames::{each, frame_bytes, image_at};
use crate::reports::{Row, greatest, row, table};
use crate::sizes::{Sized, meet};

const FG: In<Image> = In::new("fg", "The foreground, with its alpha.");
const BG: In<Image> = In::new("bg", "The background.");
const BLEND: In<Image> = In::new("blend", "What `fg` over `bg` should look like.");
const FORMULA: Choice<DeltaE> = Choice::new(
    "formula",
    &DeltaE::NAMES,
    "How colours differ in CIELAB: `cie2000` is CIEDE2000, `cie76` Euclidean distance.",
);
const MEAN: Out<f64> = Out::new("mean", "The mean absolute difference of red, green and blue.");
const MAX: Out<f64> = Out::new("max", "The greatest absolute difference of a channel.");
const DELTA_E: Out<f64> =
    Out::new("delta_e", "The mean colour difference; about 1 is just noticeable.");
const TABLE: Out<Arc<Table>> =
    Out::new("table", "All measures, frame by frame: also the greatest colour difference.");

/// The record of `recomposition`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "recomposition".into(),
        family: "inspect".into(),
        docs: "Measures how far a blend is from `fg` over `bg`, in sRGB-encoded space; what is \
               left transparent is taken over black. Of a batch the numbers are those of the \
               worst frame."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![FG.decl(), BG.decl(), BLEND.decl()],
        params: vec![FORMULA.decl()],
        outputs: vec![MEAN.decl(), MAX.decl(), DELTA_E.decl(), TABLE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (fg, bg, blend) = (cx.fact(FG), cx.fact(BG), cx.fact(BLEND));
    let of_fg = Sized { name: "fg", size: fg.size(), batch: fg.batch };
    let of_bg = Sized { name: "bg", size: bg.size(), batch: bg.batch };
    let of_blend = Sized { name: "blend", size: blend.size(), batch: blend.batch };
    meet(of_fg, &[(of_bg, Site::from(BG)), (of_blend, Site::from(BLEND))])?;
    cx.needs(8 * frame_bytes(fg));
    Ok(Checked::Facts(vec![MEAN.fact(()), MAX.fact(()), DELTA_E.fact(()), TABLE.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (fg, bg, blend) = (cx.input(FG), cx.input(BG), cx.input(BLEND));
    let formula = cx.choice(FORMULA);
    let batch = fg.fact.batch.max(bg.fact.batch).max(blend.fact.batch);
    let rows = each(cx, batch, |i| {
        let (fg, bg, blend) = (image_at(&fg, i), image_at(&bg, i), image_at(&blend, i));
        Ok(measures(&recomposition(&fg, &bg, &blend, formula)?))
    })?;
    let table = table(&rows);
    Ok(vec![
        MEAN.put(greatest(&table, "mean")),
        MAX.put(greatest(&table, "max")),
        DELTA_E.put(greatest(&table, "delta_e")),
        TABLE.put(table),
    ])
}

fn measures(error: &Recomposition) -> Row {
    row([
        ("mean", error.mean),
        ("max", error.max),
        ("delta_e", error.mean_delta_e),
        ("max_delta_e", error.max_delta_e),
    ])
}
