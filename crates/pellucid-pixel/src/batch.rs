//! Batches: frames taken out, put together, repeated.

use crate::{Image, ImageFact, Matte, MatteFact};

/// Frame `index` alone, which must be below the batch.
pub fn image_frame(image: &Image, index: u32) -> Image {
    if image.fact.batch == 1 {
        return image.clone();
    }
    Image::new(ImageFact { batch: 1, ..image.fact }, image.frame(index).to_vec())
}

/// Frame `index` alone, which must be below the batch.
pub fn matte_frame(matte: &Matte, index: u32) -> Matte {
    if matte.fact.batch == 1 {
        return matte.clone();
    }
    Matte::new(MatteFact { batch: 1, ..matte.fact }, matte.frame(index).to_vec())
}

/// All frames of all images, in order, in the alpha state and encoding of `fact`.
///
/// # Panics
/// When sizes differ from `fact`, or the batches do not add up to its batch: a bug of the caller.
pub fn join_images(images: &[Image], fact: ImageFact) -> Image {
    let mut pixels = Vec::with_capacity(fact.len());
    for image in images {
        assert_eq!(image.fact.size(), fact.size(), "pictures to be joined differ in size");
        let image = image.encoded(fact.encoding).in_state(fact.alpha);
        pixels.extend_from_slice(&image.pixels);
    }
    Image::new(fact, pixels)
}

/// All frames of all mattes, in order.
///
/// # Panics
/// When sizes differ from `fact`, or the batches do not add up to its batch: a bug of the caller.
pub fn join_mattes(mattes: &[Matte], fact: MatteFact) -> Matte {
    let mut values = Vec::with_capacity(fact.len());
    for matte in mattes {
        assert_eq!(matte.fact.size(), fact.size(), "mattes to be joined differ in size");
        values.extend_from_slice(&matte.values);
    }
    Matte::new(fact, values)
}

/// The image with its one frame `batch` times; an image of that batch as it is.
///
/// # Panics
/// When the image has another batch than 1 or `batch`: a bug of the caller.
pub fn repeated(image: &Image, batch: u32) -> Image {
    if image.fact.batch == batch {
        return image.clone();
    }
    assert_eq!(image.fact.batch, 1, "only a single picture is repeated");
    Image::new(ImageFact { batch, ..image.fact }, image.pixels.repeat(batch as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Alpha;

    fn image(alpha: Alpha, pixel: [f32; 4]) -> Image {
        Image::filled(ImageFact::new(2, 1, alpha), pixel)
    }

    #[test]
    fn joined_images_come_apart_again() {
        let (a, b) = (image(Alpha::Straight, [0.2; 4]), image(Alpha::Opaque, [0.6, 0.7, 0.8, 1.0]));
        let fact = ImageFact { batch: 2, ..a.fact };
        let both = join_images(&[a.clone(), b.clone()], fact);
        assert_eq!(image_frame(&both, 0), a);
        assert_eq!(image_frame(&both, 1), b.straight());
    }

    #[test]
    fn a_joined_image_takes_the_alpha_state_of_the_whole() {
        let clear = image(Alpha::Straight, [1.0, 0.5, 0.0, 0.5]);
        let fact = ImageFact { alpha: Alpha::Premultiplied, ..clear.fact };
        assert_eq!(join_images(&[clear], fact).pixels[0], [0.5, 0.25, 0.0, 0.5]);
    }

    #[test]
    fn a_repeated_image_shows_the_same_in_every_frame() {
        let one = image(Alpha::Opaque, [0.1, 0.2, 0.3, 1.0]);
        let three = repeated(&one, 3);
        assert_eq!(three.fact.batch, 3);
        assert!((0..3).all(|i| image_frame(&three, i) == one));
    }
}
