//! Checkpoints, their parts alone, ControlNets, LoRAs and word vectors.

use std::collections::BTreeMap;

use pellucid_nets::checkpoint::{
    ClipConfig, ClipKind, DepthConfig, Heads, UnetConfig, UnetLevel, UpscalerConfig, UpscalerNames,
    VaeConfig, clip_layout, controlnet_layout, depth_layout, unet_layout, upscaler_layout,
    vae_layout,
};

use super::{File, rules};

type Shapes = BTreeMap<String, Vec<usize>>;

/// Channels of a token in either text encoder: one head of the real width.
const TOKEN: usize = 64;

pub fn files() -> Vec<File> {
    let file = |place, shapes, rule| File { place, shapes, rule };
    vec![
        file("checkpoints/tiny_sd15", sd15_checkpoint(), rules::network),
        file("checkpoints/tiny_sdxl", sdxl_checkpoint(), rules::network),
        file(
            "checkpoints/tiny_unet_only",
            prefixed("model.diffusion_model.", unet_layout(&sd15_unet())),
            rules::network,
        ),
        file("diffusion_models/tiny_sd15_unet", unet_layout(&sd15_unet()), rules::unet),
        file("depth/tiny_depth", depth_layout(&depth()), rules::depth),
        file("upscale_models/tiny_upscaler", upscaler(), rules::upscaler),
        file("vae/tiny_vae", vae_layout(&vae()), rules::network),
        file("vae/tiny_vae_rgba", vae_layout(&VaeConfig { channels: 4, ..vae() }), rules::network),
        file("text_encoders/tiny_clip_l", clip_layout(&clip(ClipKind::L)), rules::network),
        file("text_encoders/tiny_clip_g", clip_layout(&clip(ClipKind::BigG)), rules::network),
        file("controlnet/tiny_control_sd15", controlnet(&sd15_unet(), None), rules::network),
        file("controlnet/tiny_control_sdxl", controlnet(&sdxl_unet(), None), rules::network),
        file("controlnet/tiny_union_sdxl", controlnet(&sdxl_unet(), Some(6)), rules::network),
        file("loras/tiny_lora_sd15", lora_sd15(), rules::lora),
        file("loras/tiny_lora_sdxl", lora_sdxl(), rules::lora),
        file(
            "embeddings/tiny_word",
            Shapes::from([("emb_params".into(), vec![2, TOKEN])]),
            rules::words,
        ),
    ]
}

/// A transformer of four blocks with one head.
fn depth() -> DepthConfig {
    DepthConfig { width: TOKEN, blocks: 4, side: 6, maps: [8; 4], features: 8, last: 8 }
}

/// Two blocks of an upscaling network that makes sides four times as long.
fn upscaler() -> Shapes {
    upscaler_layout(&UpscalerConfig {
        prefix: "params_ema.".into(),
        names: UpscalerNames::Body,
        width: 8,
        growth: 4,
        blocks: 2,
        doublings: 2,
        divisor: 1,
    })
}

/// The blocks of SD1.5 at a tenth of its width.
pub fn sd15_unet() -> UnetConfig {
    let level = |multiplier, transformer_depth| UnetLevel {
        multiplier,
        residual_blocks: 2,
        transformer_depth,
    };
    UnetConfig {
        in_channels: 4,
        out_channels: Some(4),
        base_width: 32,
        levels: vec![level(1, 1), level(2, 1), level(2, 1), level(4, 0)],
        middle_depth: 1,
        context_width: TOKEN,
        heads: Heads::Count(8),
        label_width: None,
        dense_projections: false,
    }
}

/// The levels of SDXL with one block each and one head of the real width.
pub fn sdxl_unet() -> UnetConfig {
    const SIZES: usize = 6 * 256;
    let level =
        |transformer_depth| UnetLevel { multiplier: 1, residual_blocks: 1, transformer_depth };
    UnetConfig {
        in_channels: 4,
        out_channels: Some(4),
        base_width: 64,
        levels: vec![level(0), level(1), level(2)],
        middle_depth: 2,
        context_width: 2 * TOKEN,
        heads: Heads::Width(64),
        label_width: Some(TOKEN + SIZES),
        dense_projections: true,
    }
}

fn vae() -> VaeConfig {
    VaeConfig {
        channels: 3,
        latent_channels: 4,
        base_width: 32,
        multipliers: vec![1, 1, 1, 1],
        residual_blocks: 1,
    }
}

fn clip(kind: ClipKind) -> ClipConfig {
    ClipConfig {
        kind,
        width: TOKEN,
        heads: 1,
        layers: 2,
        inner_width: 2 * TOKEN,
        positions: 77,
        vocabulary: 49408,
        projection: (kind == ClipKind::BigG).then_some(TOKEN),
    }
}

