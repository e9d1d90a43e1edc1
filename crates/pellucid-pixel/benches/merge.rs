//! Merging stacks at 3840x2160, beside what else one could do.
//!
//! Each layer is a canvas-sized straight picture of which about 16 % is covered (the lowest is
//! opaque), as in the measurements that the compositing specification quotes. `cargo bench -p
//! pellucid-pixel --bench merge`.
//!
//! - `flatten`: f32 straight layers in memory to f32 premultiplied, the way graphs do it.
//! - `from_bytes`: the same, with 8-bit straight RGBA turned into f32 pictures before and the
//!   result turned back, all of it timed.
//! - `pass_per_layer`: `merge` called once a layer, each result a picture of its own.
//! - `plain_loop`: one layer after the other over an f32 buffer, the textbook formula, one thread.
//! - `tiny_skia`: 8-bit premultiplied pixmaps, converted before the clock starts, one thread.

use std::hint::black_box;
use std::sync::LazyLock;

use divan::Bencher;
use pellucid_pixel::{
    Alpha, Image, ImageFact, Layer, LayerContent, Layers, Merge, Mode, Pixel, flatten, merge,
};
use rayon::prelude::*;
use tiny_skia::{BlendMode, Pixmap, PixmapPaint, PremultipliedColorU8, Transform};

const WIDTH: u32 = 3840;
const HEIGHT: u32 = 2160;
const FACT: ImageFact = ImageFact::new(WIDTH, HEIGHT, Alpha::Straight);

fn main() {
    divan::main();
}

/// Straight RGBA: an opaque ground, then soft-edged discs of 16 % of the canvas.
static BYTES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| (0..8).map(bytes).collect());
static IMAGES: LazyLock<Vec<Image>> =
    LazyLock::new(|| BYTES.iter().map(|bytes| from_bytes(bytes)).collect());
static PIXMAPS: LazyLock<Vec<Pixmap>> =
    LazyLock::new(|| BYTES.iter().map(|bytes| pixmap(bytes)).collect());

fn bytes(layer: u32) -> Vec<u8> {
    let (width, height) = (WIDTH as f32, HEIGHT as f32);
    let radius = (0.16 * width * height / std::f32::consts::PI).sqrt();
    let (cx, cy) = (width * (0.25 + 0.07 * layer as f32), height * (0.4 + 0.03 * layer as f32));
    let pixel = |index: u32| {
        let (x, y) = (index % WIDTH, index / WIDTH);
        let noise = (index ^ (index >> 7)).wrapping_mul(2_654_435_761 + layer);
        let [r, g, b, _] = noise.to_le_bytes();
        let distance = (x as f32 - cx).hypot(y as f32 - cy);
        let coverage = ((radius + 8.0 - distance) / 16.0).clamp(0.0, 1.0);
        let alpha = if layer == 0 { 255 } else { (coverage * 255.0 + 0.5) as u8 };
        [r, g, b, alpha]
    };
    (0..WIDTH * HEIGHT).into_par_iter().flat_map_iter(pixel).collect()
}

fn from_bytes(bytes: &[u8]) -> Image {
    let pixels = bytes.par_chunks_exact(4).with_min_len(4096);
    let pixels = pixels.map(|p| std::array::from_fn(|i| f32::from(p[i]) / 255.0));
    Image::new(FACT, pixels.collect())
}

fn to_bytes(image: &Image) -> Vec<u8> {
    let mut bytes = vec![0; image.pixels.len() * 4];
    let rows = bytes.par_chunks_exact_mut(4).with_min_len(4096).zip(image.pixels.par_iter());
    rows.for_each(|(out, [r, g, b, a])| {
        let scale = if *a > 0.0 { 255.0 / a } else { 0.0 };
        let straight = [r * scale, g * scale, b * scale, a * 255.0];
        out.iter_mut().zip(straight).for_each(|(out, v)| *out = (v + 0.5) as u8);
    });
    bytes
}

fn pixmap(bytes: &[u8]) -> Pixmap {
    let mut pixmap = Pixmap::new(WIDTH, HEIGHT).expect("the canvas is not empty");
    for (out, p) in pixmap.pixels_mut().iter_mut().zip(bytes.chunks_exact(4)) {
        let [r, g, b] = [p[0], p[1], p[2]].map(|v| (u16::from(v) * u16::from(p[3]) / 255) as u8);
        *out = PremultipliedColorU8::from_rgba(r, g, b, p[3]).expect("no colour exceeds alpha");
    }
    pixmap
}

/// A stack of the first `count` pictures.
fn stack(images: &[Image], mode: Mode, opacity: f32) -> Layers {
    let layer = |(index, image): (usize, &Image)| {
        let base = Layer::new("", image.clone());
        if index == 0 { base } else { Layer { mode, opacity, ..base } }
    };
    Layers { width: WIDTH, height: HEIGHT, layers: images.iter().enumerate().map(layer).collect() }
}

/// The covered rectangle of each picture, as layer files store them.
fn trimmed(images: &[Image]) -> Layers {
    let mut layers = stack(images, Mode::Normal, 1.0);
    for layer in &mut layers.layers {
        let LayerContent::Image { image, .. } = &layer.content else { continue };
        layer.content = trim(image);
    }
    layers
}

