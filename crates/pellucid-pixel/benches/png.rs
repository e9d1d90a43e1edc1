//! Writing PNG: ours from float pixels, beside the encoder alone on bytes that are ready.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use pellucid_pixel::files::{EncodeOptions, Format, Limits, decode, encode};
use pellucid_pixel::{Alpha, Image, ImageFact};

/// Width and height: a generated layer, and a frame of 4K.
const SIZES: [(u32, u32); 2] = [(1024, 1024), (3840, 2160)];

fn main() {
    divan::main();
}

/// Smooth colour with grain, clear around a soft disc, as generated layers are.
fn bytes((width, height): (u32, u32)) -> Vec<u8> {
    let mut grain = 1u32;
    let mut pixels = Vec::with_capacity((width * height * 4) as usize);
    for y in 0..height {
        for x in 0..width {
            grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (grain >> 29) as f32;
            let (u, v) = (x as f32 / width as f32 - 0.5, y as f32 / height as f32 - 0.5);
            let alpha = ((0.16 - (u * u + v * v)) * 20.0).clamp(0.0, 1.0);
            let colour = |k: f32| (100.0 + 90.0 * (u * k + v * 3.0).sin() + noise * alpha) as u8;
            pixels.extend([colour(4.0), colour(7.0), colour(11.0), (alpha * 255.0) as u8]);
        }
    }
    pixels
}

fn image(size: (u32, u32), alpha: Alpha) -> Image {
    let unit = |p: &[u8; 4]| p.map(|code| f32::from(code) / 255.0);
    let pixels = bytes(size).as_chunks::<4>().0.iter().map(unit).collect();
    let straight = Image::new(ImageFact::new(size.0, size.1, Alpha::Straight), pixels);
    if alpha == Alpha::Premultiplied { straight.premultiplied() } else { straight }
}

#[divan::bench(args = SIZES)]
fn ours_straight(bencher: Bencher<'_, '_>, size: (u32, u32)) {
    let (image, options) = (image(size, Alpha::Straight), EncodeOptions::new(Format::Png));
    bencher
        .counter(BytesCount::new(size.0 * size.1 * 4))
        .bench_local(|| encode(black_box(&image), Format::Png, &options));
}

#[divan::bench(args = SIZES)]
fn ours_premultiplied(bencher: Bencher<'_, '_>, size: (u32, u32)) {
    let (image, options) = (image(size, Alpha::Premultiplied), EncodeOptions::new(Format::Png));
    bencher
        .counter(BytesCount::new(size.0 * size.1 * 4))
        .bench_local(|| encode(black_box(&image), Format::Png, &options));
}

#[divan::bench(args = SIZES)]
fn png_crate_fast(bencher: Bencher<'_, '_>, size: (u32, u32)) {
    raw(bencher, size, png::Compression::Fast);
}

#[divan::bench(args = SIZES, sample_count = 5)]
fn png_crate_balanced(bencher: Bencher<'_, '_>, size: (u32, u32)) {
    raw(bencher, size, png::Compression::Balanced);
}

#[divan::bench(args = SIZES)]
fn decode_ours(bencher: Bencher<'_, '_>, size: (u32, u32)) {
    let file = encode(&image(size, Alpha::Straight), Format::Png, &EncodeOptions::new(Format::Png));
    let file = file.expect("a plain picture is written");
    bencher
        .counter(BytesCount::new(size.0 * size.1 * 4))
        .bench_local(|| decode(black_box(&file), &Limits::default()));
}

fn raw(bencher: Bencher<'_, '_>, (width, height): (u32, u32), compression: png::Compression) {
    let bytes = bytes((width, height));
    bencher.counter(BytesCount::new(width * height * 4)).bench_local(|| {
        let mut file = Vec::with_capacity(bytes.len() / 2);
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(compression);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(black_box(&bytes))?;
        writer.finish()?;
        Ok::<_, png::EncodingError>(file)
    });
}
