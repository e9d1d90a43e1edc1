//! One merge at a time, against Skia, pixman, psd-tools, Krita, ImageMagick, GIMP and
//! OpenImageIO. Tolerances are those of the reference cases: what the programs differ by among
//! themselves, plus half a step of their 16-bit pictures.

use pellucid_pixel::{Clamp, Encoding, Merge, Mode, merge};
use serde_json::Value;

use crate::reference::{cases, folder, matte, npy, outliers, picture, rgba};

/// Merges as a case says and returns a complaint for every reference missed.
fn check(folder: &std::path::Path, case: &Value, how: &Merge) -> Vec<String> {
    let file = |key: &str| case[key].as_str().map(|name| folder.join(name));
    let mask = file("mask").map(|path| matte(&path));
    let bg = picture(&file("dst").unwrap());
    let fg = picture(&file("src").unwrap());
    let tolerance = case["tol_255"]["float_engine"].as_f64().unwrap() as f32;
    let allowed = case["outlier_pixels_allowed"].as_u64().unwrap_or(0) as usize;
    let forms = [
        ("straight", merge(&bg, &fg, mask.as_ref(), how)),
        ("premultiplied", merge(&bg.premultiplied(), &fg.premultiplied(), mask.as_ref(), how)),
    ];
    let mut complaints = Vec::new();
    for (form, got) in &forms {
        let got = got.encoded(Encoding::Srgb);
        for reference in case["refs"].as_array().unwrap() {
            let (_, _, want) = rgba(&folder.join(reference["file"].as_str().unwrap()));
            let (count, worst) = outliers(&got.pixels, &want, tolerance);
            if count > allowed {
                complaints.push(format!(
                    "{} from {form} pixels, vs {}: {count} pixels off, worst {worst}",
                    case["id"], reference["oracle"]
                ));
            }
        }
    }
    complaints
}

#[test]
fn every_mode_equals_the_programs_that_have_it() {
    let Some(folder) = folder() else { return };
    let (mut compared, mut complaints) = (0, Vec::new());
    for case in cases(&folder, "cases_blend.json") {
        if case["refs"].as_array().unwrap().is_empty() {
            println!("skipped: {} has no reference picture", case["id"]);
            continue;
        }
        let op = case["op"].as_str().unwrap().replace('-', "_");
        let mode = Mode::from_name(&op).unwrap_or_else(|| panic!("no mode {op}"));
        let opacity = case["opacity"].as_f64().unwrap() as f32;
        complaints.extend(check(&folder, &case, &Merge { mode, opacity, ..Merge::default() }));
        compared += 1;
    }
    println!("{compared} cases compared");
    assert!(compared > 50);
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn over_in_linear_light_equals_skia_and_gimp() {
    let Some(folder) = folder() else { return };
    let mut compared = 0;
    for case in cases(&folder, "cases_misc.json") {
        if case["blend_space"].is_string() {
            let how = Merge { space: Encoding::Linear, ..Merge::default() };
            let complaints = check(&folder, &case, &how);
            assert!(complaints.is_empty(), "{complaints:#?}");
            compared += 1;
        }
    }
    assert_eq!(compared, 2);
}

#[test]
fn plate_arithmetic_equals_openimageio() {
    let Some(folder) = folder() else { return };
    let mut compared = 0;
    for case in cases(&folder, "cases_misc.json") {
        let Some(op) = case["op"].as_str().and_then(|op| op.strip_prefix("merge:")) else {
            continue;
        };
        let mode = Mode::from_name(&format!("plate_{op}")).or(Mode::from_name(op)).unwrap();
        let path = |key: &str| folder.join(case[key].as_str().unwrap());
        let how = Merge { mode, clamp: Clamp::None, ..Merge::default() };
        let got = merge(&picture(&path("B")), &picture(&path("A")), None, &how);
        let want = npy(&folder.join(case["refs"][0]["file"].as_str().unwrap()));
        let relative = case["tol_rel"].as_f64().unwrap() as f32;
        assert_eq!(want.len(), got.pixels.len() * 4);
        for (got, want) in got.pixels.as_flattened().iter().zip(&want) {
            assert!((got - want).abs() <= relative * want.abs().max(1.0), "{op}: {got} {want}");
        }
        compared += 1;
    }
    assert_eq!(compared, 4);
}
