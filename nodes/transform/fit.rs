//! Fits a picture into a canvas.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::transform::{
    Fit, Rect, place, place_fact, place_matte, placed, surround, surround_alpha, surround_matte,
};
use pellucid_pixel::{Image, ImageFact};
use pellucid_value::{Raster, RasterFact, Value};

use super::scaling::{CLAMP, FILTER, LINEAR_LIGHT, Scaling};
use crate::colours::colour_in;
use crate::frames::{each_raster, raster_bytes};
use crate::limits::admit;

const IN: In<Raster> = In::new("image", "An image or a matte.");
const WIDTH: Param<u32> =
    Param::<u32>::int("width", 512, "Width of the canvas in pixels.").required().range(1, 65535);
const HEIGHT: Param<u32> =
    Param::<u32>::int("height", 512, "Height of the canvas in pixels.").required().range(1, 65535);
const MODE: Choice<Fit> =
    Choice::new("mode", &Fit::NAMES, "How the picture meets the canvas.").meanings(meaning);
const ANCHOR: Param<Vec<f64>> = Param::numbers(
    "anchor",
    &[0.5, 0.5],
    "Which part keeps its place, across and down: 0 is the left or top edge, 1 the right or \
     bottom edge.",
);
const PADDING: Param<[f32; 4]> = Param::colour(
    "padding",
    [0.0, 0.0, 0.0, 0.0],
    "What lies beside the picture; straight. Of a matte, its alpha counts.",
);
const OUT: Out<Raster> = Out::new("image", "The canvas with the picture.");

/// The record of `fit`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "fit".into(),
        family: "transform".into(),
        docs: "Fits a picture into a canvas: all of it seen, all of the canvas covered, \
               stretched, or not scaled. Filters as `resize` does; only what is seen is computed. \
               Where nothing is scaled pixels are copied exactly."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![
            WIDTH.decl(),
            HEIGHT.decl(),
            MODE.decl(),
            ANCHOR.decl(),
            PADDING.decl(),
            FILTER.decl(),
            LINEAR_LIGHT.decl(),
            CLAMP.decl(),
        ],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn meaning(word: &str) -> &'static str {
    match word {
        "fit" => "as large as it can be while all of it is seen",
        "fill" => "as small as it can be while it covers the canvas; the rest is cut off",
        "stretch" => "exactly the canvas, whatever becomes of the proportions",
        "shrink" => "as fit, but never enlarged",
        "pad" => "not scaled: padded, or cut off",
        _ => "",
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let task = Task::of(cx.params())?;
    if fact.size() == task.to {
        return Ok(Checked::Forward("image"));
    }
    let fitted = match fact {
        RasterFact::Image(fact) => RasterFact::Image(task.fact(fact)),
        RasterFact::Matte(_) => fact.sized(task.to.0, task.to.1),
    };
    // A copy that may be mixed, rows scaled in one direction, the result before it is padded.
    cx.needs(2 * raster_bytes(fact) + 3 * raster_bytes(fitted));
    Ok(Checked::Facts(vec![OUT.fact(fitted)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let task = Task::of(cx.params())?;
    let by = task.scaling.by;
    let fitted = each_raster(
        cx,
        &cx.input(IN),
        |frame| {
            task.padded(
                frame,
                task.scaling.settled(place(frame, task.to, task.how, task.anchor, by)),
            )
        },
        |frame| {
            let matte = place_matte(frame, task.to, task.how, task.anchor, by);
            let inner = task.inner(frame.fact.size());
            surround_matte(&task.scaling.settled_matte(matte), inner, task.padding[3])
        },
    )?;
    Ok(vec![OUT.put(fitted)])
}

struct Task {
    to: (u32, u32),
    how: Fit,
    anchor: (f32, f32),
    padding: [f32; 4],
    scaling: Scaling,
}

impl Task {
    fn of(params: Params) -> Result<Self, NodeError> {
        let anchor = params.get(ANCHOR);
        if let Some(far) = anchor.iter().find(|part| !(0.0..=1.0).contains(*part)) {
            return Err(NodeError::at(
                ANCHOR,
                format!("anchor has {far}, but must be from 0 to 1"),
            )
            .hint("[0.5, 0.5] is the centre, [0, 0] the top left corner"));
        }
        Ok(Self {
            to: admit(params.get(WIDTH).into(), params.get(HEIGHT).into(), WIDTH)?,
            how: params.choice(MODE),
            anchor: (anchor[0] as f32, anchor[1] as f32),
            padding: params.get(PADDING),
            scaling: Scaling::of(params),
        })
    }

    fn fact(&self, fact: ImageFact) -> ImageFact {
        let placed = place_fact(&fact, self.to, self.how, self.anchor);
        ImageFact { alpha: surround_alpha(placed.alpha, fact.alpha, self.padding), ..placed }
    }

    /// Where on the canvas the picture lies.
    fn inner(&self, from: (u32, u32)) -> Rect {
        let at = placed(from, self.to, self.how, self.anchor);
        Rect { x: at.x, y: at.y, width: at.width, height: at.height }
    }

    fn padded(&self, from: &Image, on_canvas: Image) -> Image {
        if self.padding[3] == 0.0 && self.padding[..3] == [0.0; 3] {
            return on_canvas;
        }
        let inner = self.inner(from.fact.size());
        let colour = colour_in(from.fact.encoding, self.padding);
        surround(&on_canvas, inner, from.fact.alpha, colour)
    }
}
