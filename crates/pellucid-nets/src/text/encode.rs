//! From windows of tokens to conditioning.

use candle_core::{D, DType, Tensor};

use super::clip::{ClipEncoder, Hidden, StopAt};
use super::error::TextError;
use super::vocabulary::END;
use super::windows::{Token, Tokens, WINDOW, Window, empty_window, padding};

/// A prompt as a UNet reads it.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// A vector for every place of every window, `[1, 77 * windows, width]`.
    pub cond: Tensor,
    /// One vector for the whole prompt, `[1, width]`.
    pub pooled: Tensor,
    /// What was left out and why.
    pub warnings: Vec<String>,
}

/// What can be chosen when a prompt is encoded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How many layers before the end to stop, 1 being the last; `None` for the family's habit.
    pub clip_skip: Option<usize>,
    /// Whether the pooled vector is left as it is, not projected.
    pub unprojected: bool,
}

/// Encodes a prompt as SD1.5 needs it: the last layer or an earlier one, normalised.
///
/// The pooled vector is never projected.
pub fn encode_sd15(
    encoder: &ClipEncoder,
    tokens: &Tokens,
    options: Options,
) -> Result<Encoded, TextError> {
    let stop = options.clip_skip.map_or(StopAt::Last, StopAt::FromEnd);
    let mut warnings = tokens.warnings.clone();
    let (cond, pooled) = encode(encoder, tokens, stop, true, &mut warnings)?;
    Ok(Encoded { cond, pooled, warnings })
}

/// Encodes a prompt as SDXL needs it: the last layer but one of both encoders, side by side.
///
/// The longer of the two is cut; the pooled vector is bigG's, projected unless told otherwise.
pub fn encode_sdxl(
    (l, tokens_l): (&ClipEncoder, &Tokens),
    (g, tokens_g): (&ClipEncoder, &Tokens),
    options: Options,
) -> Result<Encoded, TextError> {
    let stop = StopAt::FromEnd(options.clip_skip.unwrap_or(2));
    let mut warnings = tokens_l.warnings.clone();
    for warning in &tokens_g.warnings {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    let (cond_l, _) = encode(l, tokens_l, stop, false, &mut warnings)?;
    let (cond_g, pooled) = encode(g, tokens_g, stop, false, &mut warnings)?;
    let length = cond_l.dim(1)?.min(cond_g.dim(1)?);
    let cut = |cond: &Tensor| cond.narrow(1, 0, length);
    Ok(Encoded {
        cond: Tensor::cat(&[cut(&cond_l)?, cut(&cond_g)?], D::Minus1)?,
        pooled: if options.unprojected { pooled } else { g.project(&pooled)? },
        warnings,
    })
}

/// The conditioning of one encoder and its pooled vector, not projected.
fn encode(
    encoder: &ClipEncoder,
    tokens: &Tokens,
    stop: StopAt,
    normalise: bool,
    warnings: &mut Vec<String>,
) -> Result<(Tensor, Tensor), TextError> {
    let mut windows = tokens.windows.clone();
    let is_weighted = windows.iter().flatten().any(|place| place.weight != 1.0);
    if is_weighted {
        windows.push(empty_window(encoder.config.kind));
    }
    let mut rows = Vec::new();
    let mut pooled_place = 0;
    for (index, window) in windows.iter().enumerate() {
        let row = fitting(encoder, window, warnings)?;
        if index == 0 {
            let end = |token: &Token| matches!(token, Token::Id(END));
            pooled_place = row.iter().position(end).unwrap_or(WINDOW - 1);
        }
        rows.push(embed(encoder, &row)?);
    }
    let Hidden { mut chosen, is_normalised, last } =
        encoder.forward(&Tensor::stack(&rows, 0)?, stop)?;
    if normalise && !is_normalised {
        chosen = encoder.normalise(&chosen)?;
    }
    let pooled = last.narrow(0, 0, 1)?.narrow(1, pooled_place, 1)?.squeeze(1)?;
    let count = tokens.windows.len();
    let mut cond = chosen.narrow(0, 0, count)?;
    if is_weighted {
        let empty = chosen.narrow(0, count, 1)?;
        cond = weighted(&cond, &empty, &tokens.windows)?;
    }
    let (_, places, width) = cond.dims3()?;
    Ok((cond.reshape((1, count * places, width))?, pooled.contiguous()?))
}

/// The tokens of a window without vectors of another width, filled up at the end.
fn fitting(
    encoder: &ClipEncoder,
    window: &Window,
    warnings: &mut Vec<String>,
) -> Result<Vec<Token>, TextError> {
    let width = encoder.config.width;
    let mut row = Vec::new();
    for place in window {
        match &place.token {
            Token::Vector(vector) if vector.elem_count() != width => {
                let found = vector.elem_count();
                let warning = format!(
                    "an embedding is {found} wide and the text encoder {width}; it is left out"
                );
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
            token => row.push(token.clone()),
        }
    }
    row.resize(window.len(), Token::Id(padding(encoder.config.kind)));
    Ok(row)
}

fn embed(encoder: &ClipEncoder, row: &[Token]) -> Result<Tensor, TextError> {
    let id = |token: &Token| match token {
        Token::Id(id) => *id,
        Token::Vector(_) => 0,
    };
    let embedded = encoder.embed(&row.iter().map(id).collect::<Vec<_>>())?;
    if row.iter().all(|token| matches!(token, Token::Id(_))) {
        return Ok(embedded);
    }
    let at = |(index, token): (usize, &Token)| match token {
        Token::Id(_) => embedded.get(index),
        Token::Vector(vector) => vector.to_dtype(DType::F32)?.to_device(encoder.device()),
    };
    let rows = row.iter().enumerate().map(at).collect::<Result<Vec<_>, _>>()?;
    Ok(Tensor::stack(&rows, 0)?)
}

/// Moves every place away from the empty prompt's, or towards it, by its weight.
fn weighted(cond: &Tensor, empty: &Tensor, windows: &[Window]) -> Result<Tensor, TextError> {
    let weights: Vec<f32> = windows.iter().flatten().map(|place| place.weight as f32).collect();
    let shape = (windows.len(), WINDOW, 1);
    let plain: Vec<u8> = weights.iter().map(|&weight| u8::from(weight == 1.0)).collect();
    let plain = Tensor::from_vec(plain, shape, cond.device())?.broadcast_as(cond.shape())?;
    let weights = Tensor::from_vec(weights, shape, cond.device())?;
    let away = cond.broadcast_sub(empty)?.broadcast_mul(&weights)?.broadcast_add(empty)?;
    Ok(plain.where_cond(cond, &away)?)
}
