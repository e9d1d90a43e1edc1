//! Files that other programs wrote (`pictures/make.py` says which) give the pattern they show.

use pellucid_pixel::files::{Format, Header};
use pellucid_pixel::image::{linear_to_srgb, srgb_to_linear};
use pellucid_pixel::{Alpha, Encoding, Pixel};

use crate::pattern::{difference, file, pattern, read, unit};

/// What a header says of an 8 x 6 picture.
type Said = (Format, Alpha, Encoding, u32, u32);

fn said(header: &Header) -> Said {
    assert_eq!((header.width, header.height), (8, 6));
    (header.format, header.alpha, header.encoding, header.bits, header.frames)
}

fn rgba(_: u32, _: u32, codes: [u8; 4]) -> Pixel {
    codes.map(unit)
}

fn rgb(x: u32, y: u32, codes: [u8; 4]) -> Pixel {
    let [r, g, b, _] = rgba(x, y, codes);
    [r, g, b, 1.0]
}

fn grey(_: u32, _: u32, [r, ..]: [u8; 4]) -> Pixel {
    [unit(r), unit(r), unit(r), 1.0]
}

/// The 16-bit codes of the script, as values.
fn wide(code: u8) -> f32 {
    f32::from((u16::from(code) * 257) ^ 0x55) / 65_535.0
}

fn exactly(name: &str, expected: Said, pixel: impl Fn(u32, u32, [u8; 4]) -> Pixel) -> Vec<String> {
    within(name, expected, 0.0, pixel)
}

fn within(
    name: &str,
    expected: Said,
    tolerance: f32,
    pixel: impl Fn(u32, u32, [u8; 4]) -> Pixel,
) -> Vec<String> {
    let (header, decoded) = read(&file(name));
    assert_eq!(said(&header), expected, "{name}");
    let difference = difference(&decoded.image.pixels, &pattern(pixel));
    assert!(difference <= tolerance, "{name} differs by {difference}");
    decoded.warnings
}

#[test]
fn png_of_every_kind() {
    use Alpha::{Opaque, Straight};
    let png = |alpha, bits| (Format::Png, alpha, Encoding::Srgb, bits, 1);
    exactly("adam7-rgba.png", png(Straight, 8), rgba);
    exactly("rgba16.png", png(Straight, 16), |_, _, codes| codes.map(wide));
    exactly("adam7-rgb16.png", png(Opaque, 16), |_, _, codes| {
        let [r, g, b, _] = codes.map(wide);
        [r, g, b, 1.0]
    });
    exactly("grey-alpha.png", png(Straight, 8), |_, _, [r, _, _, a]| {
        [unit(r), unit(r), unit(r), unit(a)]
    });
    exactly("grey16.png", png(Opaque, 16), |_, _, [r, ..]| [wide(r), wide(r), wide(r), 1.0]);
    exactly("palette.png", png(Opaque, 8), rgb);
    exactly("palette-trns.png", png(Straight, 8), rgba);
    exactly("rgb-trns.png", png(Straight, 8), |x, y, codes| {
        let [r, g, b, _] = rgb(x, y, codes);
        [r, g, b, if (x, y) == (0, 0) { 0.0 } else { 1.0 }]
    });
    for bits in [1, 2, 4] {
        let most = (1 << bits) - 1;
        exactly(&format!("grey{bits}.png"), png(Opaque, bits), |x, _, _| {
            let v = unit(((x & most) * 255 / most) as u8);
            [v, v, v, 1.0]
        });
    }
    let warnings = exactly("animated.png", (Format::Png, Opaque, Encoding::Srgb, 8, 2), rgb);
    assert_eq!(warnings, ["the first of 2 pictures is read"]);
}

#[test]
fn png_of_other_colours() {
    let png = |encoding| (Format::Png, Alpha::Opaque, encoding, 8, 1);
    exactly("gamma-linear.png", png(Encoding::Linear), rgb);
    // The table of the curve is good to 1e-6, the slope of the sRGB curve at most 12.92.
    within("gamma-1.8.png", png(Encoding::Srgb), 2e-5, |x, y, codes| {
        let [r, g, b, a] = rgb(x, y, codes);
        let convert = |v: f32| linear_to_srgb(v.powf(1.8));
        [convert(r), convert(g), convert(b), a]
    });
    assert!(exactly("icc-srgb.png", png(Encoding::Srgb), rgb).is_empty());
    let warnings = exactly("icc-mismatch.png", png(Encoding::Srgb), grey);
    assert_eq!(warnings, ["the colour profile is left out: it is for Rgb, the picture is Grey"]);
}

