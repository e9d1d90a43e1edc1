//! ControlNets alone and inside a UNet.

use candle_core::{DType, Device, Tensor};
use pellucid_nets::checkpoint::ldm_unet;
use pellucid_nets::controlnet::{ControlInput, ControlNet, fit_hint};
use pellucid_nets::schedule::Discretisation;
use pellucid_nets::unet::{ControlResiduals, Unet, UnetInput};

use crate::fixture::{Case, Section, close, difference, pairs, renamed};
use crate::unet::{fixture_config, plain_input};

fn section() -> Option<Section> {
    Section::open("06_unet")
}

fn controlnet(case: &Case<'_>, manifest: &str) -> ControlNet {
    let weights = case.synthetic_weights(manifest);
    let config = fixture_config(case, &weights);
    assert_eq!(config.out_channels, None);
    ControlNet::load(&weights, &config, DType::F32, &Device::Cpu).unwrap()
}

#[test]
fn all_residuals_match() {
    let Some(section) = section() else { return };
    for (name, count) in [("sd15_forward", 12), ("sdxl_forward", 9)] {
        let case = section.case(name);
        let net = controlnet(&case, "manifest");
        let label = case.has_input("y").then(|| case.input("y"));
        let residuals = net.forward(&ControlInput {
            x: &case.input("x"),
            timesteps: &case.numbers("t"),
            context: &case.input("context"),
            label: label.as_ref(),
            hint: &case.input("hint"),
            sort: None,
        });
        let residuals = residuals.unwrap();
        assert_eq!(residuals.skips.len(), count);
        for (index, residual) in residuals.skips.iter().enumerate() {
            case.check(&format!("output{index}"), residual);
        }
        case.check("middle", &residuals.middle);
    }
}

#[test]
fn residuals_are_added_where_the_decoder_takes_its_skips() {
    let Some(section) = section() else { return };
    for family in ["sd15", "sdxl"] {
        let case = section.case(&format!("{family}_applied"));
        let hint = section.case(&format!("{family}_forward")).input("hint");
        let net = controlnet(&case, "controlnet_manifest");
        let weights = case.synthetic_weights("unet_manifest");
        let config = fixture_config(&case, &weights);
        let unet = Unet::load(&weights, &config, DType::F32, &Device::Cpu).unwrap();
        let (x, t, context) = (case.input("x"), case.numbers("t"), case.input("context"));
        let label = case.has_input("y").then(|| case.input("y"));
        let label = label.as_ref();

        let control = |hint: &Tensor, strength: &str| {
            let input =
                ControlInput { x: &x, timesteps: &t, context: &context, label, hint, sort: None };
            let strength = case.params[strength].as_f64().unwrap();
            net.forward(&input).unwrap().scaled(strength).unwrap().unwrap()
        };
        let inverted = hint.affine(-1.0, 1.0).unwrap();
        let both = [control(&hint, "strength1"), control(&inverted, "strength2")];
        let eps = |control: &[ControlResiduals]| {
            let input = plain_input(&x, &t, &context, label);
            unet.forward(&UnetInput { control, ..input }).unwrap()
        };
        case.check("eps_none", &eps(&[]));
        case.check("eps_one", &eps(&both[..1]));
        case.check("eps_two", &eps(&both));
        case.check("merged_first", &both[0].skips[0]);
        let sum = ControlResiduals::sum(&both).unwrap().unwrap();
        case.check("merged_two_first", &sum.skips[0]);

        let silent: Vec<ControlResiduals> =
            both.iter().filter_map(|control| control.scaled(0.0).unwrap()).collect();
        assert_eq!(difference(&eps(&silent), &eps(&[])), 0.0);
        let other = ControlResiduals { skips: both[0].skips[1..].to_vec(), ..both[0].clone() };
        let input = plain_input(&x, &t, &context, label);
        assert!(unet.forward(&UnetInput { control: &[other], ..input }).is_err());
    }
}

#[test]
fn a_picture_of_another_size_is_cut_and_scaled() {
    let Some(section) = section() else { return };
    let case = section.case("sd15_wrapper");
    let (x, context) = (case.input("x"), case.input("context"));
    let (_, _, height, width) = x.dims4().unwrap();
    let hint = fit_hint(&case.input("image"), height, width).unwrap();
    assert_eq!(difference(&hint, &case.output("hint")), 0.0);

    let net = controlnet(&case, "manifest");
    let active = case.output("active").to_vec1::<f32>().unwrap();
    let sigma = f64::from(active[0]);
    let x = (&x / (sigma * sigma + 1.0).sqrt()).unwrap();
    let step = timestep(active[0]);
    let input = ControlInput {
        x: &x,
        timesteps: &[step, step],
        context: &context,
        label: None,
        hint: &hint,
        sort: None,
    };
    let residuals = net.forward(&input).unwrap().scaled(0.8).unwrap().unwrap();
    case.check("first", &residuals.skips[0]);
    case.check("middle", &residuals.middle);
}

/// The training time of a noise level, as the network is told it.
pub fn timestep(sigma: f32) -> f32 {
    Discretisation::stable_diffusion().timestep(sigma) as f32
}

#[test]
fn hints_of_any_size_fit() {
    for (height, width, latent_height, latent_width) in
        [(1, 1, 1, 1), (1, 300, 3, 1), (300, 1, 1, 3), (5, 7, 2, 9)]
    {
        let shape = (1, 3, height, width);
        let picture = Tensor::ones(shape, DType::F32, &Device::Cpu).unwrap();
        let hint = fit_hint(&picture, latent_height, latent_width).unwrap();
        assert_eq!(hint.dims(), [1, 3, 8 * latent_height, 8 * latent_width]);
    }
    let empty = Tensor::zeros((1, 3, 0, 4), DType::F32, &Device::Cpu).unwrap();
    assert!(fit_hint(&empty, 2, 2).is_err());
}

#[test]
fn diffusers_names_translate_to_the_original_ones() {
    let Some(section) = section() else { return };
    for family in ["sd15", "sdxl"] {
        let map = section.json(&format!("06_unet/{family}.controlnet.ldm_to_diffusers.json"));
        let case = section.case(&format!("{family}_forward"));
        let weights = case.synthetic_weights("manifest");
        let there = renamed(&weights, &pairs(&map));
        let back = renamed(&there, &ldm_unet(&there.shapes()));
        assert!(back.keys().eq(weights.keys()));
        for key in weights.keys() {
            close(key, &back.plain(key).unwrap(), &weights.plain(key).unwrap(), 0.0, 0.0);
        }
    }
}
