//! The grade of film compositing.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::colour::{Colour, Grade, grade};
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const BLACKPOINT: Param<Vec<f64>> =
    Param::numbers("blackpoint", &[0.0], "Value that becomes black; one number or three.")
        .count(1, 3);
const WHITEPOINT: Param<Vec<f64>> =
    Param::numbers("whitepoint", &[1.0], "Value that becomes white; one number or three.")
        .count(1, 3);
const LIFT: Param<Vec<f64>> =
    Param::numbers("lift", &[0.0], "What black becomes; one number or three.").count(1, 3);
const GAIN: Param<Vec<f64>> =
    Param::numbers("gain", &[1.0], "What white becomes; one number or three.").count(1, 3);
const MULTIPLY: Param<Vec<f64>> =
    Param::numbers("multiply", &[1.0], "Factor; one number or three.").count(1, 3);
const OFFSET: Param<Vec<f64>> =
    Param::numbers("offset", &[0.0], "Summand; one number or three.").count(1, 3);
const GAMMA: Param<Vec<f64>> = Param::numbers(
    "gamma",
    &[1.0],
    "Above 1 brightens the middle; one number or three, from 0.01 to 100.",
)
.count(1, 3);
const BLACK_CLAMP: Param<bool> = Param::bool("black_clamp", false, "Results below 0 become 0.");
const WHITE_CLAMP: Param<bool> = Param::bool("white_clamp", false, "Results above 1 become 1.");
const OUT: Out<Image> = Out::new("image", "The graded picture.");

/// Every param of one number or three.
const TRIPLES: [Param<Vec<f64>>; 7] = [BLACKPOINT, WHITEPOINT, LIFT, GAIN, MULTIPLY, OFFSET, GAMMA];

/// What any of them may be, but for gamma.
const LARGEST: f64 = 1e6;

/// The record of `grade`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "grade".into(),
        family: "colour".into(),
        docs: "Grades colour as Nuke's Grade does, a channel at a time in the encoding of the \
               picture: t = (v - blackpoint) / (whitepoint - blackpoint), u = multiply * (gain - \
               lift) * t + lift + offset, then u^(1/gamma) for u in 0 to 1; above 1 it goes on \
               straight. Alpha stays."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![
            BLACKPOINT.decl(),
            WHITEPOINT.decl(),
            LIFT.decl(),
            GAIN.decl(),
            MULTIPLY.decl(),
            OFFSET.decl(),
            GAMMA.decl(),
            BLACK_CLAMP.decl(),
            WHITE_CLAMP.decl(),
        ],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    for param in TRIPLES {
        check_triple(param, &cx.param(param))?;
    }
    if let Some(gamma) = cx.param(GAMMA).iter().find(|v| !(0.01..=100.0).contains(*v)) {
        let message = format!("gamma is {gamma}, but must be from 0.01 to 100");
        return Err(NodeError::at(GAMMA, message).hint("1 changes nothing"));
    }
    if settings(cx.params()) == Grade::default() {
        return Ok(Checked::Forward("image"));
    }
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(grade(&cx.input(IN), &settings(cx.params())))])
}

fn check_triple(param: Param<Vec<f64>>, numbers: &[f64]) -> Result<(), NodeError> {
    if numbers.len() == 2 {
        let message = "two numbers are neither one for all channels nor one for each";
        return Err(NodeError::at(param, message).hint("give one number, or red, green and blue"));
    }
    match numbers.iter().find(|v| v.abs() > LARGEST) {
        Some(number) => {
            let message = format!("{number} is beyond {LARGEST}");
            Err(NodeError::at(param, message).hint("values of colour are mostly 0 to 1"))
        }
        None => Ok(()),
    }
}

fn settings(params: Params) -> Grade {
    let triple = |param: Param<Vec<f64>>| channels(&params.get(param));
    Grade {
        blackpoint: triple(BLACKPOINT),
        whitepoint: triple(WHITEPOINT),
        lift: triple(LIFT),
        gain: triple(GAIN),
        multiply: triple(MULTIPLY),
        offset: triple(OFFSET),
        gamma: triple(GAMMA),
        black_clamp: params.get(BLACK_CLAMP),
        white_clamp: params.get(WHITE_CLAMP),
    }
}

/// One number stands for all channels.
fn channels(numbers: &[f64]) -> Colour {
    std::array::from_fn(|c| numbers[c.min(numbers.len() - 1)] as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_stands_for_all_channels_and_two_are_refused() {
        assert_eq!(channels(&[0.5]), [0.5; 3]);
        assert_eq!(channels(&[0.25, 0.5, 1.0]), [0.25, 0.5, 1.0]);
        assert!(check_triple(GAIN, &[0.5]).is_ok() && check_triple(GAIN, &[0.1, 0.2, 0.3]).is_ok());
        assert!(check_triple(GAIN, &[0.5, 0.5]).is_err() && check_triple(GAIN, &[2e6]).is_err());
    }
}
