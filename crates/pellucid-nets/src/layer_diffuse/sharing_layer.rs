//! One shared attention: what a set of frames adds to one attention of a UNet.

use std::sync::Arc;

use candle_core::{DType, Tensor};

use super::control::ControlSignal;
use crate::blocks::{Conv2d, LayerNorm, Linear, NetworkError, Source, input_error, silu, softmax};
use crate::unet::{AttentionCall, LowRank, LowRankSet, Next, Role};

/// Added to the variance before frames look at each other.
const NORM_EPS: f64 = 1e-6;

/// Low-rank weights for each frame, attention across frames, and a look at a control picture.
///
/// Rows of a batch are pictures times frames, the frame changing fastest.
pub struct SharingLayer {
    /// How many frames there are.
    pub frames: usize,
    low_rank: Arc<LowRankSet>,
    temporal: Temporal,
    /// One for each frame; empty for weights without control.
    control: Vec<(Conv2d, Conv2d)>,
}

struct Temporal {
    norm: LayerNorm,
    input: Linear,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
}

impl SharingLayer {
    /// Loads a layer whose keys start at `to_q_lora`, `temporal_i`, …; the frames are counted.
    pub fn load(source: &Source) -> Result<Self, NetworkError> {
        let frames = count(source, |frame| format!("to_q_lora.{frame}.down.weight"));
        if frames == 0 {
            return input_error("no attention sharing: there is no `to_q_lora.0.down.weight`");
        }
        let low_rank = |part: &str| {
            let frame = |frame| load_low_rank(&source.under(format!("{part}.{frame}")));
            (0..frames).map(frame).collect::<Result<Vec<_>, NetworkError>>()
        };
        let control = (0..count(source, |frame| format!("control_convs.{frame}.0.weight")))
            .map(|frame| {
                let source = source.under(format!("control_convs.{frame}"));
                let look = Conv2d::load_as_stored(&source.under("0"), 1)?;
                Ok((look, Conv2d::load_as_stored(&source.under("2"), 1)?))
            })
            .collect::<Result<Vec<_>, NetworkError>>()?;
        if !control.is_empty() && control.len() != frames {
            let count = control.len();
            return input_error(format!("{count} control convolutions for {frames} frames"));
        }
        Ok(Self {
            frames,
            low_rank: Arc::new(LowRankSet {
                query: low_rank("to_q_lora")?,
                key: low_rank("to_k_lora")?,
                value: low_rank("to_v_lora")?,
                out: low_rank("to_out_lora")?,
            }),
            temporal: Temporal::load(source)?,
            control,
        })
    }

    /// What the attention adds: the control picture and the attention's own answer to it, then what the
    /// frames tell each other. `prompts` has a text for each frame, or `None` for the row's own.
    pub fn attend(
        &self,
        mut call: AttentionCall<'_>,
        next: Next<'_>,
        signals: &[ControlSignal],
        prompts: &[Option<Tensor>],
    ) -> Result<Tensor, NetworkError> {
        let rows = call.hidden.dim(0)?;
        if !rows.is_multiple_of(self.frames) {
            let frames = self.frames;
            return input_error(format!("{rows} latents do not form groups of {frames} frames"));
        }
        let original = call.hidden.clone();
        let heads = call.attention.heads;
        call.hidden = self.controlled(&call, signals)?;
        if let Some(context) = &call.context {
            call.context = Some(self.prompted(context, call.roles, prompts)?);
        }
        call.low_rank.push(self.low_rank.clone());
        let hidden = call.hidden.clone();
        let hidden = (hidden + next.attend(call)?)?;
        let hidden = (&hidden + self.temporal.forward(&hidden, self.frames, heads)?)?;
        Ok((hidden - original)?)
    }

    /// The tokens with each frame's look at the control picture added.
    fn controlled(
        &self,
        call: &AttentionCall<'_>,
        signals: &[ControlSignal],
    ) -> Result<Tensor, NetworkError> {
        if self.control.is_empty() || signals.is_empty() {
            return Ok(call.hidden.clone());
        }
        let (rows, tokens, width) = call.hidden.dims3()?;
        let fits =
            |signal: &&ControlSignal| signal.dims4().is_ok_and(|(_, _, h, w)| h * w == tokens);
        let Some(signal) = signals.iter().find(fits) else {
            let (width, height) = (call.site.width, call.site.height);
            return input_error(format!("the control picture has no level of {width}x{height}"));
        };
        let signal = signal.to_dtype(call.hidden.dtype())?;
        let mut looks = Vec::with_capacity(self.frames);
        for (look, project) in &self.control {
            let map = project.forward(&silu(&look.forward(&signal)?)?)?;
            looks.push(map.flatten_from(2)?.transpose(1, 2)?.contiguous()?);
        }
        let looks = Tensor::stack(&looks, 1)?;
        let grouped = call.hidden.reshape((rows / self.frames, self.frames, tokens, width))?;
        Ok(grouped.broadcast_add(&looks)?.reshape((rows, tokens, width))?)
    }

