//! ComfyUI's picture and mask classes: their declarations, and the numbers they give.

use pellucid_comfy::{Imported, Moment, import, print};
use pellucid_graph::Cancel;
use pellucid_graph::comfy::ComfyClass;
use pellucid_host::Options;
use pellucid_pixel::files::{Limits, decode};
use pellucid_source::{Diagnostic, FileId, read};
use pellucid_tests::{Folder, Pixels, kinds, models, read_pixels, repository, told_findings};
use serde_json::{Map, Value, json};

/// Classes with their inputs in ComfyUI's order, `?` behind those that may be left out, and their
/// outputs.
const CLASSES: &str = "
Canny: image:IMAGE low_threshold:FLOAT high_threshold:FLOAT -> IMAGE
LoadImage: image:COMBO -> IMAGE MASK
LoadImageMask: image:COMBO channel:COMBO -> MASK
LoadImageOutput: image:COMBO -> IMAGE MASK
ImageScale: image:IMAGE upscale_method:COMBO width:INT height:INT crop:COMBO -> IMAGE
ImageScaleBy: image:IMAGE upscale_method:COMBO scale_by:FLOAT -> IMAGE
ImageScaleToTotalPixels: image:IMAGE upscale_method:COMBO megapixels:FLOAT resolution_steps:INT? -> IMAGE
ImageInvert: image:IMAGE -> IMAGE
ImageBatch: image1:IMAGE image2:IMAGE -> IMAGE
ImageFromBatch: image:IMAGE batch_index:INT length:INT -> IMAGE
RepeatImageBatch: image:IMAGE amount:INT -> IMAGE
ImageCrop: image:IMAGE width:INT height:INT x:INT y:INT -> IMAGE
EmptyImage: width:INT height:INT batch_size:INT color:INT -> IMAGE
ImagePadForOutpaint: image:IMAGE left:INT top:INT right:INT bottom:INT feathering:INT -> IMAGE MASK
ImageCompositeMasked: destination:IMAGE source:IMAGE x:INT y:INT resize_source:BOOLEAN mask:MASK? -> IMAGE
ImageBlend: image1:IMAGE image2:IMAGE blend_factor:FLOAT blend_mode:COMBO -> IMAGE
ImageStitch: image1:IMAGE direction:COMBO match_image_size:BOOLEAN spacing_width:INT spacing_color:COMBO image2:IMAGE? -> IMAGE
GetImageSize: image:IMAGE -> INT INT INT
PorterDuffImageComposite: source:IMAGE source_alpha:MASK destination:IMAGE destination_alpha:MASK mode:COMBO -> IMAGE MASK
SplitImageWithAlpha: image:IMAGE -> IMAGE MASK
JoinImageWithAlpha: image:IMAGE alpha:MASK -> IMAGE
MaskToImage: mask:MASK -> IMAGE
ImageToMask: image:IMAGE channel:COMBO -> MASK
ImageColorToMask: image:IMAGE color:INT -> MASK
SolidMask: value:FLOAT width:INT height:INT -> MASK
InvertMask: mask:MASK -> MASK
CropMask: mask:MASK x:INT y:INT width:INT height:INT -> MASK
MaskComposite: destination:MASK source:MASK x:INT y:INT operation:COMBO -> MASK
FeatherMask: mask:MASK left:INT top:INT right:INT bottom:INT -> MASK
GrowMask: mask:MASK expand:INT tapered_corners:BOOLEAN -> MASK
ThresholdMask: mask:MASK value:FLOAT -> MASK
ImageResize+: image:IMAGE width:INT height:INT interpolation:COMBO method:COMBO condition:COMBO multiple_of:INT -> IMAGE INT INT
ImageResize+: image:IMAGE width:INT height:INT interpolation:COMBO keep_proportion:BOOLEAN -> IMAGE INT INT
ImageBlur: image:IMAGE blur_radius:INT sigma:FLOAT -> IMAGE
ImageSharpen: image:IMAGE sharpen_radius:INT sigma:FLOAT alpha:FLOAT -> IMAGE
ImageFlip: image:IMAGE flip_method:COMBO -> IMAGE
ImageRotate: image:IMAGE rotation:COMBO -> IMAGE
UpscaleModelLoader: model_name:COMBO -> UPSCALE_MODEL
ImageUpscaleWithModel: upscale_model:UPSCALE_MODEL image:IMAGE -> IMAGE
RebatchImages: images:IMAGE batch_size:INT -> IMAGE
";

