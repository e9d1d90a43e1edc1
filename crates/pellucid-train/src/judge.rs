//! Training a small network that says what a layer shows and in which colour, to measure prompts with.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use candle_core::{D, DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::blocks::{Conv2d, Linear, Source as Tensors};
use pellucid_nets::checkpoint::Shapes;

use crate::adam::{Group, Settings};
use crate::batch::{layers, signals};
use crate::config::{Config, JudgeTask};
use crate::data::sheet::{Sheet, sheet};
use crate::data::{Canvas, Colour, Example, Split, Thing, example};
use crate::error::TrainError;
use crate::losses::cross_entropy;
use crate::parameters::Parameters;
use crate::run::{Event, Training};
use crate::shards::{self, Gradients};
use crate::state::{Precision, save_model};

/// The name of the model file.
pub const MODEL: &str = "judge.safetensors";

/// Pixels along a side of what the network sees; larger pictures are averaged down, so that fine detail does
/// not count.
const SIDE: usize = 64;
/// Halvings before the dense layers.
const LEVELS: usize = 4;
/// What a negative number is multiplied with.
const LEAK: f64 = 0.1;
/// Pictures on a sheet.
const SHOWN: u64 = 24;

/// The network.
pub struct Judge {
    convolutions: Vec<Conv2d>,
    thing: Linear,
    colour: Linear,
}

/// What it says about each layer of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The likeliest thing.
    pub thing: Thing,
    /// The likeliest colour.
    pub colour: Colour,
}

/// The tensors of a judge whose first convolution has `width` channels.
pub fn layout(width: usize) -> Shapes {
    let mut shapes = Shapes::new();
    let mut layer = |key: &str, shape: &[usize]| {
        shapes.insert(format!("{key}.weight"), shape.to_vec());
        shapes.insert(format!("{key}.bias"), vec![shape[0]]);
    };
    let mut input = 4;
    for level in 0..LEVELS {
        let output = width << level.min(2);
        layer(&format!("convolutions.{level}"), &[output, input, 3, 3]);
        input = output;
    }
    let side = SIDE >> LEVELS;
    layer("thing", &[Thing::ALL.len(), input * side * side]);
    layer("colour", &[Colour::ALL.len(), input * side * side]);
    shapes
}

impl Judge {
    /// Loads a judge.
    pub fn load(weights: &Weights, device: &Device) -> Result<Self, TrainError> {
        let source = Tensors::new(weights, DType::F32, device);
        let convolution =
            |level| Conv2d::load_as_stored(&source.under(format!("convolutions.{level}")), 2);
        let dense = |key: &str, output: usize| {
            let shape = weights.shape(&format!("{key}.weight")).unwrap_or_default();
            Linear::load(&source.under(key), shape.get(1).copied().unwrap_or(0), output)
        };
        Ok(Self {
            convolutions: (0..LEVELS).map(convolution).collect::<Result<_, _>>()?,
            thing: dense("thing", Thing::ALL.len())?,
            colour: dense("colour", Colour::ALL.len())?,
        })
    }

    /// Scores of things and of colours for `[b, 4, 64, 64]`.
    fn forward(&self, seen: &Tensor) -> Result<[Tensor; 2], TrainError> {
        let mut h = seen.clone();
        for convolution in &self.convolutions {
            h = convolution.forward(&h)?;
            h = h.maximum(&(&h * LEAK)?)?;
        }
        let h = h.flatten_from(1)?;
        Ok([self.thing.forward(&h)?, self.colour.forward(&h)?])
    }

    /// What layers show.
    pub fn judge(&self, pictures: &[&Canvas], device: &Device) -> Result<Vec<Verdict>, TrainError> {
        let [things, colours] = self.forward(&seen(pictures, device)?)?;
        let (things, colours) = (likeliest(&things)?, likeliest(&colours)?);
        let verdict = |(thing, colour): (usize, usize)| Verdict {
            thing: Thing::ALL[thing],
            colour: Colour::ALL[colour],
        };
        Ok(things.into_iter().zip(colours).map(verdict).collect())
    }
}

/// Colour on grey and alpha, averaged down.
fn seen(pictures: &[&Canvas], device: &Device) -> Result<Tensor, TrainError> {
    let whole = Tensor::cat(&[signals(pictures, device)?, layers(pictures, device)?.alpha], 1)?;
    let factor = whole.dim(2)? / SIDE;
    if factor <= 1 {
        return Ok(whole);
    }
    let (batch, channels, height, width) = whole.dims4()?;
    let shape = (batch * channels, height / factor, factor, width / factor, factor);
    let mean = whole.reshape(shape)?.mean(4)?.mean(2)?;
    Ok(mean.reshape((batch, channels, height / factor, width / factor))?)
}

fn likeliest(scores: &Tensor) -> Result<Vec<usize>, TrainError> {
    let best = scores.argmax(D::Minus1)?.to_vec1::<u32>()?;
    Ok(best.into_iter().map(|index| index as usize).collect())
}

/// A run that trains a judge.
pub struct JudgeRun {
    seed: u64,
    batch: usize,
    parts: usize,
    size: usize,
    device: Device,
    group: Group,
}

impl JudgeRun {
    /// A fresh run.
    pub fn start(
        config: &Config,
        task: &JudgeTask,
        device: &Device,
        tell: &mut dyn FnMut(Event) -> bool,
    ) -> Result<Self, TrainError> {
        let parameters = Parameters::fresh(&layout(task.width), config.seed, |_| 1.4, device)?;
        tell(Event::Note(format!("{} parameters", parameters.count())));
        Ok(Self {
            seed: config.seed,
            batch: config.schedule.batch,
            parts: config.schedule.parts,
            size: config.data.size,
            device: device.clone(),
            group: Group::new(parameters, Settings::default())?,
        })
    }

