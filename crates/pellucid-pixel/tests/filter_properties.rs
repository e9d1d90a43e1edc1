//! What holds of filters whatever the picture.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pellucid_pixel::blur::{
    Gaussian, RECURSIVE_FROM, box_blur, box_blur_matte, gaussian_blur, gaussian_blur_matte,
};
use pellucid_pixel::edges::{Canny, Soft, canny, soft_edges};
use pellucid_pixel::median::median;
use pellucid_pixel::morphology::{
    Neighbourhood, Outside, Shape, Side, close, dilate, erode, feather, open, threshold,
};
use pellucid_pixel::resize::{Filter, Resize, resize, resize_fact, resize_matte, round_up};
use pellucid_pixel::shadow::{Output, Shadow, StrokeSide, drop_shadow, inner_shadow, stroke};
use pellucid_pixel::sharpen::{Sharpen, sharpen};
use pellucid_pixel::transform::{
    Affine, Axis, Canvas, Fit, Interpolation, Rect, Warp, affine, affine_fact, crop, crop_fact,
    flip, offset, offset_fact, place, place_fact, placed, rotate, turn,
};
use pellucid_pixel::{Alpha, Edge, Encoding, Image, ImageFact, Matte, MatteFact, Pixel};

/// A named function from image to image.
type Function = (&'static str, fn(&Image) -> Image);

/// A picture of noise, valid in its alpha state, clear in places.
fn noise(width: u32, height: u32, batch: u32, alpha: Alpha) -> Image {
    let fact = ImageFact { batch, ..ImageFact::new(width, height, alpha) };
    let pixels = (0..fact.len()).map(|i| {
        let v = |k: usize| ((i * 2_654_435_761 + k * 40_503) % 4093) as f32 / 4092.0;
        let a = if i % 7 == 0 { 0.0 } else { v(3) };
        match alpha {
            Alpha::Opaque => [v(0), v(1), v(2), 1.0],
            Alpha::Straight => [v(0), v(1), v(2), a],
            Alpha::Premultiplied => [v(0) * a, v(1) * a, v(2) * a, a],
        }
    });
    Image::new(fact, pixels.collect())
}

fn blob(width: u32, height: u32) -> Matte {
    let fact = MatteFact::new(width, height);
    let value = |i: usize| {
        let (x, y) = (i as f32 % width as f32, (i / width as usize) as f32);
        let d = (x - width as f32 / 2.0).hypot(y - height as f32 / 2.0);
        (width.min(height) as f32 / 3.0 - d + 0.5).clamp(0.0, 1.0)
    };
    Matte::new(fact, (0..fact.len()).map(value).collect())
}

fn largest_difference(a: &[Pixel], b: &[Pixel]) -> f32 {
    assert_eq!(a.len(), b.len());
    let pairs = a.as_flattened().iter().zip(b.as_flattened());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Every function of this module that makes an image of one, small enough to run on anything.
fn everything() -> Vec<Function> {
    fn lanczos(linear_light: bool) -> Resize {
        Resize { filter: Filter::Lanczos3, linear_light }
    }
    fn warp(interpolation: Interpolation, edge: Edge) -> Warp {
        Warp { interpolation, edge }
    }
    fn skewed(image: &Image, warp: Warp) -> Image {
        let map = Affine::layer((0.7, 1.3), 20.0, (3.0, 2.0), (0.3, -0.7));
        affine(image, map, (19, 23), warp).unwrap()
    }
    vec![
        ("resize smaller", |i| resize(i, 7, 5, lanczos(false))),
        ("resize larger", |i| resize(i, 67, 41, lanczos(false))),
        ("resize across", |i| resize(i, 9, i.fact.height, lanczos(false))),
        ("resize down", |i| resize(i, i.fact.width, 9, lanczos(false))),
        ("resize in linear light", |i| resize(i, 13, 11, lanczos(true))),
        ("resize to a point", |i| resize(i, 1, 1, lanczos(false))),
        ("flip", |i| flip(i, Axis::Horizontal)),
        ("turn", |i| turn(i, 1)),
        ("crop", |i| crop(i, Rect { x: -3, y: 1, width: 12, height: 9 }, Edge::Mirror)),
        ("offset", |i| offset(i, 1.5, -2.25, Edge::Repeat)),
        ("place", |i| place(i, (20, 10), Fit::Fill, (0.3, 0.7), lanczos(false))),
        ("rotate", |i| rotate(i, 30.0, Canvas::Expand, Warp::default()).unwrap()),
        ("bicubic", |i| skewed(i, warp(Interpolation::Bicubic, Edge::Clamp))),
        ("lanczos", |i| skewed(i, warp(Interpolation::Lanczos3, Edge::Mirror))),
        ("nearest", |i| skewed(i, warp(Interpolation::Nearest, Edge::Transparent))),
        ("gaussian", |i| gaussian_blur(i, Gaussian::new(1.5))),
        ("recursive", |i| gaussian_blur(i, Gaussian::new(9.0).with_edge(Edge::Clamp))),
        ("box", |i| box_blur(i, 2.5, Edge::Clamp)),
        ("sharpen", |i| sharpen(i, Sharpen::default())),
        ("median", |i| median(i, 2)),
        ("shadow", |i| drop_shadow(i, Shadow::default(), Output::Merged)),
        ("inner shadow", |i| inner_shadow(i, Shadow::default(), Output::Merged)),
        ("stroke", |i| stroke(i, 1.5, StrokeSide::Centre, [1.0, 0.0, 0.0, 0.5], Output::Merged)),
    ]
}

const STATES: [Alpha; 3] = [Alpha::Opaque, Alpha::Straight, Alpha::Premultiplied];

#[test]
fn a_batch_gives_what_its_frames_give_bit_for_bit() {
    for (name, f) in everything() {
        let batch = noise(33, 21, 3, Alpha::Straight);
        let all = f(&batch);
        for frame in 0..3 {
            let fact = ImageFact { batch: 1, ..batch.fact };
            let single = f(&Image::new(fact, batch.frame(frame).to_vec()));
            assert!(single.pixels[..] == *all.frame(frame), "{name}, frame {frame}");
        }
    }
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let image = noise(133, 121, 1, Alpha::Straight);
            everything().into_iter().map(|(_, f)| f(&image)).collect::<Vec<_>>()
        })
    };
    let (one, five) = (run(1), run(5));
    for ((name, _), (a, b)) in everything().iter().zip(one.iter().zip(&five)) {
        assert!(a == b, "{name}");
    }
}