fn signature(class: &ComfyClass) -> String {
    let inputs = class.inputs.iter().map(|input| {
        let mark = if input.optional { "?" } else { "" };
        format!(" {}:{}{mark}", input.name, input.ty.name())
    });
    let outputs = class.outputs.iter().map(|output| format!(" {}", output.ty));
    format!("{}:{} ->{}", class.name, inputs.collect::<String>(), outputs.collect::<String>())
}

#[test]
fn every_class_has_comfyuis_inputs_in_its_order() {
    let kinds = kinds();
    for line in CLASSES.lines().filter(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap();
        let declared: Vec<String> =
            kinds.comfy(name).iter().map(|(_, class)| signature(class)).collect();
        assert!(declared.iter().any(|signature| signature == line), "{line}\n{declared:#?}");
    }
}

fn imported(prompt: &Value) -> (Imported, Vec<Diagnostic>) {
    const NOW: Moment = Moment { year: 2026, month: 3, day: 7, hour: 9, minute: 5, second: 1 };
    let json = read(&prompt.to_string()).unwrap();
    let mut findings = Vec::new();
    let imported = import(&json, &kinds(), FileId::default(), &NOW, &mut findings);
    (imported.unwrap(), findings)
}

fn node(class: &str, inputs: &Value) -> Value {
    json!({ "class_type": class, "inputs": inputs })
}

/// A prompt of these nodes with a preview of an output of the last one, `x`, and a picture and a
/// mask to work on.
fn prompt_of(nodes: &[(&str, Value)], slot: usize) -> Value {
    let mut prompt = Map::new();
    prompt.insert("image".into(), node("LoadImage", &json!({ "image": "leaf.png" })));
    let solid = json!({ "value": 0.25, "width": 7, "height": 5 });
    prompt.insert("mask".into(), node("SolidMask", &solid));
    prompt.extend(nodes.iter().map(|(name, node)| ((*name).to_owned(), node.clone())));
    let class = prompt["x"]["class_type"].as_str().unwrap().to_owned();
    let kinds = kinds();
    let (input, show) = match &*kinds.comfy(&class)[0].1.outputs[slot].ty {
        "IMAGE" => ("images", "PreviewImage"),
        "MASK" => ("mask", "MaskPreview"),
        _ => ("source", "PreviewAny"),
    };
    prompt.insert("show".into(), node(show, &json!({ input: ["x", slot] })));
    Value::Object(prompt)
}

fn folder_for(imported: &Imported, outputs: &Value) -> Folder {
    let mut graph: Value = serde_json::from_str(&print(imported)).unwrap();
    graph["outputs"] = outputs.clone();
    let folder = Folder::with_graph(&graph);
    let picture = repository().join("tests/graphs/pictures/leaf.png");
    folder.write("leaf.png", std::fs::read(picture).unwrap());
    folder
}

/// What an output of the node `x` is, in full precision.
fn given(nodes: &[(&str, Value)], slot: usize) -> Pixels {
    let (imported, findings) = imported(&prompt_of(nodes, slot));
    assert!(findings.is_empty(), "{findings:#?}");
    let value = imported.values.iter().find(|value| &*value.node == "x" && value.slot == slot);
    let wire = &value.unwrap().wire;
    let wire = format!("{}.{}", wire.node, wire.output);
    let folder = folder_for(&imported, &json!({ "x.safetensors": wire }));
    let options = Options { models: vec![models()], ..folder.options() };
    let report = folder.session(options).session.run(&Cancel::default());
    assert!(report.is_ok(), "{}\n{}", print(&imported), told_findings(&report));
    read_pixels(&folder.path("out/x.safetensors"))
}

