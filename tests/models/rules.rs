//! How large the numbers of a tensor are, by its name and shape.
//!
//! The rules keep random networks tame: features keep their size from layer to layer, attention
//! has some spread, and a UNet has a straight path from input to output, so that it is a crude
//! denoiser and rounding errors do not grow over a run.

use pellucid_synthetic::{Entry, Init};

/// The numbers of a network's tensor.
pub fn network(key: &str, shape: &[usize]) -> Entry {
    let plain = shape.len() < 2;
    match key {
        _ if key.ends_with("logit_scale") => constant(shape, 4.6),
        _ if key.ends_with("out.2.bias") && key.contains("diffusion_model") => {
            uniform(shape, 0.05, -0.5)
        }
        _ if plain && key.ends_with("weight") => uniform(shape, 0.1, 1.0),
        _ if plain => uniform(shape, 0.05, 0.0),
        _ if key.contains("token_embedding") => uniform(shape, 0.3, 0.0),
        _ if key.contains("position") => uniform(shape, 0.1, 0.0),
        _ => weight(shape, network_gain(key), straight_path(key, shape)),
    }
}

/// The numbers of a UNet that stands alone in its file.
pub fn unet(key: &str, shape: &[usize]) -> Entry {
    network(&format!("model.diffusion_model.{key}"), shape)
}

/// The numbers of a transparency decoder.
pub fn decoder(key: &str, shape: &[usize]) -> Entry {
    match key {
        "conv_out.bias" => uniform(shape, 0.05, 0.5),
        "conv_out.weight" => weight(shape, 0.45, None),
        "latent_conv_in.weight" => weight(shape, 0.3, None),
        _ if key.contains(".conv2.") && shape.len() > 1 => weight(shape, 0.5, None),
        _ => network(key, shape),
    }
}

/// The numbers of a transparency encoder, whose output is multiplied by 300 afterwards.
pub fn encoder(key: &str, shape: &[usize]) -> Entry {
    match key {
        "blocks.16.bias" => uniform(shape, 0.001, 0.0),
        "blocks.16.weight" => weight(shape, 0.01, None),
        _ if shape.len() > 1 => weight(shape, 1.7, None),
        _ => uniform(shape, 0.05, 0.0),
    }
}

/// The numbers of shared attentions and of the network that looks at a given layer.
pub fn sharing(key: &str, shape: &[usize]) -> Entry {
    let gain = match key {
        _ if shape.len() < 2 => return network(key, shape),
        _ if key.contains("temporal_q") || key.contains("temporal_k") => 1.3,
        _ if key.contains("temporal_o") => 0.7,
        _ if key.ends_with("up.weight") => 0.5,
        _ if key.contains("control_convs") && key.ends_with(".2.weight") => 1.0,
        _ if key.contains("control") || key.starts_with("kwargs_encoder") => 1.7,
        _ => 1.0,
    };
    weight(shape, gain, None)
}

/// The numbers of a layer patch for SDXL: differences, or products of two matrices.
pub fn patch(key: &str, shape: &[usize]) -> Entry {
    match key {
        _ if shape.len() < 2 => uniform(shape, 0.05, 0.0),
        _ if key.contains("input_blocks.0.0.") => weight(shape, 0.8, None),
        _ if key.ends_with("::lora::0") => weight(shape, 0.5, None),
        _ if key.ends_with("::lora::1") => weight(shape, 1.0, None),
        _ => weight(shape, 0.3, None),
    }
}

/// The numbers of a LoRA.
pub fn lora(key: &str, shape: &[usize]) -> Entry {
    match key {
        _ if key.ends_with("alpha") => constant(shape, 2.0),
        _ => weight(shape, 1.0, None),
    }
}

/// The numbers of a depth estimator, which are more than 0 nearly everywhere.
pub fn depth(key: &str, shape: &[usize]) -> Entry {
    match key {
        "depth_head.scratch.output_conv2.0.bias" | "depth_head.scratch.output_conv2.2.bias" => {
            uniform(shape, 0.05, 3.0)
        }
        _ if key.ends_with("gamma") => uniform(shape, 0.1, 1.0),
        _ => network(key, shape),
    }
}

/// The numbers of an upscaling network, with a straight path from picture to picture.
pub fn upscaler(key: &str, shape: &[usize]) -> Entry {
    let straight = match key.rsplit('.').nth(1) {
        _ if shape.len() < 2 => return uniform(shape, 0.02, 0.0),
        Some("conv_first") => Some(1.0),
        // Two channels of a colour each.
        Some("conv_up1" | "conv_up2" | "conv_hr" | "conv_last") => Some(0.5),
        _ => None,
    };
    weight(shape, if straight.is_some() { 0.1 } else { 0.5 }, straight)
}

/// The numbers of word vectors, as large as those of the encoders.
pub fn words(_: &str, shape: &[usize]) -> Entry {
    uniform(shape, 0.3, 0.0)
}

/// The standard deviation of what a layer gives, for inputs of deviation 1.
fn network_gain(key: &str) -> f64 {
    let ends: [(&str, f64); 11] = [
        ("to_q.weight", 1.3),
        ("to_k.weight", 1.3),
        ("q_proj.weight", 1.3),
        ("k_proj.weight", 1.3),
        ("in_proj_weight", 1.4),
        ("out_layers.3.weight", 0.5),
        ("proj_out.weight", 0.5),
        ("emb_layers.1.weight", 0.7),
        ("decoder.conv_out.weight", 0.5),
        ("diffusion_model.input_blocks.0.0.weight", 0.5),
        ("diffusion_model.out.2.weight", 0.3),
    ];
    if key.contains("zero_convs") || key.contains("middle_block_out") {
        return 0.7;
    }
    ends.into_iter().find(|(end, _)| key.ends_with(end)).map_or(1.0, |(_, gain)| gain)
}

/// What is added between channels of equal number modulo 4, from a UNet's input to its output.
fn straight_path(key: &str, shape: &[usize]) -> Option<f64> {
    let name = key.strip_prefix("model.diffusion_model.")?;
    let from = shape[1] as f64;
    match name {
        "input_blocks.0.0.weight" => Some(1.0),
        "out.2.weight" => Some(9.6 / from),
        _ if name.starts_with("output_blocks.") && name.ends_with("skip_connection.weight") => {
            Some(8.0 / from)
        }
        _ => None,
    }
}

/// Numbers whose sum over the inputs of a layer has a deviation of `gain`.
fn weight(shape: &[usize], gain: f64, diag: Option<f64>) -> Entry {
    let inputs: usize = shape[1..].iter().product();
    Entry { diag, ..uniform(shape, gain * (3.0 / inputs as f64).sqrt(), 0.0) }
}

fn uniform(shape: &[usize], scale: f64, offset: f64) -> Entry {
    Entry {
        shape: shape.to_vec(),
        dtype: None,
        scale,
        offset,
        diag: None,
        gen_key: None,
        gen_start: 0,
        gen_transpose: false,
        init: None,
        value: 0.0,
        table: None,
    }
}

fn constant(shape: &[usize], value: f64) -> Entry {
    Entry { init: Some(Init::Const), value, ..uniform(shape, 0.0, 0.0) }
}