#[test]
fn any_size_and_alpha_state_gives_finite_values_of_a_valid_state() {
    for (width, height) in [(1, 1), (1, 9), (8, 1), (2, 3), (17, 16), (40, 33)] {
        for alpha in STATES {
            for (name, f) in everything() {
                let result = f(&noise(width, height, 1, alpha));
                let context = format!("{name} of {width}x{height} {alpha:?}");
                assert!(result.pixels.as_flattened().iter().all(|v| v.is_finite()), "{context}");
                if result.fact.alpha == Alpha::Opaque {
                    assert!(result.pixels.iter().all(|p| p[3] == 1.0), "{context}");
                }
            }
        }
    }
}

#[test]
fn a_constant_stays_constant_at_every_size() {
    let sizes = [1, 2, 3, 7, 16, 100, 333, 2049];
    for &(name, filter) in Filter::NAMES {
        for from in sizes {
            for to in sizes {
                let fact = MatteFact::new(from, 3);
                let matte = Matte::new(fact, vec![0.7; fact.len()]);
                let scaled = resize_matte(&matte, to, 5, filter);
                // Up to 12 300 weights, each rounded to f32.
                assert!(scaled.values.iter().all(|v| (v - 0.7).abs() < 1e-5), "{name} {from} {to}");
            }
        }
    }
    let fact = MatteFact::new(60, 50);
    let flat = Matte::new(fact, vec![0.7; fact.len()]);
    for sigma in [0.3, 1.0, 5.0, 6.0, 20.0, 300.0] {
        for edge in [Edge::Clamp, Edge::Mirror, Edge::Repeat] {
            let blurred = gaussian_blur_matte(&flat, Gaussian::new(sigma).with_edge(edge));
            // The recursive filter starts five sigma outside, where 0.0002 of it is missing.
            let tolerance = if sigma < RECURSIVE_FROM { 1e-6 } else { 3e-4 };
            assert!(blurred.values.iter().all(|v| (v - 0.7).abs() < tolerance), "{sigma} {edge:?}");
        }
    }
}

