//! Makes a picture of colours that run into each other.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::pattern::{Gradient, GradientShape, Stop, gradient, gradient_fact};
use pellucid_pixel::{Encoding, Image};
use pellucid_value::Value;

use crate::colours::SPACES;

const WIDTH: Param<u32> = Param::<u32>::int("width", 512, "Width in pixels.").range(1, 16384);
const HEIGHT: Param<u32> = Param::<u32>::int("height", 512, "Height in pixels.").range(1, 16384);
const SHAPE: Choice<GradientShape> = Choice::new(
    "shape",
    &GradientShape::NAMES,
    "`linear` runs along a line, `radial` from the centre to the farthest corner, `angular` \
     around the centre.",
);
const FROM: Param<[f32; 4]> =
    Param::colour("from", [0.0, 0.0, 0.0, 1.0], "The colour at the start; straight.");
const TO: Param<[f32; 4]> =
    Param::colour("to", [1.0, 1.0, 1.0, 1.0], "The colour at the end; straight.");
const STOPS: Param<Vec<f64>> = Param::numbers(
    "stops",
    &[],
    "More colours between the two, five numbers each: position, red, green, blue and alpha, \
     all from 0 to 1, positions rising.",
)
.count(0, 5 * 256);
const ANGLE: Param<f64> = Param::float(
    "angle",
    0.0,
    "Clockwise degrees: 0 runs to the right, 90 down; an angular gradient starts there.",
)
.range(-36000.0, 36000.0);
const CENTRE: Param<Vec<f64>> = Param::numbers(
    "centre",
    &[0.5, 0.5],
    "The centre as fractions of width and height, from -10 to 10.",
);
const SPACE: Choice<Encoding> = Choice::new("space", &SPACES, "The encoding colours are mixed in.");
const IMAGE: Out<Image> = Out::new(
    "image",
    "The picture, sRGB-encoded: opaque when all colours are, else premultiplied.",
);

/// The record of `gradient`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "gradient".into(),
        family: "load".into(),
        docs: "Makes a picture of two or more colours that run into each other. Premultiplied \
               colours are mixed, so a clear stop lends no colour. A linear gradient is \
               |width cos| + |height sin| pixels long: the corners get the pure colours."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![
            WIDTH.decl(),
            HEIGHT.decl(),
            SHAPE.decl(),
            FROM.decl(),
            TO.decl(),
            STOPS.decl(),
            ANGLE.decl(),
            CENTRE.decl(),
            SPACE.decl(),
        ],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let how = how(cx.params())?;
    Ok(Checked::Facts(vec![IMAGE.fact(gradient_fact(cx.param(WIDTH), cx.param(HEIGHT), &how))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let how = how(cx.params())?;
    Ok(vec![IMAGE.put(gradient(cx.param(WIDTH), cx.param(HEIGHT), &how))])
}

fn how(params: Params) -> Result<Gradient, NodeError> {
    let centre = params.get(CENTRE);
    if let Some(far) = centre.iter().find(|part| part.abs() > 10.0) {
        return Err(NodeError::at(CENTRE, format!("{far} is too far from the picture"))
            .hint("0 is the left or top edge, 1 the right or bottom edge"));
    }
    let mut stops = vec![Stop { position: 0.0, colour: params.get(FROM) }];
    stops.extend(between(&params.get(STOPS))?);
    stops.push(Stop { position: 1.0, colour: params.get(TO) });
    Ok(Gradient {
        shape: params.choice(SHAPE),
        degrees: params.get(ANGLE),
        centre: (centre[0], centre[1]),
        stops,
        space: params.choice(SPACE),
    })
}

fn between(numbers: &[f64]) -> Result<Vec<Stop>, NodeError> {
    if !numbers.len().is_multiple_of(5) {
        let message = format!("stops has {} numbers, which are not fives", numbers.len());
        return Err(NodeError::at(STOPS, message)
            .hint("give position, red, green, blue and alpha of every stop"));
    }
    if let Some(number) = numbers.iter().find(|number| !(0.0..=1.0).contains(*number)) {
        let message = format!("stops has {number}, but must be from 0 to 1");
        return Err(NodeError::at(STOPS, message));
    }
    let stops = numbers.chunks_exact(5).map(|stop| {
        let [position, colour @ ..] = [0, 1, 2, 3, 4].map(|k| stop[k] as f32);
        Stop { position, colour }
    });
    let stops: Vec<Stop> = stops.collect();
    match stops.windows(2).find(|pair| pair[1].position < pair[0].position) {
        Some(pair) => {
            let (first, second) = (pair[0].position, pair[1].position);
            Err(NodeError::at(STOPS, format!("a stop at {second} comes after one at {first}"))
                .hint("sort the stops by position"))
        }
        None => Ok(stops),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_come_in_fives_and_in_order() {
        assert_eq!(between(&[]).unwrap(), []);
        let red = [0.5, 1.0, 0.0, 0.0, 1.0];
        let stop = between(&red).unwrap()[0];
        assert_eq!((stop.position, stop.colour), (0.5, [1.0, 0.0, 0.0, 1.0]));
        assert!(between(&red[..4]).is_err());
        assert!(between(&[0.5, 2.0, 0.0, 0.0, 1.0]).is_err());
        assert!(between(&[red, [0.25, 0.0, 0.0, 0.0, 0.0]].concat()).is_err());
    }
}
