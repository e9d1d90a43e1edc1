//! Images, mattes, alpha states, merge algebra, filters, picture files.
//!
//! Conventions, stated once for every function here:
//!
//! - An [`Image`] is f32 RGBA, row-major, top row first, one frame after another. Every value is
//!   finite. [`ImageFact::alpha`] says what the fourth channel means, [`ImageFact::encoding`]
//!   says whether colour is sRGB-encoded (the default) or linear light.
//! - Alpha is opacity: 0 is clear, 1 is solid. The colour under alpha 0 of a straight image is
//!   part of the picture and survives everything that does not have to mix pixels.
//! - Whatever mixes pixels (merging, resizing, blurring) works on premultiplied values.
//! - Positions and sizes are in pixels, x to the right, y down; angles are clockwise degrees.

pub mod alpha;
pub mod batch;
pub mod blur;
pub mod channel;
pub mod colour;
pub mod combine;
pub mod compare;
mod components;
pub mod edge;
pub mod edges;
pub mod figure;
pub mod files;
pub mod flatten;
mod frames;
pub mod guided;
pub mod image;
pub mod inspect;
pub mod interpolate;
pub mod key;
pub mod layers;
mod lines;
pub mod matte;
pub mod median;
pub mod merge;
pub mod mix;
pub mod morphology;
mod nearest;
pub mod outpaint;
pub mod paste;
pub mod pattern;
mod raster;
pub mod resize;
pub mod shadow;
pub mod sharpen;
pub mod stitch;
pub mod transfer;
pub mod transform;
pub mod window;

pub use edge::Edge;
pub use flatten::{flatten, flatten_in, layers_batch};
pub use frames::{Mismatch, Shape};
pub use image::{Alpha, Encoding, Image, ImageFact, Pixel};
pub use layers::{Layer, LayerContent, LayerMask, Layers};
pub use matte::{Matte, MatteFact};
pub use merge::{AlphaRule, Clamp, Family, MaskMode, Merge, Mode, merge, result_alpha};
