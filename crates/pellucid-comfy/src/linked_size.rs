//! Widths and heights that are linked to those of a picture.

use pellucid_graph::comfy::{ComfyTrouble, Rewrite, Stands, Wired};

/// The inputs that say a size.
pub(crate) const SIDES: [&str; 2] = ["width", "height"];

/// The picture that `width` and `height` are linked to; none where both are written down. Kinds that tell `width`
/// and `height` give the picture they tell them of as `image`.
///
/// # Errors
/// When only one of the two is linked, or they are linked to different pictures, or to something else.
pub(crate) fn picture(cx: &Rewrite) -> Result<Option<Wired>, ComfyTrouble> {
    let linked = |side: &str| match cx.given(side) {
        Some(Stands::Wire(wired)) => Some(wired),
        _ => None,
    };
    let [width, height] = SIDES.map(linked);
    match (width, height) {
        (None, None) => Ok(None),
        (Some(width), Some(height))
            if width.wire.node == height.wire.node
                && [&*width.wire.output, &*height.wire.output] == SIDES =>
        {
            let mut picture = width.clone();
            picture.wire.output = "image".into();
            Ok(Some(picture))
        }
        (Some(_), _) => Err(computed(SIDES[0])),
        (None, Some(_)) => Err(computed(SIDES[1])),
    }
}

fn computed(side: &str) -> ComfyTrouble {
    let message =
        format!("`{side}` is computed by another node, and not with the other side of one picture");
    let trouble = ComfyTrouble::at(side, message)
        .hint("link `width` and `height` to those of one picture, or write both down");
    ComfyTrouble { code: "comfy-computed", ..trouble }
}
