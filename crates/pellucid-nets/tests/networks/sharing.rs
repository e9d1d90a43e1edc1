//! Attention sharing and patch files, alone and inside UNets.

use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::blocks::Source;
use pellucid_nets::layer_diffuse::{
    AttentionSharing, SharingHook, SharingLayer, StopAt, sharing_sites,
};
use pellucid_nets::patch::{Delta, Patch, layer_diffuse_patches};
use pellucid_nets::schedule::Discretisation;
use pellucid_nets::unet::{
    Attention, AttentionCall, AttentionHook, AttentionSite, Block, Next, Role, Unet, UnetConfig,
    UnetInput,
};
use pellucid_nets::vae::LatentFormat;

use crate::fixture::{Case, Section, channels_first, difference};
use crate::layer_diffuse;
use crate::synthetic;
use crate::unet::plain_input;

fn section() -> Option<Section> {
    Section::open("08b_layerdiffuse_unet")
}

/// The first half of the rows is the negative conditioning, as the reference sends them.
fn roles(rows: usize) -> Vec<Role> {
    [vec![Role::Negative; rows / 2], vec![Role::Positive; rows / 2]].concat()
}

fn prompts(case: &Case<'_>, frames: usize) -> Vec<Option<Tensor>> {
    let prompt = |frame: usize| {
        let name = format!("ow{frame}");
        case.has_input(&name).then(|| case.input(&name))
    };
    (0..frames).map(prompt).collect()
}

#[test]
fn every_case_of_the_section_has_a_test() {
    let Some(section) = section() else { return };
    let handled = [
        ("fg2bg_", 2),
        ("bg2fg_", 2),
        ("joint_", 2),
        ("layer_xl_", 12),
        ("strength_", 4),
        ("forge_smaller_diff", 1),
    ];
    for (prefix, count) in handled {
        assert_eq!(section.cases(prefix).count(), count, "{prefix}");
    }
    // `fg` alone, and the two schedules that are plain JSON.
    assert_eq!(section.len(), handled.iter().map(|(_, count)| count).sum::<usize>() + 3);
}

#[test]
fn a_shared_attention_matches() {
    let Some(section) = layer_diffuse::section() else { return };
    for case in section.cases("unit_") {
        let manifest = section.json(case.params["manifest"].as_str().unwrap());
        let source = |weights| Source::new(&weights, DType::F32, &Device::Cpu);
        let layer = SharingLayer::load(&source(synthetic::weights(&manifest))).unwrap();
        assert_eq!(layer.frames as u64, case.params["frames"].as_u64().unwrap());
        let hidden = case.input("h");
        let (rows, tokens, width) = hidden.dims3().unwrap();
        let cross = case.params["cross"].as_bool().unwrap();
        let context = cross.then(|| case.input("context"));
        let heads = case.params["heads"].as_u64().unwrap() as usize;
        let base = source(synthetic::weights(&manifest["base"]));
        let context_width = context.as_ref().map_or(width, |context| context.dims()[2]);
        let attention = Attention::load(&base, width, context_width, heads).unwrap();
        let signals: Vec<Tensor> = case
            .has_input("control_signal")
            .then(|| case.input("control_signal"))
            .into_iter()
            .collect();
        let prompts = prompts(&case, layer.frames);
        let roles = roles(rows);
        let site =
            AttentionSite { block: Block::Middle, depth: 0, cross, height: 1, width: tokens };
        let attend = |hidden: Tensor, signals: &[Tensor]| {
            let call = AttentionCall {
                site,
                attention: &attention,
                hidden,
                context: context.clone(),
                low_rank: Vec::new(),
                roles: &roles,
            };
            layer.attend(call, Next::new(&[]), signals, &prompts)
        };
        case.check("y", &attend(hidden.clone(), &signals).unwrap());
        if case.has_output("y_small") {
            case.check("y_small", &attend((&hidden * 0.001).unwrap(), &signals).unwrap());
        }
        if !signals.is_empty() {
            let other = signals[0].pad_with_zeros(3, 0, 1).unwrap();
            assert!(attend(hidden.clone(), &[other]).is_err());
        }
        if layer.frames == 3 {
            assert!(attend(hidden.narrow(0, 0, 4).unwrap(), &signals).is_err());
        }
    }
}