#[test]
fn the_same_size_changes_nothing() {
    for alpha in STATES {
        let image = noise(31, 17, 2, alpha);
        for &(name, filter) in Filter::NAMES {
            let how = Resize { filter, linear_light: true };
            assert_eq!(resize(&image, 31, 17, how), image, "{name}");
        }
        assert_eq!(gaussian_blur(&image, Gaussian::new(0.0)), image);
        assert_eq!(median(&image, 0), image);
    }
}

#[test]
fn permutations_are_exact_and_keep_colour_under_clear_pixels() {
    for alpha in STATES {
        let image = noise(23, 12, 2, alpha);
        for (_, axis) in Axis::NAMES {
            assert_eq!(flip(&flip(&image, *axis), *axis), image);
        }
        let four = (0..4).fold(image.clone(), |turned, _| turn(&turned, 1));
        assert_eq!(four, image);
        assert_eq!(turn(&image, -1), turn(&image, 3));
        for degrees in [0.0, 90.0, 180.0, 270.0, -90.0, 450.0] {
            for &(_, interpolation) in Interpolation::NAMES {
                let warp = Warp { interpolation, edge: Edge::Transparent };
                let turned = rotate(&image, degrees, Canvas::Expand, warp).unwrap();
                assert_eq!(turned, turn(&image, (degrees / 90.0) as i32), "{degrees}");
            }
        }
        let there = offset(&image, 5.0, -3.0, Edge::Repeat);
        assert_eq!(offset(&there, -5.0, 3.0, Edge::Repeat), image);
        let window = Rect { x: 2, y: 3, width: 7, height: 5 };
        let part = crop(&image, window, Edge::Transparent);
        assert_eq!(part.fact.alpha, alpha);
        assert_eq!(part.pixels[8], image.pixels[4 * 23 + 3]);
    }
}

#[test]
fn outside_a_picture_is_clear() {
    let image = noise(4, 4, 1, Alpha::Opaque);
    let rect = Rect { x: -2, y: -1, width: 9, height: 8 };
    let wide = crop(&image, rect, Edge::Transparent);
    assert_eq!(wide.fact.alpha, Alpha::Premultiplied);
    assert_eq!(wide.pixels[0], [0.0; 4]);
    assert_eq!(wide.pixels[9 + 2], image.pixels[0]);
    let away = Rect { x: i64::MAX - 2, y: i64::MIN, width: 3, height: 3 };
    assert!(crop(&image, away, Edge::Transparent).pixels.iter().all(|p| *p == [0.0; 4]));
    let gone = offset(&image, 1e30, 0.0, Edge::Transparent);
    assert!(gone.pixels.iter().all(|p| *p == [0.0; 4]));
}

#[test]
fn facts_foretell_results() {
    for alpha in STATES {
        let image = noise(12, 8, 2, alpha);
        let how = Resize::default();
        for size in [(12, 8), (5, 9)] {
            let fact = resize_fact(&image.fact, size.0, size.1);
            assert_eq!(resize(&image, size.0, size.1, how).fact, fact);
        }
        for edge in [Edge::Transparent, Edge::Clamp] {
            for rect in [(0, 0, 3, 3), (-1, 0, 3, 3), (5, 5, 30, 30)] {
                let rect = Rect { x: rect.0, y: rect.1, width: rect.2, height: rect.3 };
                assert_eq!(crop(&image, rect, edge).fact, crop_fact(&image.fact, rect, edge));
            }
            for (dx, dy) in [(0.0, 0.0), (1.0, 2.0), (0.5, 0.0), (f32::NAN, 1.0)] {
                let fact = offset_fact(&image.fact, dx, dy, edge);
                assert_eq!(offset(&image, dx, dy, edge).fact, fact);
            }
            for map in [Affine::IDENTITY, Affine::rotate(30.0), Affine::translate(1.0, 0.0)] {
                let warp = Warp { interpolation: Interpolation::Bilinear, edge };
                let drawn = affine(&image, map, (6, 6), warp).unwrap();
                assert_eq!(drawn.fact, affine_fact(&image.fact, map, (6, 6), edge).unwrap());
            }
        }
        for &(name, fit) in Fit::NAMES {
            for to in [(12, 8), (24, 16), (6, 40), (3, 3)] {
                let fact = place_fact(&image.fact, to, fit, (0.5, 0.5));
                assert_eq!(place(&image, to, fit, (0.5, 0.5), how).fact, fact, "{name} {to:?}");
            }
        }
    }
}

