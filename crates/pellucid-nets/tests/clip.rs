//! Prompts become the conditioning that ComfyUI makes of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its material has failed")]

mod support;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::{ClipKind, clip_config, inspect, parts};
use pellucid_nets::text::{
    Cleaning, ClipEncoder, Encoded, Options, Token, Tokenizer, Tokens, encode_sd15, encode_sdxl,
    pad_to_same_length,
};
use serde_json::Value;

fn tokens(prompt: &str, kind: ClipKind) -> Tokens {
    Tokenizer { kind, cleaning: Cleaning::Usual, inversions: None }.tokenize(prompt).unwrap()
}

/// The encoders of these fixtures have 4 and 6 heads, 8 wide.
fn encoder(file: &Weights, kind: ClipKind) -> ClipEncoder {
    let (name, heads) = match kind {
        ClipKind::L => ("clip_l", 4),
        ClipKind::BigG => ("clip_g", 6),
    };
    let weights = support::text_encoder(file, &format!("w.{name}.transformer"), "ids");
    let config = clip_config(&weights.shapes(), kind).unwrap();
    let config = pellucid_nets::checkpoint::ClipConfig { heads, ..config };
    ClipEncoder::new(&weights, &config, DType::F32, &Device::Cpu).unwrap()
}

fn same_tokens(case: &Value, file: &Weights, which: &str, tokens: &Tokens) {
    let key = support::text(&case["in"], &format!("tokens_{which}"));
    let expected = file.plain(key).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let found = tokens.windows.iter().flatten().map(|place| match place.token {
        Token::Id(id) => id as f32,
        Token::Vector(_) => f32::NAN,
    });
    assert!(found.eq(expected), "{}: tokens_{which}", case["id"]);
    let key = support::text(&case["in"], &format!("weights_{which}"));
    let expected = file.plain(key).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let found = tokens.windows.iter().flatten().map(|place| place.weight as f32);
    assert!(found.eq(expected), "{}: weights_{which}", case["id"]);
}

fn compare(case: &Value, file: &Weights, found: &Encoded) {
    for (name, found) in [("cond", &found.cond), ("pooled", &found.pooled)] {
        let expected = file.plain(support::text(&case["out"], name)).unwrap();
        let excess = support::excess(found, &expected, &support::f32_encoders());
        assert!(excess <= 0.0, "{}: {name} is off by {excess} too much", case["id"]);
    }
}

fn options(case: &Value) -> Options {
    let params = &case["params"];
    Options {
        clip_skip: params["clip_layer"].as_i64().map(|layer| layer.unsigned_abs() as usize),
        unprojected: params["unprojected"] == true,
    }
}

#[test]
fn every_fixture_is_met() {
    let Some((folder, cases)) = support::cases("05_clip") else { return };
    let open = |name: &str| Weights::open(&folder.join("05_clip").join(name)).unwrap();
    let (sd1, sdxl) = (open("sd1.safetensors"), open("sdxl.safetensors"));
    let sd1_l = encoder(&sd1, ClipKind::L);
    let (sdxl_l, sdxl_g) = (encoder(&sdxl, ClipKind::L), encoder(&sdxl, ClipKind::BigG));
    let mut met = 0;
    for case in &cases {
        let id = support::text(case, "id").strip_prefix("05_clip/").unwrap();
        if id == "bigg_open_clip_layout" {
            open_clip_is_the_same_encoder(&folder.join(support::text(case, "file")), &sdxl);
        } else if id.starts_with("sd1_") {
            let prompt = tokens(support::text(&case["params"], "prompt"), ClipKind::L);
            same_tokens(case, &sd1, "l", &prompt);
            compare(case, &sd1, &encode_sd15(&sd1_l, &prompt, options(case)).unwrap());
        } else if id.starts_with("sdxl_") {
            let params = &case["params"];
            let text = |key| params[key].as_str().or(params["prompt"].as_str()).unwrap();
            let mut l = tokens(text("text_l"), ClipKind::L);
            let mut g = tokens(text("text_g"), ClipKind::BigG);
            if id.starts_with("sdxl_node_") {
                pad_to_same_length(&mut l, &mut g);
            }
            same_tokens(case, &sdxl, "l", &l);
            same_tokens(case, &sdxl, "g", &g);
            let found = encode_sdxl((&sdxl_l, &l), (&sdxl_g, &g), options(case)).unwrap();
            compare(case, &sdxl, &found);
        } else {
            panic!("nothing here handles {id}");
        }
        met += 1;
    }
    assert_eq!(met, 31, "a case is new or gone");
}

fn open_clip_is_the_same_encoder(file: &std::path::Path, sdxl: &Weights) {
    let file = Weights::open(file).unwrap();
    let layout = file.under("bigg_open_clip_layout/out.conditioner.embedders.1.model");
    // The layout has no token table; any will do to recognise an encoder.
    let width = layout.shape("ln_final.weight").unwrap()[0];
    let table = Tensor::zeros((49408, width), DType::F32, &Device::Cpu).unwrap();
    let table = [("token_embedding.weight".to_owned(), table)].into();
    let whole =
        Weights::join([layout.renamed(|key| Some(key.to_owned())), Weights::from_tensors(table)]);
    let clip = parts(&whole, &inspect(&whole.shapes()).kind).unwrap().clip_g.unwrap();
    let expected = sdxl.under("w.clip_g.transformer");
    let mut compared = 0;
    for key in expected.keys().filter(|key| !key.ends_with(".rows")) {
        let read = |weights: &Weights| {
            let tensor = weights.plain(key).unwrap();
            tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        assert!(read(&clip) == read(&expected), "{key}");
        compared += 1;
    }
    // 16 tensors a layer, the positions, the final norm and the projection.
    assert_eq!(compared, 5 * 16 + 4);
}