fn one(class: &str, inputs: &Value, slot: usize) -> Pixels {
    given(&[("x", node(class, inputs))], slot)
}

/// The red of every pixel.
fn reds(pixels: &Pixels) -> Vec<f32> {
    pixels.values.iter().step_by(4).copied().collect()
}

fn near(got: &[f32], want: &[f32]) {
    let worst = got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    // A few roundings of values of about 1.
    assert!(got.len() == want.len() && worst < 1e-6, "{got:?}\n{want:?}");
}

fn plain(width: u32, height: u32, colour: u32) -> Value {
    let inputs = json!({ "width": width, "height": height, "batch_size": 1, "color": colour });
    node("EmptyImage", &inputs)
}

fn solid(value: f64, width: u32, height: u32) -> Value {
    node("SolidMask", &json!({ "value": value, "width": width, "height": height }))
}

/// Every class with a picture and a mask on its sockets, and what a new node has in its widgets.
#[test]
fn every_class_becomes_a_graph_that_checks_clean() {
    let kinds = kinds();
    let refused = ["UpscaleModelLoader", "ImageUpscaleWithModel", "RebatchImages"];
    for line in CLASSES.lines().filter(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap();
        for (_, class) in kinds.comfy(name).into_iter().filter(|(_, c)| signature(c) == line) {
            if refused.contains(&name) {
                continue;
            }
            let inputs: Map<String, Value> = class
                .inputs
                .iter()
                .map(|input| {
                    let value = match input.ty.name() {
                        "IMAGE" => json!(["image", 0]),
                        "MASK" => json!(["mask", 0]),
                        _ => match input.ty.default() {
                            Some(json) => {
                                let text = pellucid_source::layout(&json, &Default::default());
                                serde_json::from_str(&text).unwrap()
                            }
                            None => json!("leaf.png"),
                        },
                    };
                    (input.name.clone(), value)
                })
                .collect();
            for slot in 0..class.outputs.len() {
                let nodes = [("x", node(name, &Value::Object(inputs.clone())))];
                let (imported, findings) = imported(&prompt_of(&nodes, slot));
                assert!(findings.is_empty(), "{line} {findings:#?}");
                let graph: Value = serde_json::from_str(&print(&imported)).unwrap();
                let folder = folder_for(&imported, &graph["outputs"]);
                let report = folder.session(folder.options()).session.run(&Cancel::default());
                assert!(report.is_ok(), "{line}\n{graph:#}\n{}", told_findings(&report));
            }
        }
    }
}

#[test]
fn what_there_is_no_equal_for_is_refused() {
    let rebatch = json!({ "images": ["image", 0], "batch_size": 2 });
    let (_, findings) = imported(&prompt_of(&[("x", node("RebatchImages", &rebatch))], 0));
    assert_eq!(findings.len(), 1, "{findings:#?}");
}

#[test]
fn a_loaded_upscaling_network_makes_pictures_larger() {
    let loader = node("UpscaleModelLoader", &json!({ "model_name": "tiny_upscaler.safetensors" }));
    let upscale = json!({ "upscale_model": ["u", 0], "image": ["a", 0] });
    let nodes = [
        ("a", plain(3, 2, 0x33_66_99)),
        ("u", loader),
        ("x", node("ImageUpscaleWithModel", &upscale)),
    ];
    assert_eq!(given(&nodes, 0).shape, [1, 8, 12, 4]);
}

