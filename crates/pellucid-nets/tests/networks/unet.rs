//! UNet blocks and whole UNets.

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::blocks::{SinusoidOrder, Source, sinusoids, sinusoids_with};
use pellucid_nets::checkpoint::ldm_unet;
use pellucid_nets::unet::{
    Downsample, Heads, ResidualBlock, SizeConditioning, SpatialTransformer, TransformerBlock, Unet,
    UnetConfig, UnetInput, Upsample, size_vector,
};

use crate::fixture::{Case, Section, difference, pairs, renamed};

/// The fixtures' SDXL UNets have narrower heads than real ones, which no shape tells.
pub fn fixture_config(case: &Case<'_>, weights: &Weights) -> UnetConfig {
    let config = UnetConfig::from_weights(weights).unwrap();
    let heads = if config.label_width.is_some() { Heads::Width(16) } else { Heads::Count(8) };
    let written = &case.params["config"];
    if !written.is_null() {
        let number = |key: &str| written[key].as_u64().unwrap() as usize;
        assert_eq!(config.base_width, number("model_channels"));
        assert_eq!(config.context_width, number("context_dim"));
        assert_eq!(config.middle_depth, number("transformer_depth_middle"));
        let multipliers: Vec<u64> = config.levels.iter().map(|l| l.multiplier as u64).collect();
        assert_eq!(serde_json::json!(multipliers), written["channel_mult"]);
        let depths = config.levels.iter().flat_map(|l| [l.transformer_depth as u64; 2]);
        let depths: Vec<u64> = depths.collect();
        assert_eq!(serde_json::json!(depths), written["transformer_depth"]);
    }
    UnetConfig { heads, ..config }
}

pub fn plain_input<'a>(
    x: &'a Tensor,
    timesteps: &'a [f32],
    context: &'a Tensor,
    label: Option<&'a Tensor>,
) -> UnetInput<'a> {
    UnetInput { x, timesteps, context, label, control: &[], hooks: &[], roles: &[] }
}

fn section() -> Option<Section> {
    Section::open("06_unet")
}

fn source(weights: &Weights) -> Source {
    Source::new(weights, DType::F32, &Device::Cpu)
}

#[test]
fn every_case_of_the_section_has_a_test() {
    let Some(section) = section() else { return };
    let handled = [
        ("temb_", 2),
        ("resblock_", 4),
        ("spatial_transformer_", 4),
        ("transformer_block_", 4),
        ("updown_", 2),
        ("adm_", 3),
        ("sd15_", 5),
        ("sdxl_", 4),
    ];
    for (prefix, count) in handled {
        assert_eq!(section.cases(prefix).count(), count, "{prefix}");
    }
    assert_eq!(section.len(), handled.iter().map(|(_, count)| count).sum::<usize>());
}

#[test]
fn timesteps_become_cosines_then_sines() {
    let Some(section) = section() else { return };
    for case in section.cases("temb_") {
        let values = case.numbers("t");
        let width = case.params["dim"].as_u64().unwrap() as usize;
        let ours = sinusoids(&values, width, &Device::Cpu).unwrap();
        case.check("ldm", &ours);
        case.check("diffusers_sd", &ours);
        let other = sinusoids_with(&values, width, SinusoidOrder::SineFirst, 1.0, &Device::Cpu);
        case.check("diffusers_default", &other.unwrap());
        assert_eq!(sinusoids(&values, width + 1, &Device::Cpu).unwrap().dims()[1], width + 1);
    }
}

#[test]
fn residual_blocks_match_with_the_right_epsilon() {
    let Some(section) = section() else { return };
    for case in section.cases("resblock_") {
        let (x, embedding) = (case.input("x"), case.input("emb"));
        let (input, output) = (x.dims()[1], case.output("y").dims()[1]);
        let weights = source(&case.stored_weights());
        let block = ResidualBlock::load(&weights, input, output, embedding.dims()[1]).unwrap();
        case.check("y", &block.forward(&x, &embedding).unwrap());
    }
}

