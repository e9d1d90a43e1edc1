//! Encodes a prompt for SDXL with everything that SDXL can be told.

use std::sync::Arc;

use pellucid_diffusion::{PromptText, encode_prompt};
use pellucid_graph::comfy::{ComfyClass, int, output, prompt, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, In, NodeError, NodeKind, Out, Param, Run,
    RunFn,
};
use pellucid_value::{Clip, Conditioning, Family, Prompt, Sizes, Value};

use super::encode_prompt::{
    conditioning_fact, embedding_files, named_embeddings, refuse_endless_weights,
    refuse_unfit_embeddings, refuse_unnamed_embeddings,
};
use crate::networks::{computing, failed};

const CLIP: In<Arc<Clip>> = In::new("clip", "The text encoders of SDXL.");
const TEXT_G: Param<String> = Param::text("text_g", "", "The prompt for the larger encoder, bigG.");
const TEXT_L: Param<String> =
    Param::text("text_l", "", "The prompt for the smaller encoder, CLIP-L.");
const WIDTH: Param<u32> = Param::<u32>::int(
    "width",
    1024,
    "Width of the picture that the training crop would be cut from.",
)
.range(0, 32768);
const HEIGHT: Param<u32> = Param::<u32>::int(
    "height",
    1024,
    "Height of the picture that the training crop would be cut from.",
)
.range(0, 32768);
const CROP_X: Param<u32> = Param::<u32>::int("crop_x", 0, "Left of the crop.").range(0, 32768);
const CROP_Y: Param<u32> = Param::<u32>::int("crop_y", 0, "Top of the crop.").range(0, 32768);
const TARGET_WIDTH: Param<u32> =
    Param::<u32>::int("target_width", 1024, "Width of the crop.").range(0, 32768);
const TARGET_HEIGHT: Param<u32> =
    Param::<u32>::int("target_height", 1024, "Height of the crop.").range(0, 32768);
const EMBEDDINGS: Param<Vec<FileRef>> = Param::<Vec<FileRef>>::files_or_none(
    "embeddings",
    FilePlace::Weights("embeddings"),
    "Files of textual inversion that the prompts name, looked up in `embeddings` of the model folders.",
);
const CONDITIONING: Out<Arc<Conditioning>> = Out::new("conditioning", "The encoded prompt.");

/// The record of `encode_prompt_sdxl`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "encode_prompt_sdxl".into(),
        family: "text".into(),
        docs: "Encodes a prompt for SDXL, with a text for each encoder and the sizes that the model is told: how large the picture was that it is a crop of, where the crop lies, and how large it is.".into(),
        revision: 2,
        cost: Cost::Device,
        inputs: vec![CLIP.decl()],
        params: vec![TEXT_G.decl(), TEXT_L.decl(), WIDTH.decl(), HEIGHT.decl(), CROP_X.decl(), CROP_Y.decl(), TARGET_WIDTH.decl(), TARGET_HEIGHT.decl(), EMBEDDINGS.decl()],
        outputs: vec![CONDITIONING.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("CLIPTextEncodeSDXL", "CLIPTextEncodeSDXL")
        .input(socket("clip", "CLIP"))
        .input(int("width", 1024, 0..=16384))
        .input(int("height", 1024, 0..=16384))
        .input(int("crop_w", 0, 0..=16384))
        .input(int("crop_h", 0, 0..=16384))
        .input(int("target_width", 1024, 0..=16384))
        .input(int("target_height", 1024, 0..=16384))
        .input(prompt("text_g"))
        .input(prompt("text_l"))
        .output(output("CONDITIONING"))
        .rewrite(|cx| {
            let clip = cx.wire("clip")?;
            let mut params = Vec::new();
            for (param, input) in [
                ("text_g", "text_g"),
                ("text_l", "text_l"),
                ("width", "width"),
                ("height", "height"),
                ("crop_x", "crop_w"),
                ("crop_y", "crop_h"),
                ("target_width", "target_width"),
                ("target_height", "target_height"),
            ] {
                params.push((param, cx.literal(input)?));
            }
            let embeddings = named_embeddings(&[cx.text("text_g")?, cx.text("text_l")?]);
            let embeddings = embeddings.map(|names| cx.derived("text_l", names));
            let mut node = cx.node("encode_prompt_sdxl").wire(CLIP, clip);
            for (param, literal) in params {
                node = node.set(param, literal);
            }
            let node = node.set_if(EMBEDDINGS, embeddings).add();
            cx.output(0, node.out(CONDITIONING));
            Ok(())
        })
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let clip = cx.fact(CLIP);
    let files = cx.param(EMBEDDINGS);
    refuse_unfit_embeddings(cx, EMBEDDINGS, &clip)?;
    for text in [TEXT_G, TEXT_L] {
        refuse_unnamed_embeddings(&cx.param(text), &files, text)?;
        refuse_endless_weights(&cx.param(text), text)?;
    }
    let fact = conditioning_fact(&clip, CLIP)?;
    if clip.family != Family::Sdxl {
        let message = format!("the text encoders are those of {}, not of SDXL", clip.family);
        return Err(NodeError::at(CLIP, message).hint("use `encode_prompt`"));
    }
    cx.needs(clip.bytes);
    Ok(Checked::Facts(vec![CONDITIONING.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (clip, l, g) = (cx.input(CLIP), cx.param(TEXT_L), cx.param(TEXT_G));
    let files = embedding_files(cx, EMBEDDINGS)?;
    let computing = computing(cx)?;
    let text = PromptText { l: &l, g: &g };
    let (conditioning, _) = encode_prompt(&computing, &clip, text, &files).map_err(failed)?;
    let sizes = Some(Sizes {
        width: cx.param(WIDTH),
        height: cx.param(HEIGHT),
        crop_x: cx.param(CROP_X),
        crop_y: cx.param(CROP_Y),
        target_width: cx.param(TARGET_WIDTH),
        target_height: cx.param(TARGET_HEIGHT),
    });
    let sized = conditioning.map(|prompt| Prompt { sizes, ..prompt.clone() });
    Ok(vec![CONDITIONING.put(sized.into())])
}
