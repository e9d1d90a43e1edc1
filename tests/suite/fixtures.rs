//! Every case of the compositing reference data, computed by other programs, through the front
//! door: a graph a case. Tolerances are those stated with each case.

mod data;
mod document;

use serde_json::{Value, json};

use data::{Case, Data, image_outputs, run, worst};

/// Runs every case of the index whose id starts with one of these, and says how many there were.
fn each(prefixes: &[&str], check: impl Fn(&Data, &Case) -> Result<(), String>) -> usize {
    let Some(data) = Data::open() else { return 0 };
    let cases = data.cases(prefixes);
    assert!(!cases.is_empty(), "no case starts with {prefixes:?}");
    let troubles: Vec<String> = cases
        .iter()
        .filter_map(|case| Some(format!("{}: {}", case.id(), check(&data, case).err()?)))
        .collect();
    assert!(troubles.is_empty(), "{} of {}\n{}", troubles.len(), cases.len(), troubles.join("\n"));
    println!("{} cases of {prefixes:?} pass", cases.len());
    cases.len()
}

/// The mode of a case: the reference data has W3C names, we have Nuke's for operators.
fn mode(op: &str) -> String {
    match op {
        "src" => "copy".into(),
        "dst" => "keep".into(),
        "src-over" => "over".into(),
        "dst-over" => "under".into(),
        "src-in" => "in".into(),
        "dst-in" => "mask".into(),
        "src-out" => "out".into(),
        "dst-out" => "stencil".into(),
        "src-atop" => "atop".into(),
        op => op.replace('-', "_"),
    }
}

fn load(file: &str) -> Value {
    json!({ "kind": "load_image", "params": { "file": file } })
}

#[test]
fn merging() {
    let count = each(&["pairsA/", "pictA/"], |data, case| {
        let mut nodes = json!({
            "bg": load(&data.file(case.text("dst"))),
            "fg": load(&data.file(case.text("src"))),
            "merge": {
                "kind": "merge",
                "inputs": { "bg": "bg.image", "fg": "fg.image" },
                "params": { "mode": mode(case.text("op")), "opacity": case.number("opacity") },
            },
        });
        if let Some(mask) = case.value["mask"].as_str() {
            nodes["mask_image"] = load(&data.file(mask));
            nodes["mask"] = json!({
                "kind": "matte_from_channel", "inputs": { "image": "mask_image.image" },
                "params": { "channel": "red" },
            });
            nodes["merge"]["inputs"]["mask"] = json!("mask.matte");
        }
        case.compare_all(data, &image_outputs(&nodes, "merge.image")?, "float_engine")
    });
    assert!(count == 0 || count >= 60);
}

#[test]
fn merging_in_linear_light() {
    each(&["linear/p"], |data, case| {
        let nodes = json!({
            "bg": load(&data.file(case.text("dst"))),
            "fg": load(&data.file(case.text("src"))),
            "merge": {
                "kind": "merge", "inputs": { "bg": "bg.image", "fg": "fg.image" },
                "params": { "space": "linear" },
            },
        });
        case.compare_all(data, &image_outputs(&nodes, "merge.image")?, "float_engine")
    });
}

#[test]
fn plate_arithmetic() {
    each(&["nuke/"], |data, case| {
        let op = case.text("op").trim_start_matches("merge:");
        let mode = match op {
            "difference" | "divide" => format!("plate_{op}"),
            op => op.to_owned(),
        };
        let nodes = json!({
            "bg": load(&data.file(case.text("B"))),
            "fg": load(&data.file(case.text("A"))),
            "merge": {
                "kind": "merge", "inputs": { "bg": "bg.image", "fg": "fg.image" },
                "params": { "mode": mode, "clamp": "none" },
            },
        });
        let got = image_outputs(&nodes, "merge.image")?;
        let want = data.reference(case, 0);
        let tolerance = case.number("tol_rel") as f32;
        let bad = got.iter().zip(&want).find(|(g, w)| {
            // Relative, with f32's own grain around 1 as the floor.
            (*g - *w).abs() > tolerance * w.abs().max(1.0)
        });
        bad.map_or(Ok(()), |(got, want)| Err(format!("{got} is not {want}")))
    });
}

#[test]
fn resizing() {
    each(&["resize/"], |data, case| {
        let filter = match case.text("filter") {
            "catrom" => "catmull_rom",
            filter => filter,
        };
        let size = &case.value["size"];
        let nodes = json!({
            "a": load(&data.file(case.text("src"))),
            "b": {
                "kind": "resize", "inputs": { "image": "a.image" },
                "params": { "width": size[0], "height": size[1], "filter": filter },
            },
        });
        // The reference lost its ringing in a file of integers, so ours is held likewise.
        let got = image_outputs(&nodes, "b.image")?;
        let got: Vec<f32> = got.into_iter().map(|v| v.clamp(0.0, 1.0)).collect();
        case.compare_all(data, &got, "float_engine")
    });
}