#[test]
fn sizes_linked_to_a_pictures_are_those_of_the_picture() {
    let size = |of: &str| node("GetImageSize", &json!({ "image": [of, 0] }));
    let (width, height) = (json!(["s", 0]), json!(["s", 1]));
    let empty = json!({ "width": width, "height": height, "batch_size": 2, "color": 255 });
    let nodes = [("a", plain(3, 2, 0)), ("s", size("a")), ("x", node("EmptyImage", &empty))];
    let pixels = given(&nodes, 0);
    assert_eq!(
        (&pixels.shape[..], &pixels.values[..4]),
        (&[2, 2, 3, 4][..], &[0.0, 0.0, 1.0, 1.0][..])
    );

    let mask = json!({ "value": 0.5, "width": width, "height": height });
    let nodes = [("a", plain(3, 2, 0)), ("s", size("a")), ("x", node("SolidMask", &mask))];
    assert_eq!(given(&nodes, 0).shape, [1, 2, 3]);

    let scale = json!({
        "image": ["image", 0], "upscale_method": "area", "width": width, "height": height, "crop": "center",
    });
    let nodes = [("a", plain(3, 2, 0)), ("s", size("a")), ("x", node("ImageScale", &scale))];
    assert_eq!(given(&nodes, 0).shape, [1, 2, 3, 4]);

    let wide = json!({ "width": 80, "height": 72, "batch_size": 1, "color": 0 });
    let latent = json!({ "width": 64, "height": 64, "batch_size": 1 });
    let upscale = json!({
        "samples": ["l", 0], "upscale_method": "bilinear", "width": width, "height": height, "crop": "disabled",
    });
    let nodes = [
        ("a", node("EmptyImage", &wide)),
        ("s", size("a")),
        ("l", node("EmptyLatentImage", &latent)),
        ("u", node("LatentUpscale", &upscale)),
        ("v", node("VAELoader", &json!({ "vae_name": "tiny_vae.safetensors" }))),
        ("x", node("VAEDecode", &json!({ "samples": ["u", 0], "vae": ["v", 0] }))),
    ];
    assert_eq!(given(&nodes, 0).shape, [1, 72, 80, 4]);

    // Nodes that tell the size of what they give do as well.
    let resized = json!({
        "image": ["image", 0], "width": 4, "height": 6, "interpolation": "nearest", "method": "stretch",
        "condition": "always", "multiple_of": 0,
    });
    let empty = json!({ "width": ["r", 1], "height": ["r", 2], "batch_size": 1, "color": 0 });
    let nodes = [("r", node("ImageResize+", &resized)), ("x", node("EmptyImage", &empty))];
    assert_eq!(given(&nodes, 0).shape, [1, 6, 4, 4]);

    // One side alone is no size of a picture.
    let empty = json!({ "width": width, "height": 5, "batch_size": 1, "color": 0 });
    let nodes = [("a", plain(3, 2, 0)), ("s", size("a")), ("x", node("EmptyImage", &empty))];
    let (_, findings) = imported(&prompt_of(&nodes, 0));
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert!(
        findings[0].to_string().contains("`width` is computed by another node"),
        "{findings:#?}"
    );
}

#[test]
fn a_mask_is_one_where_the_picture_is_clear() {
    let bytes = std::fs::read(repository().join("tests/graphs/pictures/leaf.png")).unwrap();
    let leaf = decode(&bytes, &Limits::default()).unwrap().image;
    let (image, mask) = (json!({ "image": "leaf.png" }), 1);
    let clear: Vec<f32> = leaf.pixels.iter().map(|pixel| 1.0 - pixel[3]).collect();
    assert_eq!(one("LoadImage", &image, mask).values, clear);
    let colour = one("LoadImage", &image, 0);
    let same = colour.values.chunks(4).zip(&*leaf.pixels).all(|(a, b)| a[..3] == b[..3]);
    assert!(same && colour.alpha == "opaque");
    let channel = |word: &str| {
        one("LoadImageMask", &json!({ "image": "leaf.png", "channel": word }), 0).values
    };
    assert_eq!(channel("alpha"), clear);
    assert_eq!(channel("green"), leaf.pixels.iter().map(|p| p[1]).collect::<Vec<_>>());
}

