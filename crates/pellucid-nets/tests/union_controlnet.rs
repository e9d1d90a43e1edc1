//! A union ControlNet gives PyTorch's numbers: those that `tools/peers/union_controlnet.py` prints.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its material has failed")]

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::{
    FileKind, Heads, UnetConfig, UnetLevel, controlnet_layout, inspect, parts, unet_names,
};
use pellucid_nets::controlnet::{ControlInput, ControlNet};

const TOKEN: usize = 128;
const LABEL: usize = 64 + 6 * 256;
const SORTS: usize = 8;

fn config() -> UnetConfig {
    let level =
        |transformer_depth| UnetLevel { multiplier: 1, residual_blocks: 1, transformer_depth };
    UnetConfig {
        in_channels: 4,
        out_channels: None,
        base_width: 64,
        levels: vec![level(0), level(1), level(2)],
        middle_depth: 2,
        context_width: TOKEN,
        heads: Heads::Width(64),
        label_width: Some(LABEL),
        dense_projections: true,
    }
}

/// The name of a tensor in the diffusers layout.
fn diffusers_name(key: &str, unet: &BTreeMap<String, String>) -> String {
    if let Some(name) = unet.get(key) {
        return name.clone();
    }
    let tail = |rest: &str| rest.rsplit_once('.').unwrap().1.to_owned();
    let number = |rest: &str| rest.split('.').next().unwrap().parse::<usize>().unwrap();
    if let Some(rest) = key.strip_prefix("zero_convs.") {
        return format!("controlnet_down_blocks.{}.{}", number(rest), tail(rest));
    }
    if let Some(rest) = key.strip_prefix("input_hint_block.") {
        let place = match number(rest) / 2 {
            0 => "conv_in".to_owned(),
            7 => "conv_out".to_owned(),
            other => format!("blocks.{}", other - 1),
        };
        return format!("controlnet_cond_embedding.{place}.{}", tail(rest));
    }
    key.replace("middle_block_out.0", "controlnet_mid_block").replace(".in_proj.", ".in_proj_")
}

