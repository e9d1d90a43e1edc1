use super::*;
use crate::Pixel;

/// Values of a plane that is easily made elsewhere; `k` tells planes apart.
fn value(x: u32, y: u32, k: u32) -> f32 {
    ((x * 37 + y * 59 + k * 83 + (x * y * 13) % 7 * 11) % 256) as f32 / 255.0
}

fn plane(width: u32, height: u32) -> Matte {
    let values = (0..height).flat_map(|y| (0..width).map(move |x| value(x, y, 0))).collect();
    Matte::new(MatteFact::new(width, height), values)
}

fn picture(alpha: Alpha) -> Image {
    let pixel = |x: u32, y: u32| -> Pixel {
        let a = if alpha == Alpha::Opaque { 1.0 } else { value(x, y, 3) };
        [value(x, y, 0), value(x, y, 1), value(x, y, 2), a]
    };
    let pixels = (0..4).flat_map(|y| (0..5).map(move |x| pixel(x, y))).collect();
    Image::new(ImageFact::new(5, 4, alpha), pixels)
}

fn close(got: &[f32], want: &[f32]) {
    // OpenCV works in f32 in another order; 32 roundings of values below 1.
    let worst = got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(got.len() == want.len() && worst < 2e-6, "{worst}: {got:?}");
}

#[test]
fn bilinear_is_that_of_opencv() {
    let got = interpolate_matte(&plane(5, 4), 8, 3, Scheme::Bilinear);
    close(
        &got.values[..8],
        &[
            0.038_562_093,
            0.120_915_04,
            0.235_416_68,
            0.321_609_5,
            0.407_802_28,
            0.493_995_1,
            0.580_188,
            0.640_522_9,
        ],
    );
    let got = interpolate_matte(&plane(5, 4), 3, 7, Scheme::Bilinear);
    close(
        &got.values[15..],
        &[0.507_376_3, 0.330_252_1, 0.409_056_96, 0.465_359_48, 0.023_529_412, 0.351_634],
    );
}

#[test]
fn bicubic_is_that_of_opencv() {
    let got = interpolate_matte(&plane(5, 4), 8, 3, Scheme::Bicubic);
    close(
        &got.values[8..16],
        &[
            0.300_197_87,
            0.557_526_23,
            0.876_485_6,
            0.928_375,
            0.973_302_1,
            0.995_806,
            0.796_709_06,
            0.616_687_4,
        ],
    );
    let got = interpolate_matte(&plane(5, 4), 3, 7, Scheme::Bicubic);
    close(
        &got.values[15..],
        &[0.523_401_8, 0.325_091_18, 0.390_027_4, 0.467_685_82, -0.061_680_034, 0.356_256_2],
    );
}

#[test]
fn lanczos_is_that_of_the_imaging_library_to_the_last_bit() {
    let codes = |image: &Image| -> Vec<u8> {
        let values = image.pixels.as_flattened().iter();
        values.map(|v| (v * 255.0).round() as u8).collect()
    };
    let got = codes(&interpolate(&picture(Alpha::Opaque), 8, 3, Scheme::Lanczos8Bit));
    let red: Vec<u8> = got.iter().step_by(4).copied().collect();
    let want = [
        7, 25, 63, 87, 102, 127, 169, 192, 77, 132, 213, 227, 237, 246, 194, 154, 179, 126, 55, 55,
        87, 125, 96, 62,
    ];
    assert_eq!(red, want);
    let got = codes(&interpolate(&picture(Alpha::Straight), 3, 6, Scheme::Lanczos8Bit));
    let want = [
        0, 73, 176, 162, 67, 221, 208, 38, 111, 246, 29, 123, 29, 140, 163, 123, 145, 106, 106,
        105, 194, 111, 100, 181,
    ];
    assert_eq!(got[..24], want);
}

#[test]
fn lanczos_cuts_values_down_even_where_the_size_stays() {
    let matte = Matte::new(MatteFact::new(2, 1), vec![0.999, 1.2]);
    let got = interpolate_matte(&matte, 2, 1, Scheme::Lanczos8Bit);
    assert_eq!(*got.values, [254.0 / 255.0, 1.0]);
}

#[test]
fn the_two_nearest_differ_in_where_they_look() {
    let row = Matte::new(MatteFact::new(5, 1), (0..5).map(|v| v as f32).collect());
    let seen = |by, to| interpolate_matte(&row, to, 1, by).values.to_vec();
    assert_eq!(seen(Scheme::Nearest, 2), [0.0, 2.0]);
    assert_eq!(seen(Scheme::NearestExact, 2), [1.0, 3.0]);
    assert_eq!(seen(Scheme::Nearest, 8), [0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 3.0, 4.0]);
    assert_eq!(seen(Scheme::NearestExact, 8), [0.0, 0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0]);
}

#[test]
fn area_is_the_mean_of_all_that_is_touched() {
    let row = Matte::new(MatteFact::new(5, 1), vec![0.0, 1.0, 2.0, 3.0, 5.0]);
    let seen = |to| interpolate_matte(&row, to, 1, Scheme::Area).values.to_vec();
    close(&seen(2), &[1.0, 10.0 / 3.0]);
    close(&seen(3), &[0.5, 2.0, 4.0]);
    close(&seen(7), &[0.0, 0.5, 1.5, 2.0, 2.5, 4.0, 5.0]);
}

#[test]
fn straight_colour_is_mixed_without_regard_to_alpha() {
    let fact = ImageFact::new(2, 1, Alpha::Straight);
    let image = Image::new(fact, vec![[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]);
    let got = interpolate(&image, 1, 1, Scheme::Bilinear);
    assert_eq!((got.fact.alpha, got.pixels[0]), (Alpha::Straight, [0.5, 0.0, 0.0, 0.5]));
}

#[test]
fn the_centre_is_cut_rounding_half_to_even() {
    let rect =
        |from, to| centre_crop(from, to).map(|rect| (rect.x, rect.y, rect.width, rect.height));
    assert_eq!(rect((8, 6), (4, 3)), Some((0, 0, 8, 6)));
    // (11 - 6) / 2 = 2.5 is rounded to 2, (13 - 6) / 2 = 3.5 to 4.
    assert_eq!(rect((11, 6), (6, 6)), Some((2, 0, 7, 6)));
    assert_eq!(rect((13, 6), (6, 6)), Some((4, 0, 5, 6)));
    assert_eq!(rect((6, 13), (6, 6)), Some((0, 4, 6, 5)));
    assert_eq!(rect((2, 1), (1, 1000)), None);
}
