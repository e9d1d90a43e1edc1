//! What is written is read back.

use pellucid_pixel::files::{EncodeOptions, Format, encode};
use pellucid_pixel::{Alpha, Encoding, Image, ImageFact};

use crate::pattern::{difference, random, read};

fn back(image: &Image, format: Format, bits: u32) -> Image {
    let options = EncodeOptions { bits, ..EncodeOptions::new(format) };
    let file = encode(image, format, &options).unwrap();
    assert_eq!(file, encode(image, format, &options).unwrap(), "the same bytes each time");
    read(&file).1.image
}

/// Sizes that are no multiple of anything, thin ones, and one of several strips and threads.
const SIZES: [(u32, u32); 5] = [(1, 1), (7, 5), (1, 33), (130, 1), (301, 211)];

#[test]
fn integer_files_are_exact_even_under_alpha_zero() {
    for (format, bits) in [
        (Format::Png, 8),
        (Format::Png, 16),
        (Format::Webp, 8),
        (Format::Tiff, 8),
        (Format::Tiff, 16),
    ] {
        for (width, height) in SIZES {
            for alpha in [Alpha::Opaque, Alpha::Straight] {
                let image = random(width, height, bits, alpha);
                assert_eq!(back(&image, format, bits), image, "{format:?} {bits} {width}x{height}");
            }
        }
    }
}

#[test]
fn integer_files_hold_premultiplied_images_as_straight_ones() {
    for format in [Format::Png, Format::Webp, Format::Tiff] {
        let image = random(40, 30, 8, Alpha::Premultiplied);
        let back = back(&image, format, 8);
        assert_eq!(back.fact.alpha, Alpha::Straight);
        // Half a code in colour and alpha; colour is exact where alpha is 0 or 1.
        assert!(difference(&back.premultiplied().pixels, &image.pixels) <= 1.0 / 255.0);
        let clear = back.pixels.iter().filter(|pixel| pixel[3] == 0.0);
        assert!(clear.clone().count() > 100);
        assert!(clear.into_iter().all(|pixel| *pixel == [0.0; 4]));
    }
}

#[test]
fn float_tiff_is_exact_in_every_state() {
    for alpha in [Alpha::Opaque, Alpha::Straight, Alpha::Premultiplied] {
        for encoding in [Encoding::Srgb, Encoding::Linear] {
            let image = random(61, 37, 16, alpha);
            let fact = ImageFact { encoding, ..image.fact };
            let image = image.map(fact, |[r, g, b, a]| [r * 9.0 - 1.0, g, -b, a]);
            assert_eq!(back(&image, Format::Tiff, 32), image, "{alpha:?} {encoding:?}");
        }
    }
}

#[test]
fn exr_is_linear_and_premultiplied() {
    for (bits, tolerance) in [(16, 0.5f32.powi(12)), (32, 0.0)] {
        for alpha in [Alpha::Opaque, Alpha::Straight, Alpha::Premultiplied] {
            let image = random(70, 50, 16, alpha);
            let expected = match alpha {
                Alpha::Opaque => image.encoded(Encoding::Linear),
                _ => image.premultiplied().encoded(Encoding::Linear),
            };
            let back = back(&image, Format::Exr, bits);
            assert_eq!(back.fact, expected.fact);
            // A half up to 1 is within 2^-12 of the value, a float is the value.
            assert!(difference(&back.pixels, &expected.pixels) <= tolerance, "{bits} {alpha:?}");
        }
    }
}

#[test]
fn exr_keeps_values_beyond_one_and_halves_end_at_their_largest() {
    let fact = ImageFact { encoding: Encoding::Linear, ..ImageFact::new(2, 1, Alpha::Opaque) };
    let image = Image::new(fact, vec![[1e9, -1e9, 2048.0, 1.0], [f32::NAN, -0.25, 0.0, 1.0]]);
    let half = back(&image, Format::Exr, 16);
    assert_eq!(half.pixels[..], [[65_504.0, -65_504.0, 2048.0, 1.0], [0.0, -0.25, 0.0, 1.0]]);
    let float = back(&image, Format::Exr, 32);
    assert_eq!(float.pixels[..], [[1e9, -1e9, 2048.0, 1.0], [0.0, -0.25, 0.0, 1.0]]);
}

#[test]
fn linear_images_are_encoded_for_integer_files() {
    let image = random(20, 10, 8, Alpha::Straight);
    for format in [Format::Png, Format::Webp, Format::Tiff] {
        assert_eq!(back(&image.encoded(Encoding::Linear), format, 8), image, "{format:?}");
    }
}

#[test]
fn jpeg_is_close() {
    let fact = ImageFact::new(64, 48, Alpha::Opaque);
    let pixel = |i: u32| {
        let (x, y) = ((i % 64) as f32 / 64.0, (i / 64) as f32 / 48.0);
        [x, y, 0.5 + 0.4 * (x - y), 1.0]
    };
    let image = Image::new(fact, (0..64 * 48).map(pixel).collect());
    for (quality, codes) in [(95, 4.0), (90, 6.0), (60, 24.0)] {
        let options = EncodeOptions { quality, ..EncodeOptions::new(Format::Jpeg) };
        let back = read(&encode(&image, Format::Jpeg, &options).unwrap()).1.image;
        // Smooth colour: the error is that of the coefficients' steps at this quality.
        let difference = difference(&back.pixels, &image.pixels) * 255.0;
        assert!(difference <= codes, "quality {quality}: {difference} codes");
    }
}
