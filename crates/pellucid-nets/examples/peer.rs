//! One network, run on demand, for comparison with other programs: `tools/peers/speed.py` drives it.
//!
//! `peer NETWORK WEIGHTS INPUTS OUTPUT [DTYPE]` loads a network (`unet`, `vae`, `clip`, `decoder`) and the
//! tensors it is asked, prints `ready`, and then for each line on standard input runs once and prints the
//! seconds it took. The last result is written to OUTPUT. Weights are held in DTYPE: `f32` (the default), `f16`
//! or `bf16`.
#![expect(clippy::print_stdout, reason = "the program that drives this one reads its output")]

use std::error::Error;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::{ClipKind, clip_config, inspect, parts, vae_config};
use pellucid_nets::layer_diffuse::TransparentDecoder;
use pellucid_nets::text::{Cleaning, ClipEncoder, Options, Tokenizer, encode_sd15};
use pellucid_nets::unet::{Unet, UnetConfig, UnetInput};
use pellucid_nets::vae::Vae;

type Answer<T> = Result<T, Box<dyn Error>>;

fn main() -> Answer<()> {
    pellucid_kernels::memory::keep_freed();
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("peer NETWORK WEIGHTS INPUTS OUTPUT [DTYPE]");
    let (network, weights, inputs) = (next()?, Weights::open(Path::new(&next()?))?, next()?);
    let inputs = Weights::open(Path::new(&inputs))?;
    let output = PathBuf::from(next()?);
    let dtype = match arguments.next().as_deref() {
        None | Some("f32") => DType::F32,
        Some("f16") => DType::F16,
        Some("bf16") => DType::BF16,
        Some(other) => return Err(format!("unknown type {other}").into()),
    };
    let run = load(&network, &weights, &inputs, dtype)?;
    println!("ready");
    let mut last = None;
    for line in std::io::stdin().lock().lines() {
        line?;
        let start = Instant::now();
        last = Some(run()?);
        println!("{}", start.elapsed().as_secs_f64());
    }
    if let Some(last) = last {
        candle_core::safetensors::save(&[("y", last)].into(), output)?;
    }
    Ok(())
}

/// The network, waiting to be run.
fn load(
    network: &str,
    weights: &Weights,
    inputs: &Weights,
    dtype: DType,
) -> Answer<Box<dyn Fn() -> Answer<Tensor>>> {
    let device = Device::Cpu;
    let found = parts(weights, &inspect(&weights.shapes()).kind)?;
    let inputs = inputs.clone();
    let input = move |key: &str| inputs.plain(key);
    Ok(match network {
        "unet" => {
            let weights = found.unet.ok_or("there is no UNet in the weights")?;
            let config = UnetConfig::from_weights(&weights)?;
            let unet = Unet::load(&weights, &config, dtype, &device)?;
            let (x, context) = (input("x")?, input("context")?);
            let timesteps = input("timesteps")?.to_vec1::<f32>()?;
            Box::new(move || {
                let (x, context, timesteps) = (&x, &context, &timesteps[..]);
                let (label, control, hooks, roles) = (None, &[][..], &[][..], &[][..]);
                let input = UnetInput { x, timesteps, context, label, control, hooks, roles };
                Ok(unet.forward(&input)?)
            })
        }
        "vae" => {
            let weights = found.vae.ok_or("there is no autoencoder in the weights")?;
            let config = vae_config(&weights.shapes()).ok_or("this is no autoencoder")?;
            let vae = Vae::load(&weights, &config, dtype, &device)?;
            let latent = input("x")?;
            Box::new(move || Ok(vae.decode_signal(&latent)?))
        }
        "clip" => {
            let weights = found.clip_l.ok_or("there is no CLIP-L in the weights")?;
            let config =
                clip_config(&weights.shapes(), ClipKind::L).ok_or("this is no text encoder")?;
            let clip = ClipEncoder::new(&weights, &config, dtype, &device)?;
            let cleaning = Cleaning::default();
            let tokenizer = Tokenizer { kind: ClipKind::L, cleaning, inversions: None };
            let tokens = tokenizer.tokenize("")?;
            Box::new(move || Ok(encode_sd15(&clip, &tokens, Options::default())?.cond))
        }
        "decoder" => {
            let decoder = TransparentDecoder::load(weights, dtype, &device)?;
            let (picture, latent) = (input("picture")?, input("latent")?);
            Box::new(move || Ok(decoder.forward(&picture, &latent)?))
        }
        other => return Err(format!("unknown network {other}").into()),
    })
}
