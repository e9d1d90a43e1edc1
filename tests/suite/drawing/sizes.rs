//! Layers of any size, in batches.

use std::fs;

use pellucid_graph::Cancel;
use pellucid_pixel::files::{EncodeOptions, Format, Limits, decode, encode};
use pellucid_pixel::{Image, ImageFact};
use pellucid_tests::{Folder, Numbers, read_numbers, told_findings};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

use super::scene::{Scene, drawing};

fn codec(scene: &mut Scene) {
    let files = json!({
        "family": "sdxl", "decoder": "vae_transparent_decoder.safetensors",
        "encoder": "vae_transparent_encoder.safetensors",
    });
    scene.node("codec", "load_layer_codec", json!({}), files);
}

/// Pictures with some clear pixels, `batch` of them.
fn layers(scene: &mut Scene, width: u32, height: u32, batch: usize) {
    let names: Vec<String> = (0..batch).map(|n| format!("picture {n}")).collect();
    for (n, name) in names.iter().enumerate() {
        scene.node(
            name,
            "gradient",
            json!({}),
            json!({
                "width": width, "height": height, "angle": 40 * n,
                "from": [0.9, 0.2, 0.1 * n as f64, 0.0], "to": [0.1, 0.6, 0.9, 1.0],
            }),
        );
    }
    let wires: Vec<String> = names.iter().map(|name| format!("{name}.image")).collect();
    scene.node("batch", "batch", json!({ "images": wires }), json!({}));
    scene.node("layers", "unpremultiply", json!({ "image": "batch.image" }), json!({}));
    let encode =
        json!({ "image": "layers.image", "vae": "checkpoint.vae", "codec": "codec.codec" });
    scene.node("hidden", "encode_layer", encode, json!({}));
}

#[test]
fn layers_of_any_size_go_there_and_back() {
    for (width, height, batch, augmentations) in
        [(8, 8, 5, "8"), (9, 15, 1, "2"), (64, 72, 2, "4"), (1031, 17, 1, "1"), (8, 520, 1, "2")]
    {
        let mut scene = Scene::of("tiny_sdxl.safetensors");
        codec(&mut scene);
        layers(&mut scene, width, height, batch);
        let decode =
            json!({ "latent": "hidden.latent", "codec": "codec.codec", "vae": "checkpoint.vae" });
        let augmentations = json!({ "augmentations": augmentations });
        scene.node("seen", "decode_layer", decode, augmentations);
        scene.write("seen", "seen.image");
        let seen = scene.result();
        let whole = |side: u32| (side / 8 * 8) as usize;
        assert_eq!(seen.shape, [batch, whole(height), whole(width), 4]);
        assert!(seen.values.iter().all(|v| (0.0..=1.0).contains(v)), "{width}x{height}");
        let first = seen.item(0);
        assert!(first.iter().any(|v| *v != first[0]), "{width}x{height}: it is empty");
        assert!((1..batch).all(|n| seen.item(n) != first), "{width}x{height}: all are the same");
    }
}

#[test]
fn a_batch_of_layers_is_its_layers_one_by_one() {
    let mut scene = Scene::of("tiny_sdxl.safetensors");
    codec(&mut scene);
    layers(&mut scene, 40, 24, 3);
    let mut decode = |name: &str, latent: &str| {
        let inputs = json!({ "latent": latent, "codec": "codec.codec", "vae": "checkpoint.vae" });
        scene.node(name, "decode_layer", inputs, json!({ "augmentations": "2" }));
        scene.write(name, &format!("{name}.image"));
    };
    decode("all", "hidden.latent");
    (0..3).for_each(|n| decode(&format!("seen {n}"), &format!("pick {n}.latent")));
    for n in 0..3 {
        let latent = json!({ "latent": "hidden.latent" });
        scene.node(&format!("pick {n}"), "pick_latents", latent, json!({ "first": n }));
    }
    let got = scene.run();
    for n in 0..3 {
        assert_eq!(got["all"].item(n), got[&format!("seen {n}")].values, "layer {n}");
    }
}

