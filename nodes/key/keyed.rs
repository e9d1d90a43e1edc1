//! What every key gives: a matte, and the picture cut out by it.

use pellucid_graph::{NodeError, Out};
use pellucid_pixel::alpha::{Join, join};
use pellucid_pixel::{Alpha, Image, ImageFact, Matte, MatteFact};
use pellucid_value::{Fact, Value};

/// The key itself.
pub const MATTE: Out<Matte> = Out::new("matte", "1 where the picture is kept, 0 where not.");

/// The picture, cut out.
pub const CUT: Out<Image> = Out::new(
    "image",
    "The picture with the matte multiplied into its alpha, straight, colour unchanged.",
);

/// The facts of [`MATTE`] and [`CUT`] for a picture and the batch of its key.
pub fn facts(image: ImageFact, batch: u32) -> Vec<Fact> {
    let ImageFact { width, height, .. } = image;
    vec![
        MATTE.fact(MatteFact { width, height, batch }),
        CUT.fact(ImageFact { batch, alpha: Alpha::Straight, ..image }),
    ]
}

/// The values of [`MATTE`] and [`CUT`].
///
/// # Errors
/// When the matte does not go with the picture.
pub fn values(image: &Image, matte: Matte) -> Result<Vec<Value>, NodeError> {
    let cut = join(&image.straight(), &matte, Join::Multiply)?;
    Ok(vec![MATTE.put(matte), CUT.put(cut)])
}