#[test]
fn spatial_transformers_match_in_both_layouts() {
    let Some(section) = section() else { return };
    for case in section.cases("spatial_transformer_") {
        let (x, context) = (case.input("x"), case.input("context"));
        let number = |key: &str| case.params[key].as_u64().unwrap() as usize;
        let transformer = SpatialTransformer::load(
            &source(&case.stored_weights()),
            x.dims()[1],
            context.dims()[2],
            number("heads"),
            number("depth"),
            case.params["linear"].as_bool().unwrap(),
        );
        case.check("y", &transformer.unwrap().forward(&x, &context).unwrap());
    }
}

#[test]
fn transformer_blocks_and_their_parts_match() {
    let Some(section) = section() else { return };
    for case in section.cases("transformer_block_") {
        let (x, context) = (case.input("x"), case.input("context"));
        let heads = case.params["heads"].as_u64().unwrap() as usize;
        let weights = source(&case.stored_weights());
        let (width, context_width) = (x.dims()[2], context.dims()[2]);
        let block = TransformerBlock::load(&weights, width, context_width, heads).unwrap();
        for output in case.outputs() {
            let got = match output {
                "block" => block.forward(&x, &context),
                "attn1" => block.self_attention.forward(&x, &x),
                "attn2" => block.cross_attention.forward(&x, &context),
                "ff" => block.feed_forward.forward(&x),
                other => panic!("unknown output {other}"),
            };
            case.check(output, &got.unwrap());
        }
    }
}

#[test]
fn resolution_changes_reach_odd_sizes() {
    let Some(section) = section() else { return };
    for case in section.cases("updown_") {
        let x = case.input("x");
        let (_, width, h, w) = x.dims4().unwrap();
        let weights = source(&case.stored_weights());
        let down = Downsample::load(&weights.under("down"), width).unwrap();
        let up = Upsample::load(&weights.under("up"), width).unwrap();
        case.check("down", &down.forward(&x).unwrap());
        case.check("up", &up.forward(&x, 2 * h, 2 * w).unwrap());
        case.check("up_odd", &up.forward(&x, 2 * h - 1, 2 * w - 1).unwrap());
    }
}

#[test]
fn the_label_vector_holds_pooled_text_and_six_sizes() {
    let Some(section) = section() else { return };
    for case in section.cases("adm_") {
        let number = |key: &str| case.params[key].as_u64().map(|n| n as u32);
        let size = match number("height") {
            None => SizeConditioning::whole(768, 768),
            Some(height) => SizeConditioning {
                height,
                width: number("width").unwrap(),
                crop_top: number("crop_h").unwrap(),
                crop_left: number("crop_w").unwrap(),
                target_height: number("target_height").unwrap(),
                target_width: number("target_width").unwrap(),
            },
        };
        case.check("y", &size_vector(&case.input("pooled"), &size).unwrap());
    }
}

#[test]
fn whole_unets_match_in_both_layouts() {
    let Some(section) = section() else { return };
    for name in ["sd15_16x16", "sd15_9x13", "sdxl_16x16", "sdxl_9x13"] {
        let case = section.case(name);
        let family = name.split('_').next().unwrap();
        let weights = case.synthetic_weights("manifest");
        let config = fixture_config(&case, &weights);
        let unet = Unet::load(&weights, &config, DType::F32, &Device::Cpu).unwrap();
        let (x, t, context) = (case.input("x"), case.numbers("t"), case.input("context"));
        let label = case.has_input("y").then(|| case.input("y"));
        let eps = unet.forward(&plain_input(&x, &t, &context, label.as_ref())).unwrap();
        case.check("eps", &eps);
        case.check("eps_diffusers", &eps);

        let map = section.json(&format!("06_unet/{family}.ldm_to_diffusers.json"));
        let there = renamed(&weights, &pairs(&map));
        assert!(!there.has("input_blocks.0.0.weight"));
        let back = renamed(&there, &ldm_unet(&there.shapes()));
        assert!(back.keys().eq(weights.keys()));
        let again = Unet::load(&back, &config, DType::F32, &Device::Cpu).unwrap();
        let again = again.forward(&plain_input(&x, &t, &context, label.as_ref())).unwrap();
        assert_eq!(difference(&eps, &again), 0.0);
    }
}

/// A UNet of the fixtures with inputs of any size.
fn with_unet(name: &str, dtype: DType, run: impl Fn(&Unet, &Tensor, Option<&Tensor>)) {
    let Some(section) = section() else { return };
    let case = section.case(name);
    let weights = case.synthetic_weights("manifest");
    let config = fixture_config(&case, &weights);
    let unet = Unet::load(&weights, &config, dtype, &Device::Cpu).unwrap();
    let label = case.has_input("y").then(|| case.input("y"));
    run(&unet, &case.input("context"), label.as_ref());
}

