//! Algebra that holds whatever the pictures are.

use pellucid_pixel::{
    Alpha, AlphaRule, Clamp, Encoding, Image, ImageFact, MaskMode, Matte, MatteFact, Merge, Mode,
    Pixel, merge, result_alpha,
};
use proptest::prelude::*;

/// A few roundings of f32 near 1.
const ROUNDING: f32 = 1e-6;

/// Straight pixels of all kinds, extremes and clear stretches among them.
pub fn noise(width: u32, height: u32, seed: u64) -> Image {
    let fact = ImageFact::new(width, height, Alpha::Straight);
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let pixels = (0..fact.len()).map(|index| {
        let clear = (index / 40) % 3 == seed as usize % 3;
        let mut pixel = [next(), next(), next(), if clear { 0.0 } else { next() }];
        let extreme = next();
        if extreme < 0.2 {
            pixel[(extreme * 20.0) as usize] = (next() > 0.5) as u8 as f32;
        }
        if clear { [pixel[0], pixel[1], pixel[2], 0.0] } else { pixel }
    });
    Image::new(fact, pixels.collect())
}

fn value() -> impl Strategy<Value = f32> {
    prop_oneof![
        4 => 0.0f32..=1.0,
        1 => Just(0.0f32),
        1 => Just(1.0f32),
        1 => Just(0.5f32),
        1 => Just(f32::MIN_POSITIVE),
        1 => Just(1.0f32 - f32::EPSILON / 2.0),
    ]
}

fn pixel() -> impl Strategy<Value = Pixel> {
    [value(), value(), value(), value()]
}

fn one(pixel: Pixel, alpha: Alpha) -> Image {
    Image::new(ImageFact::new(1, 1, alpha), vec![pixel])
}

fn merged(mode: Mode, bg: Pixel, fg: Pixel) -> Pixel {
    let how = Merge { mode, ..Merge::default() };
    merge(&one(bg, Alpha::Premultiplied), &one(fg, Alpha::Premultiplied), None, &how).pixels[0]
}

fn premultiplied([r, g, b, a]: Pixel) -> Pixel {
    [r * a, g * a, b * a, a]
}

fn near(a: Pixel, b: Pixel, tolerance: f32) -> bool {
    (0..4).all(|i| (a[i] - b[i]).abs() <= tolerance)
}

/// Modes for which a clear source, no opacity or a black mask mean "nothing happens".
fn over_like() -> impl Iterator<Item = Mode> {
    Mode::ALL.iter().copied().filter(|mode| mode.ignores_clear_source())
}

