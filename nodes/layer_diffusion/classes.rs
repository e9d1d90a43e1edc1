//! The classes of ComfyUI's LayerDiffuse pack, as they worked in its version 1.0.4.

use pellucid_graph::comfy::{
    ComfyClass, ComfyTrouble, Literal, Rewrite, Wired, combo, float, int, output, socket,
};

/// All of them.
pub const CLASSES: &[fn() -> ComfyClass] = &[
    apply,
    joint_apply,
    cond_apply,
    diff_apply,
    cond_joint_apply,
    decode,
    decode_rgba,
    decode_split,
];

const SDXL_ATTENTION: &str = "SDXL, Attention Injection";
const SDXL_CONVOLUTION: &str = "SDXL, Conv Injection";
const SD15_ATTENTION: &str = "SD15, Attention Injection, attn_sharing";
const SD15_JOINT: &str = "SD15, attn_sharing, Batch size (3N)";
const SD15_FOREGROUND: &str = "SD15, Foreground, attn_sharing, Batch size (2N)";
const SD15_BACKGROUND: &str = "SD15, Background, attn_sharing, Batch size (2N)";

/// Files have fixed names there.
fn file_of(config: &str, extracts: bool) -> Option<&'static str> {
    Some(match (config, extracts) {
        (SDXL_ATTENTION, _) => "layer_xl_transparent_attn.safetensors",
        (SDXL_CONVOLUTION, _) => "layer_xl_transparent_conv.safetensors",
        (SD15_ATTENTION, _) => "layer_sd15_transparent_attn.safetensors",
        (SD15_JOINT, _) => "layer_sd15_joint.safetensors",
        (SD15_FOREGROUND, _) => "layer_sd15_fg2bg.safetensors",
        (SD15_BACKGROUND, _) => "layer_sd15_bg2fg.safetensors",
        ("SDXL, Foreground", false) => "layer_xl_fg2ble.safetensors",
        ("SDXL, Background", false) => "layer_xl_bg2ble.safetensors",
        ("SDXL, Foreground", true) => "layer_xl_fgble2bg.safetensors",
        ("SDXL, Background", true) => "layer_xl_bgble2fg.safetensors",
        _ => return None,
    })
}

fn file(cx: &Rewrite, extracts: bool) -> Result<Literal, ComfyTrouble> {
    let config = cx.text("config")?;
    let name = file_of(&config, extracts)
        .ok_or_else(|| ComfyTrouble::at("config", format!("there is no `{config}`")))?;
    Ok(cx.derived("config", name))
}

fn weight() -> pellucid_graph::comfy::ComfyInput {
    float("weight", 1.0, -1.0..=3.0)
}

fn apply() -> ComfyClass {
    ComfyClass::new("LayeredDiffusionApply", "Layer Diffuse Apply")
        .input(socket("model", "MODEL"))
        .input(combo("config", &[SDXL_ATTENTION, SDXL_CONVOLUTION, SD15_ATTENTION]))
        .input(weight())
        .output(output("MODEL"))
        .rewrite(|cx| {
            let (model, file, weight) =
                (cx.wire("model")?, file(cx, false)?, cx.literal("weight")?);
            let node = cx.node("layer_foreground").wire("model", model);
            let node = node.set("file", file).set("weight", weight).add();
            cx.output(0, node.out("model"));
            Ok(())
        })
}

fn joint_apply() -> ComfyClass {
    ComfyClass::new("LayeredDiffusionJointApply", "Layer Diffuse Joint Apply")
        .input(socket("model", "MODEL"))
        .input(combo("config", &[SD15_JOINT]))
        .input(socket("fg_cond", "CONDITIONING").optional())
        .input(socket("bg_cond", "CONDITIONING").optional())
        .input(socket("blended_cond", "CONDITIONING").optional())
        .output(output("MODEL"))
        .rewrite(|cx| {
            let (model, file) = (cx.wire("model")?, file(cx, false)?);
            let foreground = cx.wire_if_given("fg_cond")?;
            let background = cx.wire_if_given("bg_cond")?;
            let blend = cx.wire_if_given("blended_cond")?;
            let node = cx
                .node("layer_joint")
                .wire("model", model)
                .wire_if("foreground", foreground)
                .wire_if("background", background)
                .wire_if("blend", blend)
                .set("file", file)
                .add();
            cx.output(0, node.out("model"));
            Ok(())
        })
}

fn cond_apply() -> ComfyClass {
    conditioned("LayeredDiffusionCondApply", "Layer Diffuse Cond Apply", false)
}

fn diff_apply() -> ComfyClass {
    conditioned("LayeredDiffusionDiffApply", "Layer Diffuse Diff Apply", true)
}