/// Numbers that follow a sine, their phase from a tensor's place.
fn filled(shape: &[usize], place: usize, size: f64) -> Tensor {
    let count = shape.iter().product();
    let value = |i| (size * (0.7 * i as f64 + 1.3 * place as f64).sin()) as f32;
    let values: Vec<f32> = (0..count).map(value).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn weights() -> Weights {
    let names =
        unet_names(&config()).into_iter().map(|(diffusers, ldm)| (ldm, diffusers)).collect();
    let shapes: BTreeMap<String, Vec<usize>> = controlnet_layout(&config(), 3, Some(SORTS))
        .into_iter()
        .map(|(key, shape)| (diffusers_name(&key, &names), shape))
        .collect();
    let tensor = |(place, (key, shape)): (usize, (String, Vec<usize>))| {
        let inputs: usize = shape.iter().skip(1).product();
        let size = if shape.len() > 1 { 1.5 / (inputs as f64).sqrt() } else { 0.3 };
        let shift = if shape.len() == 1 && key.ends_with("weight") { 1.0 } else { 0.0 };
        (key, (filled(&shape, place, size) + shift).unwrap())
    };
    Weights::from_tensors(shapes.into_iter().enumerate().map(tensor).collect())
}

fn network(weights: &Weights) -> ControlNet {
    let found = inspect(&weights.shapes());
    let FileKind::ControlNet { unet, .. } = &found.kind else { panic!("{:?}", found.kind) };
    let view = parts(weights, &found.kind).unwrap().controlnet.unwrap();
    ControlNet::load(&view, unet, DType::F32, &Device::Cpu).unwrap()
}

fn flat(x: &Tensor) -> Vec<f32> {
    x.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn it_gives_pytorchs_numbers() {
    let weights = weights();
    let found = inspect(&weights.shapes());
    assert!(found.missing.is_empty() && found.unexpected.is_empty(), "{found:?}");
    let FileKind::ControlNet { sorts, unet, .. } = &found.kind else { panic!("{:?}", found.kind) };
    assert_eq!((*sorts, unet), (Some(SORTS), &config()));
    let net = network(&weights);
    let (x, context) = (filled(&[1, 4, 8, 6], 0, 1.0), filled(&[1, 5, TOKEN], 1, 1.0));
    let label = filled(&[1, LABEL], 2, 1.0);
    let hint = (filled(&[1, 3, 64, 48], 3, 0.5) + 0.5).unwrap();
    let ask = |sort| {
        let (timesteps, label) = (&[371.0][..], Some(&label));
        net.forward(&ControlInput { x: &x, timesteps, context: &context, label, hint: &hint, sort })
    };
    let wanted = [
        (None, [-20.51229, 0.08635, 8.14355, -3.47871, -1.26757, 7.08258, -2.05038, 6.78966]),
        (Some(3), [-26.28131, 0.14811, 8.15909, -3.53024, -1.2672, 7.07391, -2.00143, 6.7041]),
        (Some(7), [-25.4951, 0.13533, 8.15583, -3.51923, -1.26755, 7.07588, -2.0115, 6.72183]),
    ];
    for (sort, wanted) in wanted {
        let residuals = ask(sort).unwrap();
        let middle = flat(&residuals.middle);
        let mut got = vec![flat(&residuals.skips[0])[100], flat(&residuals.skips[4])[77]];
        got.extend(middle.iter().step_by(45));
        assert_eq!(got.len(), wanted.len());
        for (got, wanted) in got.iter().zip(wanted) {
            // Five digits were printed of numbers to 26; a dozen layers in another order.
            assert!((got - wanted).abs() < 1e-4, "{sort:?}: {got} is not {wanted}");
        }
    }
    assert!(ask(Some(SORTS)).unwrap_err().to_string().contains("no sort 8"));
}

#[test]
fn rows_are_what_they_are_alone_and_short_weights_what_they_are_wide() {
    let short: BTreeMap<String, Tensor> = weights()
        .keys()
        .map(|key| (key.to_owned(), weights().plain(key).unwrap().to_dtype(DType::F16).unwrap()))
        .collect();
    let wide = short.iter().map(|(key, x)| (key.clone(), x.to_dtype(DType::F32).unwrap()));
    let wide = network(&Weights::from_tensors(wide.collect()));
    let short = network(&Weights::from_tensors(short));
    let (x, context) = (filled(&[2, 4, 8, 6], 0, 1.0), filled(&[2, 5, TOKEN], 1, 1.0));
    let (label, hint) = (filled(&[2, LABEL], 2, 1.0), filled(&[2, 3, 64, 48], 3, 0.5));
    let middle = |net: &ControlNet, rows: std::ops::Range<usize>, hints: std::ops::Range<usize>| {
        let cut = |x: &Tensor, rows: &std::ops::Range<usize>| {
            x.narrow(0, rows.start, rows.len()).unwrap().contiguous().unwrap()
        };
        let input = ControlInput {
            x: &cut(&x, &rows),
            timesteps: &[371.0, 371.0][rows.clone()],
            context: &cut(&context, &rows),
            label: Some(&cut(&label, &rows)),
            hint: &cut(&hint, &hints),
            sort: Some(3),
        };
        flat(&net.forward(&input).unwrap().middle)
    };
    let both = middle(&wide, 0..2, 0..2);
    assert!(both == [middle(&wide, 0..1, 0..1), middle(&wide, 1..2, 1..2)].concat());
    // One picture is for all rows.
    let one = [middle(&wide, 0..1, 0..1), middle(&wide, 1..2, 0..1)].concat();
    assert!(middle(&wide, 0..2, 0..1) == one && one != both);
    assert!(middle(&short, 0..2, 0..2) == both);
}