#[test]
fn alpha_is_joined_and_split_the_wrong_way_round() {
    let joined = node("JoinImageWithAlpha", &json!({ "image": ["a", 0], "alpha": ["mask", 0] }));
    let nodes = [("a", plain(3, 2, 0x33_66_99)), ("x", joined.clone())];
    let pixels = given(&nodes, 0);
    assert_eq!((pixels.alpha.as_str(), &pixels.shape[..]), ("straight", &[1, 2, 3, 4][..]));
    near(&pixels.values[..4], &[0.2, 0.4, 0.6, 0.75]);
    let split = node("SplitImageWithAlpha", &json!({ "image": ["j", 0] }));
    let nodes = [("a", plain(3, 2, 0x33_66_99)), ("j", joined), ("x", split)];
    near(&given(&nodes, 1).values, &[0.25; 6]);
    near(&given(&nodes, 0).values[..4], &[0.2, 0.4, 0.6, 1.0]);
}

#[test]
fn porter_duff_takes_masks_for_alphas() {
    let inputs = json!({
        "source": ["s", 0], "source_alpha": ["sm", 0],
        "destination": ["d", 0], "destination_alpha": ["dm", 0], "mode": "SRC_OVER",
    });
    let nodes = [
        ("s", plain(9, 4, 0xcc_00_00)),
        ("sm", solid(0.5, 5, 5)),
        ("d", plain(3, 2, 0x66_00_00)),
        ("dm", solid(0.25, 3, 2)),
        ("x", node("PorterDuffImageComposite", &inputs)),
    ];
    near(&reds(&given(&nodes, 0)), &[0.55 / 0.875; 6]);
    near(&given(&nodes, 1).values, &[0.125; 6]);
}

#[test]
fn blending_subtracts_before_it_cuts_off() {
    let blended = |a: u32, b: u32, mode: &str| {
        let inputs = json!({
            "image1": ["a", 0], "image2": ["b", 0], "blend_factor": 0.5, "blend_mode": mode,
        });
        let (a, b) = (plain(2, 2, a << 16), plain(4, 3, b << 16));
        reds(&given(&[("a", a), ("b", b), ("x", node("ImageBlend", &inputs))], 0))[0]
    };
    let (dark, light) = (0x33, 0x99);
    near(&[blended(light, dark, "difference"), blended(dark, light, "difference")], &[0.5, 0.0]);
    near(&[blended(dark, light, "normal"), blended(dark, light, "multiply")], &[0.4, 0.16]);
    near(&[blended(dark, light, "screen"), blended(dark, light, "overlay")], &[0.44, 0.22]);
    // 0.2 + (2 * 0.6 - 1) * (((16 * 0.2 - 12) * 0.2 + 4) * 0.2 - 0.2), half of the way there.
    near(&[blended(dark, light, "soft_light")], &[0.2 + 0.5 * 0.2 * 0.248]);
}

#[test]
fn masks_grow_by_plus_or_square_and_shrink_back() {
    let dot = json!({
        "destination": ["zero", 0], "source": ["dot", 0], "x": 3, "y": 0, "operation": "add",
    });
    let grown = |mask: &str, expand: i32, tapered: bool| {
        let inputs = json!({ "mask": [mask, 0], "expand": expand, "tapered_corners": tapered });
        node("GrowMask", &inputs)
    };
    let sum = |x: Value| {
        let nodes = [
            ("zero", solid(0.0, 7, 7)),
            ("dot", solid(1.0, 1, 1)),
            ("placed", node("MaskComposite", &dot)),
            ("wide", grown("placed", 2, false)),
            ("x", x),
        ];
        given(&nodes, 0).values.iter().sum::<f32>()
    };
    // On the border half of the figure is seen.
    assert_eq!(sum(grown("placed", 1, true)), 4.0);
    assert_eq!(sum(grown("placed", 2, true)), 9.0);
    assert_eq!(sum(grown("placed", 2, false)), 15.0);
    // What touches the border does not shrink there.
    assert_eq!(sum(grown("wide", -1, false)), 6.0);
    assert_eq!(sum(grown("placed", 0, true)), 1.0);
}

