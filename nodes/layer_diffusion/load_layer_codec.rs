//! Opens LayerDiffuse's transparency encoder and decoder.

use std::sync::Arc;

use pellucid_diffusion::codec_fact;
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, FilePlace, FileRef, NodeError, NodeKind, Out, Param,
    Run, RunFn,
};
use pellucid_value::{Family, LayerCodec, Value};

use crate::networks::{failed, refused};

/// Where layer models lie.
pub(crate) const PLACE: FilePlace = FilePlace::Weights("layer_model");

pub(super) const FAMILY: Choice<Family> = Choice::new(
    "family",
    &FAMILIES,
    "The line of models whose latents it reads; files do not say.",
);
const FAMILIES: &[(&str, Family)] = &[("sdxl", Family::Sdxl), ("sd15", Family::Sd15)];

pub(super) const DECODER: Param<Option<FileRef>> = Param::<Option<FileRef>>::file_or_unset(
    "decoder",
    PLACE,
    "The decoder, looked up in `layer_model` of the model folders.",
);
const ENCODER: Param<Option<FileRef>> = Param::<Option<FileRef>>::file_or_unset(
    "encoder",
    PLACE,
    "The encoder, for drawing over layers that exist.",
);
const OFFSET_SCALE: Param<Option<f64>> = Param::<Option<f64>>::float_or_unset(
    "offset_scale",
    "What the encoder's output is multiplied by; it belongs to the file. Left out, 300 for SDXL as \
     the authors released it, and 1 for SD1.5.",
)
.range(0.001, 10_000.0);
pub(super) const CODEC: Out<Arc<LayerCodec>> = Out::new("codec", "The transparency codec.");

/// The record of `load_layer_codec`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "load_layer_codec".into(),
        family: "layer_diffusion".into(),
        docs: "Opens the networks that read transparency from latents and write it into them. Latents of SDXL and SD1.5 need different ones.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![FAMILY.decl(), DECODER.decl(), ENCODER.decl(), OFFSET_SCALE.decl()],
        outputs: vec![CODEC.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (decoder, encoder) = (cx.param(DECODER), cx.param(ENCODER));
    if decoder.is_none() && encoder.is_none() {
        return Err(NodeError::at(DECODER, "neither a decoder nor an encoder is named")
            .hint("name at least one of `decoder` and `encoder`"));
    }
    let decoder = decoder.map(|file| cx.weights(DECODER, &file)).transpose()?;
    let encoder = encoder.map(|file| cx.weights(ENCODER, &file)).transpose()?;
    codec_fact(decoder.as_ref(), None, cx.choice(FAMILY)).map_err(refused(DECODER))?;
    codec_fact(None, encoder.as_ref(), cx.choice(FAMILY)).map_err(refused(ENCODER))?;
    let fact = codec_fact(decoder.as_ref(), encoder.as_ref(), cx.choice(FAMILY));
    Ok(Checked::Facts(vec![CODEC.fact(fact.map_err(refused(DECODER))?)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let decoder = cx.param(DECODER).map(|file| cx.weights(DECODER, &file)).transpose()?;
    let encoder = cx.param(ENCODER).map(|file| cx.weights(ENCODER, &file)).transpose()?;
    let fact = codec_fact(decoder.as_ref(), encoder.as_ref(), cx.choice(FAMILY)).map_err(failed)?;
    let usual = if fact.family == Family::Sdxl { 300.0 } else { 1.0 };
    let offset_scale = cx.param(OFFSET_SCALE).unwrap_or(usual);
    Ok(vec![CODEC.put(LayerCodec { fact, decoder, encoder, offset_scale }.into())])
}
