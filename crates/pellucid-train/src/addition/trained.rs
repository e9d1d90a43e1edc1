//! An addition that was trained, put to use: for measures.

use std::path::Path;

use candle_core::{Device, Tensor};
use pellucid_nets::Weights;

use super::kind::Kind;
use super::networks::Networks;
use super::{Shown, seen, twice};
use crate::base::Base;
use crate::data::Canvas;
use crate::error::TrainError;
use crate::parameters::{Parameters, tensors_of};
use crate::sampling::{Question, Sampling, sample};

/// A checkpoint with an addition.
pub struct Trained<'a> {
    base: &'a Base,
    networks: Networks,
    device: Device,
}

impl<'a> Trained<'a> {
    /// Loads an addition to a checkpoint.
    pub fn load(
        kind: Kind,
        path: &Path,
        base: &'a Base,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let tensors = tensors_of(&Weights::open(path)?.under(kind.prefix()))?;
        let networks = Networks::build(kind, base, &Parameters::of(&tensors)?, device)?;
        Ok(Self { base, networks, device: device.clone() })
    }

    /// Draws latents for captions, frames of a picture next to each other, given one control picture for each
    /// picture; without control pictures, nothing is controlled.
    pub fn draw(
        &self,
        captions: &[&str],
        controls: Option<&[Canvas]>,
        shape: [usize; 3],
        how: Sampling,
    ) -> Result<Tensor, TrainError> {
        let context = self.base.encode(captions)?;
        let empty = self.base.encode(&vec![""; captions.len()])?;
        let control = controls.map(|pictures| seen(pictures, &self.device)).transpose()?;
        let both = twice(&Shown { concat: None, control })?;
        let denoise = |question: Question<'_>| {
            self.networks.find(question.x, question.times, question.context, &both)
        };
        sample(&denoise, &context, &empty, shape, how, &self.device)
    }
}
