//! LayerDiffuse: latents that carry transparency (Zhang and Agrawala, arXiv 2402.17113).
//!
//! A transparent picture is encoded as an ordinary latent plus a small offset, and decoded by a network
//! that sees the decoded picture and the latent. Patches and attention sharing teach a UNet to make such
//! latents, several at a time where layers belong together.

mod control;
mod decoder;
mod encode;
mod fit;
mod padding;
mod preview;
mod resample;
mod sharing;
mod sharing_layer;
mod stop;
mod tiled;
mod views;

pub use control::{ControlEncoder, ControlSignal};
pub use decoder::TransparentDecoder;
pub use encode::{Backing, OffsetEncoder, OffsetScale, encode_layer, layer_signal};
pub use fit::{Fit, fit};
pub use padding::{pad_colour, pyramid};
pub use preview::{bytes_by_truncation, checkerboard, on_grey, over_checkerboard};
pub use resample::{Interpolation, Raster, resample};
pub use sharing::{AttentionSharing, SharingHook, sharing_sites};
pub use sharing_layer::SharingLayer;
pub use stop::StopAt;
pub use tiled::DecoderTiling;
pub use views::{View, decode_layer, lower_median, median_of_views};

use candle_core::Tensor;

/// A layer: straight colour and coverage, both 0 to 1.
#[derive(Clone, Debug)]
pub struct LayerPicture {
    /// `[b, 3, h, w]`, not multiplied by alpha.
    pub colour: Tensor,
    /// `[b, 1, h, w]`.
    pub alpha: Tensor,
}
