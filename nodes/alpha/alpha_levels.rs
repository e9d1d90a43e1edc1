//! Contrast of alpha.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::alpha::{AlphaLevels, alpha_levels, matte_levels};
use pellucid_pixel::{Alpha, ImageFact};
use pellucid_value::{Raster, RasterFact, Value};

const IN: In<Raster> = In::new("image", "A picture or a matte.");
const LO: Param<f64> = Param::float("lo", 0.02, "Alpha that becomes 0.").range(0.0, 1.0);
const HI: Param<f64> =
    Param::float("hi", 0.98, "Alpha that becomes 1; at or below `lo` it is a hard cut.")
        .range(0.0, 1.0);
const GAMMA: Param<f64> =
    Param::float("gamma", 1.0, "Exponent; above 1 thins soft edges.").range(0.01, 100.0);
const OUT: Out<Raster> = Out::new("image", "The same colour under a new alpha.");

/// The record of `alpha_levels`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "alpha_levels".into(),
        family: "alpha".into(),
        docs: "Stretches alpha: a' = clamp((a - lo) / (hi - lo))^gamma. What is nearly clear \
               becomes clear, what is nearly solid becomes solid; straight colour is unchanged."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![LO.decl(), HI.decl(), GAMMA.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    if levels(cx.params()) == AlphaLevels::IDENTITY {
        return Ok(Checked::Forward("image"));
    }
    let fact = match cx.fact(IN) {
        RasterFact::Image(fact) if fact.alpha == Alpha::Opaque => {
            RasterFact::Image(ImageFact { alpha: Alpha::Straight, ..fact })
        }
        fact => fact,
    };
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let levels = levels(cx.params());
    let raster = match cx.input(IN) {
        Raster::Image(image) => Raster::Image(alpha_levels(&image, &levels)),
        Raster::Matte(matte) => Raster::Matte(matte_levels(&matte, &levels)),
    };
    Ok(vec![OUT.put(raster)])
}

fn levels(params: Params) -> AlphaLevels {
    AlphaLevels {
        lo: params.get(LO) as f32,
        hi: params.get(HI) as f32,
        gamma: params.get(GAMMA) as f32,
    }
}