#[test]
fn placing_keeps_proportions_and_computes_only_what_is_seen() {
    let size = |fit, anchor| {
        let p = placed((200, 100), (64, 64), fit, anchor);
        (p.width, p.height, p.x, p.y)
    };
    assert_eq!(size(Fit::Fit, (0.5, 0.5)), (64, 32, 0, 16));
    assert_eq!(size(Fit::Fit, (0.0, 1.0)), (64, 32, 0, 32));
    assert_eq!(size(Fit::Fill, (0.5, 0.5)), (128, 64, -32, 0));
    assert_eq!(size(Fit::Fill, (1.0, 0.0)), (128, 64, -64, 0));
    assert_eq!(size(Fit::Stretch, (0.5, 0.5)), (64, 64, 0, 0));
    assert_eq!(size(Fit::Pad, (0.5, 0.5)), (200, 100, -68, -18));
    let image = noise(200, 100, 1, Alpha::Premultiplied);
    let whole = resize(&image, 128, 64, Resize::default());
    let rect = Rect { x: 32, y: 0, width: 64, height: 64 };
    let placed = place(&image, (64, 64), Fit::Fill, (0.5, 0.5), Resize::default());
    assert_eq!(placed, crop(&whole, rect, Edge::Transparent));
    let thread = noise(30_000, 1, 1, Alpha::Opaque);
    let filled = place(&thread, (50, 4000), Fit::Fill, (0.5, 0.5), Resize::default());
    assert_eq!(filled.fact.size(), (50, 4000));
    assert_eq!([round_up(1, 64), round_up(64, 64), round_up(65, 64)], [64, 64, 128]);
}

#[test]
fn minifying_through_a_map_averages() {
    // Stripes of one pixel: sampling would give one colour or the other, averaging gives grey.
    let fact = ImageFact::new(512, 512, Alpha::Opaque);
    let stripe = |i: usize| [(i % 2) as f32, (i % 2) as f32, (i % 2) as f32, 1.0];
    let image = Image::new(fact, (0..fact.len()).map(stripe).collect());
    for (scale, size) in [((0.1, 0.1), (51, 51)), ((0.05, 0.9), (25, 460))] {
        let map = Affine::scale(scale.0, scale.1).then(Affine::rotate(0.0));
        let warp = Warp { interpolation: Interpolation::Bilinear, edge: Edge::Clamp };
        let small = affine(&image, map, size, warp).unwrap();
        // Ten stripes do not cover whole pairs where they begin and end: at most one in twenty.
        assert!(small.pixels.iter().all(|p| (p[0] - 0.5).abs() < 0.06), "{scale:?}");
    }
}

#[test]
fn gaussian_blur_is_the_sum_over_the_plane() {
    let matte = blob(40, 30);
    let dots = matte.map(|v| if v > 0.3 && v < 0.9 { 1.0 } else { v * 0.2 });
    for (sigma, tolerance) in
        [(0.6f64, 1e-6), (2.0, 1e-6), (5.5, 1e-6), (7.0, 0.15 / 255.0), (25.0, 0.15 / 255.0)]
    {
        let how = Gaussian::new(sigma as f32);
        let blurred = gaussian_blur_matte(&dots, how);
        let cut = if sigma < f64::from(RECURSIVE_FROM) { 4.0 } else { 9.0 };
        let radius = (cut * sigma).ceil() as i64;
        let weight = |d: i64| (-0.5 * (d as f64 / sigma).powi(2)).exp();
        let sum: f64 = (-radius..=radius).map(weight).sum();
        for (x, y) in [(0, 0), (20, 15), (39, 29), (10, 22), (31, 3)] {
            let mut expected = 0.0;
            for (i, value) in dots.values.iter().enumerate() {
                let (dx, dy) = (i as i64 % 40 - x, i as i64 / 40 - y);
                if dx.abs() <= radius && dy.abs() <= radius {
                    expected += f64::from(*value) * weight(dx) * weight(dy) / (sum * sum);
                }
            }
            let value = f64::from(blurred.values[(y * 40 + x) as usize]);
            assert!(
                (value - expected).abs() < tolerance,
                "{sigma} at {x}, {y}: {value} {expected}"
            );
        }
    }
}