#[test]
fn feathering_keeps_comfyuis_slip() {
    let inputs = json!({ "mask": ["m", 0], "left": 2, "top": 0, "right": 4, "bottom": 0 });
    let nodes = [("m", solid(1.0, 6, 1)), ("x", node("FeatherMask", &inputs))];
    assert_eq!(given(&nodes, 0).values, [0.125, 1.0, 1.0, 1.0, 0.75, 0.5]);
}

#[test]
fn a_threshold_is_outside() {
    let inputs = json!({ "mask": ["mask", 0], "value": 0.25 });
    assert_eq!(one("ThresholdMask", &inputs, 0).values, [0.0; 35]);
}

#[test]
fn colours_of_pictures_become_masks() {
    let inputs = |color: u32| json!({ "image": ["a", 0], "color": color });
    for (color, want) in [(0x12_34_56, 1.0), (0x12_34_57, 0.0)] {
        let x = node("ImageColorToMask", &inputs(color));
        assert_eq!(given(&[("a", plain(2, 1, 0x12_34_56)), ("x", x)], 0).values, [want; 2]);
    }
}

#[test]
fn pictures_of_a_batch_take_the_size_of_the_first() {
    let both = json!({ "image1": ["a", 0], "image2": ["b", 0] });
    let nodes = |x: Value| {
        [
            ("a", plain(2, 1, 0x33_00_00)),
            ("b", plain(5, 7, 0x66_00_00)),
            ("both", node("ImageBatch", &both)),
            ("twice", node("RepeatImageBatch", &json!({ "image": ["both", 0], "amount": 2 }))),
            ("x", x),
        ]
    };
    let some = |start: u32, length: u32| {
        let inputs = json!({ "image": ["twice", 0], "batch_index": start, "length": length });
        reds(&given(&nodes(node("ImageFromBatch", &inputs)), 0))
    };
    near(&some(0, 4), &[0.2, 0.2, 0.4, 0.4, 0.2, 0.2, 0.4, 0.4]);
    near(&some(3, 9), &[0.4, 0.4]);
    near(&some(9, 1), &[0.4, 0.4]);
}

#[test]
fn a_composite_shows_the_source_where_the_mask_is_one() {
    let inputs = json!({
        "destination": ["d", 0], "source": ["s", 0], "x": 1, "y": 0, "resize_source": false,
        "mask": ["mask", 0],
    });
    let nodes = [
        ("d", plain(3, 1, 0x33_00_00)),
        ("s", plain(1, 2, 0xff_00_00)),
        ("x", node("ImageCompositeMasked", &inputs)),
    ];
    near(&reds(&given(&nodes, 0)), &[0.2, 0.4, 0.2]);
}

#[test]
fn a_crop_is_held_to_the_picture() {
    let inputs = json!({ "image": ["a", 0], "width": 9, "height": 2, "x": 40, "y": 1 });
    let nodes = [("a", plain(4, 6, 0)), ("x", node("ImageCrop", &inputs))];
    assert_eq!(given(&nodes, 0).shape, [1, 2, 1, 4]);
    let inputs = json!({ "mask": ["mask", 0], "x": 5, "y": 1, "width": 9, "height": 2 });
    assert_eq!(one("CropMask", &inputs, 0).shape, [1, 2, 2]);
}

#[test]
fn stitching_scales_the_second_and_evens_the_gap() {
    let stitched = |direction: &str, matched: bool, gap: u32| {
        let inputs = json!({
            "image1": ["a", 0], "image2": ["b", 0], "direction": direction,
            "match_image_size": matched, "spacing_width": gap, "spacing_color": "red",
        });
        let nodes = [
            ("a", plain(4, 2, 0x33_00_00)),
            ("b", plain(6, 6, 0x66_00_00)),
            ("x", node("ImageStitch", &inputs)),
        ];
        given(&nodes, 0)
    };
    let beside = stitched("left", true, 1);
    assert_eq!(beside.shape, [1, 2, 8, 4]);
    near(&reds(&beside)[..8], &[0.4, 0.4, 1.0, 1.0, 0.2, 0.2, 0.2, 0.2]);
    let below = stitched("down", false, 0);
    assert_eq!(below.shape, [1, 8, 6, 4]);
    near(&reds(&below)[..6], &[0.0, 0.2, 0.2, 0.2, 0.2, 0.0]);
}