    /// Held-out combinations too: the judge must know them to measure them.
    fn examples(&self, step: u64, part: Range<usize>) -> Vec<Example> {
        let made = |index: usize| {
            let number = step * self.batch as u64 + index as u64;
            let split = if number.is_multiple_of(8) { Split::HeldOut } else { Split::Training };
            example(self.seed, number, self.size, split)
        };
        part.map(made).collect()
    }
}

/// Where the thing of each example is in [`Thing::ALL`], and its colour in [`Colour::ALL`] if it has one.
fn wanted(examples: &[Example]) -> [Vec<Option<usize>>; 2] {
    let thing = |e: &Example| Thing::ALL.iter().position(|thing| *thing == e.thing);
    let colour = |e: &Example| {
        let place = Colour::ALL.iter().position(|colour| *colour == e.look.colour);
        place.filter(|_| e.thing.has_colour())
    };
    [examples.iter().map(thing).collect(), examples.iter().map(colour).collect()]
}

/// The part of the targets that are likeliest.
fn right(scores: &Tensor, wanted: &[Option<usize>]) -> Result<f32, TrainError> {
    let found = likeliest(scores)?;
    let hits = found.iter().zip(wanted).filter(|(found, wanted)| Some(**found) == **wanted).count();
    Ok(hits as f32 / wanted.iter().flatten().count().max(1) as f32)
}

impl Training for JudgeRun {
    fn columns(&self) -> &'static [&'static str] {
        &["loss", "thing", "colour", "gradient"]
    }

    fn groups(&self) -> Vec<(&'static str, &Group)> {
        vec![("judge", &self.group)]
    }

    fn groups_mut(&mut self) -> Vec<(&'static str, &mut Group)> {
        vec![("judge", &mut self.group)]
    }

    fn step(&mut self, step: u64, rate: f32) -> Result<Vec<f32>, TrainError> {
        let weights = self.group.parameters.weights();
        let parts = shards::each(&shards::parts(self.batch, 1, self.parts), |part| {
            let examples = self.examples(step, part);
            let pictures: Vec<&Canvas> = examples.iter().map(|e| &e.foreground).collect();
            let judge = Judge::load(&weights, &self.device)?;
            let [things, colours] = judge.forward(&seen(&pictures, &self.device)?)?;
            let [thing, colour] = wanted(&examples);
            let loss = (cross_entropy(&things, &thing)? + cross_entropy(&colours, &colour)?)?;
            let numbers = [loss.to_scalar()?, right(&things, &thing)?, right(&colours, &colour)?];
            Ok((loss.backward()?, numbers))
        })?;
        let [loss, thing, colour] =
            shards::mean(parts.iter().map(|(share, (_, numbers))| (*share, *numbers)));
        let parts = parts.into_iter().map(|(share, (grads, _))| (share, grads)).collect();
        let length = self.group.step(&Gradients { parts }, rate)?;
        Ok(vec![loss, thing, colour, length])
    }

    /// Held-out examples that are taken for something else, or clear pictures in their places.
    fn sheet(&self) -> Result<Sheet, TrainError> {
        let judge = Judge::load(&Weights::from_tensors(self.group.averages()?), &self.device)?;
        let made = |index| example(self.seed ^ 0x7368, index, self.size, Split::HeldOut);
        let examples: Vec<Example> = (0..SHOWN).map(made).collect();
        let pictures: Vec<&Canvas> = examples.iter().map(|e| &e.foreground).collect();
        let verdicts = judge.judge(&pictures, &self.device)?;
        let clear = Canvas::clear(self.size);
        let wrong = examples.iter().zip(&verdicts).map(|(example, verdict)| {
            let right = example.thing == verdict.thing;
            if right { clear.clone() } else { example.foreground.clone() }
        });
        Ok(sheet(&wrong.collect::<Vec<_>>(), 8))
    }

    fn write(&self, folder: &Path, step: u64) -> Result<(), TrainError> {
        let notes = BTreeMap::from([("steps".to_owned(), step.to_string())]);
        save_model(&folder.join(MODEL), &self.group.averages()?, Precision::F32, &notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_learns_to_tell_a_ball_from_a_net() {
        let device = Device::Cpu;
        let parameters = Parameters::fresh(&layout(4), 1, |_| 1.4, &device).unwrap();
        let mut group = Group::new(parameters, Settings::default()).unwrap();
        let examples: Vec<Example> = (0..400)
            .map(|index| example(5, index, SIDE, Split::Training))
            .filter(|e| [Thing::Ball, Thing::Net].contains(&e.thing))
            .take(8)
            .collect();
        let pictures: Vec<&Canvas> = examples.iter().map(|e| &e.foreground).collect();
        for _ in 0..60 {
            let judge = Judge::load(&group.parameters.weights(), &device).unwrap();
            let [things, _] = judge.forward(&seen(&pictures, &device).unwrap()).unwrap();
            let loss = cross_entropy(&things, &wanted(&examples)[0]).unwrap();
            let parts = vec![(1.0, loss.backward().unwrap())];
            group.step(&Gradients { parts }, 0.01).unwrap();
        }
        let judge = Judge::load(&group.parameters.weights(), &device).unwrap();
        let verdicts = judge.judge(&pictures, &device).unwrap();
        assert!(verdicts.iter().zip(&examples).all(|(v, e)| v.thing == e.thing), "{verdicts:?}");
    }
}