#[test]
fn affine_transforms() {
    each(&["affine/"], |data, case| {
        let m = &case.value["matrix_forward"];
        let matrix: Vec<&Value> = (0..2).flat_map(|r| (0..3).map(move |c| &m[r][c])).collect();
        let nodes = json!({
            "a": load(&data.file(case.text("src"))),
            "b": {
                "kind": "affine", "inputs": { "image": "a.image" },
                "params": { "matrix_forward": matrix, "filter": "bilinear", "edge": "transparent" },
            },
        });
        case.compare_all(data, &image_outputs(&nodes, "b.image")?, "float_engine")
    });
}

#[test]
fn filters() {
    each(&["filter/pictA/gauss", "filter/pictA/shadow"], |data, case| {
        let node = if case.text("op") == "gaussian-blur" {
            json!({ "kind": "blur", "params": { "sigma": case.value["sigma"], "edge": "transparent" } })
        } else {
            let colour: Vec<f64> = case.value["color_rgba8"]
                .as_array()
                .ok_or("a colour")?
                .iter()
                .filter_map(|v| Some(v.as_f64()? / 255.0))
                .collect();
            json!({ "kind": "drop_shadow", "params": {
                "dx": case.value["dx"], "dy": case.value["dy"], "sigma": case.value["sigma"], "colour": colour,
            } })
        };
        let mut nodes = json!({ "a": load(&data.file(case.text("src"))), "b": node });
        nodes["b"]["inputs"] = json!({ "image": "a.image" });
        case.compare_all(data, &image_outputs(&nodes, "b.image")?, "float_engine")
    });
}

#[test]
fn matte_morphology() {
    each(&["filter/pictA/erode", "filter/pictA/dilate"], |data, case| {
        let kind = case.text("op").replace('-', "_");
        let nodes = json!({
            "a": load(&data.file(case.text("src"))),
            "m": { "kind": "matte_from_channel", "inputs": { "image": "a.image" }, "params": { "channel": "alpha" } },
            "b": {
                "kind": kind, "inputs": { "matte": "m.matte" },
                "params": { "shape": case.value["shape"], "radius": case.value["radius"] },
            },
        });
        let got = run(&nodes, "b.matte")?.values;
        let want = data.channel(case, 0, 0);
        // Exact: the reference is 8 bits of an 8-bit input, which min and max only pass on.
        worst(&got, &want)
            .map(|worst| worst * 255.0 < 1e-3)
            .and_then(|same| if same { Ok(()) } else { Err("it differs".into()) })
    });
}

#[test]
fn keys() {
    each(&["key/"], |data, case| {
        let key = case.value["key"]
            .as_array()
            .map(|key| key.iter().filter_map(|v| Some(v.as_f64()? / 255.0)).collect::<Vec<f64>>());
        let (kind, params, output) = match case.text("op") {
            "color-key" => (
                "color_key",
                json!({
                    "colour": key, "similarity": case.value["similarity"], "softness": case.value["softness"],
                }),
                "b.matte",
            ),
            "despill" => (
                "despill",
                json!({
                    "screen": "green", "method": "mix", "mix": case.value["mix"], "expand": case.value["expand"],
                }),
                "b.image",
            ),
            _ => ("color_to_alpha", json!({ "colour": key }), "b.image"),
        };
        let nodes = json!({
            "a": load(&data.file(case.text("src"))),
            "b": { "kind": kind, "inputs": { "image": "a.image" }, "params": params },
        });
        if output == "b.matte" {
            let worst = worst(&run(&nodes, output)?.values, &data.channel(case, 0, 0))?;
            return case.within(worst, "any");
        }
        case.compare_all(data, &image_outputs(&nodes, output)?, "any")
    });
}

