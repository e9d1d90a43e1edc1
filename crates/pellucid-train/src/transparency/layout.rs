//! The tensors of the latent transparency encoder and decoder, by the keys of the released files.

use pellucid_nets::checkpoint::Shapes;

use crate::config::TransparencyTask;

/// The tensors of an encoder with the given widths.
pub fn encoder_layout(widths: &[usize; 8]) -> Shapes {
    let mut shapes = Shapes::new();
    let mut input = 4;
    for (index, &output) in widths.iter().chain([&4]).enumerate() {
        shapes.insert(format!("blocks.{}.weight", 2 * index), vec![output, input, 3, 3]);
        shapes.insert(format!("blocks.{}.bias", 2 * index), vec![output]);
        input = output;
    }
    shapes
}

/// The tensors of a decoder with the given widths, finest level first.
pub fn decoder_layout(task: &TransparencyTask) -> Shapes {
    let widths = &task.decoder_widths;
    let (levels, first, last) = (widths.len(), widths[0], widths[widths.len() - 1]);
    let mut layout = DecoderLayout { shapes: Shapes::new() };
    layout.layer("conv_in", &[first, 3, 3, 3]);
    layout.layer("latent_conv_in", &[widths[2], 4, 1, 1]);
    let (mut input, mut skips) = (first, vec![first]);
    for (level, &width) in widths.iter().enumerate() {
        for index in 0..task.residual_blocks {
            let attends = level + task.attention_levels >= levels;
            layout.block(&format!("down_blocks.{level}"), index, input, width, attends);
            input = width;
            skips.push(width);
        }
        if level + 1 < levels {
            layout
                .layer(&format!("down_blocks.{level}.downsamplers.0.conv"), &[width, width, 3, 3]);
            skips.push(width);
        }
    }
    layout.residual("mid_block.resnets.0", last, last);
    layout.attention("mid_block.attentions.0", last);
    layout.residual("mid_block.resnets.1", last, last);
    for (level, &width) in widths.iter().rev().enumerate() {
        for index in 0..=task.residual_blocks {
            let from = input + skips.pop().unwrap_or(0);
            let attends = level < task.attention_levels;
            layout.block(&format!("up_blocks.{level}"), index, from, width, attends);
            input = width;
        }
        if level + 1 < levels {
            layout.layer(&format!("up_blocks.{level}.upsamplers.0.conv"), &[width, width, 3, 3]);
        }
    }
    layout.norm("conv_norm_out", first);
    layout.layer("conv_out", &[4, first, 3, 3]);
    layout.shapes
}

struct DecoderLayout {
    shapes: Shapes,
}

impl DecoderLayout {
    fn layer(&mut self, key: &str, shape: &[usize]) {
        self.shapes.insert(format!("{key}.weight"), shape.to_vec());
        self.shapes.insert(format!("{key}.bias"), vec![shape[0]]);
    }

    fn norm(&mut self, key: &str, width: usize) {
        self.layer(key, &[width]);
    }

    fn residual(&mut self, key: &str, input: usize, output: usize) {
        self.norm(&format!("{key}.norm1"), input);
        self.layer(&format!("{key}.conv1"), &[output, input, 3, 3]);
        self.norm(&format!("{key}.norm2"), output);
        self.layer(&format!("{key}.conv2"), &[output, output, 3, 3]);
        if input != output {
            self.layer(&format!("{key}.conv_shortcut"), &[output, input, 1, 1]);
        }
    }

    fn attention(&mut self, key: &str, width: usize) {
        self.norm(&format!("{key}.group_norm"), width);
        for part in ["to_q", "to_k", "to_v", "to_out.0"] {
            self.layer(&format!("{key}.{part}"), &[width, width]);
        }
    }

    fn block(&mut self, level: &str, index: usize, input: usize, output: usize, attends: bool) {
        self.residual(&format!("{level}.resnets.{index}"), input, output);
        if attends {
            self.attention(&format!("{level}.attentions.{index}"), output);
        }
    }
}
