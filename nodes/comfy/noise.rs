//! NOISE: a seed, or none, unpacked by `SamplerCustomAdvanced`.

use pellucid_graph::comfy::{Bundle, ComfyClass, output, seed};

/// `RandomNoise`: `seed`.
pub fn random_noise() -> ComfyClass {
    ComfyClass::new("RandomNoise", "RandomNoise")
        .input(seed("noise_seed"))
        .output(output("NOISE"))
        .rewrite(|cx| {
            let seed = cx.literal("noise_seed")?.into();
            cx.output(0, Bundle::of([("seed", seed)]));
            Ok(())
        })
}

/// `DisableNoise`: nothing.
pub fn disable_noise() -> ComfyClass {
    ComfyClass::new("DisableNoise", "DisableNoise").output(output("NOISE")).rewrite(|cx| {
        cx.output(0, Bundle::default());
        Ok(())
    })
}
