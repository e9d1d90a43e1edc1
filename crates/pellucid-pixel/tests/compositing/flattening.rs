//! Whole stacks, against other programs and against the rules of groups, masks and clipping.

use std::path::Path;

use pellucid_pixel::{
    Alpha, Encoding, Image, ImageFact, Layer, LayerContent, LayerMask, Layers, Matte, MatteFact,
    Merge, Mode, Pixel, flatten, flatten_in, layers_batch, merge,
};
use serde_json::Value;

use crate::laws::noise;
use crate::psd;
use crate::reference::{cases, folder, outliers, picture, rgba};

/// Rounding of f32 only: a few steps of a value near 1, over a handful of operations.
const ROUNDING: f32 = 2e-6;

fn document(folder: &Path, case: &Value) -> Layers {
    if let Some(file) = case["src"].as_str() {
        return psd::layers(&std::fs::read(folder.join(file)).unwrap());
    }
    let size = |key: &str| case["document"][key].as_u64().unwrap() as u32;
    let layers = case["document"]["layers_bottom_to_top"].as_array().unwrap();
    let layers = layers.iter().map(|layer| described(folder, layer)).collect();
    Layers { width: size("width"), height: size("height"), layers }
}

fn described(folder: &Path, layer: &Value) -> Layer {
    let place = |key: &str| layer[key].as_i64().unwrap() as i32;
    let content = match layer["children"].as_array() {
        Some(children) => LayerContent::Group {
            layers: children.iter().map(|child| described(folder, child)).collect(),
            isolated: layer["isolated"].as_bool().unwrap(),
        },
        None => LayerContent::Image {
            image: picture(&folder.join(layer["image"].as_str().unwrap())),
            x: place("left"),
            y: place("top"),
        },
    };
    Layer {
        name: layer["name"].as_str().unwrap().into(),
        content,
        mode: Mode::from_name(layer["blend"].as_str().unwrap()).unwrap(),
        opacity: layer["opacity"].as_f64().unwrap() as f32 / 255.0,
        visible: layer["visible"].as_bool().unwrap_or(true),
        clipped: false,
        mask: None,
    }
}

#[test]
fn documents_flatten_as_psd_tools_flattens_them() {
    let Some(folder) = folder() else { return };
    let mut compared = 0;
    for case in cases(&folder, "cases_layers.json") {
        let layers = document(&folder, &case);
        let (_, _, want) = rgba(&folder.join(case["refs"][0]["file"].as_str().unwrap()));
        let tolerance = case["tol_255"]["float_engine"].as_f64().unwrap() as f32;
        let (count, worst) = outliers(&flatten(&layers).pixels, &want, tolerance);
        println!("{}: worst {worst} of 255", case["id"]);
        assert_eq!(count, 0, "{}: worst {worst}", case["id"]);
        compared += 1;
    }
    assert_eq!(compared, 2);
}

#[test]
fn a_psd_and_its_description_flatten_alike() {
    let Some(folder) = folder() else { return };
    let case = &cases(&folder, "cases_layers.json")[0];
    let read = psd::layers(&std::fs::read(folder.join("layers/stackA_agpsd.psd")).unwrap());
    let (a, b) = (flatten(&read), flatten(&document(&folder, case)));
    assert_eq!(outliers(&a.pixels, &b.pixels, 0.0), (0, 0.0));
}

/// A picture as large as several spans, so that their seams are seen, with clear stretches.
fn wide(seed: u64) -> Image {
    noise(1300, 5, seed)
}

fn canvas(layers: Vec<Layer>) -> Layers {
    Layers { width: 1300, height: 5, layers }
}

fn placed(image: Image, x: i32, y: i32) -> Layer {
    Layer { content: LayerContent::Image { image, x, y }, ..Layer::new("", noise(1, 1, 0)) }
}

fn group(layers: Vec<Layer>, isolated: bool) -> Layer {
    Layer { content: LayerContent::Group { layers, isolated }, ..Layer::new("", noise(1, 1, 0)) }
}

fn assert_near(got: &Image, want: &Image) {
    let (count, worst) = outliers(&got.pixels, &want.pixels, ROUNDING * 255.0);
    assert_eq!(count, 0, "worst {worst} of 255");
}

/// The picture on a clear canvas of the size of [`canvas`].
fn on_canvas(image: &Image, x: i32, y: i32) -> Image {
    let (width, height) = image.fact.size();
    let fact = ImageFact::new(1300, 5, image.fact.alpha);
    let mut pixels = vec![[0.0; 4]; fact.len()];
    for row in 0..height as i32 {
        for column in 0..width as i32 {
            let (to_x, to_y) = (column + x, row + y);
            if (0..1300).contains(&to_x) && (0..5).contains(&to_y) {
                pixels[(to_y * 1300 + to_x) as usize] =
                    image.pixels[(row * width as i32 + column) as usize];
            }
        }
    }
    Image::new(fact, pixels)
}