fn conditioned(name: &str, title: &str, extracts: bool) -> ComfyClass {
    let mut class = ComfyClass::new(name, title)
        .input(socket("model", "MODEL"))
        .input(socket("cond", "CONDITIONING"))
        .input(socket("uncond", "CONDITIONING"));
    if extracts {
        class = class.input(socket("blended_latent", "LATENT"));
    }
    class
        .input(socket("latent", "LATENT"))
        .input(combo("config", &["SDXL, Foreground", "SDXL, Background"]))
        .input(weight())
        .output(output("MODEL"))
        .output(output("CONDITIONING"))
        .output(output("CONDITIONING"))
        .rewrite(move |cx| {
            let (model, file, weight) =
                (cx.wire("model")?, file(cx, extracts)?, cx.literal("weight")?);
            let (positive, negative) = (cx.wire("cond")?, cx.wire("uncond")?);
            let (given, blend) = (cx.wire("latent")?, cx.wire_if_given("blended_latent")?);
            let node = cx
                .node("layer_conditioned")
                .wire("model", model)
                .wire("positive", positive)
                .wire("negative", negative)
                .wire("given", given)
                .wire_if("blend", blend)
                .set("file", file)
                .set("weight", weight)
                .add();
            for (slot, name) in ["model", "positive", "negative"].into_iter().enumerate() {
                cx.output(slot, node.out(name));
            }
            Ok(())
        })
}

fn cond_joint_apply() -> ComfyClass {
    ComfyClass::new("LayeredDiffusionCondJointApply", "Layer Diffuse Cond Joint Apply")
        .input(socket("model", "MODEL"))
        .input(socket("image", "IMAGE"))
        .input(combo("config", &[SD15_FOREGROUND, SD15_BACKGROUND]))
        .input(socket("cond", "CONDITIONING").optional())
        .input(socket("blended_cond", "CONDITIONING").optional())
        .output(output("MODEL"))
        .rewrite(|cx| {
            let (model, image, file) = (cx.wire("model")?, cx.wire("image")?, file(cx, false)?);
            let (layer, blend) = (cx.wire_if_given("cond")?, cx.wire_if_given("blended_cond")?);
            let node = cx
                .node("layer_given")
                .wire("model", model)
                .wire("image", image)
                .wire_if("layer", layer)
                .wire_if("blend", blend)
                .set("file", file)
                .add();
            cx.output(0, node.out("model"));
            Ok(())
        })
}

fn decoding(name: &str, title: &str) -> ComfyClass {
    ComfyClass::new(name, title).input(socket("samples", "LATENT")).input(socket("images", "IMAGE"))
}

fn with_codec(class: ComfyClass) -> ComfyClass {
    class.input(combo("sd_version", &["SD15", "SDXL"]).default_word("SDXL")).input(int(
        "sub_batch_size",
        16,
        1..=4096,
    ))
}

/// The layers in these latents and pictures.
fn layer(cx: &mut Rewrite, latent: Wired, image: Wired) -> Result<Wired, ComfyTrouble> {
    let (family, decoder) = match cx.text("sd_version")?.as_str() {
        "SD15" => ("sd15", "layer_sd15_vae_transparent_decoder.safetensors"),
        _ => ("sdxl", "vae_transparent_decoder.safetensors"),
    };
    let (family, decoder) = (cx.derived("sd_version", family), cx.derived("sd_version", decoder));
    let codec = cx.helper("load_layer_codec").set("family", family).set("decoder", decoder).add();
    let layer = cx
        .node("decode_layer")
        .wire("latent", latent)
        .wire("codec", codec.out("codec"))
        .wire("image", image)
        .add();
    Ok(layer.out("image"))
}

/// Its MASK is alpha as it is: 1 is opaque, the opposite of other MASKs.
fn decode() -> ComfyClass {
    with_codec(decoding("LayeredDiffusionDecode", "Layer Diffuse Decode"))
        .output(output("IMAGE"))
        .output(output("MASK"))
        .rewrite(|cx| {
            let (latent, image) = (cx.wire("samples")?, cx.wire("images")?);
            let layer = layer(cx, latent, image)?;
            let split = cx.helper("alpha_split").wire("image", layer).add();
            cx.output(0, split.out("image"));
            cx.output(1, split.out("matte"));
            Ok(())
        })
}

fn decode_rgba() -> ComfyClass {
    with_codec(decoding("LayeredDiffusionDecodeRGBA", "Layer Diffuse Decode (RGBA)"))
        .output(output("IMAGE"))
        .rewrite(|cx| {
            let (latent, image) = (cx.wire("samples")?, cx.wire("images")?);
            let layer = layer(cx, latent, image)?;
            cx.output(0, layer);
            Ok(())
        })
}

/// Only the first of every so many pictures is a layer; the others are pictures as they are.
fn decode_split() -> ComfyClass {
    let class = decoding("LayeredDiffusionDecodeSplit", "Layer Diffuse Decode (Split)");
    with_codec(class.input(int("frames", 2, 2..=3)))
        .output(output("IMAGE"))
        .output(output("IMAGE"))
        .output(output("IMAGE"))
        .rewrite(|cx| {
            let (latent, image) = (cx.wire("samples")?, cx.wire("images")?);
            let (frames, count) = (cx.literal("frames")?, cx.int("frames")?);
            let joined = cx
                .helper("frames_from_batch")
                .wire("latent", latent)
                .set("frames", frames.clone())
                .add();
            let first = cx
                .helper("latent_frame")
                .wire("latent", joined.out("latent"))
                .set("frame", 0)
                .add();
            for slot in 0..count as i32 {
                let taken = cx
                    .helper("every_nth")
                    .wire("image", image.clone())
                    .set("first", slot)
                    .set("step", frames.clone())
                    .add()
                    .out("image");
                if slot == 0 {
                    let layer = layer(cx, first.out("latent"), taken)?;
                    cx.output(0, layer);
                } else {
                    cx.output(slot as usize, taken);
                }
            }
            Ok(())
        })
}
