//! ControlNets that serve several sorts of pictures, which there are none of here.

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, combo, output, socket};

/// `SetUnionControlNetType`
pub fn class() -> ComfyClass {
    const TYPES: &[&str] = &[
        "auto",
        "openpose",
        "depth",
        "hed/pidi/scribble/ted",
        "canny/lineart/anime_lineart/mlsd",
        "normal",
        "segment",
        "tile",
        "repaint",
    ];
    ComfyClass::new("SetUnionControlNetType", "SetUnionControlNetType")
        .input(socket("control_net", "CONTROL_NET"))
        .input(combo("type", TYPES))
        .output(output("CONTROL_NET"))
        .rewrite(|_| {
            Err(ComfyTrouble::new("union ControlNets are not supported")
                .hint("use a ControlNet that is made for one sort of picture"))
        })
}
