//! Encodes a prompt.

use std::collections::BTreeSet;
use std::sync::Arc;

use pellucid_diffusion::{PromptText, embedding_fits, encode_prompt};
use pellucid_graph::comfy::{ComfyClass, output, prompt, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, In, NodeError, NodeKind, Out, Param, Run,
    RunFn, Site,
};
use pellucid_nets::text::{Segment, weighted_segments};
use pellucid_source::{Json, Span, Spanned};
use pellucid_value::{Clip, ClipFact, Conditioning, ConditioningFact, Value, WeightFile};

use crate::networks::{computing, failed, refused};

const CLIP: In<Arc<Clip>> = In::new("clip", "The text encoders.");
const TEXT: Param<String> = Param::text(
    "text",
    "",
    "The prompt. `(word:1.2)` weighs a word, `\\(` and `\\)` are plain brackets, `embedding:NAME` \
     stands for one of `embeddings`.",
);
const EMBEDDINGS: Param<Vec<FileRef>> = Param::<Vec<FileRef>>::files_or_none(
    "embeddings",
    FilePlace::Weights("embeddings"),
    "Files of textual inversion that the prompt names, looked up in `embeddings` of the model folders.",
);
const CONDITIONING: Out<Arc<Conditioning>> = Out::new("conditioning", "The encoded prompt.");

/// The record of `encode_prompt`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "encode_prompt".into(),
        family: "text".into(),
        docs:
            "Encodes a prompt with the model's text encoders. A prompt of more than 75 tokens is \
               encoded in parts that follow each other. SDXL's two encoders read the same text."
                .into(),
        revision: 2,
        cost: Cost::Device,
        inputs: vec![CLIP.decl()],
        params: vec![TEXT.decl(), EMBEDDINGS.decl()],
        outputs: vec![CONDITIONING.decl()],
        comfy: vec![clip_text_encode()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn clip_text_encode() -> ComfyClass {
    ComfyClass::new("CLIPTextEncode", "CLIP Text Encode (Prompt)")
        .input(prompt("text"))
        .input(socket("clip", "CLIP"))
        .output(output("CONDITIONING"))
        .rewrite(|cx| {
            let (clip, text) = (cx.wire("clip")?, cx.literal("text")?);
            let embeddings = named_embeddings(&[cx.text("text")?]);
            let embeddings = embeddings.map(|names| cx.derived("text", names));
            let node = cx
                .node("encode_prompt")
                .wire(CLIP, clip)
                .set(TEXT, text)
                .set_if(EMBEDDINGS, embeddings)
                .add();
            cx.output(0, node.out(CONDITIONING));
            Ok(())
        })
}

/// The names of embeddings in some texts as a literal; nothing if there are none.
pub(super) fn named_embeddings(texts: &[String]) -> Option<Json> {
    let names: BTreeSet<&str> = texts.iter().flat_map(|text| embedding_names(text)).collect();
    let nowhere = Span { start: 0, end: 0 };
    let items = names.iter().map(|name| Spanned { v: Json::from(*name), span: nowhere });
    (!names.is_empty()).then(|| Json::Array(items.collect()))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let clip = cx.fact(CLIP);
    let files = cx.param(EMBEDDINGS);
    refuse_unfit_embeddings(cx, EMBEDDINGS, &clip)?;
    refuse_unnamed_embeddings(&cx.param(TEXT), &files, TEXT)?;
    refuse_endless_weights(&cx.param(TEXT), TEXT)?;
    cx.needs(clip.bytes);
    Ok(Checked::Facts(vec![CONDITIONING.fact(conditioning_fact(&clip, CLIP)?)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (clip, text) = (cx.input(CLIP), cx.param(TEXT));
    let files = embedding_files(cx, EMBEDDINGS)?;
    let computing = computing(cx)?;
    let text = PromptText { l: &text, g: &text };
    let (conditioning, _) = encode_prompt(&computing, &clip, text, &files).map_err(failed)?;
    Ok(vec![CONDITIONING.put(conditioning.into())])
}

/// What an encoded prompt will be; a checkpoint without text encoders is refused.
pub(super) fn conditioning_fact(
    clip: &ClipFact,
    site: impl Into<Site>,
) -> Result<ConditioningFact, NodeError> {
    if clip.width == 0 {
        let message = "the checkpoint has no text encoder that is known";
        return Err(NodeError::at(site, message).hint("load one with `load_clip`"));
    }
    Ok(ConditioningFact {
        family: clip.family,
        width: clip.width,
        concat_channels: 0,
        concat_size: (0, 0),
        control_bytes: 0,
    })
}

/// The files of a param of embeddings.
pub(super) fn embedding_files(
    cx: &Run,
    param: Param<Vec<FileRef>>,
) -> Result<Vec<WeightFile>, NodeError> {
    cx.param(param).iter().map(|file| cx.weights(param, file)).collect()
}

/// Refuses files that hold no word vectors for these text encoders.
pub(super) fn refuse_unfit_embeddings(
    cx: &Check,
    param: Param<Vec<FileRef>>,
    clip: &ClipFact,
) -> Result<(), NodeError> {
    for file in cx.param(param) {
        let file = cx.weights(param, &file)?;
        if clip.width > 0 {
            embedding_fits(&file, clip).map_err(refused(param))?;
        }
    }
    Ok(())
}

/// Refuses weights that leave no number of a conditioning finite, such as `(word:nan)`.
pub(super) fn refuse_endless_weights(text: &str, site: impl Into<Site>) -> Result<(), NodeError> {
    const MOST: f64 = 1e6;
    const SHOWN: usize = 40;
    let segments = weighted_segments(text);
    match segments.iter().find(|segment| !(-MOST..=MOST).contains(&segment.weight)) {
        None => Ok(()),
        Some(Segment { text, weight }) => {
            let start: String = text.chars().take(SHOWN).collect();
            Err(NodeError::at(site, format!("the prompt weighs `{start}` with {weight}"))
                .hint("weights are numbers such as 1.2, in `(word:1.2)`"))
        }
    }
}

/// Refuses `embedding:NAME` in a text when no file of the node goes by that name.
pub(super) fn refuse_unnamed_embeddings(
    text: &str,
    files: &[FileRef],
    site: impl Into<Site>,
) -> Result<(), NodeError> {
    for name in embedding_names(text) {
        let known = files.iter().any(|file| {
            let path = std::path::Path::new(&file.name);
            file.name == name || path.with_extension("").to_str() == Some(name)
        });
        if !known {
            let message = format!("the prompt speaks of `embedding:{name}`, which is not there");
            return Err(NodeError::at(site, message)
                .hint(format!("name its file in `embeddings`: [\"{name}.safetensors\"]")));
        }
    }
    Ok(())
}

/// The names that a text speaks of.
pub(crate) fn embedding_names(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ')' | '(' | ':');
    text.split("embedding:")
        .skip(1)
        .map(move |rest| rest.split(ends).next().unwrap_or(rest))
        .filter(|name| !name.is_empty())
}
