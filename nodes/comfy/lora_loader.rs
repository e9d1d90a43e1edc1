//! `LoraLoader`: one file for the model and for the text encoders.

use pellucid_graph::comfy::{ComfyClass, file, float, output, socket};

use crate::model::apply_lora::{FILE, PLACE, STRENGTH};

/// A LoRA for both, each with a strength of its own.
pub fn class() -> ComfyClass {
    ComfyClass::new("LoraLoader", "Load LoRA")
        .input(socket("model", "MODEL"))
        .input(socket("clip", "CLIP"))
        .input(file("lora_name", PLACE))
        .input(float("strength_model", 1.0, -100.0..=100.0))
        .input(float("strength_clip", 1.0, -100.0..=100.0))
        .output(output("MODEL"))
        .output(output("CLIP"))
        .rewrite(|cx| {
            let (model, clip) = (cx.wire("model")?, cx.wire("clip")?);
            let name = cx.literal("lora_name")?;
            let of_model = cx.literal("strength_model")?;
            let of_clip = cx.literal("strength_clip")?;
            let to_model = cx
                .node("apply_lora")
                .wire("model", model)
                .set(FILE, name.clone())
                .set(STRENGTH, of_model)
                .add();
            let to_clip = cx
                .helper("apply_clip_lora")
                .wire("clip", clip)
                .set(FILE, name)
                .set(STRENGTH, of_clip)
                .add();
            cx.output(0, to_model.out("model"));
            cx.output(1, to_clip.out("clip"));
            Ok(())
        })
}