#[test]
fn the_recursive_gaussian_stays_within_its_bound() {
    // Steps, the hardest case: the bound that `RECURSIVE_FROM` documents.
    let fact = MatteFact::new(400, 8);
    let steps = Matte::new(fact, (0..fact.len()).map(|i| (i % 400 / 37 % 2) as f32).collect());
    for sigma in [6.0f64, 8.0, 13.0, 40.0] {
        let blur = Gaussian { sigma_x: sigma as f32, sigma_y: 0.0, edge: Edge::Transparent };
        let blurred = gaussian_blur_matte(&steps, blur);
        let weight = |d: i64| (-0.5 * (d as f64 / sigma).powi(2)).exp();
        let sum: f64 = (-400..=400).map(weight).sum();
        for x in 0..400i64 {
            let seen = (0..400i64).filter(|i| i / 37 % 2 == 1);
            let expected: f64 = seen.map(|i| weight(i - x) / sum).sum();
            let error = (f64::from(blurred.values[x as usize]) - expected).abs();
            assert!(error < 0.15 / 255.0, "{sigma} at {x}: {error}");
        }
    }
}

#[test]
fn blurring_keeps_what_is_far_from_the_border() {
    let matte = blob(121, 121).map(|v| if v > 0.99 { v } else { 0.0 });
    let total: f64 = matte.values.iter().map(|v| f64::from(*v)).sum();
    for sigma in [1.0, 3.0, 4.5] {
        let blurred = gaussian_blur_matte(&matte, Gaussian::new(sigma));
        let mass: f64 = blurred.values.iter().map(|v| f64::from(*v)).sum();
        // f32 rounding of some 5 000 values.
        assert!((mass / total - 1.0).abs() < 1e-5, "{sigma}");
    }
    let blurred = box_blur_matte(&matte, 4.7, Edge::Transparent);
    let mass: f64 = blurred.values.iter().map(|v| f64::from(*v)).sum();
    assert!((mass / total - 1.0).abs() < 1e-5);
}

#[test]
fn a_wide_blur_leaves_clear_pixels_clear() {
    let fact = ImageFact::new(400, 20, Alpha::Premultiplied);
    let dot = |i: usize| if i % 400 < 4 { [0.9, 0.1, 0.1, 1.0] } else { [0.0; 4] };
    let image = Image::new(fact, (0..fact.len()).map(dot).collect());
    let blurred = gaussian_blur(&image, Gaussian::new(10.0));
    assert!(blurred.pixels.iter().all(|p| p[3] >= 0.0));
    assert!(blurred.pixels.chunks(400).all(|row| row[200..].iter().all(|p| *p == [0.0; 4])));
}

#[test]
fn a_box_blur_is_the_mean_of_its_window() {
    let fact = MatteFact::new(50, 1);
    let ramp = Matte::new(fact, (0..50).map(|i| (i * i % 17) as f32).collect());
    let blurred = box_blur_matte(&ramp, 2.5, Edge::Clamp);
    let v = |i: usize| ramp.values[i];
    let expected = (0.5 * v(17) + v(18) + v(19) + v(20) + v(21) + v(22) + 0.5 * v(23)) / 6.0;
    assert!((blurred.values[20] - expected).abs() < 1e-5);
    assert_eq!(box_blur_matte(&ramp, 0.0, Edge::Clamp), ramp);
}

