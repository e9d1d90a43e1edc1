//! Resizing and blurring, beside the fastest Rust crate for the former.
//!
//! Every function returns a new picture, so allocating it is part of the time.

#![allow(missing_docs, reason = "a benchmark is no library")]
#![allow(clippy::unwrap_used, reason = "a benchmark may stop")]

use divan::{Bencher, black_box};
use fast_image_resize as fir;
use pellucid_pixel::blur::{Gaussian, gaussian_blur};
use pellucid_pixel::median::median;
use pellucid_pixel::resize::{Filter, Resize, resize};
use pellucid_pixel::{Alpha, Image, ImageFact};

fn main() {
    divan::main();
}

fn picture(width: u32, height: u32) -> Image {
    let fact = ImageFact::new(width, height, Alpha::Premultiplied);
    let pixels = (0..fact.len()).map(|i| {
        let v = |k: usize| ((i * 2_654_435_761 + k * 40_503) % 4093) as f32 / 4093.0;
        let alpha = v(3);
        [v(0) * alpha, v(1) * alpha, v(2) * alpha, alpha]
    });
    Image::new(fact, pixels.collect())
}

const LANCZOS: Resize = Resize { filter: Filter::Lanczos3, linear_light: false };

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

#[divan::bench(args = [1, 2], sample_count = 20)]
fn resize_4k_to_1080p(bencher: Bencher, threads: usize) {
    let image = picture(3840, 2160);
    let pool = pool(threads);
    bencher.bench_local(|| pool.install(|| resize(black_box(&image), 1920, 1080, LANCZOS)));
}

#[divan::bench(args = [1, 2], sample_count = 20)]
fn resize_4k_to_1080p_fast_image_resize(bencher: Bencher, threads: usize) {
    let pool = pool(threads);
    let image = picture(3840, 2160);
    let bytes: Vec<u8> = image.pixels.as_flattened().iter().flat_map(|v| v.to_ne_bytes()).collect();
    let source = fir::images::Image::from_vec_u8(3840, 2160, bytes, fir::PixelType::F32x4).unwrap();
    let options = fir::ResizeOptions::new()
        .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3))
        .use_alpha(false);
    let scale = || {
        let mut out = fir::images::Image::new(1920, 1080, fir::PixelType::F32x4);
        fir::Resizer::new().resize(black_box(&source), &mut out, &options).unwrap();
        out
    };
    bencher.bench_local(|| pool.install(scale));
}

#[divan::bench(args = [1, 2], sample_count = 20)]
fn resize_1080p_to_4k(bencher: Bencher, threads: usize) {
    let image = picture(1920, 1080);
    let pool = pool(threads);
    bencher.bench_local(|| pool.install(|| resize(black_box(&image), 3840, 2160, LANCZOS)));
}

#[divan::bench(args = [2.0, 5.9, 8.0, 64.0], sample_count = 20)]
fn gaussian_blur_1080p(bencher: Bencher, sigma: f32) {
    let image = picture(1920, 1080);
    bencher.bench_local(|| gaussian_blur(black_box(&image), Gaussian::new(sigma)));
}

#[divan::bench(args = [1, 3, 10], sample_count = 10)]
fn median_1024(bencher: Bencher, radius: u32) {
    let image = picture(1024, 1024);
    bencher.bench_local(|| median(black_box(&image), radius));
}
