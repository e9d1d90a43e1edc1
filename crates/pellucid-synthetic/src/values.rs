//! The numbers of a tensor.

use half::{bf16, f16};

use crate::SyntheticError;
use crate::manifest::{Element, Entry, Init};

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

pub(crate) fn bytes(
    key: &str,
    entry: &Entry,
    element: Element,
    salt: &str,
) -> Result<Vec<u8>, SyntheticError> {
    let length: usize = entry.shape.iter().product();
    if let Some(init) = entry.init {
        let numbers = fixed(key, entry, init, length)?;
        return Ok(encode(numbers.into_iter(), element));
    }
    let seed = fnv1a(&format!("{salt}/{}", entry.gen_key.as_deref().unwrap_or(key)));
    let number = |index: usize| {
        let u = uniform(seed, index as u64 + entry.gen_start);
        let value = entry.offset + entry.scale * u;
        let value = match entry.diag {
            Some(diag) if on_diagonal(&entry.shape, index) => value + diag,
            _ => value,
        };
        f64::from(value as f32)
    };
    if !entry.gen_transpose {
        return Ok(encode((0..length).map(number), element));
    }
    let &[rows, columns] = entry.shape.as_slice() else {
        return Err(SyntheticError(format!("`{key}` is no matrix to be transposed")));
    };
    let place = |index: usize| index % columns * rows + index / columns;
    Ok(encode((0..length).map(place).map(number), element))
}

fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(FNV_OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

/// Number `index` of SplitMix64, as an odd multiple of 2^-24 between -1 and 1.
fn uniform(seed: u64, index: u64) -> f64 {
    let mut z = seed.wrapping_add((index + 1).wrapping_mul(GOLDEN));
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    let odd = 2 * (z >> 40) as i64 + 1 - (1 << 24);
    odd as f64 / f64::from(1 << 24)
}

/// Whether an element is at the middle tap between channels of equal number modulo 4.
fn on_diagonal(shape: &[usize], index: usize) -> bool {
    let taps: usize = shape[2..].iter().product();
    let (out, channel, tap) = (index / (shape[1] * taps), index / taps % shape[1], index % taps);
    out % 4 == channel % 4 && tap == (taps - 1) / 2
}

fn fixed(key: &str, entry: &Entry, init: Init, length: usize) -> Result<Vec<f64>, SyntheticError> {
    match init {
        Init::Arange => Ok((0..length).map(|i| i as f64).collect()),
        Init::Const => Ok(vec![entry.value; length]),
        Init::Ddpm => {
            let name = entry.table.as_deref().unwrap_or(key);
            let steps = (0..length).map(|step| schedule(name, length, step));
            steps
                .collect::<Option<_>>()
                .ok_or_else(|| SyntheticError(format!("no schedule table `{name}`")))
        }
    }
}

/// The tables that SD1.5 checkpoints carry: betas whose square roots are evenly spaced.
fn schedule(name: &str, length: usize, step: usize) -> Option<f64> {
    let (first, last) = (0.00085f64.sqrt(), 0.012f64.sqrt());
    let spacing = (last - first) / (length - 1) as f64;
    let root = |i: usize| if i + 1 == length { last } else { first + spacing * i as f64 };
    let beta = |i: usize| root(i) * root(i);
    let product = |n: usize| (0..n).map(|i| 1.0 - beta(i)).product::<f64>();
    let (before, after) = (product(step), product(step + 1));
    let variance = beta(step) * (1.0 - before) / (1.0 - after);
    Some(match name {
        "betas" => beta(step),
        "alphas_cumprod" => after,
        "alphas_cumprod_prev" => before,
        "sqrt_alphas_cumprod" => after.sqrt(),
        "sqrt_one_minus_alphas_cumprod" => (1.0 - after).sqrt(),
        "log_one_minus_alphas_cumprod" => (1.0 - after).ln(),
        "sqrt_recip_alphas_cumprod" => (1.0 / after).sqrt(),
        "sqrt_recipm1_alphas_cumprod" => (1.0 / after - 1.0).sqrt(),
        "posterior_variance" => variance,
        "posterior_log_variance_clipped" => variance.max(1e-20).ln(),
        "posterior_mean_coef1" => beta(step) * before.sqrt() / (1.0 - after),
        "posterior_mean_coef2" => (1.0 - before) * (1.0 - beta(step)).sqrt() / (1.0 - after),
        _ => return None,
    })
}

fn encode(numbers: impl Iterator<Item = f64>, element: Element) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in numbers {
        let single = number as f32;
        match element {
            Element::F64 => bytes.extend(number.to_le_bytes()),
            Element::F32 => bytes.extend(single.to_le_bytes()),
            Element::F16 => bytes.extend(f16::from_f32(single).to_le_bytes()),
            Element::BF16 => bytes.extend(bf16::from_f32(single).to_le_bytes()),
            Element::I64 => bytes.extend((number as i64).to_le_bytes()),
            Element::I32 => bytes.extend((number as i32).to_le_bytes()),
        }
    }
    bytes
}