proptest! {
    #[test]
    fn over_is_associative(a in pixel(), b in pixel(), c in pixel()) {
        let [a, b, c] = [a, b, c].map(premultiplied);
        let left = merged(Mode::Normal, merged(Mode::Normal, c, b), a);
        let right = merged(Mode::Normal, c, merged(Mode::Normal, b, a));
        prop_assert!(near(left, right, ROUNDING), "{left:?} {right:?}");
    }

    #[test]
    fn a_clear_layer_changes_nothing(b in pixel(), colour in pixel()) {
        let b = premultiplied(b);
        let clear = [colour[0], colour[1], colour[2], 0.0];
        for mode in over_like() {
            let how = Merge { mode, ..Merge::default() };
            let bg = one(b, Alpha::Premultiplied);
            prop_assert_eq!(merge(&bg, &one(clear, Alpha::Straight), None, &how).pixels[0], b);
        }
    }

    #[test]
    fn no_opacity_and_a_black_mask_change_nothing(b in pixel(), s in pixel()) {
        let bg = one(premultiplied(b), Alpha::Premultiplied);
        let fg = one(s, Alpha::Straight);
        let black = Matte::new(MatteFact::new(1, 1), vec![0.0]);
        for mode in over_like() {
            let none = Merge { mode, opacity: 0.0, ..Merge::default() };
            prop_assert_eq!(merge(&bg, &fg, None, &none).pixels[0], bg.pixels[0]);
            let masked = Merge { mode, ..Merge::default() };
            prop_assert_eq!(merge(&bg, &fg, Some(&black), &masked).pixels[0], bg.pixels[0]);
        }
        for mode in Mode::ALL.iter().copied() {
            let mixed = Merge { mode, mask: MaskMode::Mix, ..Merge::default() };
            prop_assert_eq!(merge(&bg, &fg, Some(&black), &mixed).pixels[0], bg.pixels[0]);
        }
    }

    #[test]
    fn plus_and_the_symmetric_plates_commute(a in pixel(), b in pixel()) {
        let [a, b] = [a, b].map(premultiplied);
        for mode in [Mode::Plus, Mode::Max, Mode::Min, Mode::Hypot, Mode::PlateAverage,
                     Mode::PlateDifference, Mode::PlateMultiply, Mode::PlateScreen, Mode::Xor,
                     Mode::Multiply, Mode::Screen, Mode::Difference, Mode::Exclusion,
                     Mode::Darken, Mode::Lighten, Mode::Average] {
            let (ab, ba) = (merged(mode, a, b), merged(mode, b, a));
            prop_assert!(near(ab, ba, ROUNDING), "{mode:?} {ab:?} {ba:?}");
        }
    }

    #[test]
    fn operators_mirror_each_other(a in pixel(), b in pixel()) {
        let [a, b] = [a, b].map(premultiplied);
        for (upper, lower) in [(Mode::Normal, Mode::Under), (Mode::In, Mode::Mask),
                               (Mode::Out, Mode::Stencil), (Mode::Atop, Mode::DstAtop),
                               (Mode::Copy, Mode::Keep), (Mode::Minus, Mode::From)] {
            prop_assert!(near(merged(upper, a, b), merged(lower, b, a), ROUNDING), "{upper:?}");
        }
    }

    #[test]
    fn in_and_out_part_the_source(a in pixel(), b in pixel()) {
        let [a, b] = [a, b].map(premultiplied);
        let (inside, outside) = (merged(Mode::In, b, a), merged(Mode::Out, b, a));
        let sum = std::array::from_fn(|i| inside[i] + outside[i]);
        prop_assert!(near(sum, a, ROUNDING), "{sum:?} {a:?}");
    }

    #[test]
    fn atop_keeps_the_backdrops_alpha(a in pixel(), b in pixel()) {
        let [a, b] = [a, b].map(premultiplied);
        prop_assert!((merged(Mode::Atop, b, a)[3] - b[3]).abs() <= ROUNDING);
    }

    #[test]
    fn blend_modes_unite_alpha_and_never_exceed_it(a in pixel(), b in pixel()) {
        let [a, b] = [a, b].map(premultiplied);
        for mode in Mode::ALL.iter().copied().filter(|m| m.family() == pellucid_pixel::Family::Blend) {
            if mode == Mode::Dissolve {
                continue;
            }
            let [r, g, bl, alpha] = merged(mode, b, a);
            prop_assert!((alpha - (a[3] + b[3] - a[3] * b[3])).abs() <= ROUNDING);
            for v in [r, g, bl] {
                prop_assert!(v >= -ROUNDING && v <= alpha + ROUNDING, "{mode:?} {v} {alpha}");
            }
        }
    }

    #[test]
    fn every_merge_is_finite(a in pixel(), b in pixel(), mask in value(), opacity in value()) {
        let mask = Matte::new(MatteFact::new(1, 1), vec![mask]);
        for mode in Mode::ALL.iter().copied() {
            for clamp in [Clamp::Blend, Clamp::Result, Clamp::None] {
                for alpha in [AlphaRule::Auto, AlphaRule::Union, AlphaRule::Same] {
                    for space in [Encoding::Srgb, Encoding::Linear] {
                        let how = Merge { mode, opacity, clamp, alpha, space, ..Merge::default() };
                        for form in [Alpha::Straight, Alpha::Premultiplied] {
                            let out = merge(&one(b, form), &one(a, form), Some(&mask), &how);
                            prop_assert!(out.pixels[0].iter().all(|v| v.is_finite()), "{how:?} {out:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_opaque_result_is_solid(a in pixel(), b in pixel(), m in value(), opacity in value()) {
        let mask = Matte::new(MatteFact::new(1, 1), vec![m]);
        for mode in Mode::ALL.iter().copied() {
            for mask_mode in [MaskMode::Source, MaskMode::Mix] {
                for (fg, bg) in [(Alpha::Opaque, Alpha::Opaque), (Alpha::Straight, Alpha::Opaque), (Alpha::Opaque, Alpha::Straight)] {
                    let solid = |p: Pixel, alpha| one(if alpha == Alpha::Opaque { [p[0], p[1], p[2], 1.0] } else { p }, alpha);
                    let how = Merge { mode, opacity, mask: mask_mode, ..Merge::default() };
                    let opaque = result_alpha(bg, fg, &how, true) == Alpha::Opaque;
                    let (bg, fg) = (solid(b, bg), solid(a, fg));
                    let got = merge(&bg, &fg, Some(&mask), &how);
                    prop_assert_eq!(got.fact.alpha == Alpha::Opaque, opaque);
                    if opaque {
                        // The same pixels under a tag that promises nothing.
                        let open = |i: &Image| Image { fact: ImageFact { alpha: Alpha::Premultiplied, ..i.fact }, pixels: i.pixels.clone() };
                        let bg = if bg.fact.alpha == Alpha::Opaque { open(&bg) } else { bg };
                        let fg = if fg.fact.alpha == Alpha::Opaque { open(&fg) } else { fg };
                        let alpha = merge(&bg, &fg, Some(&mask), &how).pixels[0][3];
                        prop_assert!((alpha - 1.0).abs() <= ROUNDING, "{:?} {}", how, alpha);
                    }
                }
            }
        }
    }
}

#[test]
fn a_batch_merges_frame_by_frame_and_a_single_meets_every_frame() {
    let frames: Vec<Image> = (0..3).map(|seed| noise(700, 2, seed)).collect();
    let pixels: Vec<Pixel> = frames.iter().flat_map(|f| f.pixels.iter().copied()).collect();
    let all = Image::new(ImageFact { batch: 3, ..frames[0].fact }, pixels);
    let single = noise(700, 2, 9);
    for mode in Mode::ALL.iter().copied() {
        let how = Merge { mode, opacity: 0.8, seed: 5, ..Merge::default() };
        let onto_all = merge(&all, &single, None, &how);
        let onto_single = merge(&single, &all, None, &how);
        for (index, frame) in frames.iter().enumerate() {
            let index = index as u32;
            assert_eq!(onto_all.frame(index), &**merge(frame, &single, None, &how).pixels);
            assert_eq!(onto_single.frame(index), &**merge(&single, frame, None, &how).pixels);
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (bg, fg) = (noise(1100, 40, 1), noise(1100, 40, 2));
    let with = |threads: usize, how: &Merge| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| merge(&bg, &fg, None, how))
    };
    for mode in [Mode::Normal, Mode::SoftLight, Mode::Hue, Mode::Dissolve] {
        let how = Merge { mode, ..Merge::default() };
        assert_eq!(with(1, &how), with(4, &how));
    }
}

#[test]
fn a_pixel_merges_alike_wherever_it_stands() {
    let (bg, fg) = (noise(1100, 1, 1), noise(1100, 1, 2));
    for mode in Mode::ALL.iter().copied().filter(|mode| *mode != Mode::Dissolve) {
        let how = Merge { mode, ..Merge::default() };
        let row = merge(&bg, &fg, None, &how);
        for x in (0..1100).step_by(7) {
            let alone = merge(
                &one(bg.pixels[x], Alpha::Straight),
                &one(fg.pixels[x], Alpha::Straight),
                None,
                &how,
            );
            assert_eq!(alone.pixels[0], row.pixels[x], "{mode:?} {x}");
        }
    }
}

#[test]
fn dissolve_is_solid_or_nothing_in_the_share_of_alpha() {
    let fact = ImageFact::new(256, 256, Alpha::Straight);
    let bg = Image::filled(fact, [0.0, 0.0, 1.0, 1.0]);
    let fg = Image::filled(fact, [1.0, 0.0, 0.0, 0.5]);
    let how = Merge { mode: Mode::Dissolve, opacity: 0.5, seed: 3, ..Merge::default() };
    let got = merge(&bg, &fg, None, &how);
    let red = got.pixels.iter().filter(|p| **p == [1.0, 0.0, 0.0, 1.0]).count();
    let blue = got.pixels.iter().filter(|p| **p == [0.0, 0.0, 1.0, 1.0]).count();
    assert_eq!(red + blue, 65536);
    // Binomial with n = 65536 and p = 1/4: one standard deviation is 111, this is nine.
    assert!(red.abs_diff(16384) < 1000, "{red}");
    let other = merge(&bg, &fg, None, &Merge { seed: 4, ..how });
    assert_ne!(got, other);
}

#[test]
fn clamping_camps_differ_only_where_alpha_is_partial() {
    let dodge = |clamp, b: Pixel, s: Pixel| {
        let how = Merge { mode: Mode::LinearDodge, clamp, ..Merge::default() };
        merge(&one(b, Alpha::Straight), &one(s, Alpha::Straight), None, &how).pixels[0]
    };
    let (b, s) = ([0.75, 0.5, 0.25, 1.0], [0.75, 0.5, 0.0, 1.0]);
    assert_eq!(dodge(Clamp::Blend, b, s), [1.0, 1.0, 0.25, 1.0]);
    assert_eq!(dodge(Clamp::Result, b, s), [1.0, 1.0, 0.25, 1.0]);
    assert_eq!(dodge(Clamp::None, b, s), [1.5, 1.0, 0.25, 1.0]);
    let half = [0.75, 0.5, 0.0, 0.5];
    assert_eq!(dodge(Clamp::Blend, b, half)[0], 0.875);
    assert_eq!(dodge(Clamp::Result, b, half)[0], 1.0);
    assert_eq!(dodge(Clamp::None, b, half)[0], 1.125);
}

#[test]
fn extremes_survive_a_premultiplied_store() {
    // 0.3 * 1.0 and 0.7 * 1.0 rounded, stored and divided again may miss 1.
    for alpha in [0.1, 0.3, 0.7, 0.9] {
        let white = premultiplied([1.0, 1.0, 1.0, alpha]);
        let burnt = merged(Mode::ColorBurn, white, [0.0, 0.0, 0.0, 1.0]);
        // as' = 1: co = (1-ab)*S + ab*M, with S black and M = 1 for a white backdrop.
        assert!((burnt[0] - alpha).abs() < ROUNDING, "{burnt:?}");
        let dodged = merged(Mode::ColorDodge, [0.5, 0.5, 0.5, 1.0], white);
        let want = (1.0 - alpha) * 0.5 + alpha;
        assert!((dodged[0] - want).abs() < ROUNDING, "{dodged:?}");
    }
}

#[test]
fn ties_and_orders_are_photoshops() {
    let on_solid = |mode, b: f32, s: f32| merged(mode, [b, b, b, 1.0], [s, s, s, 1.0])[0];
    assert_eq!(on_solid(Mode::ColorDodge, 0.0, 1.0), 0.0);
    assert_eq!(on_solid(Mode::ColorBurn, 1.0, 0.0), 1.0);
    assert_eq!(on_solid(Mode::VividLight, 0.0, 1.0), 1.0);
    assert_eq!(on_solid(Mode::VividLight, 1.0, 0.0), 0.0);
    assert_eq!(on_solid(Mode::HardMix, 0.6, 0.4), 1.0);
    assert_eq!(on_solid(Mode::HardMix, 0.4, 0.6), 0.0);
    assert_eq!(on_solid(Mode::Divide, 0.0, 0.0), 0.0);
    assert_eq!(on_solid(Mode::Divide, 0.5, 0.0), 1.0);
}
