//! Filters against pictures made by other programs.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use pellucid_pixel::blur::{Gaussian, gaussian_blur};
use pellucid_pixel::morphology::{Neighbourhood, dilate, erode};
use pellucid_pixel::resize::{Filter, Resize, clamped, resize};
use pellucid_pixel::shadow::{Output, Shadow, drop_shadow};
use pellucid_pixel::transform::{Affine, Warp, affine};
use pellucid_pixel::{Alpha, Image, ImageFact, Matte, MatteFact, Pixel};
use serde_json::Value;

fn fixtures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/compositing");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is absent", folder.display());
    None
}

/// The cases whose operation is `op`, and the folder their files are in.
fn cases(op: &str) -> Option<(PathBuf, Vec<Value>)> {
    let folder = fixtures()?;
    let file = File::open(folder.join("index.json")).unwrap();
    let index: Value = serde_json::from_reader(BufReader::new(file)).unwrap();
    let all = index["cases"].as_array().unwrap();
    let cases: Vec<Value> = all.iter().filter(|case| case["op"] == op).cloned().collect();
    assert!(!cases.is_empty(), "no case of {op}");
    Some((folder, cases))
}

/// Channels of a PNG of 8 or 16 bits as 0..1, and how many there are per pixel.
fn decode(path: &Path) -> ((u32, u32), usize, Vec<f32>) {
    let decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    bytes.truncate(info.buffer_size());
    let values = match info.bit_depth {
        png::BitDepth::Eight => bytes.iter().map(|v| f32::from(*v) / 255.0).collect(),
        png::BitDepth::Sixteen => {
            let words = bytes.as_chunks::<2>().0.iter();
            words.map(|v| f32::from(u16::from_be_bytes(*v)) / 65535.0).collect()
        }
        depth => panic!("{depth:?}"),
    };
    ((info.width, info.height), info.color_type.samples(), values)
}

fn source(folder: &Path, case: &Value) -> Image {
    let ((width, height), samples, values) = decode(&folder.join(case["src"].as_str().unwrap()));
    assert_eq!(samples, 4);
    let fact = ImageFact::new(width, height, Alpha::Straight);
    Image::new(fact, values.as_chunks::<4>().0.to_vec())
}

fn reference(folder: &Path, case: &Value) -> Vec<Pixel> {
    let file = case["refs"][0]["file"].as_str().unwrap();
    decode(&folder.join(file)).2.as_chunks::<4>().0.to_vec()
}

/// The largest difference in 1/255, of all pixels and of those `margin` away from the border.
fn difference(image: &Image, expected: &[Pixel], margin: u32) -> (f32, f32) {
    assert_eq!(image.fact.alpha, Alpha::Premultiplied);
    assert_eq!(image.pixels.len(), expected.len());
    let (mut all, mut interior) = (0.0f32, 0.0f32);
    for (i, (pixel, expected)) in image.pixels.iter().zip(expected).enumerate() {
        let (x, y) = (i as u32 % image.fact.width, i as u32 / image.fact.width);
        let inside = |v: u32, n: u32| v >= margin && v + margin < n;
        for k in 0..4 {
            let difference = (pixel[k] - expected[k]).abs() * 255.0;
            all = all.max(difference);
            if inside(x, image.fact.width) && inside(y, image.fact.height) {
                interior = interior.max(difference);
            }
        }
    }
    (all, interior)
}

fn number(value: &Value) -> f32 {
    value.as_f64().unwrap() as f32
}

