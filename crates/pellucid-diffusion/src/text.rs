//! From prompts to conditioning.

use std::path::Path;
use std::sync::Arc;

use pellucid_nets::checkpoint::ClipKind;
use pellucid_nets::patch::{Targets, lora_patches};
use pellucid_nets::text::{
    Cleaning, ClipEncoder, FindInversion, Inversion, Options, TextError, Tokenizer, encode_sd15,
    encode_sdxl, pad_to_same_length,
};
use pellucid_nets::weights::Weights;
use pellucid_value::{Clip, Conditioning, Family, Prompt, WeightFile};

use crate::array::{array_of, finite};
use crate::error::unfit;
use crate::files::{Networks, networks, open};
use crate::{Computing, DiffusionError};

/// What a prompt says to either encoder; families with one encoder read `l`.
#[derive(Clone, Copy, Debug)]
pub struct PromptText<'a> {
    /// For CLIP-L.
    pub l: &'a str,
    /// For bigG, in SDXL.
    pub g: &'a str,
}

/// The encoders that a recipe names.
struct Encoders {
    l: Option<ClipEncoder>,
    g: Option<ClipEncoder>,
}

/// Encodes a prompt; also gives what was left out and why.
///
/// `embeddings` are the files that `embedding:NAME` may mean, by name.
///
/// # Errors
/// When encoders cannot be loaded, or lack what the family needs.
pub fn encode_prompt(
    computing: &Computing,
    clip: &Clip,
    text: PromptText,
    embeddings: &[WeightFile],
) -> Result<(Conditioning, Vec<String>), DiffusionError> {
    let encoders = encoders(computing, clip)?;
    let inversions = Embeddings { files: embeddings };
    let family = clip.fact.family;
    let tokenizer =
        |kind| Tokenizer { kind, cleaning: Cleaning::default(), inversions: Some(&inversions) };
    let options = Options { clip_skip: clip.skip.map(|skip| skip as usize), unprojected: false };
    let encoded = match (family, &encoders.l, &encoders.g) {
        (Family::Sd15 | Family::Sd2, Some(l), _) => {
            encode_sd15(l, &tokenizer(ClipKind::L).tokenize(text.l)?, options)?
        }
        (Family::Sdxl, Some(l), Some(g)) => {
            let mut tokens_l = tokenizer(ClipKind::L).tokenize(text.l)?;
            let mut tokens_g = tokenizer(ClipKind::BigG).tokenize(text.g)?;
            pad_to_same_length(&mut tokens_l, &mut tokens_g);
            encode_sdxl((l, &tokens_l), (g, &tokens_g), options)?
        }
        _ => return unfit(format!("these text encoders are not those of {family}")),
    };
    let files =
        || clip.files.iter().chain(clip.loras.iter().map(|(file, _)| file)).chain(embeddings);
    finite(&encoded.cond, "encoding the prompt", files())?;
    finite(&encoded.pooled, "encoding the prompt", files())?;
    let prompt = Prompt::new(array_of(&encoded.cond)?, Some(array_of(&encoded.pooled)?));
    Ok((Conditioning { family, prompts: vec![prompt].into() }, encoded.warnings))
}

fn encoders(computing: &Computing, clip: &Clip) -> Result<Arc<Encoders>, DiffusionError> {
    let name = computing.name("clip", &(&clip.files, &clip.loras));
    // Short weights stay short only on the CPU, and only those that are as a file has them.
    let widened = !(computing.device.is_cpu() && clip.loras.is_empty());
    let bytes = clip.fact.bytes.saturating_mul(if widened { 2 } else { 1 });
    computing.residents.get(&name, bytes, || {
        let Networks { parts, clips, .. } = networks(&clip.files)?;
        let (mut l, mut g) = (parts.clip_l, parts.clip_g);
        for (file, strength) in clip.loras.iter() {
            let targets = Targets { unet: None, clip_l: l.as_ref(), clip_g: g.as_ref() };
            let patches = lora_patches(&open(file)?, &targets, 0.0, *strength)?;
            l = l.map(|weights| weights.with_patches(patches.clip_l)).transpose()?;
            g = g.map(|weights| weights.with_patches(patches.clip_g)).transpose()?;
        }
        let load = |weights: Option<Weights>,
                    kind|
         -> Result<Option<ClipEncoder>, DiffusionError> {
            let config = clips.iter().find(|clip| clip.kind == kind);
            let (Some(weights), Some(config)) = (weights, config) else { return Ok(None) };
            let encoder = ClipEncoder::new(&weights, config, computing.dtype, &computing.device)?;
            Ok(Some(encoder))
        };
        Ok(Encoders { l: load(l, ClipKind::L)?, g: load(g, ClipKind::BigG)? })
    })
}

/// Files of word vectors by the stem of their name.
struct Embeddings<'a> {
    files: &'a [WeightFile],
}

impl FindInversion for Embeddings<'_> {
    fn find(&self, name: &str) -> Result<Option<Arc<Inversion>>, TextError> {
        let named = |file: &&WeightFile| {
            let path = Path::new(&*file.name);
            *file.name == *name || path.with_extension("").to_str() == Some(name)
        };
        let Some(file) = self.files.iter().find(named) else { return Ok(None) };
        let weights = open(file).map_err(|error| TextError::NoVectors(error.to_string()))?;
        Ok(Some(Arc::new(Inversion::read(&weights)?)))
    }
}
