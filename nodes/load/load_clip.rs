//! Opens text encoders that are in files of their own.

use std::sync::Arc;

use pellucid_diffusion::{DiffusionError, inspection, networks_fact};
use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, combo, file, output};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_source::{Json, Span, Spanned};
use pellucid_value::{Clip, ClipFact, Value, WeightFile};

use crate::networks::{failed, refused, tell_unexpected};

/// Where text encoders lie.
const PLACE: FilePlace = FilePlace::Weights("text_encoders");

const FILES: Param<Vec<FileRef>> = Param::<Vec<FileRef>>::files(
    "files",
    PLACE,
    "The text encoders: one file for SD1.5, two for SDXL, looked up in `text_encoders` and `clip` \
     of the model folders.",
);
const CLIP: Out<Arc<Clip>> = Out::new("clip", "The text encoders.");

/// The record of `load_clip`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "load_clip".into(),
        family: "load".into(),
        docs: "Opens text encoders. Which is which is read from their shapes, so the order does not matter.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![FILES.decl()],
        outputs: vec![CLIP.decl()],
        comfy: vec![clip_loader(), dual_clip_loader()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn clip_loader() -> ComfyClass {
    const TYPES: &[&str] = &[
        "stable_diffusion",
        "stable_cascade",
        "sd3",
        "stable_audio",
        "mochi",
        "ltxv",
        "pixart",
        "cosmos",
        "lumina2",
        "wan",
        "hidream",
        "chroma",
        "ace",
        "omnigen2",
        "qwen_image",
        "hunyuan_image",
    ];
    ComfyClass::new("CLIPLoader", "Load CLIP")
        .input(file("clip_name", PLACE))
        .input(combo("type", TYPES))
        .input(combo("device", &["default", "cpu"]).optional())
        .output(output("CLIP"))
        .rewrite(|cx| {
            refuse_other_types(cx, "stable_diffusion")?;
            load(cx, &["clip_name"])
        })
}

fn dual_clip_loader() -> ComfyClass {
    const TYPES: &[&str] = &["sdxl", "sd3", "flux", "hunyuan_video", "hidream", "hunyuan_image"];
    ComfyClass::new("DualCLIPLoader", "DualCLIPLoader")
        .input(file("clip_name1", PLACE))
        .input(file("clip_name2", PLACE))
        .input(combo("type", TYPES))
        .input(combo("device", &["default", "cpu"]).optional())
        .output(output("CLIP"))
        .rewrite(|cx| {
            refuse_other_types(cx, "sdxl")?;
            load(cx, &["clip_name1", "clip_name2"])
        })
}

fn refuse_other_types(cx: &Rewrite, supported: &str) -> Result<(), ComfyTrouble> {
    match cx.text("type")?.as_str() {
        word if word == supported => Ok(()),
        other => Err(ComfyTrouble::at(
            "type",
            format!("text encoders of type {other} are not supported"),
        )
        .hint(format!("only {supported} is"))),
    }
}

fn load(cx: &mut Rewrite, inputs: &[&str]) -> Result<(), ComfyTrouble> {
    let mut names = Vec::new();
    for input in inputs {
        let v = Json::from(cx.text(input)?);
        names.push(Spanned { v, span: Span { start: 0, end: 0 } });
    }
    let files = cx.derived(inputs[0], Json::Array(names));
    let clip = cx.node("load_clip").set("files", files).add();
    cx.output(0, clip.out(CLIP));
    Ok(())
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let files = cx.param(FILES);
    let files: Vec<WeightFile> =
        files.iter().map(|file| cx.weights(FILES, file)).collect::<Result<_, _>>()?;
    let fact = fact(&files).map_err(refused(FILES))?;
    for file in &files {
        let found = inspection(file).map_err(refused(FILES))?;
        tell_unexpected(cx, FILES, file, &found.unexpected);
    }
    Ok(Checked::Facts(vec![CLIP.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let files = cx.param(FILES);
    let files: Vec<WeightFile> =
        files.iter().map(|file| cx.weights(FILES, file)).collect::<Result<_, _>>()?;
    let fact = fact(&files).map_err(failed)?;
    Ok(vec![CLIP.put(Clip { fact, files: files.into(), loras: [].into(), skip: None }.into())])
}

fn fact(files: &[WeightFile]) -> Result<ClipFact, DiffusionError> {
    let found = networks_fact(files)?;
    found.clip.ok_or_else(|| {
        let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.name)).collect();
        DiffusionError::Unfit(format!("there is no text encoder in {}", names.join(", ")))
    })
}
