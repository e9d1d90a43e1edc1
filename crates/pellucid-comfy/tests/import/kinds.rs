//! Kinds that are declared and never run.

use pellucid_graph::comfy::{
    ComfyClass, ComfyInput, combo, combo_as, file, flag, float, int, output, prompt, seed, socket,
};
use pellucid_graph::{CheckFn, Cost, FilePlace, Kinds, NodeError, NodeKind, RunFn, Site};

const SAMPLERS: &[&str] = &["euler", "heun", "dpmpp_2m"];

/// The classes of these tests, and those that no kind serves alone.
pub fn kinds() -> Kinds {
    let mut kinds = Kinds::default();
    // What only reads literals and writes files is the same for these kinds.
    let plain = ["Primitive", "Preview", "MaskPreview", "Save", "KSamplerSelect"];
    let is_plain = |class: &&fn() -> ComfyClass| {
        let name = class().name;
        plain.iter().any(|start| name.starts_with(start))
    };
    let classes: Vec<_> = pellucid_nodes::CLASSES.iter().filter(is_plain).copied().collect();
    kinds.add_classes(&classes);
    for (name, class) in [
        ("load_checkpoint", load_checkpoint()),
        ("encode_prompt", encode()),
        ("empty_latent", empty_latent()),
        ("ksampler", ksampler()),
        ("decode", decode()),
        ("control", control()),
        ("load", load_image()),
        ("blend", blend()),
        ("grow", grow()),
        ("size", image_size()),
    ] {
        kinds.add(kind(name, vec![class]));
    }
    kinds.add(kind("fit", vec![resize_new(), resize_old()]));
    kinds
}

fn kind(name: &str, comfy: Vec<ComfyClass>) -> NodeKind {
    NodeKind {
        name: name.into(),
        family: "test".into(),
        docs: String::new(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![],
        outputs: vec![],
        comfy,
        check: CheckFn::Native(|_| Err(NodeError::new("never checked"))),
        run: RunFn::Native(|_| Err(NodeError::new("never run"))),
    }
}

fn wire(name: &str, ty: &str) -> ComfyInput {
    socket(name, ty).to(Site::Input(name.into()))
}

trait Same {
    fn same(self) -> Self;
}

impl Same for ComfyInput {
    /// The param of the same name.
    fn same(self) -> Self {
        let name = self.name.clone();
        self.to(Site::Param(name))
    }
}

fn load_checkpoint() -> ComfyClass {
    ComfyClass::new("CheckpointLoaderSimple", "Load Checkpoint")
        .input(file("ckpt_name", FilePlace::Weights("checkpoints")).to(Site::Param("file".into())))
        .output(output("MODEL").from("model"))
        .output(output("CLIP").from("clip"))
        .output(output("VAE").from("vae"))
}

fn encode() -> ComfyClass {
    ComfyClass::new("CLIPTextEncode", "CLIP Text Encode (Prompt)")
        .input(prompt("text").same())
        .input(wire("clip", "CLIP"))
        .output(output("CONDITIONING").from("conditioning"))
}

fn empty_latent() -> ComfyClass {
    ComfyClass::new("EmptyLatentImage", "Empty Latent Image")
        .input(int("width", 512, 16..=16384).same())
        .input(int("height", 512, 16..=16384).same())
        .input(int("batch_size", 1, 1..=4096).to(Site::Param("batch".into())))
        .output(output("LATENT").from("latent"))
        .sized_like("empty_latent", "like")
}

fn ksampler() -> ComfyClass {
    ComfyClass::new("KSampler", "KSampler")
        .input(wire("model", "MODEL"))
        .input(seed("seed").same())
        .input(int("steps", 20, 1..=10000).same())
        .input(float("cfg", 8.0, 0.0..=100.0).same())
        .input(combo("sampler_name", SAMPLERS).to(Site::Param("sampler".into())))
        .input(combo("scheduler", &["simple", "normal", "karras"]).same())
        .input(wire("positive", "CONDITIONING"))
        .input(wire("negative", "CONDITIONING"))
        .input(socket("latent_image", "LATENT").to(Site::Input("latent".into())))
        .input(float("denoise", 1.0, 0.0..=1.0).same())
        .output(output("LATENT").from("latent"))
}

fn decode() -> ComfyClass {
    ComfyClass::new("VAEDecode", "VAE Decode")
        .input(wire("samples", "LATENT"))
        .input(wire("vae", "VAE"))
        .output(output("IMAGE").from("image"))
}

fn control() -> ComfyClass {
    ComfyClass::new("ControlNetApplyAdvanced", "Apply ControlNet")
        .input(wire("positive", "CONDITIONING"))
        .input(wire("negative", "CONDITIONING"))
        .input(wire("image", "IMAGE"))
        .input(float("strength", 1.0, 0.0..=10.0).same())
        .output(output("CONDITIONING").named("positive").from("positive"))
        .output(output("CONDITIONING").named("negative").from("negative"))
}

fn load_image() -> ComfyClass {
    ComfyClass::new("LoadImage", "Load Image")
        .input(file("image", FilePlace::Picture).upload())
        .output(output("IMAGE"))
        .output(output("MASK"))
        .rewrite(|cx| {
            let name = cx.literal("image")?;
            let image = cx.node("load_image").set("file", name).add();
            let split = cx.helper("alpha_split").wire("image", image.out("image")).add();
            let mask = cx.helper("matte_invert").wire("matte", split.out("matte")).add();
            cx.output(0, image.out("image"));
            cx.output(1, mask.out("matte"));
            Ok(())
        })
}

fn blend() -> ComfyClass {
    ComfyClass::new("ImageBlend", "Image Blend")
        .input(wire("image1", "IMAGE"))
        .input(wire("image2", "IMAGE"))
        .input(float("blend_factor", 0.5, 0.0..=1.0).to(Site::Param("opacity".into())))
        .input(
            combo_as("blend_mode", &[("normal", "over"), ("multiply", "multiply")])
                .to(Site::Param("mode".into())),
        )
        .always("clip", true)
        .output(output("IMAGE").from("image"))
}

fn grow() -> ComfyClass {
    ComfyClass::new("GrowMask", "Grow Mask")
        .input(wire("mask", "MASK"))
        .input(int("expand", 0, -100..=100).force_input().same())
        .input(
            flag("tapered_corners", true)
                .as_values("plus", "square")
                .to(Site::Param("shape".into())),
        )
        .output(output("MASK").from("matte"))
}

fn image_size() -> ComfyClass {
    ComfyClass::new("GetImageSize", "Get Image Size")
        .input(wire("image", "IMAGE"))
        .output(output("INT").named("width").from("width"))
        .output(output("INT").named("height").from("height"))
}

fn resize(class: ComfyClass) -> ComfyClass {
    class
        .input(wire("image", "IMAGE"))
        .input(int("width", 512, 0..=16384).same())
        .input(int("height", 512, 0..=16384).same())
        .input(combo("interpolation", &["nearest", "bilinear"]).same())
        .output(output("IMAGE").from("image"))
}

fn resize_new() -> ComfyClass {
    resize(ComfyClass::new("ImageResize+", "Image Resize"))
        .input(combo("method", &["stretch", "keep proportion"]).same())
        .input(combo("condition", &["always", "downscale if bigger"]))
        .input(int("multiple_of", 0, 0..=16384).same())
}

fn resize_old() -> ComfyClass {
    resize(ComfyClass::new("ImageResize+", "Image Resize")).input(
        flag("keep_proportion", false)
            .as_values("keep proportion", "stretch")
            .to(Site::Param("method".into())),
    )
}
