//! Latents: what a diffusion model draws in, and an autoencoder turns into pictures.

use std::sync::Arc;

use pellucid_pixel::Matte;

use crate::Array;

/// A batch of latents. Numbers are in the autoencoder's own scale; samplers apply the model
/// family's factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Latent {
    /// batch × frames × channels × height × width.
    pub samples: Array,
    /// Where to draw (1) and where to keep what is there (0), in pixels of the picture.
    pub mask: Option<Matte>,
    /// The place of every item in the batch that its noise is drawn for; `None` for 0, 1, 2, ….
    pub batch_index: Option<Arc<[u64]>>,
}

/// What is known of a latent before it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatentFact {
    /// How many latents.
    pub batch: u32,
    /// Frames that are drawn together as layers of one picture; 1 for a plain latent.
    pub frames: u32,
    /// Channels: 4.
    pub channels: u32,
    /// Height in latent elements, each eight pixels.
    pub height: u32,
    /// Width in latent elements, each eight pixels.
    pub width: u32,
    /// True when a mask says where to draw.
    pub masked: bool,
}

impl LatentFact {
    /// Plain latents for pictures of `width` by `height` pixels, rounded down to whole elements.
    pub fn for_picture(batch: u32, width: u32, height: u32) -> Self {
        Self { batch, frames: 1, channels: 4, height: height / 8, width: width / 8, masked: false }
    }

    /// The shape of the numbers.
    pub fn shape(&self) -> [usize; 5] {
        [self.batch, self.frames, self.channels, self.height, self.width].map(|n| n as usize)
    }

    /// Bytes of the numbers.
    pub fn bytes(&self) -> u64 {
        self.shape().iter().map(|&n| n as u64).product::<u64>() * 4
    }

    /// Width of the picture in pixels.
    pub fn picture_width(&self) -> u32 {
        self.width.saturating_mul(8)
    }

    /// Height of the picture in pixels.
    pub fn picture_height(&self) -> u32 {
        self.height.saturating_mul(8)
    }
}

impl Latent {
    /// Latents without a mask, from batch × frames × channels × height × width numbers.
    ///
    /// # Panics
    /// When the numbers have another shape than the fact.
    pub fn new(fact: LatentFact, data: Vec<f32>) -> Self {
        Self { samples: Array::new(&fact.shape(), data), mask: None, batch_index: None }
    }

    /// What is true of these latents.
    pub fn fact(&self) -> LatentFact {
        let axis = |index: usize| self.samples.shape.get(index).map_or(1, |&n| n as u32);
        LatentFact {
            batch: axis(0),
            frames: axis(1),
            channels: axis(2),
            height: axis(3),
            width: axis(4),
            masked: self.mask.is_some(),
        }
    }
}
