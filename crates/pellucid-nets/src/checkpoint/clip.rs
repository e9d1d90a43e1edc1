//! CLIP text encoders, described by their keys and shapes.

use super::shapes::{Layout, Shapes, count, size};
use crate::weights::Part;

/// Everything that distinguishes one CLIP text encoder from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipConfig {
    /// Which of the two kinds it is.
    pub kind: ClipKind,
    /// Channels of a token.
    pub width: usize,
    /// Attention heads; 64 wide in every real one.
    pub heads: usize,
    /// Transformer layers.
    pub layers: usize,
    /// Channels inside the feed-forward part.
    pub inner_width: usize,
    /// Positions, 77.
    pub positions: usize,
    /// Tokens in the vocabulary, 49408.
    pub vocabulary: usize,
    /// Width after the text projection; `None` where there is none.
    pub projection: Option<usize>,
}

/// The two CLIP text encoders of Stable Diffusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClipKind {
    /// OpenAI's ViT-L/14: quick gelu, padded with the end token.
    L,
    /// OpenCLIP's ViT-bigG/14: exact gelu, padded with 0.
    BigG,
}

/// Reads the configuration of a text encoder from Hugging Face names (`text_model.…`).
pub fn clip_config(shapes: &Shapes, kind: ClipKind) -> Option<ClipConfig> {
    let tokens = shapes.get("text_model.embeddings.token_embedding.weight")?;
    let &[vocabulary, width] = tokens.as_slice() else { return None };
    let layer = |index: usize| format!("text_model.encoder.layers.{index}.mlp.fc1.weight");
    Some(ClipConfig {
        kind,
        width,
        heads: width.div_ceil(64),
        layers: count(shapes, layer),
        inner_width: size(shapes, &layer(0), 0)?,
        positions: size(shapes, "text_model.embeddings.position_embedding.weight", 0)?,
        vocabulary,
        projection: size(shapes, "text_projection.weight", 0),
    })
}

/// The tensors that a text encoder of that configuration has, by Hugging Face name.
pub fn clip_layout(config: &ClipConfig) -> Shapes {
    let mut layout = Layout::new();
    let width = config.width;
    let embeddings = "text_model.embeddings";
    layout.add(format!("{embeddings}.token_embedding.weight"), &[config.vocabulary, width]);
    layout.add(format!("{embeddings}.position_embedding.weight"), &[config.positions, width]);
    for index in 0..config.layers {
        let key = format!("text_model.encoder.layers.{index}");
        layout.norm(&format!("{key}.layer_norm1"), width);
        layout.norm(&format!("{key}.layer_norm2"), width);
        for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            layout.linear(&format!("{key}.self_attn.{part}"), width, width);
        }
        layout.linear(&format!("{key}.mlp.fc1"), width, config.inner_width);
        layout.linear(&format!("{key}.mlp.fc2"), config.inner_width, width);
    }
    layout.norm("text_model.final_layer_norm", width);
    if let Some(projection) = config.projection {
        layout.add("text_projection.weight".to_owned(), &[projection, width]);
    }
    layout.shapes
}

/// The Hugging Face names of a tensor of the open_clip layout, and which part of it each is.
///
/// Query, key and value lie in one matrix there, and the text projection is transposed.
pub fn of_open_clip(name: &str) -> Vec<(String, Part)> {
    let whole = |name: String| vec![(name, Part::Whole)];
    match name {
        "token_embedding.weight" => {
            whole("text_model.embeddings.token_embedding.weight".to_owned())
        }
        "positional_embedding" => {
            whole("text_model.embeddings.position_embedding.weight".to_owned())
        }
        "text_projection" => vec![("text_projection.weight".to_owned(), Part::Transposed)],
        "text_projection.weight" => whole(name.to_owned()),
        _ => {
            if let Some(parameter) = name.strip_prefix("ln_final.") {
                return whole(format!("text_model.final_layer_norm.{parameter}"));
            }
            of_open_clip_layer(name).unwrap_or_default()
        }
    }
}

fn of_open_clip_layer(name: &str) -> Option<Vec<(String, Part)>> {
    let (index, tail) = name.strip_prefix("transformer.resblocks.")?.split_once('.')?;
    let layer = format!("text_model.encoder.layers.{index}");
    if let Some(parameter) = tail.strip_prefix("attn.in_proj_") {
        let part = |(index, name)| {
            (format!("{layer}.self_attn.{name}.{parameter}"), Part::Rows { index, of: 3 })
        };
        return Some(["q_proj", "k_proj", "v_proj"].into_iter().enumerate().map(part).collect());
    }
    let (inside, parameter) = tail.rsplit_once('.')?;
    let inside = match inside {
        "ln_1" => "layer_norm1",
        "ln_2" => "layer_norm2",
        "attn.out_proj" => "self_attn.out_proj",
        "mlp.c_fc" => "mlp.fc1",
        "mlp.c_proj" => "mlp.fc2",
        _ => return None,
    };
    Some(vec![(format!("{layer}.{inside}.{parameter}"), Part::Whole)])
}
