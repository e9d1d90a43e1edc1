//! States how large a picture or a matte is.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Raster, Value};

const IN: In<Raster> = In::new("image", "A picture or a matte.");
const WIDTH: Param<Option<u32>> =
    Param::<Option<u32>>::int_or_unset("width", "Width in pixels; left out, any will do.")
        .range(1, 65535);
const HEIGHT: Param<Option<u32>> =
    Param::<Option<u32>>::int_or_unset("height", "Height in pixels; left out, any will do.")
        .range(1, 65535);
const OUT: Out<Raster> = Out::new("image", "The same, unchanged.");

/// The record of `assert_size`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "assert_size".into(),
        family: "assert".into(),
        docs: "States how large a picture or a matte is. Sizes are known before anything runs, so \
               a graph whose sizes are not as stated is refused at once."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![WIDTH.decl(), HEIGHT.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (wanted_width, wanted_height) = (cx.param(WIDTH), cx.param(HEIGHT));
    if wanted_width.is_none() && wanted_height.is_none() {
        return Err(NodeError::at(
            WIDTH,
            "neither width nor height is given, so nothing is stated",
        )
        .hint("give width, height or both"));
    }
    check_size(cx.fact(IN).size(), (wanted_width, wanted_height))?;
    Ok(Checked::Forward("image"))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![OUT.put(cx.input(IN))])
}

fn check_size(
    (width, height): (u32, u32),
    wanted: (Option<u32>, Option<u32>),
) -> Result<(), NodeError> {
    let as_wanted = |size: u32, wanted: Option<u32>| wanted.is_none_or(|wanted| wanted == size);
    if as_wanted(width, wanted.0) && as_wanted(height, wanted.1) {
        return Ok(());
    }
    let message = match wanted {
        (Some(w), Some(h)) => format!("image is {width}x{height}, not {w}x{h}"),
        (Some(w), None) => format!("image is {width} pixels wide, not {w}"),
        (None, h) => format!("image is {height} pixels high, not {}", h.unwrap_or(height)),
    };
    Err(NodeError::assertion(message).about(IN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_stated_counts() {
        for wanted in [(Some(4), Some(3)), (Some(4), None), (None, Some(3))] {
            assert!(check_size((4, 3), wanted).is_ok());
        }
        let message = |wanted| check_size((4, 3), wanted).unwrap_err().message;
        assert_eq!(message((Some(4), Some(2))), "image is 4x3, not 4x2");
        assert_eq!(message((Some(5), None)), "image is 4 pixels wide, not 5");
        assert_eq!(message((None, Some(5))), "image is 3 pixels high, not 5");
    }
}
