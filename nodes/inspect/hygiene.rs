//! What is wrong with a cut-out's alpha, in numbers.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::inspect::{
    BACKGROUNDS, Halo, HaloSettings, Hygiene, HygieneLevels, halo, hygiene,
};
use pellucid_value::{Table, Value};

use crate::frames::{each, frame_bytes, image_at};
use crate::reports::{Row, greatest, row, table};

const IN: In<Image> = In::new("image", "The cut-out.");
const HAZE_LEVEL: Param<f64> =
    Param::float("haze", 8.0 / 255.0, "Alpha up to which a pixel that is not clear is haze.")
        .range(0.0, 1.0);
const LEAK_LEVEL: Param<f64> =
    Param::float("leak", 247.0 / 255.0, "Alpha from which a pixel that is not solid leaks.")
        .range(0.0, 1.0);
const HOLE_LEVEL: Param<f64> =
    Param::float("hole", 0.5, "Alpha below which a pixel can be part of a hole.").range(0.0, 1.0);
const SOLID: Param<f64> =
    Param::float("solid", 0.99, "Alpha from which a pixel counts as inner, for the halo.")
        .range(0.0, 1.0);
const WIDTH: Param<f64> = Param::float(
    "width",
    8.0,
    "How far from an inner pixel a soft one is judged for the halo, in pixels.",
)
.range(0.0, 65535.0);
const HAZE: Out<f64> =
    Out::new("haze", "Fraction of pixels that are nearly clear: a veil over the backdrop.");
const LEAK: Out<f64> =
    Out::new("leak", "Fraction of pixels that are nearly solid: the backdrop shows through.");
const HOLES: Out<f64> =
    Out::new("holes", "Connected clear regions that touch no edge of the picture.");
const BORDER_CONTACT: Out<f64> = Out::new(
    "border_contact",
    "Fraction of the pixels on the edge of the picture with more alpha than haze: a subject cut \
     off.",
);
const HALO: Out<f64> = Out::new(
    "halo",
    "The worst rim over nine backgrounds: how far soft pixels look beyond inner colour and \
     background, 0 to 1.",
);
const TABLE: Out<Arc<Table>> = Out::new(
    "table",
    "All measures, frame by frame: also soft and solid pixels, islands, and the halo over every \
     background.",
);

/// The record of `hygiene`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "hygiene".into(),
        family: "inspect".into(),
        docs: "Measures what is wrong with a cut-out's alpha: haze, leaks, holes, contact with \
               the border, halo. The halo is judged over grey, black, white, red, green, blue, \
               yellow, cyan and magenta, sRGB-encoded. Of a batch the numbers are those of the \
               worst frame."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![
            HAZE_LEVEL.decl(),
            LEAK_LEVEL.decl(),
            HOLE_LEVEL.decl(),
            SOLID.decl(),
            WIDTH.decl(),
        ],
        outputs: vec![
            HAZE.decl(),
            LEAK.decl(),
            HOLES.decl(),
            BORDER_CONTACT.decl(),
            HALO.decl(),
            TABLE.decl(),
        ],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (haze, leak) = (cx.param(HAZE_LEVEL), cx.param(LEAK_LEVEL));
    if haze > leak {
        let message = format!("haze ends at {haze}, above {leak}, where leaks begin");
        return Err(NodeError::at(HAZE_LEVEL, message).hint("give haze the smaller of the two"));
    }
    cx.needs(5 * frame_bytes(cx.fact(IN)));
    Ok(Checked::Facts(vec![
        HAZE.fact(()),
        LEAK.fact(()),
        HOLES.fact(()),
        BORDER_CONTACT.fact(()),
        HALO.fact(()),
        TABLE.fact(()),
    ]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, levels, rim) = (cx.input(IN), levels(cx.params()), rim(cx.params()));
    let rows = each(cx, image.fact.batch, |index| {
        let frame = image_at(&image, index);
        Ok(measures(hygiene(&frame, &levels)[0], halo(&frame, &rim)[0]))
    })?;
    let table = table(&rows);
    Ok(vec![
        HAZE.put(greatest(&table, "haze")),
        LEAK.put(greatest(&table, "leak")),
        HOLES.put(greatest(&table, "holes")),
        BORDER_CONTACT.put(greatest(&table, "border_contact")),
        HALO.put(greatest(&table, "halo")),
        TABLE.put(table),
    ])
}

fn levels(params: Params) -> HygieneLevels {
    HygieneLevels {
        haze: params.get(HAZE_LEVEL) as f32,
        leak: params.get(LEAK_LEVEL) as f32,
        hole: params.get(HOLE_LEVEL) as f32,
    }
}

fn rim(params: Params) -> HaloSettings {
    HaloSettings {
        solid: params.get(SOLID) as f32,
        clear: params.get(HAZE_LEVEL) as f32,
        width: params.get(WIDTH) as f32,
    }
}

fn measures(alpha: Hygiene, halo: Halo) -> Row {
    let mut row = row([
        ("haze", alpha.haze),
        ("leak", alpha.leak),
        ("soft", alpha.soft),
        ("solid", alpha.solid),
        ("holes", f64::from(alpha.holes)),
        ("hole_fraction", alpha.hole_fraction),
        ("islands", f64::from(alpha.islands)),
        ("island_fraction", alpha.island_fraction),
        ("border_contact", alpha.border_contact),
        ("border_max", alpha.border_max),
        ("halo", halo.max),
        ("halo_mean", halo.mean),
        ("halo_pixels", halo.edge_pixels as f64),
    ]);
    let over = BACKGROUNDS.iter().zip(halo.over);
    row.extend(over.map(|((name, _), halo)| (format!("halo_{name}"), halo)));
    row
}
