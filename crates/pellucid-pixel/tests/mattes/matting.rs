use pellucid_pixel::alpha::{
    Defringe, DefringeMethod, Foreground, Join, defringe, estimate_grounds, join,
};
use pellucid_pixel::guided::{Guide, GuidedFilter, guided_filter};
use pellucid_pixel::inspect::{MattingScores, score_matte};
use pellucid_pixel::{Image, Matte, MatteFact};
use safetensors::SafeTensors;

use crate::fixtures::{case, folder, matte, numpy, picture};

#[test]
fn the_guided_filter_is_that_of_opencv() {
    let Some(folder) = folder("compositing") else { return };
    let case = case(&folder, "matting/sceneA/guided-gray");
    let image = picture(&folder.join("matting/sceneA_image.png"));
    let half = |v: f32| if v > 0.0 && v < 1.0 { 0.5 } else { v };
    let input = matte(&folder.join("matting/sceneA_trimap.png")).map(half);
    let settings = GuidedFilter {
        guide: Guide::Grey,
        radius: case["radius"].as_u64().unwrap() as u32,
        eps: case["eps"].as_f64().unwrap() as f32,
    };
    let got = guided_filter(&image, &input, &settings).unwrap();
    let wanted = numpy(&folder.join(case["refs"][0]["file"].as_str().unwrap()));
    let pairs = got.values.iter().zip(&wanted);
    let worst = pairs.map(|(g, w)| (g - w).abs()).fold(0.0, f32::max);
    println!("matting/sceneA/guided-gray: {worst:.2e}");
    assert!(f64::from(worst) <= case["tol_abs"].as_f64().unwrap(), "{worst}");
}

fn error_on_soft_pixels(got: &Image, truth: &Image, alpha: &Matte) -> f64 {
    // The soft pixels the reference figures are about.
    let soft = alpha.values.iter().enumerate().filter(|(_, a)| **a > 0.04 && **a < 0.96);
    let (mut sum, mut count) = (0.0, 0.0);
    for (i, _) in soft {
        for c in 0..3 {
            sum += f64::from((got.pixels[i][c] - truth.pixels[i][c]).abs()) * 255.0;
            count += 1.0;
        }
    }
    sum / count
}

#[test]
fn foreground_estimation_is_as_good_as_its_baseline() {
    let Some(folder) = folder("compositing") else { return };
    let case = case(&folder, "matting/sceneA/foreground");
    let file = |name: &str| folder.join(format!("matting/sceneA_{name}.png"));
    let (image, truth) = (picture(&file("image")), picture(&file("true_foreground")));
    let alpha = matte(&file("alpha"));
    let errors = &case["mean_abs_colour_error_on_soft_pixels_255"];
    let untouched = error_on_soft_pixels(&image, &truth, &alpha);
    // The reference figures were taken before alpha and colour were rounded to 8 bit.
    assert!((untouched - errors["untouched_composite"].as_f64().unwrap()).abs() < 0.05);
    let baseline = errors["pymatting_ml"].as_f64().unwrap();
    let stored = picture(&folder.join(case["refs"][0]["file"].as_str().unwrap()));
    assert!((error_on_soft_pixels(&stored, &truth, &alpha) - baseline).abs() < 0.05);
    let grounds = estimate_grounds(&image, &alpha, &Foreground::default()).unwrap();
    let error = error_on_soft_pixels(&grounds.foreground, &truth, &alpha);
    println!("matting/sceneA/foreground: {error:.3} against {baseline:.3} of the baseline");
    assert!(error <= 1.15 * baseline, "{error}");

    let cut = join(&image, &alpha, Join::Replace).unwrap();
    for (name, method) in DefringeMethod::NAMES {
        let out = defringe(&cut, &Defringe { method: *method, ..Defringe::default() });
        let error = error_on_soft_pixels(&out, &truth, &alpha);
        println!("defringe {name}: {error:.3}, untouched {untouched:.3}");
        assert!(error < untouched * 0.75, "{name}: {error}");
    }
}

#[test]
fn scene_scores_are_those_of_mmediting() {
    let Some(folder) = folder("compositing") else { return };
    for name in ["cf", "knn", "lkm", "guided"] {
        let case = case(&folder, &format!("metrics/sceneA/{name}"));
        let file = |key: &str| matte(&folder.join(case[key].as_str().unwrap()));
        let got = score_matte(&file("truth"), &file("pred"), Some(&file("trimap"))).unwrap()[0];
        let wanted = &case["refs"][0]["values"];
        let pairs = [
            ("sad", got.sad),
            ("mse", got.mse),
            ("grad", got.gradient),
            ("conn", got.connectivity),
        ];
        for (metric, got) in pairs {
            let wanted = wanted[metric].as_f64().unwrap();
            let relative = (got - wanted).abs() / wanted;
            println!("metrics/sceneA/{name} {metric}: relative {relative:.1e}");
            assert!(relative <= case["tol_rel"][metric].as_f64().unwrap(), "{name} {metric}");
        }
    }
}

#[test]
fn unit_scores_are_those_of_mmediting() {
    let Some(folder) = folder("units/10_matting") else { return };
    let index: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap();
    let bytes = std::fs::read(folder.join("metrics.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut cases = 0;
    for case in index["cases"].as_array().unwrap() {
        cases += 1;
        let id = case["id"].as_str().unwrap();
        let input = |name: &str| {
            let tensor = tensors.tensor(case["in"][name].as_str().unwrap()).unwrap();
            let [h, w] = *tensor.shape() else { panic!("{id}: {:?}", tensor.shape()) };
            let values = tensor.data().iter().map(|v| f32::from(*v) / 255.0).collect();
            Matte::new(MatteFact::new(w as u32, h as u32), values)
        };
        let output = |name: &str| {
            let tensor = tensors.tensor(case["out"][name].as_str().unwrap()).unwrap();
            match tensor.dtype() {
                safetensors::Dtype::F64 => f64::from_le_bytes(tensor.data().try_into().unwrap()),
                _ => f64::from(f32::from_le_bytes(tensor.data().try_into().unwrap())),
            }
        };
        let MattingScores { sad, mse, gradient, connectivity, .. } =
            score_matte(&input("alpha_u8"), &input("pred_u8"), Some(&input("trimap_u8"))).unwrap()
                [0];
        let (atol, rtol) =
            (case["tol"]["atol"].as_f64().unwrap(), case["tol"]["rtol"].as_f64().unwrap());
        let pairs = [("sad", sad), ("mse", mse), ("grad_minmax", gradient), ("conn", connectivity)];
        for (metric, got) in pairs {
            let wanted = output(metric);
            let gap = (got - wanted).abs();
            println!("{id} {metric}: {got} against {wanted}");
            assert!(gap <= atol + rtol * wanted.abs(), "{id} {metric}: {got} against {wanted}");
        }
    }
    assert!(cases >= 16, "{cases}");
}
