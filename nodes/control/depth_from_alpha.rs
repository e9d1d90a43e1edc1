//! Guesses depth from a silhouette.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Matte;
use pellucid_pixel::blur::{Gaussian, gaussian_blur_matte};
use pellucid_value::Value;

const MATTE_IN: In<Matte> = In::new("matte", "The silhouette: the alpha of a layer.");
const FLOOR: Param<f64> = Param::float(
    "floor",
    0.35,
    "How near the rim of the thing is; 0 is as far as the background, 1 as near as its middle.",
)
.range(0.0, 1.0);
const ROUNDNESS: Param<f64> =
    Param::float("roundness", 24.0, "How far from its rim the thing is nearest, about, in pixels.")
        .range(0.0, 1024.0);
const MATTE: Out<Matte> =
    Out::new("matte", "Nearness, 0 to 1, as depth ControlNets take it; see `matte_to_image`.");

/// The record of `depth_from_alpha`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "depth_from_alpha".into(),
        family: "control".into(),
        docs: "Guesses how near every pixel of a layer is from its alpha alone, as if it were a rounded thing before nothing: a * (floor + (1 - floor) * clamp(2 * blur(a) - 1)). For ControlNets that look at depth.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![MATTE_IN.decl()],
        params: vec![FLOOR.decl(), ROUNDNESS.decl()],
        outputs: vec![MATTE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(MATTE_IN);
    cx.needs(2 * fact.bytes());
    Ok(Checked::Facts(vec![MATTE.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let matte = cx.input(MATTE_IN);
    let (floor, sigma) = (cx.param(FLOOR) as f32, (cx.param(ROUNDNESS) / 2.0) as f32);
    let inside = gaussian_blur_matte(&matte, Gaussian::new(sigma));
    let near = |(alpha, inside): (&f32, &f32)| nearness(*alpha, *inside, floor);
    let values = matte.values.iter().zip(inside.values.iter()).map(near).collect();
    Ok(vec![MATTE.put(Matte::new(matte.fact, values))])
}

fn nearness(alpha: f32, inside: f32, floor: f32) -> f32 {
    alpha.clamp(0.0, 1.0) * (floor + (1.0 - floor) * (2.0 * inside - 1.0).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_far_and_the_middle_is_near() {
        assert_eq!(nearness(0.0, 0.4, 0.35), 0.0);
        assert_eq!(nearness(1.0, 1.0, 0.35), 1.0);
        assert_eq!(nearness(1.0, 0.5, 0.35), 0.35);
    }
}
