//! Cleans alpha, and counts what was cleaned.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::alpha::{Clean, CleanReport, clean};
use pellucid_value::{Table, Value};

use crate::frames::{each, frame_bytes, image_at, joined};
use crate::reports::{Row, greatest, row, table};

const IN: In<Image> = In::new("image", "The picture.");
const HAZE: Param<f64> =
    Param::float("haze", 0.04, "Alpha below this becomes 0; 0 leaves haze alone.").range(0.0, 1.0);
const CLOSE: Param<f64> = Param::float(
    "close",
    0.96,
    "Alpha from this on becomes 1; 1 leaves nearly solid pixels alone.",
)
.range(0.0, 1.0);
const ISLAND: Param<u32> = Param::<u32>::int(
    "island",
    16,
    "Islands of fewer pixels than this become clear: connected pixels, corners included, of \
     alpha above 0.",
)
.range(0, 400_000_000);
const HOLE: Param<u32> = Param::<u32>::int(
    "hole",
    16,
    "Holes of fewer pixels than this become solid: connected pixels of alpha below `close` that \
     touch no edge of the picture.",
)
.range(0, 400_000_000);
const OUT: Out<Image> = Out::new("image", "The picture with clean alpha.");
const HAZE_PIXELS: Out<f64> = Out::new("haze_pixels", "Pixels of haze that became clear.");
const CLOSED_PIXELS: Out<f64> = Out::new("closed_pixels", "Nearly solid pixels that became solid.");
const ISLANDS: Out<f64> = Out::new("islands", "Islands that were removed.");
const ISLAND_PIXELS: Out<f64> = Out::new("island_pixels", "Pixels of those islands.");
const HOLES: Out<f64> = Out::new("holes", "Holes that were filled.");
const HOLE_PIXELS: Out<f64> = Out::new("hole_pixels", "Pixels of those holes.");
const TABLE: Out<Arc<Table>> = Out::new("table", "All counts, frame by frame.");

/// The record of `alpha_clean`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "alpha_clean".into(),
        family: "alpha".into(),
        docs: "Cleans alpha and counts what it changed: haze, nearly solid bodies, crumbs and \
               pinholes, in this order. Straight colour is unchanged; an opaque picture has \
               nothing to clean. The counts are those of the frame with the most."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![HAZE.decl(), CLOSE.decl(), ISLAND.decl(), HOLE.decl()],
        outputs: vec![
            OUT.decl(),
            HAZE_PIXELS.decl(),
            CLOSED_PIXELS.decl(),
            ISLANDS.decl(),
            ISLAND_PIXELS.decl(),
            HOLES.decl(),
            HOLE_PIXELS.decl(),
            TABLE.decl(),
        ],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    cx.needs(fact.bytes() + 3 * frame_bytes(fact));
    Ok(Checked::Facts(vec![
        OUT.fact(fact),
        HAZE_PIXELS.fact(()),
        CLOSED_PIXELS.fact(()),
        ISLANDS.fact(()),
        ISLAND_PIXELS.fact(()),
        HOLES.fact(()),
        HOLE_PIXELS.fact(()),
        TABLE.fact(()),
    ]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, settings) = (cx.input(IN), settings(cx.params()));
    let cleaned = each(cx, image.fact.batch, |i| Ok(clean(&image_at(&image, i), &settings)))?;
    let (frames, reports): (Vec<Image>, Vec<CleanReport>) = cleaned.into_iter().unzip();
    let table = table(&reports.iter().map(counts).collect::<Vec<_>>());
    Ok(vec![
        OUT.put(joined(frames)),
        HAZE_PIXELS.put(greatest(&table, "haze_pixels")),
        CLOSED_PIXELS.put(greatest(&table, "closed_pixels")),
        ISLANDS.put(greatest(&table, "islands")),
        ISLAND_PIXELS.put(greatest(&table, "island_pixels")),
        HOLES.put(greatest(&table, "holes")),
        HOLE_PIXELS.put(greatest(&table, "hole_pixels")),
        TABLE.put(table),
    ])
}

fn settings(params: Params) -> Clean {
    Clean {
        haze: params.get(HAZE) as f32,
        close: params.get(CLOSE) as f32,
        island: params.get(ISLAND),
        hole: params.get(HOLE),
    }
}

fn counts(report: &CleanReport) -> Row {
    row([
        ("haze_pixels", report.haze_pixels as f64),
        ("closed_pixels", report.closed_pixels as f64),
        ("islands", report.islands as f64),
        ("island_pixels", report.island_pixels as f64),
        ("holes", report.holes as f64),
        ("hole_pixels", report.hole_pixels as f64),
    ])
}
