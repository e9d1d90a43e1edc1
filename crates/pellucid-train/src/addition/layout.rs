//! The tensors of additions, by the keys of the released files, and how they start.

use candle_core::{Device, Tensor, Var};
use pellucid_nets::checkpoint::{Shapes, controlnet_layout};
use pellucid_nets::layer_diffuse::sharing_sites;
use pellucid_nets::unet::{Block, UnetConfig};

use super::kind::Kind;
use crate::base::Base;
use crate::config::AdditionTask;
use crate::error::TrainError;
use crate::parameters::Parameters;

/// The convolution that sees the noisy latent and what is concatenated with it.
pub(super) const FIRST: &str = "input_blocks.0.0.weight";

/// Parameters that change nothing at first.
pub(super) fn fresh(
    task: &AdditionTask,
    base: &Base,
    seed: u64,
    device: &Device,
) -> Result<Parameters, TrainError> {
    match task.kind {
        Kind::Edges => control(base, seed, device),
        kind if kind.is_sharing() => {
            let gain = |key: &str| {
                let silent = key.ends_with("up.weight")
                    || key.contains("temporal_o")
                    || (key.contains("control_convs") && key.ends_with(".2.weight"));
                if silent { 0.0 } else { 1.0 }
            };
            Parameters::fresh(&sharing(task, &base.config), seed, gain, device)
        }
        _ => {
            let gain = |key: &str| if key.ends_with("::lora::1") { 1.0 } else { 0.0 };
            Parameters::fresh(&patch(task, base), seed, gain, device)
        }
    }
}

/// Weights of a UNet that a patch changes by low-rank products: those of all attentions.
pub(super) fn is_attention(key: &str) -> bool {
    let parts = ["to_q.weight", "to_k.weight", "to_v.weight", "to_out.0.weight"];
    (key.contains(".attn1.") || key.contains(".attn2.")) && parts.iter().any(|p| key.ends_with(p))
}

fn patch(task: &AdditionTask, base: &Base) -> Shapes {
    let mut shapes = Shapes::new();
    for (key, tensor) in base.tensors.iter().filter(|(key, _)| is_attention(key)) {
        let [output, input] = [tensor.dims()[0], tensor.dims()[1]];
        shapes.insert(format!("{key}::lora::0"), vec![output, task.rank]);
        shapes.insert(format!("{key}::lora::1"), vec![task.rank, input]);
    }
    let concatenated = task.kind.concatenated().len();
    if concatenated > 0 {
        let input = base.config.in_channels + 4 * concatenated;
        shapes.insert(format!("{FIRST}::diff::0"), vec![base.config.base_width, input, 3, 3]);
    }
    shapes
}

/// Channels at an attention.
fn width(config: &UnetConfig, block: Block) -> usize {
    let level = match block {
        Block::Input(index) => index.saturating_sub(1) / 3,
        Block::Output(index) => 3usize.saturating_sub(index / 3),
        Block::Middle => return config.middle_width(),
    };
    config.levels.get(level).map_or(config.base_width, |level| config.width(level))
}

fn sharing(task: &AdditionTask, config: &UnetConfig) -> Shapes {
    let mut shapes = Shapes::new();
    let (frames, channels) = (task.kind.frames(false).len(), task.control_width);
    let controlled = task.kind.is_controlled();
    let mut layer = |key: String, shape: &[usize]| {
        shapes.insert(format!("{key}.bias"), vec![shape[0]]);
        shapes.insert(format!("{key}.weight"), shape.to_vec());
    };
    let mut low_rank = Vec::new();
    for (index, (block, cross)) in sharing_sites().into_iter().enumerate() {
        let (key, width) = (format!("hookers.layers.{index}"), width(config, block));
        let context = if cross { config.context_width } else { width };
        for frame in 0..frames {
            for (part, input) in [("q", width), ("k", context), ("v", context), ("out", width)] {
                let key = format!("{key}.to_{part}_lora.{frame}");
                low_rank.push((format!("{key}.down.weight"), vec![task.rank, input]));
                low_rank.push((format!("{key}.up.weight"), vec![width, task.rank]));
            }
            if controlled {
                let key = format!("{key}.control_convs.{frame}");
                layer(format!("{key}.0"), &[channels, channels, 3, 3]);
                layer(format!("{key}.2"), &[width, channels, 1, 1]);
            }
        }
        for part in ["i", "q", "k", "v", "o"] {
            layer(format!("{key}.temporal_{part}"), &[width, width]);
        }
        layer(format!("{key}.temporal_n"), &[width]);
    }
    if controlled {
        let mut input = 3;
        for (index, part) in [8, 8, 4, 4, 2, 2, 1, 1].into_iter().enumerate() {
            let output = (channels / part).max(1);
            layer(format!("kwargs_encoder.blocks_0.{}", 2 * index), &[output, input, 3, 3]);
            input = output;
        }
        for stage in 1..4 {
            for index in [0, 2] {
                let key = format!("kwargs_encoder.blocks_{stage}.{index}");
                layer(key, &[channels, channels, 3, 3]);
            }
        }
    }
    shapes.extend(low_rank);
    shapes
}

/// The encoder starts as the UNet's, its outputs as zero.
fn control(base: &Base, seed: u64, device: &Device) -> Result<Parameters, TrainError> {
    let layout = controlnet_layout(&base.config, 3, None);
    let silent = |key: &str| key.starts_with("zero_convs") || key.starts_with("middle_block_out");
    let gain = |key: &str| if silent(key) { 0.0 } else { 1.4 };
    let mut parameters = Parameters::fresh(&layout, seed, gain, device)?;
    for (key, var) in &mut parameters.vars {
        if let Some(tensor) = base.tensors.get(key) {
            let tensor: Tensor = tensor.reshape(var.shape())?.to_device(device)?;
            *var = Var::from_tensor(&tensor)?;
        }
    }
    Ok(parameters)
}