#[test]
fn both_forms_of_image_resize_work() {
    let size = |more: &Value| {
        let mut inputs = json!({
            "image": ["a", 0], "width": 30, "height": 30, "interpolation": "nearest",
        });
        inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let nodes = [("a", plain(40, 20, 0)), ("x", node("ImageResize+", &inputs))];
        let shape = given(&nodes, 0).shape;
        (shape[2], shape[1])
    };
    assert_eq!(size(&json!({ "keep_proportion": false })), (30, 30));
    assert_eq!(size(&json!({ "keep_proportion": true })), (30, 15));
    let new = |method: &str, multiple: u32| {
        size(&json!({ "method": method, "condition": "always", "multiple_of": multiple }))
    };
    assert_eq!(new("keep proportion", 0), (30, 15));
    assert_eq!(new("fill / crop", 8), (24, 24));
    assert_eq!(new("pad", 0), (30, 30));
}

#[test]
fn outpainting_marks_the_room() {
    let inputs = json!({
        "image": ["a", 0], "left": 0, "top": 0, "right": 8, "bottom": 0, "feathering": 2,
    });
    let nodes = [("a", plain(5, 5, 0xff_ff_ff)), ("x", node("ImagePadForOutpaint", &inputs))];
    let (image, mask) = (given(&nodes, 0), given(&nodes, 1));
    assert_eq!(image.shape, [1, 5, 13, 4]);
    assert_eq!(reds(&image)[3..6], [1.0, 1.0, 0.5]);
    assert_eq!(mask.values[..6], [0.0, 0.0, 0.0, 0.0, 0.25, 1.0]);
}

#[test]
fn sharpening_is_ten_times_as_strong_as_it_says() {
    let inputs = |input: &str| json!({ "image": [input, 0], "sharpen_radius": 1, "sigma": 1.0, "alpha": 0.05 });
    let stitch = json!({
        "image1": ["a", 0], "image2": ["b", 0], "direction": "right", "match_image_size": true,
        "spacing_width": 0, "spacing_color": "white",
    });
    let nodes = [
        ("a", plain(1, 1, 0x33_00_00)),
        ("b", plain(1, 1, 0x66_00_00)),
        ("both", node("ImageStitch", &stitch)),
        ("x", node("ImageSharpen", &inputs("both"))),
    ];
    // Weights 0.27407, 0.45186, 0.27407, reflected: the mean of the first is 0.2 + 0.2 * 0.54814.
    near(&reds(&given(&nodes, 0)), &[0.2 - 0.5 * 0.109_627_45, 0.4 + 0.5 * 0.109_627_45]);
}

#[test]
fn quarter_turns_go_clockwise() {
    let stitch = json!({
        "image1": ["a", 0], "image2": ["b", 0], "direction": "right", "match_image_size": true,
        "spacing_width": 0, "spacing_color": "white",
    });
    let turned = |rotation: &str| {
        let nodes = [
            ("a", plain(1, 1, 0x33_00_00)),
            ("b", plain(1, 1, 0x66_00_00)),
            ("both", node("ImageStitch", &stitch)),
            ("x", node("ImageRotate", &json!({ "image": ["both", 0], "rotation": rotation }))),
        ];
        let pixels = given(&nodes, 0);
        (pixels.shape[1], reds(&pixels))
    };
    for (rotation, height, want) in [
        ("none", 1, [0.2, 0.4]),
        ("90 degrees", 2, [0.2, 0.4]),
        ("180 degrees", 1, [0.4, 0.2]),
        ("270 degrees", 2, [0.4, 0.2]),
    ] {
        let (rows, reds) = turned(rotation);
        assert_eq!(rows, height, "{rotation}");
        near(&reds, &want);
    }
}
