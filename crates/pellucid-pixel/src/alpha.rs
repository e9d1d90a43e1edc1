//! Work on alpha, and on the colour that hides under it.

pub mod backing;
pub mod bleed;
pub mod channel;
pub mod clean;
pub mod defringe;
pub mod foreground;
pub mod levels;
mod pyramid;

pub use backing::{Backing, remove_matte, triangulate, unmult, unmult_colour};
pub use bleed::{Bleed, BleedMethod, bleed, bleed_under_alpha, pad_rgb};
pub use channel::{Join, join, split};
pub use clean::{Clean, CleanReport, clean};
pub use defringe::{Defringe, DefringeMethod, defringe};
pub use foreground::{Foreground, Grounds, estimate_grounds};
pub use levels::{AlphaLevels, alpha_levels, matte_levels};

use crate::{Alpha, Image, Pixel};

/// The same straight colour under a new alpha, given by index; an opaque image becomes straight.
///
/// The colour of a premultiplied pixel that was clear is unknown and stays 0.
pub(crate) fn with_alpha(image: &Image, alpha: impl Fn(usize) -> f32 + Sync) -> Image {
    let state = match image.fact.alpha {
        Alpha::Premultiplied => Alpha::Premultiplied,
        Alpha::Straight | Alpha::Opaque => Alpha::Straight,
    };
    let pixels = crate::frames::build(image.pixels.len(), |i| {
        let pixel = image.pixels[i];
        match state {
            Alpha::Premultiplied => scaled_to(pixel, alpha(i)),
            _ => [pixel[0], pixel[1], pixel[2], alpha(i)],
        }
    });
    Image::new(crate::ImageFact { alpha: state, ..image.fact }, pixels)
}

/// A premultiplied pixel under another alpha.
fn scaled_to([r, g, b, a]: Pixel, alpha: f32) -> Pixel {
    if alpha == a {
        return [r, g, b, a];
    }
    if alpha <= 0.0 || a <= 0.0 {
        return [0.0, 0.0, 0.0, alpha];
    }
    // Divided first: alpha / a overflows for the smallest alphas, colour / a does not.
    [r / a * alpha, g / a * alpha, b / a * alpha, alpha]
}