#[test]
fn shared_attentions_stand_in_the_order_of_the_file() {
    let Some(section) = layer_diffuse::section() else { return };
    let modules = section.json("08_layerdiffuse/attention_modules.json");
    let sites = sharing_sites();
    assert_eq!(sites.len(), modules.as_object().unwrap().len());
    for (index, (block, cross)) in sites.into_iter().enumerate() {
        let block = match block {
            Block::Input(n) => format!("input_blocks.{n}"),
            Block::Middle => "middle_block".to_owned(),
            Block::Output(n) => format!("output_blocks.{n}"),
        };
        let attention = if cross { "attn2" } else { "attn1" };
        let name = format!("{block}.1.transformer_blocks.0.{attention}");
        assert_eq!(modules[index.to_string()], name);
    }
}

/// What a UNet makes of a noisy latent: the picture it sees in the noise.
fn denoised(
    case: &Case<'_>,
    unet: &Unet,
    concat: Option<&Tensor>,
    hooks: &[Arc<dyn AttentionHook>],
) -> Tensor {
    let (x, context) = (case.input("x"), case.input("context"));
    let sigmas = case.numbers("sigma");
    let timesteps: Vec<f32> = sigmas.iter().map(|&s| crate::controlnet::timestep(s)).collect();
    let label = case.has_input("y").then(|| case.input("y"));
    let column = |values: Vec<f32>| Tensor::from_vec(values, (sigmas.len(), 1, 1, 1), &Device::Cpu);
    let divisors = sigmas.iter().map(|sigma| (sigma * sigma + 1.0).sqrt()).collect();
    let scaled = x.broadcast_div(&column(divisors).unwrap()).unwrap();
    let scaled = match concat {
        Some(concat) => Tensor::cat(&[&scaled, concat], 1).unwrap(),
        None => scaled,
    };
    let roles = roles(sigmas.len());
    let input = plain_input(&scaled, &timesteps, &context, label.as_ref());
    let eps = unet.forward(&UnetInput { hooks, roles: &roles, ..input }).unwrap();
    (x - eps.broadcast_mul(&column(sigmas.clone()).unwrap()).unwrap()).unwrap()
}

/// These UNets went through the reference's loader, so their heads follow the real models' rule.
fn unet(weights: &Weights) -> Unet {
    let config = UnetConfig::from_weights(weights).unwrap();
    Unet::load(weights, &config, DType::F32, &Device::Cpu).unwrap()
}

#[test]
fn frames_share_attention_inside_a_unet() {
    let Some(section) = section() else { return };
    for name in [
        "fg",
        "joint_plain",
        "joint_conds",
        "fg2bg_plain",
        "fg2bg_conds",
        "bg2fg_plain",
        "bg2fg_conds",
    ] {
        let case = section.case(name);
        let unet = unet(&case.synthetic_weights("unet_manifest"));
        let weights = case.synthetic_weights("patch_manifest");
        let sharing = AttentionSharing::load(&weights, DType::F32, &Device::Cpu).unwrap();
        assert_eq!(sharing.frames as u64, case.params["frames"].as_u64().unwrap());
        assert_eq!(sharing.control.is_some(), case.has_input("image_bhwc"));
        let mut hook = SharingHook::new(Arc::new(sharing));
        if case.has_input("image_bhwc") {
            let picture = channels_first(&case.input("image_bhwc"));
            hook.show(&picture).unwrap();
        }
        hook.prompts = prompts(&case, case.params["frames"].as_u64().unwrap() as usize);
        let hooks: [Arc<dyn AttentionHook>; 1] = [Arc::new(hook)];
        case.check("denoised_base", &denoised(&case, &unet, None, &[]));
        case.check("denoised", &denoised(&case, &unet, None, &hooks));
    }
}

/// Scales what an attention adds, and counts nothing else.
struct Scaled(f64);

impl AttentionHook for Scaled {
    fn attend(
        &self,
        call: AttentionCall<'_>,
        next: Next<'_>,
    ) -> Result<Tensor, pellucid_nets::blocks::NetworkError> {
        Ok((next.attend(call)? * self.0)?)
    }
}