#[test]
fn jpeg_of_every_kind() {
    let jpeg = (Format::Jpeg, Alpha::Opaque, Encoding::Srgb, 8, 1);
    // Quality 98 moves codes by up to 3; colour shared by four pixels, in libjpeg's reader as well,
    // by up to 31.
    let (sharp, shared) = (4.0 / 255.0, 32.0 / 255.0);
    within("rgb-444.jpg", jpeg, sharp, rgb);
    within("progressive.jpg", jpeg, sharp, rgb);
    within("rgb-420.jpg", jpeg, shared, rgb);
    within("grey.jpg", jpeg, sharp, grey);
    within("cmyk.jpg", jpeg, sharp, inks);
    within("ycck.jpg", jpeg, shared, inks);
}

#[test]
fn cameras_may_be_held_in_any_way() {
    for (name, tolerance) in [("orientation-6.jpg", 4.0 / 255.0), ("orientation-6.webp", 0.0)] {
        let (header, decoded) = read(&file(name));
        assert_eq!((header.width, header.height), (6, 8), "{name}");
        let stored = pattern(rgb);
        let turned: Vec<Pixel> =
            (0..8).flat_map(|y| (0..6).map(move |x| (5 - x) * 8 + y)).map(|i| stored[i]).collect();
        assert!(difference(&decoded.image.pixels, &turned) <= tolerance, "{name}");
    }
    let (_, decoded) = read(&file("orientation-3.jpg"));
    let turned: Vec<Pixel> = pattern(rgb).into_iter().rev().collect();
    assert!(difference(&decoded.image.pixels, &turned) <= 4.0 / 255.0);
    let (header, _) = read(&file("orientation-8.jpg"));
    assert_eq!((header.width, header.height), (6, 8));
}

#[test]
fn webp_of_every_kind() {
    let webp = |alpha, frames| (Format::Webp, alpha, Encoding::Srgb, 8, frames);
    exactly("lossless.webp", webp(Alpha::Straight, 1), rgba);
    exactly("lossless-rgb.webp", webp(Alpha::Opaque, 1), rgb);
    // Lossy WebP shares colour among four pixels; libwebp's own reader is off by 32 and 34 codes.
    within("lossy.webp", webp(Alpha::Opaque, 1), 36.0 / 255.0, rgb);
    within("lossy-alpha.webp", webp(Alpha::Straight, 1), 36.0 / 255.0, rgba);
    let warnings = exactly("animated.webp", webp(Alpha::Opaque, 2), rgb);
    assert_eq!(warnings, ["the first of 2 pictures is read"]);
}

#[test]
fn tiff_of_every_kind() {
    use Alpha::{Opaque, Premultiplied, Straight};
    let tiff = |alpha, bits| (Format::Tiff, alpha, Encoding::Srgb, bits, 1);
    exactly("rgb.tif", tiff(Opaque, 8), rgb);
    exactly("big.tif", tiff(Opaque, 8), rgb);
    exactly("tiled-lzw.tif", tiff(Opaque, 8), rgb);
    exactly("straight.tif", tiff(Straight, 8), rgba);
    exactly("float-predictor.tif", tiff(Opaque, 32), rgb);
    exactly("palette.tif", tiff(Opaque, 8), rgb);
    exactly("white-is-zero.tif", tiff(Opaque, 8), grey);
    exactly("planar16.tif", tiff(Straight, 16), |_, _, codes| codes.map(wide));
    exactly("bilevel.tif", tiff(Opaque, 1), |x, _, _| {
        let v = (x % 2) as f32;
        [v, v, v, 1.0]
    });
    exactly("grey-alpha.tif", tiff(Straight, 8), |_, _, [r, _, _, a]| {
        [unit(r), unit(r), unit(r), unit(a)]
    });
    exactly("premultiplied-f32.tif", tiff(Premultiplied, 32), premultiplied);
    // A half near 1 has steps of 2^-11.
    within("float16.tif", tiff(Opaque, 16), 0.5f32.powi(12), rgb);
    within("cmyk.tif", tiff(Opaque, 8), 1e-6, inks);
    let warnings = exactly("unknown-extra.tif", tiff(Opaque, 8), rgb);
    assert_eq!(warnings, ["a channel of no stated meaning is left out"]);
    let warnings = exactly("pages.tif", (Format::Tiff, Opaque, Encoding::Srgb, 8, 3), rgb);
    assert_eq!(warnings, ["the first of 3 pictures is read"]);
}

