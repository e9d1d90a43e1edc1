//! Alpha as a matte of its own, and back.

use super::with_alpha;
use crate::frames::{Mismatch, image_frame, image_shape, matte_frame, matte_shape, meeting_batch};
use crate::{Alpha, Image, ImageFact, Matte, MatteFact};

/// What a matte does to the alpha that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Join {
    /// The matte becomes alpha.
    Replace,
    /// Alpha is multiplied by the matte.
    Multiply,
}

impl Join {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("replace", Self::Replace), ("multiply", Self::Multiply)];
}

/// The alpha channel as a matte.
pub fn split(image: &Image) -> Matte {
    let ImageFact { width, height, batch, .. } = image.fact;
    let values = crate::frames::build(image.pixels.len(), |i| image.pixels[i][3]);
    Matte::new(MatteFact { width, height, batch }, values)
}

/// An image with the matte as its alpha: 1 is solid. Straight colour is unchanged, an opaque image
/// becomes straight; a batch of 1 is repeated.
///
/// # Errors
/// When sizes or batches differ.
pub fn join(image: &Image, matte: &Matte, how: Join) -> Result<Image, Mismatch> {
    let batch = meeting_batch(image_shape(image), matte_shape(matte))?;
    let len = image.fact.frame_len();
    let image = repeated(image, batch);
    let old = |i: usize| match image.fact.alpha {
        Alpha::Opaque => 1.0,
        _ => image.pixels[i][3],
    };
    Ok(with_alpha(&image, |i| {
        let value = matte_frame(matte, (i / len) as u32)[i % len];
        match how {
            Join::Replace => value,
            Join::Multiply => value * old(i),
        }
    }))
}

fn repeated(image: &Image, batch: u32) -> Image {
    if image.fact.batch == batch {
        return image.clone();
    }
    let fact = ImageFact { batch, ..image.fact };
    let frames: Vec<_> = (0..batch).map(|i| image_frame(image, i)).collect();
    Image::new(fact, frames.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Image {
        let pixels = (0..6).map(|i| [0.1 * i as f32, 0.2, 0.3, 0.2 * i as f32]).collect();
        Image::new(ImageFact::new(3, 2, Alpha::Straight), pixels)
    }

    #[test]
    fn joining_what_was_split_changes_nothing() {
        let image = picture();
        assert_eq!(join(&image, &split(&image), Join::Replace).unwrap(), image);
        let premultiplied = image.premultiplied();
        let matte = split(&premultiplied);
        assert_eq!(join(&premultiplied, &matte, Join::Replace).unwrap(), premultiplied);
    }

    #[test]
    fn one_picture_takes_a_batch_of_mattes() {
        let fact = MatteFact { width: 3, height: 2, batch: 2 };
        let matte = Matte::new(fact, (0..12).map(|i| i as f32 / 11.0).collect());
        let out = join(&picture(), &matte, Join::Multiply).unwrap();
        assert_eq!(out.fact.batch, 2);
        assert_eq!(out.frame(1)[5], [0.5, 0.2, 0.3, 1.0]);
        assert_eq!(out.frame(0)[1][3], 0.2 * (1.0 / 11.0));
    }

    #[test]
    fn other_sizes_are_refused() {
        let matte = Matte::new(MatteFact::new(2, 3), vec![1.0; 6]);
        let error = join(&picture(), &matte, Join::Replace).unwrap_err();
        assert_eq!((error.first, error.second), ([3, 2, 1], [2, 3, 1]));
    }
}