/// A latent that carries a layer, and its picture, which sixteen bits hold without a change.
fn hidden(folder: &Folder, (width, height): (usize, usize)) -> (Numbers, Image) {
    let mut scene = Scene::of("tiny_sdxl.safetensors");
    codec(&mut scene);
    layers(&mut scene, width as u32, height as u32, 1);
    let decode_latent = json!({ "latent": "hidden.latent", "vae": "checkpoint.vae" });
    scene.node("plain", "decode_latent", decode_latent, json!({}));
    scene.write("hidden", "hidden.latent");
    scene.outputs.insert("plain.png".into(), json!({ "from": "plain.image", "bits": 16 }));
    run(folder, &scene);
    let png = fs::read(folder.path("out/plain.png")).unwrap();
    let picture = decode(&png, &Limits::default()).unwrap().image;
    (read_numbers(&folder.path("out/hidden.safetensors")), picture)
}

/// Looks at a latent and its picture from one side; turned views pad other edges.
fn look(
    scene: &mut Scene,
    folder: &Folder,
    name: &str,
    (latent, picture): (&Numbers, &Image),
    tile: usize,
) {
    folder.write(&format!("{name}.safetensors"), latent_file(latent));
    folder.write(&format!("{name}.png"), sixteen_bits(picture));
    let (latent, image) = (format!("{name} latent"), format!("{name} image"));
    let file = json!({ "file": format!("{name}.safetensors") });
    scene.node(&latent, "load_latent", json!({}), file);
    scene.node(&image, "load_image", json!({}), json!({ "file": format!("{name}.png") }));
    let inputs = json!({
        "latent": format!("{latent}.latent"), "image": format!("{image}.image"),
        "codec": "codec.codec",
    });
    let params = json!({ "augmentations": "1", "tile": tile, "overlap": 64 });
    scene.node(name, "decode_layer", inputs, params);
    scene.write(name, &format!("{name}.image"));
}

/// Edges are repeated to a multiple of 64 pixels before a layer is read, and cut off again: who
/// does that beforehand gets the same.
#[test]
fn a_padded_layer_is_the_layer_and_a_crop() {
    const SIZE: (usize, usize) = (72, 40);
    const PADDED: (usize, usize) = (128, 64);
    let folder = Folder::new();
    let (latent, picture) = hidden(&folder, SIZE);
    let grown = (pad(&latent, PADDED.0 / 8, PADDED.1 / 8), grown_picture(&picture, PADDED));
    let mut scene = Scene::empty();
    codec(&mut scene);
    look(&mut scene, &folder, "small", (&latent, &picture), 0);
    look(&mut scene, &folder, "large", (&grown.0, &grown.1), 0);
    run(&folder, &scene);
    let (small, large) = (
        read_numbers(&folder.path("out/small.safetensors")),
        read_numbers(&folder.path("out/large.safetensors")),
    );
    assert_eq!((small.shape[2], small.shape[1]), SIZE);
    assert_eq!((large.shape[2], large.shape[1]), PADDED);
    for y in 0..SIZE.1 {
        let (a, b) = (y * SIZE.0 * 4, y * PADDED.0 * 4);
        assert_eq!(small.values[a..][..SIZE.0 * 4], large.values[b..][..SIZE.0 * 4], "row {y}");
    }
}

