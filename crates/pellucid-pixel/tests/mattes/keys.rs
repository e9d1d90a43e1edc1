use std::path::Path;

use pellucid_pixel::key::{
    ColourKey, Despill, DespillMethod, SpillScreen, colour_key, colour_to_alpha, despill,
};
use serde_json::Value;

use crate::fixtures::{case, folder, matte, picture};

fn key_colour(case: &Value) -> [f32; 3] {
    std::array::from_fn(|c| case["key"][c].as_f64().unwrap() as f32 / 255.0)
}

fn number(case: &Value, name: &str) -> f32 {
    case[name].as_f64().unwrap() as f32
}

fn reference(folder: &Path, case: &Value) -> std::path::PathBuf {
    folder.join(case["refs"][0]["file"].as_str().unwrap())
}

fn tolerance(case: &Value) -> f32 {
    number(&case["tol_255"], "any")
}

#[test]
fn the_colour_key_is_that_of_ffmpeg() {
    let Some(folder) = folder("compositing") else { return };
    for id in ["key/greenA/rgb-distance 0.18 0.0", "key/greenA/rgb-distance 0.12 0.2"] {
        let case = case(&folder, id);
        let image = picture(&folder.join(case["src"].as_str().unwrap()));
        let key = ColourKey {
            colour: key_colour(&case),
            similarity: number(&case, "similarity"),
            softness: number(&case, "softness"),
        };
        let got = colour_key(&image, &key);
        let wanted = matte(&reference(&folder, &case));
        let pairs = got.values.iter().zip(wanted.values.iter());
        let worst = pairs.map(|(g, w)| (g - w).abs() * 255.0).fold(0.0, f32::max);
        println!("{id}: {worst:.4}/255");
        assert!(worst <= tolerance(&case), "{id}: {worst}");
    }
}

#[test]
fn despill_is_that_of_ffmpeg() {
    let Some(folder) = folder("compositing") else { return };
    for id in ["key/greenA/despill 0.5 0.0", "key/greenA/despill 0.8 0.3"] {
        let case = case(&folder, id);
        assert_eq!(case["screen"], "green");
        let image = picture(&folder.join(case["src"].as_str().unwrap()));
        let settings = Despill {
            screen: SpillScreen::Green,
            method: DespillMethod::Mix,
            mix: number(&case, "mix"),
            expand: number(&case, "expand"),
            luminance: false,
        };
        let got = despill(&image, &settings);
        let wanted = picture(&reference(&folder, &case));
        let mut worst = 0.0_f32;
        for (g, w) in got.pixels.iter().zip(wanted.pixels.iter()) {
            worst = (0..3).fold(worst, |worst, c| worst.max((g[c] - w[c]).abs() * 255.0));
        }
        println!("{id}: {worst:.4}/255");
        assert!(worst <= tolerance(&case), "{id}: {worst}");
    }
}

#[test]
fn colour_to_alpha_is_that_of_gegl() {
    let Some(folder) = folder("compositing") else { return };
    let case = case(&folder, "key/greenA/color-to-alpha");
    let image = picture(&folder.join(case["src"].as_str().unwrap()));
    let got = colour_to_alpha(&image, key_colour(&case)).premultiplied();
    let wanted = picture(&reference(&folder, &case));
    let mut worst = 0.0_f32;
    for (g, w) in got.pixels.iter().zip(wanted.pixels.iter()) {
        worst = (0..4).fold(worst, |worst, c| worst.max((g[c] - w[c]).abs() * 255.0));
    }
    println!("key/greenA/color-to-alpha: {worst:.4}/255");
    assert!(worst <= tolerance(&case), "{worst}");
}