#[test]
fn latents_of_any_size_are_denoised() {
    with_unet("sd15_16x16", DType::F32, |unet, context, _| {
        for (height, width) in [(1, 1), (1, 9), (3, 2), (7, 5)] {
            let x = Tensor::ones((2, 4, height, width), DType::F32, &Device::Cpu).unwrap();
            let eps = unet.forward(&plain_input(&x, &[500.0, 3.5], context, None)).unwrap();
            assert_eq!(eps.dims(), x.dims());
            let sum = eps.sum_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(sum.is_finite());
        }
    });
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    with_unet("sdxl_16x16", DType::F32, |unet, context, label| {
        let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
        let (x, t, label) = (zeros(&[2, 4, 4, 4]), [1.0, 2.0], label.unwrap());
        let refused = |x: &Tensor, t: &[f32], context: &Tensor, label: Option<&Tensor>| {
            unet.forward(&plain_input(x, t, context, label)).is_err()
        };
        assert!(!refused(&x, &t, context, Some(label)));
        assert!(refused(&x, &t, context, None));
        assert!(refused(&x, &t[..1], context, Some(label)));
        assert!(refused(&x, &t, context, Some(&zeros(&[2, 63]))));
        for x in [zeros(&[2, 5, 4, 4]), zeros(&[2, 4, 0, 4]), zeros(&[4, 4, 4])] {
            assert!(refused(&x, &t, context, Some(label)));
        }
        for context in [zeros(&[2, 7, 47]), zeros(&[1, 7, 48]), zeros(&[2, 0, 48])] {
            assert!(refused(&x, &t, &context, Some(label)));
        }
    });
}

#[test]
fn half_precision_stays_near_f32() {
    let Some(section) = section() else { return };
    for name in ["sd15_9x13", "sdxl_16x16"] {
        let case = section.case(name);
        let (x, t, context) = (case.input("x"), case.numbers("t"), case.input("context"));
        let wanted = case.output("eps");
        let largest = wanted.abs().unwrap().flatten_all().unwrap().max(0).unwrap();
        let largest = largest.to_scalar::<f32>().unwrap();
        // Roundings of 2^-11 and 2^-8 in each of some hundred layers add up like a random walk.
        for (dtype, tolerance) in [(DType::F16, 0.02), (DType::BF16, 0.15)] {
            with_unet(name, dtype, |unet, _, label| {
                let eps = unet.forward(&plain_input(&x, &t, &context, label)).unwrap();
                assert_eq!(eps.dtype(), DType::F32);
                let apart = difference(&eps, &wanted);
                assert!(apart > 0.0 && apart < tolerance * largest, "{name} {dtype:?}: {apart}");
            });
        }
    }
}

#[test]
fn sdxl_listens_to_its_size_conditioning() {
    with_unet("sdxl_16x16", DType::F32, |unet, context, label| {
        let x = Tensor::ones((2, 4, 4, 4), DType::F32, &Device::Cpu).unwrap();
        let eps = |label: &Tensor| {
            unet.forward(&plain_input(&x, &[10.0, 10.0], context, Some(label))).unwrap()
        };
        let label = label.unwrap();
        // The last 24 of the 64 numbers are the sizes.
        let text = label.narrow(1, 0, 40).unwrap();
        let no_size = text.pad_with_zeros(1, 0, 24).unwrap();
        assert!(difference(&eps(label), &eps(&no_size)) > 1e-3);
    });
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    with_unet("sd15_16x16", DType::F32, |unet, context, _| {
        let x = Tensor::arange(0f32, 2.0 * 4.0 * 17.0 * 12.0, &Device::Cpu).unwrap();
        let x = x.sin().unwrap().reshape((2, 4, 17, 12)).unwrap();
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| unet.forward(&plain_input(&x, &[700.0, 30.0], context, None)).unwrap())
        };
        let one = run(1);
        for threads in [2, 5] {
            assert_eq!(difference(&one, &run(threads)), 0.0, "{threads} threads");
        }
    });
}
