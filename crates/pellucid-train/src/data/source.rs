//! Where examples come from.

use std::path::{Path, PathBuf};

use super::background::Place;
use super::colour::Colour;
use super::example::{Example, Split, example};
use super::folder::{Folder, read_folder};
use crate::error::TrainError;
use crate::random::Random;

/// Endless examples.
#[derive(Clone, Debug)]
pub enum Source {
    /// Made by rule.
    Rule,
    /// Layers of a folder in surroundings made by rule.
    Folder(Folder),
}

impl Source {
    /// The rule, or the pictures of a folder at `size` pixels.
    pub fn open(folder: Option<&Path>, size: usize) -> Result<Self, TrainError> {
        match folder {
            None => Ok(Self::Rule),
            Some(folder) => Ok(Self::Folder(read_folder(folder, size)?)),
        }
    }

    /// What was left out, and why.
    pub fn faults(&self) -> &[(PathBuf, String)] {
        match self {
            Self::Rule => &[],
            Self::Folder(folder) => &folder.faults,
        }
    }

    /// Example `index` of a seed.
    pub fn example(&self, seed: u64, index: u64, size: usize, split: Split) -> Example {
        let made = example(seed, index, size, split);
        let Self::Folder(folder) = self else { return made };
        let random = &mut Random::new(seed, &[0x666f, index]);
        let (layer, caption) = random.pick(&folder.layers).clone();
        let layer = if random.chance(0.5) { layer.mirrored() } else { layer };
        let place = if made.place == Place::Plain { Place::Table } else { made.place };
        let background = place.draw(Colour::White, size, random);
        let mut blend = background.clone();
        blend.over(&layer);
        Example {
            of_blend: format!("{caption} {}", place.phrase(Colour::White)),
            of_background: place.noun(Colour::White),
            of_foreground: caption,
            place,
            foreground: layer,
            background,
            blend,
            ..made
        }
    }
}
