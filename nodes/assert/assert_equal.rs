//! States that a picture looks like another.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::compare::{Difference, compare};
use pellucid_value::Value;

use crate::frames::{each, frame_bytes, image_at};

const IN: In<Image> = In::new("image", "The picture.");
const REFERENCE: In<Image> =
    In::new("reference", "What it should look like: as many pictures, or one for all.");
const TOLERANCE: Param<f64> = Param::float(
    "tolerance",
    1.0,
    "The greatest difference of a premultiplied channel that is let pass, in 1/255.",
)
.range(0.0, 255.0);
const OUT: Out<Image> = Out::new("image", "The picture, unchanged.");

/// Values of 8-bit files that are exactly the tolerance apart are so only to f32 rounding.
const ROUNDING: f64 = 1.0001;

/// The record of `assert_equal`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "assert_equal".into(),
        family: "assert".into(),
        docs: "States that a picture looks like another. Premultiplied channels are compared in \
               the encoding of `image`, so what hides under alpha 0 does not count. Where they \
               differ by more than the tolerance, the run ends with exit status 5; else the \
               picture is handed on."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl(), REFERENCE.decl()],
        params: vec![TOLERANCE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (image, reference) = (cx.fact(IN), cx.fact(REFERENCE));
    let ((w, h), (v, k)) = (image.size(), reference.size());
    if (w, h) != (v, k) {
        let message = format!("image is {w}x{h}, but reference is {v}x{k}");
        return Err(NodeError::assertion(message).about(IN));
    }
    if reference.batch != 1 && reference.batch != image.batch {
        let (n, m) = (image.batch, reference.batch);
        let message = format!("image is a batch of {n}, but reference of {m}");
        return Err(NodeError::assertion(message).about(IN));
    }
    cx.needs(5 * frame_bytes(image));
    Ok(Checked::Facts(vec![OUT.fact(image)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, reference) = (cx.input(IN), cx.input(REFERENCE));
    let tolerance = cx.param(TOLERANCE);
    each(cx, image.fact.batch, |index| {
        let difference = compare(&image_at(&image, index), &image_at(&reference, index))?;
        check_frame(index, &difference, tolerance)
    })?;
    Ok(vec![OUT.put(image)])
}

fn check_frame(index: u32, difference: &Difference, tolerance: f64) -> Result<(), NodeError> {
    let worst = difference.max * 255.0;
    if worst <= tolerance * ROUNDING {
        return Ok(());
    }
    let [_, x, y] = difference.worst;
    let message = format!(
        "image and reference differ by up to {worst:.3}/255, first at {x}, {y} of frame {index}, \
         but {tolerance}/255 is the most"
    );
    Err(NodeError::assertion(message).about(IN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(codes: f32) -> Difference {
        let max = f64::from(codes / 255.0);
        Difference { max, mean: max, mse: max * max, psnr: 40.0, worst: [0, 5, 2] }
    }

    #[test]
    fn exactly_the_tolerance_passes_and_nothing_more() {
        for tolerance in [1.0, 2.0, 7.0] {
            assert!(check_frame(0, &difference(tolerance as f32), tolerance).is_ok());
            let error = check_frame(1, &difference(tolerance as f32 + 0.01), tolerance);
            let message = error.unwrap_err().message;
            assert!(message.contains("at 5, 2 of frame 1"), "{message}");
        }
        assert!(check_frame(0, &difference(0.0), 0.0).is_ok());
        assert!(check_frame(0, &difference(1e-6), 0.0).is_err());
    }
}