#[test]
fn hooks_compose_and_none_replaces_another() {
    let Some(section) = section() else { return };
    let case = section.case("joint_plain");
    let unet = unet(&case.synthetic_weights("unet_manifest"));
    let weights = case.synthetic_weights("patch_manifest");
    let sharing = AttentionSharing::load(&weights, DType::F32, &Device::Cpu).unwrap();
    let sharing: Arc<dyn AttentionHook> = Arc::new(SharingHook::new(Arc::new(sharing)));
    let scaled = |factor: f64| -> Arc<dyn AttentionHook> { Arc::new(Scaled(factor)) };
    let run = |hooks: &[Arc<dyn AttentionHook>]| denoised(&case, &unet, None, hooks);

    let shared = run(std::slice::from_ref(&sharing));
    // Halving and doubling are exact.
    let both = run(&[scaled(2.0), scaled(0.5), sharing.clone()]);
    assert_eq!(difference(&shared, &both), 0.0);
    let outside = run(&[scaled(0.5), sharing.clone()]);
    let inside = run(&[sharing.clone(), scaled(0.5)]);
    let apart = |a: &Tensor, b: &Tensor| difference(a, b) > 1e-3;
    assert!(apart(&outside, &shared) && apart(&inside, &shared) && apart(&outside, &inside));
    assert!(apart(&outside, &run(&[scaled(0.5)])));
}

#[test]
fn patch_files_change_a_unet_as_in_the_reference() {
    let Some(section) = section() else { return };
    for case in section.cases("layer_xl_") {
        let base = case.synthetic_weights("unet_manifest");
        case.check("denoised_base", &denoised(&case, &unet(&base), None, &[]));

        let strength = case.params["weight"].as_f64().unwrap();
        let file = case.synthetic_weights("patch_manifest");
        let patches = layer_diffuse_patches(&file, strength).unwrap();
        let patched = base.with_patches(patches).unwrap();
        let first = patched.plain("input_blocks.0.0.weight").unwrap();
        case.check("conv_in_weight", &first);
        case.check(
            "attn_weight",
            &patched.plain(case.params["attn_key"].as_str().unwrap()).unwrap(),
        );

        let latents = ["latent", "blended_latent"].into_iter().filter(|name| case.has_input(name));
        let latents: Vec<Tensor> = latents.map(|name| case.input(name)).collect();
        let concat = (!latents.is_empty()).then(|| {
            let rows = case.input("x").dims()[0];
            let scaled = LatentFormat::Sdxl.scaled(&Tensor::cat(&latents, 1).unwrap()).unwrap();
            scaled.repeat((rows / scaled.dims()[0], 1, 1, 1)).unwrap()
        });
        if let Some(concat) = &concat {
            case.check("c_concat", concat);
        }
        let unet = unet(&patched);
        case.check("denoised", &denoised(&case, &unet, concat.as_ref(), &[]));
    }
}

#[test]
fn a_patch_adds_to_a_weight_and_may_enlarge_it() {
    let Some(section) = section() else { return };
    for case in section.cases("strength_") {
        let strength = case.params["strength"].as_f64().unwrap();
        let product = case.input("up").matmul(&case.input("down")).unwrap();
        let linear = Patch { strength, delta: Delta::Add(product.into()) };
        case.check("linear", &linear.apply(&case.input("w_linear")).unwrap());
        let conv = Patch { strength, delta: Delta::AddPadded(case.input("diff").into()) };
        let conv = conv.apply(&case.input("w_conv")).unwrap();
        case.check("conv_comfy", &conv);
        if strength != 0.0 {
            case.check("conv_forge", &conv);
        }
    }
    // We refuse, as one of the two references does.
    let case = section.case("forge_smaller_diff");
    let smaller = Patch { strength: 1.0, delta: Delta::AddPadded(case.input("diff").into()) };
    assert!(smaller.shape_of(case.input("w").dims()).is_err());
}

#[test]
fn a_patch_stops_below_its_noise_level() {
    let Some(section) = section() else { return };
    let levels = Discretisation::stable_diffusion();
    for name in ["stop_at_karras_20", "stop_at_normal_10"] {
        let table = section.json(&format!("08b_layerdiffuse_unet/{name}.json"));
        let sigmas = table["sigmas"].as_array().unwrap();
        for (percent, case) in table["ending_step"].as_object().unwrap() {
            let sigma = levels.percent_to_sigma(percent.parse().unwrap());
            let wanted = case["sigma_end"].as_f64().unwrap();
            // The tables are f32.
            assert!((sigma - wanted).abs() <= 1e-6 * wanted, "{sigma} is not {wanted}");
            let stop = StopAt { sigma };
            let used = case["patched_model_used"].as_array().unwrap();
            assert!(!used.is_empty());
            for (sigma, used) in sigmas.iter().zip(used) {
                assert_eq!(stop.is_patched(sigma.as_f64().unwrap()), used.as_bool().unwrap());
            }
        }
    }
}
