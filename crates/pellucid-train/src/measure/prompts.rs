//! Whether what is drawn for a prompt shows what the prompt says.

use std::path::Path;

use candle_core::{DType, Device};
use pellucid_nets::Weights;
use pellucid_nets::unet::Unet;

use super::{MeasureConfig, Prompts, PromptsConfig, batches};
use crate::base::{Base, Viewer};
use crate::data::{Canvas, Example, Split};
use crate::denoiser::plain_input;
use crate::error::TrainError;
use crate::judge::{Judge, Verdict};
use crate::sampling::{Question, Sampling, sample};

/// Layers drawn at once.
const BATCH: u64 = 8;

/// Draws layers for captions, and asks the judge what they show.
pub(super) fn follow(
    config: &MeasureConfig,
    prompts: &PromptsConfig,
    transparency: &Path,
    split: Split,
    device: &Device,
) -> Result<Prompts, TrainError> {
    let base = Base::load(&prompts.checkpoint, device)?;
    let weights = Weights::from_tensors(base.tensors.clone());
    let unet = Unet::load(&weights, &base.config, DType::F32, device)?;
    let viewer = Viewer::load(&config.autoencoder, transparency, device)?;
    let judge = Judge::load(&Weights::open(&prompts.judge)?, device)?;
    let (mut drawn, mut made) = (Count::default(), Count::default());
    for (seed, examples) in batches(config, split, prompts.count, BATCH) {
        let captions: Vec<&str> = examples.iter().map(|e| e.of_foreground.as_str()).collect();
        let context = base.encode(&captions)?;
        let empty = base.encode(&vec![""; captions.len()])?;
        let denoise = |question: Question<'_>| {
            Ok(unet.forward(&plain_input(question.x, question.times, question.context))?)
        };
        let side = config.size / 8;
        let how = Sampling { steps: prompts.steps, guidance: prompts.guidance, seed };
        let latents = sample(&denoise, &context, &empty, [4, side, side], how, device)?;
        // Picture and layer in turn.
        let layers: Vec<Canvas> =
            viewer.view_all(&latents)?.into_iter().skip(1).step_by(2).collect();
        drawn.add(&examples, &judge.judge(&layers.iter().collect::<Vec<_>>(), device)?);
        let pictures: Vec<&Canvas> = examples.iter().map(|e| &e.foreground).collect();
        made.add(&examples, &judge.judge(&pictures, device)?);
    }
    let ([thing, colour], [judge_thing, judge_colour]) = (drawn.rates(), made.rates());
    Ok(Prompts { thing, colour, judge_thing, judge_colour })
}

#[derive(Default)]
struct Count {
    things: [usize; 2],
    colours: [usize; 2],
}

impl Count {
    fn add(&mut self, examples: &[Example], verdicts: &[Verdict]) {
        for (example, verdict) in examples.iter().zip(verdicts) {
            self.things[0] += usize::from(example.thing == verdict.thing);
            self.things[1] += 1;
            if example.thing.has_colour() {
                self.colours[0] += usize::from(example.look.colour == verdict.colour);
                self.colours[1] += 1;
            }
        }
    }

    /// Parts that are right, of things and of colours.
    fn rates(&self) -> [f32; 2] {
        [self.things, self.colours].map(|[right, all]| right as f32 / all.max(1) as f32)
    }
}