/// Where only one tile lies, a layer decoded in tiles is what that tile gives alone.
#[test]
fn a_layer_in_tiles_is_its_tiles() {
    const SIZE: (usize, usize) = (192, 128);
    const TILE: usize = 128;
    /// Columns that only one of the two tiles covers.
    const ALONE: usize = SIZE.0 - TILE;
    let folder = Folder::new();
    let (latent, picture) = hidden(&folder, SIZE);
    let mut scene = Scene::empty();
    codec(&mut scene);
    for (name, left, width, tile) in [
        ("whole", 0, SIZE.0, 0),
        ("large", 0, SIZE.0, 1024),
        ("tiles", 0, SIZE.0, TILE),
        ("left", 0, TILE, 0),
        ("right", ALONE, TILE, 0),
    ] {
        let (latent, picture) =
            (columns(&latent, left / 8, width / 8), part(&picture, left, width));
        look(&mut scene, &folder, name, (&latent, &picture), tile);
    }
    run(&folder, &scene);
    let read = |name: &str| read_numbers(&folder.path(&format!("out/{name}.safetensors"))).values;
    let (whole, tiles) = (read("whole"), read("tiles"));
    assert_eq!(read("large"), whole, "a picture that fits a tile is done whole");
    assert_ne!(tiles, whole);
    let (left, right) = (read("left"), read("right"));
    for y in 0..SIZE.1 {
        let row = |values: &[f32], width: usize, from: usize| {
            values[4 * (y * width + from)..][..4 * ALONE].to_vec()
        };
        // Multiplied by a mask and divided by it again: two roundings.
        let near = |a: Vec<f32>, b: Vec<f32>| a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near(row(&tiles, SIZE.0, 0), row(&left, TILE, 0)), "row {y}, left");
        let rest = row(&right, TILE, TILE - ALONE);
        assert!(near(row(&tiles, SIZE.0, SIZE.0 - ALONE), rest), "row {y}, right");
    }
}

/// Some columns of every plane.
fn columns(numbers: &Numbers, left: usize, width: usize) -> Numbers {
    let [batch, channels, rows, columns] = numbers.shape[..] else { panic!("no latent") };
    let all = numbers.values.chunks_exact(columns);
    let values = all.flat_map(|row| &row[left..left + width]).copied().collect();
    Numbers { shape: vec![batch, channels, rows, width], values }
}

/// Some columns of a picture.
fn part(picture: &Image, left: usize, width: usize) -> Image {
    let all = picture.pixels.chunks_exact(picture.fact.width as usize);
    let pixels = all.flat_map(|row| &row[left..left + width]).copied().collect();
    Image::new(ImageFact::new(width as u32, picture.fact.height, picture.fact.alpha), pixels)
}

fn run(folder: &Folder, scene: &Scene) {
    folder.write("graph.json", scene.graph().to_string());
    let report = folder.session(drawing(folder)).session.run(&Cancel::default());
    assert!(report.is_ok(), "{}", told_findings(&report));
}

/// Planes with their last row and column repeated.
fn pad(numbers: &Numbers, width: usize, height: usize) -> Numbers {
    let [batch, channels, rows, columns] = numbers.shape[..] else { panic!("no latent") };
    let mut values = Vec::new();
    for plane in numbers.values.chunks_exact(rows * columns) {
        for y in 0..height {
            let row = &plane[y.min(rows - 1) * columns..][..columns];
            values.extend((0..width).map(|x| row[x.min(columns - 1)]));
        }
    }
    Numbers { shape: vec![batch, channels, height, width], values }
}

fn grown_picture(picture: &Image, (width, height): (usize, usize)) -> Image {
    let (columns, rows) = (picture.fact.width as usize, picture.fact.height as usize);
    let pixel = |index: usize| {
        let (x, y) = (index % width, index / width);
        picture.pixels[y.min(rows - 1) * columns + x.min(columns - 1)]
    };
    let fact = ImageFact::new(width as u32, height as u32, picture.fact.alpha);
    Image::new(fact, (0..width * height).map(pixel).collect())
}

fn sixteen_bits(picture: &Image) -> Vec<u8> {
    let mut options = EncodeOptions::new(Format::Png);
    options.bits = 16;
    encode(picture, Format::Png, &options).unwrap()
}

fn latent_file(numbers: &Numbers) -> Vec<u8> {
    let bytes: Vec<u8> = numbers.values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let latent = TensorView::new(Dtype::F32, numbers.shape.clone(), &bytes).unwrap();
    let mark = TensorView::new(Dtype::F32, vec![0], &[]).unwrap();
    safetensors::serialize([("latent_tensor", latent), ("latent_format_version_0", mark)], None)
        .unwrap()
}
