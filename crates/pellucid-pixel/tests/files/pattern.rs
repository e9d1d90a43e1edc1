//! The picture that the files of `pictures/` show, and pictures to write.

use pellucid_pixel::files::{Decoded, Header, Limits, decode, read_header};
use pellucid_pixel::{Alpha, Encoding, Image, ImageFact, Pixel};

/// Columns of the pattern.
pub const WIDTH: u32 = 8;
/// Rows of the pattern.
pub const HEIGHT: u32 = 6;

/// The pattern's 8-bit codes at a place.
pub fn codes(x: u32, y: u32) -> [u8; 4] {
    [30 * x + 5, 40 * y + 10, 255 - 20 * x - 10 * y, 20 * (x + y)].map(|code| code as u8)
}

/// One pixel for each place, made from its codes.
pub fn pattern(pixel: impl Fn(u32, u32, [u8; 4]) -> Pixel) -> Vec<Pixel> {
    let places = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    places.map(|(x, y)| pixel(x, y, codes(x, y))).collect()
}

/// `code / 255`.
pub fn unit(code: u8) -> f32 {
    f32::from(code) / 255.0
}

/// A file of `pictures/`.
pub fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/pictures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Reads a file both ways and holds its header against its image.
pub fn read(bytes: &[u8]) -> (Header, Decoded) {
    let header = read_header(&mut std::io::Cursor::new(bytes));
    let header = header.unwrap_or_else(|error| panic!("{error}"));
    let decoded = decode(bytes, &Limits::default());
    let decoded = decoded.unwrap_or_else(|error| panic!("{error} after {header:?}"));
    let promised = ImageFact {
        width: header.width,
        height: header.height,
        batch: 1,
        alpha: header.alpha,
        encoding: header.encoding,
    };
    assert_eq!(decoded.image.fact, promised);
    assert!(decoded.image.pixels.as_flattened().iter().all(|v| v.is_finite()));
    if header.alpha == Alpha::Opaque {
        assert!(decoded.image.pixels.iter().all(|pixel| pixel[3] == 1.0));
    }
    (header, decoded)
}

/// The largest difference of two pictures' values.
pub fn difference(a: &[Pixel], b: &[Pixel]) -> f32 {
    assert_eq!(a.len(), b.len());
    let pairs = a.as_flattened().iter().zip(b.as_flattened());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// A picture of random codes of 8 or 16 bits, with every fourth pixel clear and every fifth solid.
pub fn random(width: u32, height: u32, bits: u32, alpha: Alpha) -> Image {
    let mut state = 0x2545_f491_u32;
    let max = ((1u64 << bits) - 1) as f32;
    let mut value = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> (32 - bits)) as f32 / max
    };
    let pixels = (0..width * height).map(|i| {
        let [r, g, b, a] = [value(), value(), value(), value()];
        match (alpha, i % 20) {
            (Alpha::Opaque, _) | (_, 0 | 5 | 10 | 15) => [r, g, b, 1.0],
            (_, 1 | 6 | 11 | 16) => [r, g, b, 0.0],
            _ => [r, g, b, a],
        }
    });
    let fact = ImageFact {
        width,
        height,
        batch: 1,
        alpha: if alpha == Alpha::Opaque { alpha } else { Alpha::Straight },
        encoding: Encoding::Srgb,
    };
    let image = Image::new(fact, pixels.collect());
    if alpha == Alpha::Premultiplied { image.premultiplied() } else { image }
}