#[test]
fn morphology_is_the_extreme_of_its_neighbourhood() {
    let image = noise(37, 29, 1, Alpha::Straight);
    let fact = MatteFact::new(37, 29);
    let matte = Matte::new(fact, image.pixels.iter().map(|p| p[0]).collect());
    for (shape, outside) in [
        (Shape::Disc, Outside::Clear),
        (Shape::Disc, Outside::Ignored),
        (Shape::Square, Outside::Clear),
        (Shape::Square, Outside::Ignored),
    ] {
        for radius in [1i64, 2, 5, 40] {
            let within = Neighbourhood { shape, radius: radius as f32, outside };
            let (small, large) = (erode(&matte, within), dilate(&matte, within));
            for (x, y) in [(0i64, 0i64), (18, 14), (36, 28), (3, 20), (30, 1)] {
                let mut seen = Vec::new();
                for dy in -radius..=radius {
                    for dx in -radius..=radius {
                        if shape == Shape::Disc && dx * dx + dy * dy > radius * radius {
                            continue;
                        }
                        let (x, y) = (x + dx, y + dy);
                        if (0..37).contains(&x) && (0..29).contains(&y) {
                            seen.push(matte.values[(y * 37 + x) as usize]);
                        } else if outside == Outside::Clear {
                            seen.push(0.0);
                        }
                    }
                }
                let i = (y * 37 + x) as usize;
                let extreme = |f: fn(f32, f32) -> f32| seen.iter().copied().reduce(f).unwrap();
                assert_eq!(small.values[i], extreme(f32::min), "{shape:?} {radius} {x} {y}");
                assert_eq!(large.values[i], extreme(f32::max), "{shape:?} {radius} {x} {y}");
            }
        }
    }
}

#[test]
fn opening_shrinks_and_closing_grows() {
    let image = noise(64, 48, 1, Alpha::Straight);
    let matte = Matte::new(MatteFact::new(64, 48), image.pixels.iter().map(|p| p[0]).collect());
    for radius in [1.0, 3.0] {
        let within = Neighbourhood { outside: Outside::Ignored, ..Neighbourhood::disc(radius) };
        let ordered = |a: &Matte, b: &Matte| a.values.iter().zip(&*b.values).all(|(a, b)| a <= b);
        let (opened, closed) = (open(&matte, within), close(&matte, within));
        assert!(ordered(&erode(&matte, within), &opened));
        assert!(ordered(&opened, &matte) && ordered(&matte, &closed));
        assert!(ordered(&closed, &dilate(&matte, within)));
        assert_eq!(open(&opened, within), opened);
    }
    let half = dilate(&matte, Neighbourhood::disc(2.5));
    let (two, three) =
        (dilate(&matte, Neighbourhood::disc(2.0)), dilate(&matte, Neighbourhood::disc(3.0)));
    let middle = (two.values[777] + three.values[777]) / 2.0;
    assert!((half.values[777] - middle).abs() < 1e-6);
}

#[test]
fn feathering_stays_on_its_side() {
    let matte = blob(80, 60);
    let inward = feather(&matte, 3.0, Side::Inward);
    let outward = feather(&matte, 3.0, Side::Outward);
    for ((v, i), o) in matte.values.iter().zip(&*inward.values).zip(&*outward.values) {
        assert!(i <= v && v <= o);
    }
    let solid = Matte::new(MatteFact::new(20, 20), vec![1.0; 400]);
    for (_, side) in Side::NAMES {
        // The border is no edge: nothing but the rounding of 25 weights.
        assert!(feather(&solid, 3.0, *side).values.iter().all(|v| (v - 1.0).abs() < 1e-5));
    }
}

#[test]
fn a_threshold_ramp_is_centred_on_its_level() {
    let matte = Matte::new(MatteFact::new(5, 1), vec![0.0, 0.4, 0.5, 0.6, 1.0]);
    assert_eq!(*threshold(&matte, 0.5, 0.0).values, [0.0, 0.0, 1.0, 1.0, 1.0]);
    let soft = threshold(&matte, 0.5, 0.4);
    for (value, expected) in soft.values.iter().zip([0.0, 0.25, 0.5, 0.75, 1.0]) {
        assert!((value - expected).abs() < 1e-6);
    }
}