#[test]
fn exr_of_every_kind() {
    use Alpha::{Opaque, Premultiplied};
    let exr = |alpha, bits| (Format::Exr, alpha, Encoding::Linear, bits, 1);
    // A half up to 1 is within 2^-12 of the value.
    let half = 0.5f32.powi(12);
    within("half.exr", exr(Premultiplied, 16), half, premultiplied);
    within("merged-and-layer.exr", exr(Premultiplied, 16), half, premultiplied);
    let warnings = within("layer-only.exr", exr(Premultiplied, 16), half, premultiplied);
    assert_eq!(warnings, ["there is no merged picture; the layer `hero` is read"]);
    exactly("float-rgb.exr", exr(Opaque, 32), |x, y, codes| {
        let [r, g, b, _] = premultiplied(x, y, codes);
        [4.0 * r, 4.0 * g, 4.0 * b, 1.0]
    });
    exactly("uint-y.exr", exr(Opaque, 32), |_, _, [r, ..]| {
        let v = f32::from(r);
        [v, v, v, 1.0]
    });
    within("window.exr", exr(Premultiplied, 16), half, |x, y, _| match x < 2 || y < 1 {
        true => [0.0; 4],
        false => premultiplied(x, y, crate::pattern::codes(x - 2, y - 1)),
    });
}

#[test]
fn values_that_are_not_finite_are_replaced_and_reported() {
    let (_, decoded) = read(&file("not-finite.exr"));
    assert_eq!(decoded.image.pixels[0], [0.0, 65_504.0, -65_504.0, 1.0]);
    assert_eq!(decoded.warnings, ["3 values were not finite and are replaced"]);
}

#[test]
fn primaries_of_exr_files_are_converted_without_clamping() {
    // ACEScg (D60) to Rec.709 (D65) by Bradford, as published with ACES.
    let matrix = [
        [1.705_051, -0.621_792, -0.083_259],
        [-0.130_256, 1.140_805, -0.010_548],
        [-0.024_003, -0.128_969, 1.152_972],
    ];
    // The published figures and the profile's D50 detour agree to 4 places.
    let tolerance = 3e-4;
    let expected = (Format::Exr, Alpha::Opaque, Encoding::Linear, 32, 1);
    within("acescg.exr", expected, tolerance, |x, y, codes| {
        let [r, g, b, _] = premultiplied(x, y, codes);
        let [r, g, b] = matrix.map(|[i, j, k]: [f32; 3]| i * r + j * g + k * b);
        [r, g, b, 1.0]
    });
}

fn premultiplied(_: u32, _: u32, [r, g, b, a]: [u8; 4]) -> Pixel {
    let a = unit(a);
    [unit(r) * a, unit(g) * a, unit(b) * a, a]
}

/// The script's inks (inverted colour, a quarter of alpha as black) on white paper.
fn inks(_: u32, _: u32, [r, g, b, a]: [u8; 4]) -> Pixel {
    let light = 1.0 - unit(a / 4);
    [unit(r) * light, unit(g) * light, unit(b) * light, 1.0]
}

#[test]
fn a_linear_picture_has_the_light_its_values_say() {
    let (_, decoded) = read(&file("gamma-linear.png"));
    let encoded = decoded.image.encoded(Encoding::Srgb);
    assert!((srgb_to_linear(encoded.pixels[0][0]) - unit(5)).abs() < 1e-6);
}

#[test]
fn wide_colours_are_converted_without_clamping() {
    // Display P3's pure red in sRGB, from the published matrices of both.
    let red_and_grey = [[1.0930, -0.2267, -0.1501, 1.0], [0.2, 0.2, 0.2, 1.0]];
    let mut bytes = Vec::new();
    let mut info = png::Info::with_size(2, 1);
    (info.color_type, info.bit_depth) = (png::ColorType::Rgb, png::BitDepth::Eight);
    info.icc_profile = Some(moxcms::ColorProfile::new_display_p3().encode().unwrap().into());
    let mut writer = png::Encoder::with_info(&mut bytes, info).unwrap().write_header().unwrap();
    writer.write_image_data(&[255, 0, 0, 51, 51, 51]).unwrap();
    writer.finish().unwrap();
    let (header, decoded) = read(&bytes);
    assert_eq!(header.encoding, Encoding::Srgb);
    // The profile's numbers have 4 places.
    assert!(difference(&decoded.image.pixels, &red_and_grey) < 2e-3, "{:?}", decoded.image.pixels);
    assert_eq!(decoded.warnings, [""; 0]);
}

#[test]
fn pictures_of_the_shared_fixtures_load() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    if !root.is_dir() {
        eprintln!("skipped: {} is absent", root.display());
        return;
    }
    let mut folders = vec![root];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let extension = path.extension().and_then(|extension| extension.to_str());
            if extension.and_then(Format::from_extension).is_some() {
                let (header, decoded) = read(&std::fs::read(&path).unwrap());
                let calm = header.frames > 1 || decoded.warnings.is_empty();
                assert!(calm || header.format == Format::Exr, "{path:?} {:?}", decoded.warnings);
                count += 1;
            }
        }
    }
    assert!(count > 100, "{count} pictures");
}
