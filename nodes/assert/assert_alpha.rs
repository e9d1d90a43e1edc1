//! States that a picture has alpha, or has none.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::inspect::{AlphaStatistics, alpha_statistics};
use pellucid_pixel::{Alpha, Image};
use pellucid_value::Value;

use crate::frames::{each, frame_bytes, image_at};

const IN: In<Image> = In::new("image", "The picture.");
const PRESENT: Param<bool> =
    Param::bool("present", true, "true: every frame has such pixels; false: none has.");
const KIND: Choice<Kind> =
    Choice::new("kind", &KINDS, "Which pixels: `any` below 1, or `soft` between 0 and 1.");
const OUT: Out<Image> = Out::new("image", "The picture, unchanged.");

#[derive(Clone, Copy)]
enum Kind {
    Any,
    Soft,
}

const KINDS: &[(&str, Kind)] = &[("any", Kind::Any), ("soft", Kind::Soft)];

/// The record of `assert_alpha`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "assert_alpha".into(),
        family: "assert".into(),
        docs: "States that a picture has alpha: pixels that are not solid. Where that does not \
               hold, the run ends with exit status 5; else the picture is handed on."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![PRESENT.decl(), KIND.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    match (fact.alpha, cx.param(PRESENT)) {
        (Alpha::Opaque, true) => {
            let message = "image is opaque, so it has no alpha";
            Err(NodeError::assertion(message).about(IN))
        }
        (Alpha::Opaque, false) => Ok(Checked::Forward("image")),
        _ => {
            cx.needs(frame_bytes(fact));
            Ok(Checked::Facts(vec![OUT.fact(fact)]))
        }
    }
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, kind, present) = (cx.input(IN), cx.choice(KIND), cx.param(PRESENT));
    each(cx, image.fact.batch, |index| {
        check_frame(index, &alpha_statistics(&image_at(&image, index)), kind, present)
    })?;
    Ok(vec![OUT.put(image)])
}

fn check_frame(
    index: u32,
    alpha: &AlphaStatistics,
    kind: Kind,
    present: bool,
) -> Result<(), NodeError> {
    let (fraction, word) = match kind {
        Kind::Any => (alpha.clear + alpha.soft, "below 1"),
        Kind::Soft => (alpha.soft, "between 0 and 1"),
    };
    if (fraction > 0.0) == present {
        return Ok(());
    }
    let AlphaStatistics { min, max, .. } = alpha;
    let message = if present {
        format!("frame {index} has no alpha {word}: it runs from {min} to {max}")
    } else {
        let percent = fraction * 100.0;
        format!("frame {index} has alpha {word} in {percent:.4} % of its pixels, from {min} on")
    };
    Err(NodeError::assertion(message).about(IN))
}

#[cfg(test)]
mod tests {
    use pellucid_graph::Trouble;

    use super::*;

    fn alpha(clear: f64, soft: f64) -> AlphaStatistics {
        let solid = 1.0 - clear - soft;
        AlphaStatistics { min: 0.0, max: 1.0, mean: 0.5, clear, soft, solid }
    }

    #[test]
    fn a_hard_cut_out_has_alpha_but_no_soft_one() {
        let cut = alpha(0.5, 0.0);
        assert!(check_frame(0, &cut, Kind::Any, true).is_ok());
        assert!(check_frame(0, &cut, Kind::Soft, false).is_ok());
        for (kind, present) in [(Kind::Soft, true), (Kind::Any, false)] {
            let error = check_frame(3, &cut, kind, present).unwrap_err();
            assert_eq!(error.trouble, Trouble::Assertion);
            assert!(error.message.contains("frame 3"), "{}", error.message);
        }
    }
}
