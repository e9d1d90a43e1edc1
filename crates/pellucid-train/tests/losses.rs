//! Losses and their gradients against those computed by other programs' networks.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and one that skips says so"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::{ldm_vae, vae_config};
use pellucid_nets::layer_diffuse::{LayerPicture, OffsetEncoder, TransparentDecoder, pad_colour};
use pellucid_nets::vae::Vae;
use pellucid_synthetic::{Choice, read_manifest, safetensors};
use pellucid_train::discriminator::{
    Discriminator, Statistics, discriminator_hinge, generator_hinge,
};
use pellucid_train::losses::{decibels, mean_square};
use pellucid_train::parameters::{Parameters, tensors_of};
use pellucid_train::transparency::{Frozen, Wanted, reconstruction};

#[expect(clippy::print_stdout, reason = "a skipped test must say so")]
fn fixtures() -> Option<PathBuf> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/units/08c_losses");
    if !root.join("losses.safetensors").exists() {
        println!("skipped: {} is absent", root.display());
        return None;
    }
    Some(root)
}

fn parameters(root: &Path, name: &str) -> Parameters {
    let manifest = read_manifest(&root.join(format!("{name}.manifest.json"))).unwrap();
    let bytes = safetensors(&manifest, &Choice::default()).unwrap();
    let weights = Weights::from_bytes(Path::new(name), bytes).unwrap();
    Parameters::of(&tensors_of(&weights).unwrap()).unwrap()
}

fn frozen(root: &Path) -> Frozen {
    let tensors: BTreeMap<String, Tensor> = (parameters(root, "vae").vars.iter())
        .map(|(key, var)| (key.clone(), var.as_detached_tensor()))
        .collect();
    let weights = Weights::from_tensors(tensors);
    let names: BTreeMap<String, String> = ldm_vae(&weights.shapes()).into_iter().collect();
    let weights = weights.renamed(|key| names.get(key).cloned());
    let config = vae_config(&weights.shapes()).unwrap();
    Frozen { vae: Vae::load(&weights, &config, DType::F32, &Device::Cpu).unwrap() }
}

fn wanted(stored: &Weights, key: &str) -> Wanted {
    let rgba = (stored.plain(key).unwrap() / 255.0).unwrap();
    let rgba = match rgba.rank() {
        3 => rgba.unsqueeze(0).unwrap(),
        _ => rgba,
    };
    let rgba = rgba.permute((0, 3, 1, 2)).unwrap().contiguous().unwrap();
    let (colour, alpha) = (rgba.narrow(1, 0, 3).unwrap(), rgba.narrow(1, 3, 1).unwrap());
    let signal = ((&colour * 2.0).unwrap() - 1.0).unwrap().broadcast_mul(&alpha).unwrap();
    let layer = LayerPicture { colour, alpha: alpha.clone() };
    let padded = pad_colour(&layer).unwrap();
    Wanted { signal, layer: Tensor::cat(&[&alpha, &padded], 1).unwrap() }
}

/// Within the fixture's own tolerance: `atol` 0.002, `rtol` 0.002 of the wanted value.
fn close(got: &Tensor, stored: &Weights, key: &str) {
    let wanted = stored.plain(key).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let got = got.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(got.len(), wanted.len(), "{key}");
    for (got, wanted) in got.iter().zip(&wanted) {
        assert!((got - wanted).abs() <= 0.002 + 0.002 * wanted.abs(), "{key}: {got} for {wanted}");
    }
}