#[test]
fn bleeding() {
    each(&["bleed/pictA"], |data, case| {
        let source = json!(load(&data.file(case.text("src"))));
        if case.value["method"] == "pyramid" {
            let nodes = json!({ "a": source, "b": { "kind": "pad_rgb", "inputs": { "image": "a.image" } } });
            let got = run(&nodes, "b.image")?;
            let rgb: Vec<f32> = got.values.chunks(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
            return case.within(worst(&rgb, &data.reference(case, 0))?, "float_engine");
        }
        let nodes = json!({
            "a": source,
            "b": { "kind": "bleed", "inputs": { "image": "a.image" }, "params": { "method": "nearest" } },
        });
        let (from, to) = (run(&nodes, "a.image")?, run(&nodes, "b.image")?);
        data::check_nearest_fill(&from, &to, &data.reference(case, 0))
    });
}

#[test]
fn guided_refinement() {
    each(&["matting/sceneA/guided"], |data, case| {
        let folder = pellucid_tests::Folder::new();
        folder.write("trimap.png", data::trimap_of_halves(&data.file("matting/sceneA_trimap.png")));
        let nodes = json!({
            "a": load(&data.file("matting/sceneA_image.png")),
            "guide": { "kind": "greyscale", "inputs": { "image": "a.image" }, "params": { "weights": "average" } },
            "t": load(&folder.path("trimap.png").to_string_lossy()),
            "m": { "kind": "matte_from_channel", "inputs": { "image": "t.image" }, "params": { "channel": "red" } },
            "b": {
                "kind": "guided_refine", "inputs": { "matte": "m.matte", "image": "guide.image" },
                "params": {
                    "guide": "grey", "radius": case.value["radius"], "eps": case.value["eps"], "clamp": false,
                },
            },
        });
        let got = data::run_in("/", &nodes, "b.matte")?.values;
        let worst = worst(&got, &data.reference(case, 0))?;
        let tolerance = case.number("tol_abs") as f32;
        if worst <= tolerance { Ok(()) } else { Err(format!("{worst} is more than {tolerance}")) }
    });
}

#[test]
fn matting_metrics() {
    each(&["metrics/"], |data, case| {
        let red = |node: &str| json!({ "kind": "matte_from_channel", "inputs": { "image": node }, "params": { "channel": "red" } });
        let nodes = json!({
            "t": load(&data.file(case.text("truth"))), "truth": red("t.image"),
            "p": load(&data.file(case.text("pred"))), "prediction": red("p.image"),
            "u": load(&data.file(case.text("trimap"))), "trimap": red("u.image"),
            "s": { "kind": "matte_scores", "inputs": {
                "truth": "truth.matte", "prediction": "prediction.matte", "trimap": "trimap.matte",
            } },
        });
        let want = case.value["refs"][0]["values"].as_object().ok_or("values")?;
        for (name, want) in want {
            let got = data::number(&nodes, &format!("s.{name}"))?;
            let want = want.as_f64().ok_or("a number")?;
            let tolerance = case.value["tol_rel"][name].as_f64().ok_or("a tolerance")?;
            if (got - want).abs() > tolerance * want.abs() {
                return Err(format!("{name} is {got}, not {want}"));
            }
        }
        Ok(())
    });
}

#[test]
fn foreground_estimation() {
    each(&["matting/sceneA/foreground"], |data, case| {
        let nodes = json!({
            "a": load(&data.file(case.text("image"))),
            "t": load(&data.file(case.text("alpha"))),
            "m": { "kind": "matte_from_channel", "inputs": { "image": "t.image" }, "params": { "channel": "red" } },
            "b": { "kind": "foreground_estimate", "inputs": { "image": "a.image", "matte": "m.matte" } },
        });
        let got = run(&nodes, "b.image")?;
        let alpha = run(&nodes, "m.matte")?.values;
        let truth = data.pixels(case.text("truth"));
        let mut sum = 0.0;
        let mut count = 0usize;
        for ((pixel, want), alpha) in got.values.chunks(4).zip(truth.chunks(4)).zip(alpha) {
            // Softer than 0.04 or firmer than 0.96, an 8-bit composite says too little of a colour:
            // with these bounds the untouched composite has the error that the case states.
            if alpha > 0.04 && alpha < 0.96 {
                sum += (0..3).map(|c| f64::from((pixel[c] - want[c]).abs()) * 255.0).sum::<f64>()
                    / 3.0;
                count += 1;
            }
        }
        let error = sum / count as f64;
        let of = |name: &str| case.value["mean_abs_colour_error_on_soft_pixels_255"][name].as_f64();
        let (peer, untouched) =
            (of("pymatting_ml").ok_or("peer")?, of("untouched_composite").ok_or("untouched")?);
        if error <= 1.15 * peer && error < 0.6 * untouched {
            Ok(())
        } else {
            Err(format!("mean error {error:.2}, the peer's is {peer:.2}"))
        }
    });
}

#[test]
fn transfer_functions() {
    let Some(data) = Data::open() else { return };
    data::check_transfer(&data);
}

#[test]
fn layered_documents() {
    each(&["layers/"], |data, case| {
        let folder = pellucid_tests::Folder::new();
        let nodes = match case.value.get("document") {
            Some(document) => document::nodes_of(document, &|file| data.file(file)),
            None => document::nodes_of_psd(&data.file(case.text("src")), &folder),
        };
        let got = data::run_in("/", &nodes, "flat.image")?.premultiplied().values;
        let worst = worst(&got, &data.reference(case, 0))?;
        case.within(worst, "float_engine")
    });
}

#[test]
fn no_case_is_left_out() {
    let Some(data) = Data::open() else { return };
    let known = [
        "pairsA/",
        "pictA/",
        "linear/",
        "nuke/",
        "resize/",
        "affine/",
        "filter/pictA/",
        "key/",
        "bleed/",
        "matting/sceneA/",
        "metrics/",
        "layers/",
    ];
    let all = data.cases(&[""]);
    let left: Vec<&str> =
        all.iter().map(Case::id).filter(|id| !known.iter().any(|k| id.starts_with(k))).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(all.len(), 101);
}
