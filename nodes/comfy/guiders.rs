//! GUIDER: a model and what steers it, unpacked by `SamplerCustomAdvanced`.

use pellucid_graph::comfy::{Bundle, ComfyClass, float, output, socket};

/// `BasicGuider`: `model`, `positive`.
pub fn basic_guider() -> ComfyClass {
    ComfyClass::new("BasicGuider", "BasicGuider")
        .input(socket("model", "MODEL"))
        .input(socket("conditioning", "CONDITIONING"))
        .output(output("GUIDER"))
        .rewrite(|cx| {
            let model = cx.wire("model")?.into();
            let positive = cx.wire("conditioning")?.into();
            cx.output(0, Bundle::of([("model", model), ("positive", positive)]));
            Ok(())
        })
}

/// `CFGGuider`: `model`, `positive`, `negative`, `cfg`.
pub fn cfg_guider() -> ComfyClass {
    ComfyClass::new("CFGGuider", "CFGGuider")
        .input(socket("model", "MODEL"))
        .input(socket("positive", "CONDITIONING"))
        .input(socket("negative", "CONDITIONING"))
        .input(float("cfg", 8.0, 0.0..=100.0))
        .output(output("GUIDER"))
        .rewrite(|cx| {
            let parts = [
                ("model", cx.wire("model")?.into()),
                ("positive", cx.wire("positive")?.into()),
                ("negative", cx.wire("negative")?.into()),
                ("cfg", cx.literal("cfg")?.into()),
            ];
            cx.output(0, Bundle::of(parts));
            Ok(())
        })
}