#[test]
fn the_joint_loss_and_its_gradients_match() {
    let Some(root) = fixtures() else { return };
    let stored = Weights::open(&root.join("losses.safetensors")).unwrap();
    let wanted = wanted(&stored, "joint/in.rgba_u8");
    let vae = frozen(&root);
    let (encoder, decoder) = (parameters(&root, "encoder"), parameters(&root, "decoder"));
    let judge = parameters(&root, "discriminator");
    let judge = Discriminator::load(&judge.weights(), &Device::Cpu).unwrap();
    let of_encoder = OffsetEncoder::load(&encoder.weights(), DType::F32, &Device::Cpu).unwrap();
    let of_decoder =
        TransparentDecoder::load(&decoder.weights(), DType::F32, &Device::Cpu).unwrap();
    let pass = vae.pass(&wanted, &of_encoder, &of_decoder, 300.0).unwrap();
    close(&pass.mean, &stored, "joint/out.mean");
    close(&pass.adjusted, &stored, "joint/out.x_a");
    close(&pass.decoded, &stored, "joint/out.decoded");
    close(&pass.layer, &stored, "joint/out.rgba_raw");

    let apart = reconstruction(&pass.layer, &wanted.layer).unwrap();
    let identity = mean_square(&pass.decoded, &wanted.signal).unwrap();
    let fake = judge.forward(&pass.layer, Statistics::Standard).unwrap();
    let real = judge.forward(&wanted.layer, Statistics::Standard).unwrap();
    let hinge = generator_hinge(&fake).unwrap();
    close(&fake, &stored, "joint/out.logits_fake");
    close(&real, &stored, "joint/out.logits_real");
    let in_training = judge.forward(&pass.layer, Statistics::Batch).unwrap();
    close(&in_training, &stored, "joint/out.logits_fake_train");
    close(&apart, &stored, "joint/out.recon");
    close(&identity, &stored, "joint/out.identity");
    close(&hinge, &stored, "joint/out.g_hinge");
    close(&discriminator_hinge(&real, &fake).unwrap(), &stored, "joint/out.d_hinge");

    let total = ((apart + identity).unwrap() + (hinge * 0.01).unwrap()).unwrap();
    close(&total, &stored, "joint/out.total");
    let grads = total.backward().unwrap();
    for (parameters, net, keys) in [
        (&encoder, "encoder", ["blocks.16.weight", "blocks.0.bias"]),
        (&decoder, "decoder", ["conv_out.weight", "latent_conv_in.weight"]),
    ] {
        for key in keys {
            let grad = grads.get(&parameters.vars[key]).unwrap();
            close(grad, &stored, &format!("joint/out.grad {net} {key}"));
        }
    }
}

#[test]
fn harmlessness_is_measured_as_defined() {
    let Some(root) = fixtures() else { return };
    let stored = Weights::open(&root.join("losses.safetensors")).unwrap();
    let wanted = wanted(&stored, "harmlessness/in.rgba_u8");
    let vae = frozen(&root);
    let (encoder, decoder) = (parameters(&root, "encoder"), parameters(&root, "decoder"));
    let encoder = OffsetEncoder::load(&encoder.weights(), DType::F32, &Device::Cpu).unwrap();
    let decoder = TransparentDecoder::load(&decoder.weights(), DType::F32, &Device::Cpu).unwrap();
    let pass = vae.pass(&wanted, &encoder, &decoder, 300.0).unwrap();
    let plain = vae.vae.decode_signal(&pass.mean).unwrap();
    let square = mean_square(&pass.decoded, &plain).unwrap();
    close(&square, &stored, "harmlessness/out.mse");
    let off = decibels(square.to_scalar().unwrap(), 2.0);
    let wanted_off = stored.plain("harmlessness/out.psnr").unwrap().flatten_all().unwrap();
    let wanted_off = wanted_off.to_vec1::<f32>().unwrap()[0];
    // The fixture's `rtol` of 0.005.
    assert!((off - wanted_off).abs() <= 0.002 + 0.005 * wanted_off.abs(), "{off} for {wanted_off}");
    let identity = |picture: &Tensor| mean_square(picture, &wanted.signal).unwrap();
    close(&identity(&pass.decoded), &stored, "harmlessness/out.identity_mse");
    close(&identity(&plain), &stored, "harmlessness/out.identity_mse_base");
}
