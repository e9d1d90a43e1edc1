//! States between what a number lies.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::Value;

const IN: In<f64> = In::new("number", "The number.");
const MIN: Param<Option<f64>> =
    Param::<Option<f64>>::float_or_unset("min", "The least it may be; left out, anything.")
        .range(-1e30, 1e30);
const MAX: Param<Option<f64>> =
    Param::<Option<f64>>::float_or_unset("max", "The most it may be; left out, anything.")
        .range(-1e30, 1e30);
const OUT: Out<f64> = Out::new("number", "The number, unchanged.");

/// The record of `assert_range`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "assert_range".into(),
        family: "assert".into(),
        docs: "States between what a number lies, ends included. Where that does not hold, the \
               run ends with exit status 5; else the number is handed on."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![MIN.decl(), MAX.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    match (cx.param(MIN), cx.param(MAX)) {
        (None, None) => {
            Err(NodeError::at(MIN, "neither min nor max is given, so nothing is stated")
                .hint("give min, max or both"))
        }
        (Some(min), Some(max)) if min > max => {
            let message = format!("min is {min}, but max is {max}, so no number can lie between");
            Err(NodeError::at(MIN, message).hint("give min the smaller of the two"))
        }
        _ => Ok(Checked::Facts(vec![OUT.fact(())])),
    }
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let number = cx.input(IN);
    check_number(number, cx.param(MIN), cx.param(MAX))?;
    Ok(vec![OUT.put(number)])
}

/// What is not a number lies nowhere.
fn check_number(number: f64, min: Option<f64>, max: Option<f64>) -> Result<(), NodeError> {
    if min.is_some_and(|min| number.is_nan() || number < min) {
        let message = format!("number is {number}, below {}", min.unwrap_or(number));
        return Err(NodeError::assertion(message).about(IN));
    }
    if max.is_some_and(|max| number.is_nan() || number > max) {
        let message = format!("number is {number}, above {}", max.unwrap_or(number));
        return Err(NodeError::assertion(message).about(IN));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_included_and_what_is_left_out_is_free() {
        assert!(check_number(1.0, Some(1.0), Some(1.0)).is_ok());
        assert!(check_number(-1e9, None, Some(0.0)).is_ok());
        let message = |min, max| check_number(2.5, min, max).unwrap_err().message;
        assert_eq!(message(Some(3.0), None), "number is 2.5, below 3");
        assert_eq!(message(None, Some(2.0)), "number is 2.5, above 2");
    }
}