#[test]
fn a_shadow_comes_back_from_beyond_the_border() {
    // A bar at the left edge, shifted to the right: left of it there must be its blurred flank.
    let fact = ImageFact::new(60, 40, Alpha::Premultiplied);
    let bar = |i: usize| if i % 60 < 10 { [1.0; 4] } else { [0.0; 4] };
    let image = Image::new(fact, (0..fact.len()).map(bar).collect());
    let shadow = Shadow { dx: 20.0, dy: 0.0, sigma: 4.0, ..Shadow::default() };
    let cast = drop_shadow(&image, shadow, Output::EffectOnly);
    let row = cast.frame(0)[20 * 60..].to_vec();
    // The bar is at 20..30 now, so 17 and 32 lie equally far from its middle.
    assert!((row[17][3] - row[32][3]).abs() < 1e-6 && row[17][3] > 0.05);
    let far = Shadow { dx: 1e9, dy: -1e9, ..shadow };
    let gone = drop_shadow(&image, far, Output::EffectOnly);
    assert!(gone.pixels.iter().all(|p| *p == [0.0; 4]));
}

#[test]
fn inner_shadows_and_inside_strokes_keep_the_outline() {
    let image = noise(40, 30, 1, Alpha::Straight);
    let red = [1.0, 0.0, 0.0, 0.6];
    let shaded = inner_shadow(&image, Shadow { colour: red, ..Shadow::default() }, Output::Merged);
    let lined = stroke(&image, 2.0, StrokeSide::Inside, red, Output::Merged);
    for ((before, a), b) in image.pixels.iter().zip(&*shaded.pixels).zip(&*lined.pixels) {
        assert!((before[3] - a[3]).abs() < 1e-6 && (before[3] - b[3]).abs() < 1e-6);
    }
}

#[test]
fn sharpening_keeps_alpha_and_flat_colour() {
    let fact = ImageFact::new(30, 30, Alpha::Straight);
    let flat = |i: usize| [0.2, 0.5, 0.8, (i % 11) as f32 / 10.0];
    let image = Image::new(fact, (0..fact.len()).map(flat).collect());
    let sharp = sharpen(&image, Sharpen { amount: 3.0, sigma: 2.0, ..Sharpen::default() });
    // Colour is the same everywhere, so its alpha-weighted surroundings are too.
    assert!(largest_difference(&sharp.pixels, &image.premultiplied().pixels) < 1e-5);
    let none = Sharpen { threshold: 2.0, ..Sharpen::default() };
    let noisy = noise(30, 30, 1, Alpha::Premultiplied);
    assert!(largest_difference(&sharpen(&noisy, none).pixels, &noisy.pixels) < 1e-6);
}

#[test]
fn linear_light_mixes_light() {
    let fact = ImageFact::new(2, 1, Alpha::Opaque);
    let image = Image::new(fact, vec![[0.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]]);
    let how = Resize { filter: Filter::Box, linear_light: true };
    let grey = resize(&image, 1, 1, how);
    assert_eq!(grey.fact.encoding, Encoding::Srgb);
    // Half the light is 0.7354 in sRGB.
    assert!((grey.pixels[0][0] - 0.735_36).abs() < 1e-4);
}

#[test]
fn edges_lie_where_the_picture_changes() {
    let fact = ImageFact::new(20, 12, Alpha::Opaque);
    let step = |i: usize| if i % 20 < 9 { [0.0, 0.0, 0.0, 1.0] } else { [1.0; 4] };
    let image = Image::new(fact, (0..fact.len()).map(step).collect());
    let edges = canny(&image, Canny::default());
    for (i, value) in edges.values.iter().enumerate() {
        assert_eq!(*value, f32::from(u8::from(i % 20 == 8)), "{}", i % 20);
    }
    let soft = soft_edges(&image, Soft { sigma: 0.0, ..Soft::default() });
    assert_eq!((soft.values[8], soft.values[9], soft.values[3]), (1.0, 1.0, 0.0));
    let flat = Image::filled(fact, [0.5, 0.5, 0.5, 1.0]);
    assert!(soft_edges(&flat, Soft::default()).values.iter().all(|v| *v < 1e-5));
}