fn trim(image: &Image) -> LayerContent {
    let covered = |pixel: &Pixel| pixel[3] > 0.0;
    let rows: Vec<_> = image.pixels.chunks_exact(WIDTH as usize).collect();
    let top = rows.iter().position(|row| row.iter().any(covered)).expect("it is not clear");
    let bottom = rows.iter().rposition(|row| row.iter().any(covered)).expect("it is not clear");
    let rows = &rows[top..=bottom];
    let first = |row: &&[Pixel]| row.iter().position(covered);
    let last = |row: &&[Pixel]| row.iter().rposition(covered);
    let left = rows.iter().filter_map(first).min().expect("it is not clear");
    let right = rows.iter().filter_map(last).max().expect("it is not clear");
    let pixels: Vec<Pixel> = rows.iter().flat_map(|row| row[left..=right].to_vec()).collect();
    let fact = ImageFact::new((right - left + 1) as u32, rows.len() as u32, Alpha::Straight);
    LayerContent::Image { image: Image::new(fact, pixels), x: left as i32, y: top as i32 }
}

fn pass_per_layer(images: &[Image], mode: Mode, opacity: f32) -> Image {
    let how = Merge { mode, opacity, ..Merge::default() };
    let [ground, above @ ..] = images else { panic!("a stack has a ground") };
    above.iter().fold(ground.clone(), |below, layer| merge(&below, layer, None, &how))
}

fn plain_loop(images: &[Image], opacity: f32, blend: fn(f32, f32) -> f32) -> Vec<Pixel> {
    let mut result = vec![[0.0; 4]; FACT.len()];
    for (index, image) in images.iter().enumerate() {
        let opacity = if index == 0 { 1.0 } else { opacity };
        for (b, s) in result.iter_mut().zip(image.pixels.iter()) {
            let (a, ab) = (s[3] * opacity, b[3]);
            for i in 0..3 {
                let cb = if ab > 0.0 { b[i] / ab } else { 0.0 };
                b[i] = (1.0 - ab) * s[i] * a + (1.0 - a) * b[i] + a * ab * blend(cb, s[i]);
            }
            b[3] = a + ab - a * ab;
        }
    }
    result
}

fn tiny_skia(blend_mode: BlendMode, opacity: f32, count: usize) -> Pixmap {
    let mut result = PIXMAPS[0].clone();
    let paint = PixmapPaint { opacity, blend_mode, ..PixmapPaint::default() };
    for pixmap in &PIXMAPS[1..count] {
        result.draw_pixmap(0, 0, pixmap.as_ref(), &paint, Transform::identity(), None);
    }
    result
}

/// 8 layers, over.
#[divan::bench_group(sample_count = 7, sample_size = 1)]
mod over_8 {
    use super::*;

    #[divan::bench]
    fn flatten_full_canvas(bencher: Bencher) {
        let layers = stack(&IMAGES, Mode::Normal, 1.0);
        bencher.bench_local(|| flatten(black_box(&layers)));
    }

    #[divan::bench]
    fn flatten_trimmed(bencher: Bencher) {
        let layers = trimmed(&IMAGES);
        bencher.bench_local(|| flatten(black_box(&layers)));
    }

    #[divan::bench]
    fn from_bytes_to_bytes(bencher: Bencher) {
        bencher.bench_local(|| {
            let images: Vec<_> = BYTES.iter().map(|bytes| from_bytes(bytes)).collect();
            to_bytes(&flatten(&stack(&images, Mode::Normal, 1.0)))
        });
    }

    #[divan::bench]
    fn pass_per_layer(bencher: Bencher) {
        bencher.bench_local(|| super::pass_per_layer(black_box(&IMAGES), Mode::Normal, 1.0));
    }

    #[divan::bench]
    fn plain_loop(bencher: Bencher) {
        bencher.bench_local(|| super::plain_loop(black_box(&IMAGES), 1.0, |_, s| s));
    }

    #[divan::bench]
    fn tiny_skia(bencher: Bencher) {
        LazyLock::force(&PIXMAPS);
        bencher.bench_local(|| super::tiny_skia(BlendMode::SourceOver, 1.0, 8));
    }
}

/// An opaque ground and 3 layers, multiplied at 60 %.
#[divan::bench_group(sample_count = 7, sample_size = 1)]
mod multiply_3 {
    use super::*;

    #[divan::bench]
    fn flatten_full_canvas(bencher: Bencher) {
        let layers = stack(&IMAGES[..4], Mode::Multiply, 0.6);
        bencher.bench_local(|| flatten(black_box(&layers)));
    }

    #[divan::bench]
    fn pass_per_layer(bencher: Bencher) {
        bencher.bench_local(|| super::pass_per_layer(black_box(&IMAGES[..4]), Mode::Multiply, 0.6));
    }

    #[divan::bench]
    fn plain_loop(bencher: Bencher) {
        bencher.bench_local(|| super::plain_loop(black_box(&IMAGES[..4]), 0.6, |b, s| b * s));
    }

    #[divan::bench]
    fn tiny_skia(bencher: Bencher) {
        LazyLock::force(&PIXMAPS);
        bencher.bench_local(|| super::tiny_skia(BlendMode::Multiply, 0.6, 4));
    }
}