fn sd15_checkpoint() -> Shapes {
    let mut shapes = prefixed("model.diffusion_model.", unet_layout(&sd15_unet()));
    shapes.extend(prefixed("first_stage_model.", vae_layout(&vae())));
    let clip = clip_layout(&clip(ClipKind::L));
    shapes.extend(prefixed("cond_stage_model.transformer.", clip));
    shapes
}

fn sdxl_checkpoint() -> Shapes {
    let mut shapes = prefixed("model.diffusion_model.", unet_layout(&sdxl_unet()));
    shapes.extend(prefixed("first_stage_model.", vae_layout(&vae())));
    let l = clip_layout(&clip(ClipKind::L));
    shapes.extend(prefixed("conditioner.embedders.0.transformer.", l));
    shapes.extend(prefixed("conditioner.embedders.1.model.", open_clip()));
    shapes
}

/// bigG in the names that SDXL checkpoints have it under.
fn open_clip() -> Shapes {
    let config = clip(ClipKind::BigG);
    let mut shapes = Shapes::from([
        ("token_embedding.weight".into(), vec![config.vocabulary, TOKEN]),
        ("positional_embedding".into(), vec![config.positions, TOKEN]),
        ("text_projection".into(), vec![TOKEN, TOKEN]),
        ("logit_scale".into(), vec![]),
    ]);
    norm(&mut shapes, "ln_final");
    for layer in 0..config.layers {
        let layer = format!("transformer.resblocks.{layer}");
        norm(&mut shapes, &format!("{layer}.ln_1"));
        norm(&mut shapes, &format!("{layer}.ln_2"));
        shapes.insert(format!("{layer}.attn.in_proj_weight"), vec![3 * TOKEN, TOKEN]);
        shapes.insert(format!("{layer}.attn.in_proj_bias"), vec![3 * TOKEN]);
        linear(&mut shapes, &format!("{layer}.attn.out_proj"), TOKEN, TOKEN);
        linear(&mut shapes, &format!("{layer}.mlp.c_fc"), TOKEN, config.inner_width);
        linear(&mut shapes, &format!("{layer}.mlp.c_proj"), config.inner_width, TOKEN);
    }
    shapes
}

fn norm(shapes: &mut Shapes, key: &str) {
    shapes.insert(format!("{key}.weight"), vec![TOKEN]);
    shapes.insert(format!("{key}.bias"), vec![TOKEN]);
}

fn linear(shapes: &mut Shapes, key: &str, from: usize, to: usize) {
    shapes.insert(format!("{key}.weight"), vec![to, from]);
    shapes.insert(format!("{key}.bias"), vec![to]);
}

fn controlnet(unet: &UnetConfig, sorts: Option<usize>) -> Shapes {
    let half = UnetConfig { out_channels: None, ..unet.clone() };
    prefixed("control_model.", controlnet_layout(&half, 3, sorts))
}

fn lora_sd15() -> Shapes {
    let unet = unet_layout(&sd15_unet());
    let mut shapes = Shapes::new();
    for block in ["input_blocks.1.1", "middle_block.1", "output_blocks.8.1"] {
        for part in ["attn1.to_q", "attn2.to_v"] {
            let layer = format!("{block}.transformer_blocks.0.{part}");
            let [to, from] = unet[&format!("{layer}.weight")][..] else { continue };
            adapter(&mut shapes, &format!("lora_unet_{}", layer.replace('.', "_")), from, to);
        }
    }
    adapter(&mut shapes, "lora_te_text_model_encoder_layers_0_mlp_fc1", TOKEN, 2 * TOKEN);
    shapes
}

fn lora_sdxl() -> Shapes {
    let width = sdxl_unet().base_width;
    let mut shapes = Shapes::new();
    let block = "lora_unet_middle_block_1_transformer_blocks_1";
    adapter(&mut shapes, &format!("{block}_attn1_to_q"), width, width);
    adapter(&mut shapes, &format!("{block}_attn2_to_v"), 2 * TOKEN, width);
    for encoder in ["lora_te1", "lora_te2"] {
        let layer = format!("{encoder}_text_model_encoder_layers_0_mlp_fc1");
        adapter(&mut shapes, &layer, TOKEN, 2 * TOKEN);
    }
    shapes
}

fn adapter(shapes: &mut Shapes, layer: &str, from: usize, to: usize) {
    const RANK: usize = 4;
    shapes.insert(format!("{layer}.lora_down.weight"), vec![RANK, from]);
    shapes.insert(format!("{layer}.lora_up.weight"), vec![to, RANK]);
    shapes.insert(format!("{layer}.alpha"), vec![]);
}

fn prefixed(prefix: &str, shapes: Shapes) -> Shapes {
    shapes.into_iter().map(|(key, shape)| (format!("{prefix}{key}"), shape)).collect()
}
