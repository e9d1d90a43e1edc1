//! What can be added, and what it is trained on.

use serde::Deserialize;

use crate::data::control::edges;
use crate::data::{Canvas, Example};

/// What is added to a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A patch that makes layers of whatever is asked for.
    Layer,
    /// A patch that blends a given layer into new surroundings.
    ForegroundToBlended,
    /// A patch that puts something new into given surroundings.
    BackgroundToBlended,
    /// A patch that takes a layer out of a picture again.
    ForegroundAndBlendedToBackground,
    /// A patch that finds the layer that made a picture of its surroundings.
    BackgroundAndBlendedToForeground,
    /// Shared attention: layer, surroundings and blend at once.
    Joint,
    /// Shared attention: surroundings and blend for a given layer.
    ForegroundToBackground,
    /// Shared attention: layer and blend for given surroundings.
    BackgroundToForeground,
    /// A ControlNet for thin edges, of blends and of layers.
    Edges,
}

/// One of the three pictures of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Picture {
    Layer,
    Blend,
    Background,
}

impl Kind {
    /// What is denoised at once, in the order of the frames, for the example of an even or odd number.
    pub(super) fn frames(self, odd: bool) -> &'static [Picture] {
        use Picture::{Background, Blend, Layer};
        match self {
            Self::Layer | Self::BackgroundAndBlendedToForeground => &[Layer],
            Self::Edges if odd => &[Layer],
            Self::ForegroundToBlended | Self::BackgroundToBlended | Self::Edges => &[Blend],
            Self::ForegroundAndBlendedToBackground => &[Background],
            Self::Joint => &[Layer, Background, Blend],
            Self::ForegroundToBackground => &[Background, Blend],
            Self::BackgroundToForeground => &[Layer, Blend],
        }
    }

    /// Latents that are concatenated with the noisy one.
    pub(super) fn concatenated(self) -> &'static [Picture] {
        use Picture::{Background, Blend, Layer};
        match self {
            Self::ForegroundToBlended => &[Layer],
            Self::BackgroundToBlended => &[Background],
            Self::ForegroundAndBlendedToBackground => &[Layer, Blend],
            Self::BackgroundAndBlendedToForeground => &[Background, Blend],
            _ => &[],
        }
    }

    /// The control picture of an example, where there is one; what is clear in it becomes grey.
    pub(super) fn control(self, example: &Example, odd: bool) -> Option<Canvas> {
        match self {
            Self::ForegroundToBackground => Some(example.foreground.clone()),
            Self::BackgroundToForeground => Some(example.background.clone()),
            Self::Edges if odd => Some(edges(&example.foreground)),
            Self::Edges => Some(edges(&example.blend)),
            _ => None,
        }
    }

    /// Whether there are control pictures.
    pub(super) fn is_controlled(self) -> bool {
        matches!(self, Self::ForegroundToBackground | Self::BackgroundToForeground | Self::Edges)
    }

    /// Whether it shares attention between frames.
    pub(super) fn is_sharing(self) -> bool {
        matches!(self, Self::Joint | Self::ForegroundToBackground | Self::BackgroundToForeground)
    }

    /// What stands before the keys in the file.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Edges => "control_model.",
            _ if self.is_sharing() => "",
            _ => "diffusion_model.",
        }
    }

    /// The file's name.
    pub fn file(self) -> &'static str {
        match self {
            Self::Layer => "layer_transparent_attn.safetensors",
            Self::ForegroundToBlended => "layer_fg2ble.safetensors",
            Self::BackgroundToBlended => "layer_bg2ble.safetensors",
            Self::ForegroundAndBlendedToBackground => "layer_fgble2bg.safetensors",
            Self::BackgroundAndBlendedToForeground => "layer_bgble2fg.safetensors",
            Self::Joint => "layer_joint.safetensors",
            Self::ForegroundToBackground => "layer_fg2bg.safetensors",
            Self::BackgroundToForeground => "layer_bg2fg.safetensors",
            Self::Edges => "control_edges.safetensors",
        }
    }
}