    /// The context with the frames' own prompts in rows of the positive conditioning.
    fn prompted(
        &self,
        context: &Tensor,
        roles: &[Role],
        prompts: &[Option<Tensor>],
    ) -> Result<Tensor, NetworkError> {
        if prompts.iter().all(Option::is_none) {
            return Ok(context.clone());
        }
        let (rows, tokens, width) = context.dims3()?;
        let mut contexts = Vec::with_capacity(rows);
        for row in 0..rows {
            let positive = roles.get(row).is_none_or(|role| *role == Role::Positive);
            let prompt = prompts.get(row % self.frames).and_then(Option::as_ref);
            match prompt.filter(|_| positive) {
                Some(prompt) if prompt.dims() == [1, tokens, width] => {
                    let prompt = prompt.to_device(context.device())?;
                    contexts.push(prompt.to_dtype(context.dtype())?);
                }
                Some(prompt) => {
                    let got = prompt.dims();
                    return input_error(format!(
                        "a layer's prompt is {got:?}, not [1, {tokens}, {width}] like the others"
                    ));
                }
                None => contexts.push(context.narrow(0, row, 1)?),
            }
        }
        Ok(Tensor::cat(&contexts, 0)?)
    }
}

impl Temporal {
    fn load(source: &Source) -> Result<Self, NetworkError> {
        let width = match source.weights.shape("temporal_i.weight") {
            Some(&[width, ..]) => width,
            _ => return input_error("no attention sharing: there is no `temporal_i.weight`"),
        };
        let dense = |key| Linear::load(&source.under(key), width, width);
        Ok(Self {
            norm: LayerNorm::load(&source.under("temporal_n"), width, NORM_EPS)?,
            input: dense("temporal_i")?,
            query: dense("temporal_q")?,
            key: dense("temporal_k")?,
            value: dense("temporal_v")?,
            output: dense("temporal_o")?,
        })
    }

    /// Every token asks the same token of all frames.
    fn forward(&self, h: &Tensor, frames: usize, heads: usize) -> Result<Tensor, NetworkError> {
        let (rows, tokens, width) = h.dims3()?;
        let y = self.input.forward(&self.norm.forward(h)?)?;
        let value = self.value.forward(&y)?;
        // The softmax over a single frame is 1.
        if frames == 1 {
            return self.output.forward(&value);
        }
        let by_frame = |x: Tensor| -> Result<Vec<Tensor>, NetworkError> {
            let grouped = x.reshape((rows / frames, frames, tokens, heads, width / heads))?;
            (0..frames).map(|frame| Ok(grouped.narrow(1, frame, 1)?.contiguous()?)).collect()
        };
        let scale = 1.0 / ((width / heads) as f64).sqrt();
        let queries = by_frame((self.query.forward(&y)? * scale)?)?;
        let (keys, values) = (by_frame(self.key.forward(&y)?)?, by_frame(value)?);
        let mut mixed = Vec::with_capacity(frames);
        for query in &queries {
            mixed.push(mix(query, &keys, &values)?);
        }
        self.output.forward(&Tensor::cat(&mixed, 1)?.reshape((rows, tokens, width))?)
    }
}

/// Attention over a handful of frames, head by head in the last axis: sums of products are cheaper here
/// than a matrix product for every token.
fn mix(query: &Tensor, keys: &[Tensor], values: &[Tensor]) -> Result<Tensor, NetworkError> {
    let score = |key: &Tensor| -> Result<Tensor, NetworkError> {
        Ok((query * key)?.to_dtype(DType::F32)?.sum_keepdim(4)?)
    };
    let scores = keys.iter().map(score).collect::<Result<Vec<_>, _>>()?;
    let weights = softmax(&Tensor::cat(&scores, 4)?)?;
    let mut sum: Option<Tensor> = None;
    for (frame, value) in values.iter().enumerate() {
        let weight = weights.narrow(4, frame, 1)?.to_dtype(value.dtype())?;
        let part = value.broadcast_mul(&weight)?;
        sum = Some(match sum {
            Some(sum) => (sum + part)?,
            None => part,
        });
    }
    match sum {
        Some(sum) => Ok(sum),
        None => input_error("attention over no frames"),
    }
}

fn load_low_rank(source: &Source) -> Result<LowRank, NetworkError> {
    let stored = |key: &str| -> Result<Tensor, NetworkError> {
        let shape = source.weights.shape(key).unwrap_or_default().to_vec();
        source.tensor(key, &shape)
    };
    Ok(LowRank { down: stored("down.weight")?, up: stored("up.weight")? })
}

fn count(source: &Source, key: impl Fn(usize) -> String) -> usize {
    (0..).take_while(|&index| source.weights.has(&key(index))).count()
}