#[test]
fn a_stack_is_a_chain_of_merges_in_every_mode_and_place() {
    let bottom = wide(1);
    for mode in Mode::ALL.iter().copied().filter(|mode| *mode != Mode::Dissolve) {
        for (x, y) in [(0, 0), (-700, -2), (900, 3), (-5000, 0), (0, 9)] {
            let top = noise(800, 4, 7);
            let layers = canvas(vec![
                Layer::new("", bottom.clone()),
                Layer { mode, opacity: 0.7, ..placed(top.clone(), x, y) },
            ]);
            let clear = Image::filled(ImageFact::new(1300, 5, Alpha::Premultiplied), [0.0; 4]);
            let below = merge(&clear, &bottom, None, &Merge::default());
            let how = Merge { mode, opacity: 0.7, ..Merge::default() };
            let want = merge(&below, &on_canvas(&top, x, y), None, &how);
            let got = flatten(&layers);
            let (count, worst) = outliers(&got.pixels, &want.pixels, 0.0);
            assert_eq!(count, 0, "{mode:?} at {x}, {y}: {worst}");
        }
    }
}

#[test]
fn an_isolated_group_is_its_flattened_picture() {
    let children =
        vec![Layer::new("", wide(2)), Layer { mode: Mode::Screen, ..placed(wide(3), -9, 1) }];
    let picture = flatten(&canvas(children.clone()));
    let group = Layer { mode: Mode::Multiply, opacity: 0.6, ..group(children, true) };
    let with_group = canvas(vec![Layer::new("", wide(4)), group.clone()]);
    let picture = Layer { content: LayerContent::Image { image: picture, x: 0, y: 0 }, ..group };
    let with_picture = canvas(vec![Layer::new("", wide(4)), picture]);
    assert_near(&flatten(&with_group), &flatten(&with_picture));
}

#[test]
fn a_solid_pass_through_group_is_not_there() {
    let children =
        vec![Layer { mode: Mode::Multiply, ..Layer::new("", wide(2)) }, placed(wide(3), 100, 2)];
    let bottom = Layer::new("", wide(4));
    let grouped = canvas(vec![bottom.clone(), group(children.clone(), false)]);
    let plain = canvas([vec![bottom], children].concat());
    assert_eq!(flatten(&grouped), flatten(&plain));
}

#[test]
fn a_pass_through_groups_opacity_mixes_before_with_after() {
    let children = vec![Layer { mode: Mode::Multiply, ..Layer::new("", wide(2)) }];
    let bottom = Layer::new("", wide(4));
    let below = flatten(&canvas(vec![bottom.clone()]));
    let after = flatten(&canvas([vec![bottom.clone()], children.clone()].concat()));
    let half = Layer { opacity: 0.25, ..group(children, false) };
    let got = flatten(&canvas(vec![bottom, half]));
    let mixed = below
        .pixels
        .iter()
        .zip(after.pixels.iter())
        .map(|(below, after)| std::array::from_fn(|i| 0.75 * below[i] + 0.25 * after[i]));
    assert_near(&got, &Image::new(got.fact, mixed.collect()));
}

#[test]
fn a_mask_scales_alpha_inside_and_outside_of_its_rectangle() {
    let matte = Matte::new(MatteFact::new(600, 3), vec![0.5; 1800]);
    for outside in [0.0, 0.25, 1.0] {
        let mask = LayerMask { matte: matte.clone(), x: -100, y: 1, outside };
        let layer = Layer { mask: Some(mask), ..Layer::new("", wide(5)) };
        let got = flatten(&canvas(vec![layer]));
        for (index, (got, source)) in got.pixels.iter().zip(wide(5).pixels.iter()).enumerate() {
            let (x, y) = (index % 1300, index / 1300);
            let inside = x < 500 && (1..4).contains(&y);
            let weight = if inside { 0.5 } else { outside };
            assert!((got[3] - source[3] * weight).abs() < ROUNDING, "{x}, {y}");
        }
    }
}