#[test]
fn resizing_agrees_with_pillow_and_openimageio() {
    let Some((folder, cases)) = cases("resize") else { return };
    for case in &cases {
        let name = case["filter"].as_str().unwrap().replace("catrom", "catmull_rom");
        let (_, filter) = Filter::NAMES.iter().find(|(known, _)| *known == name).unwrap();
        let size = [0, 1].map(|i| case["size"][i].as_u64().unwrap() as u32);
        let how = Resize { filter: *filter, linear_light: false };
        let resized = resize(&source(&folder, case), size[0], size[1], how);
        // The references lost what lies outside 0..1.
        let resized = resized.map(resized.fact, |pixel| pixel.map(|v| v.clamp(0.0, 1.0)));
        let (all, interior) = difference(&resized, &reference(&folder, case), 4);
        eprintln!("{}: {all:.4} ({interior:.4} in the interior)", case["id"]);
        // OpenImageIO continues the picture beyond the border where the specification and Pillow
        // renormalise: 1.13 there, as the specification's own figures say.
        let border = if case["refs"][0]["oracle"] == "oiio" { 1.13 } else { 0.01 };
        assert!(all <= border && interior <= 0.01, "{}: {all} {interior}", case["id"]);
    }
}

#[test]
fn affine_maps_agree_with_skia() {
    let Some((folder, cases)) = cases("affine") else { return };
    for case in &cases {
        let row = |i: usize| [0, 1, 2].map(|j| case["matrix_forward"][i][j].as_f64().unwrap());
        let image = source(&folder, case);
        let map = Affine([row(0), row(1)]);
        let drawn = affine(&image, map, image.fact.size(), Warp::default()).unwrap();
        let (all, _) = difference(&drawn, &reference(&folder, case), 0);
        eprintln!("{}: {all:.4}", case["id"]);
        // The references are rounded to 16 bits, 0.002, and Skia maps in f32.
        assert!(all <= 0.01, "{}: {all}", case["id"]);
    }
}

#[test]
fn gaussian_blur_agrees_with_opencv() {
    let Some((folder, cases)) = cases("gaussian-blur") else { return };
    for case in &cases {
        let blurred = gaussian_blur(&source(&folder, case), Gaussian::new(number(&case["sigma"])));
        let (all, _) = difference(&blurred, &reference(&folder, case), 0);
        eprintln!("{}: {all:.4}", case["id"]);
        // The references are rounded to 16 bits, 0.002.
        assert!(all <= 0.01, "{}: {all}", case["id"]);
    }
}

#[test]
fn drop_shadow_agrees_with_skia() {
    let Some((folder, cases)) = cases("drop-shadow") else { return };
    for case in &cases {
        let colour = [0, 1, 2, 3].map(|k| number(&case["color_rgba8"][k]) / 255.0);
        let shadow = Shadow {
            dx: number(&case["dx"]),
            dy: number(&case["dy"]),
            sigma: number(&case["sigma"]),
            spread: 0.0,
            colour,
        };
        let shaded = drop_shadow(&source(&folder, case), shadow, Output::Merged);
        let (all, _) = difference(&shaded, &reference(&folder, case), 0);
        eprintln!("{}: {all:.4}", case["id"]);
        assert!(all <= number(&case["tol_255"]["float_engine"]), "{}: {all}", case["id"]);
    }
}

#[test]
fn eroding_and_dilating_agree_with_scipy_exactly() {
    for op in ["matte-erode", "matte-dilate"] {
        let Some((folder, cases)) = cases(op) else { return };
        for case in &cases {
            let image = source(&folder, case);
            let fact = MatteFact::new(image.fact.width, image.fact.height);
            let matte = Matte::new(fact, image.pixels.iter().map(|pixel| pixel[3]).collect());
            let radius = number(&case["radius"]);
            let within = match case["shape"].as_str().unwrap() {
                "square" => Neighbourhood::square(radius),
                "disc" => Neighbourhood::disc(radius),
                shape => panic!("{shape}"),
            };
            let result =
                if op == "matte-erode" { erode(&matte, within) } else { dilate(&matte, within) };
            let file = case["refs"][0]["file"].as_str().unwrap();
            assert_eq!(*result.values, decode(&folder.join(file)).2, "{}", case["id"]);
        }
    }
}

#[test]
fn clamping_leaves_premultiplied_values_that_a_file_can_hold() {
    let fact = ImageFact::new(1, 1, Alpha::Premultiplied);
    let image = Image::new(fact, vec![[1.2, -0.1, 0.5, 0.7]]);
    assert_eq!(clamped(&image).pixels[0], [0.7, 0.0, 0.5, 0.7]);
}