#[test]
fn clipped_layers_take_their_bases_shape_and_the_atop_formula() {
    let (base, clipped) = (wide(6), wide(7));
    let layers = canvas(vec![
        Layer::new("", base.clone()),
        Layer {
            clipped: true,
            mode: Mode::Multiply,
            opacity: 0.8,
            ..Layer::new("", clipped.clone())
        },
    ]);
    let got = flatten(&layers);
    for ((got, b), s) in got.pixels.iter().zip(base.pixels.iter()).zip(clipped.pixels.iter()) {
        let a = s[3] * 0.8;
        assert!((got[3] - b[3]).abs() < ROUNDING);
        for i in 0..3 {
            let want = (1.0 - a) * b[i] * b[3] + a * b[3] * b[i] * s[i];
            assert!((got[i] - want).abs() < ROUNDING, "{got:?} {b:?} {s:?}");
        }
    }
}

#[test]
fn a_clipping_run_meets_the_rest_with_its_bases_mode_and_opacity() {
    let bottom = Layer::new("", wide(8));
    let base = Layer { mode: Mode::Screen, opacity: 0.5, ..Layer::new("", wide(6)) };
    let clipped = Layer { clipped: true, ..placed(wide(7), 40, 0) };
    let run = flatten(&canvas(vec![
        Layer { mode: Mode::Normal, opacity: 1.0, ..base.clone() },
        clipped.clone(),
    ]));
    let run = Layer { content: LayerContent::Image { image: run, x: 0, y: 0 }, ..base.clone() };
    let got = flatten(&canvas(vec![bottom.clone(), base, clipped]));
    assert_near(&got, &flatten(&canvas(vec![bottom, run])));
}

#[test]
fn hiding_a_base_hides_what_is_clipped_to_it() {
    let hidden = Layer { visible: false, ..Layer::new("", wide(1)) };
    let clipped = Layer { clipped: true, ..Layer::new("", wide(2)) };
    let got = flatten(&canvas(vec![hidden, clipped]));
    assert!(got.pixels.iter().all(|pixel| *pixel == [0.0; 4]));
}

#[test]
fn a_clipped_layer_with_nothing_below_it_is_not_clipped() {
    let layer = Layer::new("", wide(2));
    let clipped = Layer { clipped: true, ..layer.clone() };
    assert_eq!(flatten(&canvas(vec![clipped])), flatten(&canvas(vec![layer])));
}

#[test]
fn an_empty_stack_is_clear() {
    let got = flatten(&canvas(Vec::new()));
    assert_eq!(got.fact, ImageFact::new(1300, 5, Alpha::Premultiplied));
    assert!(got.pixels.iter().all(|pixel| *pixel == [0.0; 4]));
}

#[test]
fn layers_of_any_form_and_encoding_flatten_alike() {
    let bottom = Layer::new("", wide(1));
    let stack = |image: Image| {
        canvas(vec![bottom.clone(), Layer { mode: Mode::SoftLight, ..Layer::new("", image) }])
    };
    let want = flatten(&stack(wide(2)));
    assert_near(&flatten(&stack(wide(2).premultiplied())), &want);
    // The transfer functions invert each other to 2e-6 only, and soft light has a slope of 2.
    let got = flatten(&stack(wide(2).encoded(Encoding::Linear)));
    assert_eq!(outliers(&got.pixels, &want.pixels, 1e-5 * 255.0).0, 0);
}

#[test]
fn flattening_in_linear_light_is_merging_in_linear_light() {
    let layers = canvas(vec![Layer::new("", wide(1)), Layer::new("", wide(2))]);
    let how = Merge { space: Encoding::Linear, ..Merge::default() };
    let want = merge(&wide(1), &wide(2), None, &how);
    // The lower layer passes through both transfer functions in either way, rounding differently.
    let got = flatten_in(&layers, Encoding::Linear);
    assert_eq!(outliers(&got.pixels, &want.pixels, 1e-5 * 255.0).0, 0);
}

#[test]
fn a_batch_flattens_frame_by_frame() {
    let frames = [wide(1), wide(2), wide(3)];
    let pixels: Vec<Pixel> = frames.iter().flat_map(|frame| frame.pixels.iter().copied()).collect();
    let all = Image::new(ImageFact { batch: 3, ..frames[0].fact }, pixels);
    let stack = |image: Image| {
        let top = Layer { mode: Mode::Dissolve, opacity: 0.5, ..Layer::new("", image) };
        canvas(vec![Layer::new("", wide(9)), top])
    };
    assert_eq!(layers_batch(&stack(all.clone())), Some(3));
    let got = flatten(&stack(all.clone()));
    for (index, frame) in frames.into_iter().enumerate() {
        assert_eq!(got.frame(index as u32), &**flatten(&stack(frame)).pixels);
    }
    let two = Image::new(ImageFact { batch: 2, ..wide(1).fact }, all.pixels[..2 * 6500].to_vec());
    assert_eq!(layers_batch(&canvas(vec![Layer::new("", all), Layer::new("", two)])), None);
}
