//! Prints how long the operations take at the sizes of Stable Diffusion 1.5: the best of some runs, and what a
//! core does in a second of its own time, which other programs on the machine disturb less.
//!
//! `speed [RUNS] [TEXT]`: only operations whose name contains the text.
#![expect(clippy::print_stdout, reason = "this program is for reading on a terminal")]

use std::time::Instant;

use pellucid_kernels::Numbers;
use pellucid_kernels::activation::{Function, geglu};
use pellucid_kernels::attention::{Heads, attention};
use pellucid_kernels::conv::{Geometry, convolve, input_gradient, weight_gradient};
use pellucid_kernels::linear::linear;
use pellucid_kernels::norm::{Affine, group_norm};

fn main() {
    let runs = std::env::args().nth(1).and_then(|runs| runs.parse().ok()).unwrap_or(3);
    for (batch, input, output, size) in [
        (2, 320, 320, 64),
        (2, 640, 640, 32),
        (2, 1280, 1280, 16),
        (2, 1280, 1280, 8),
        (1, 128, 128, 256),
        (1, 32, 32, 512),
        (1, 64, 64, 256),
        (1, 3, 32, 512),
    ] {
        for (kernel, stride) in [(3, 1), (3, 2), (1, 1)] {
            convolution(runs, [batch, input, output, size], kernel, stride);
        }
    }
    for (batch, queries, keys, heads, width) in [
        (2, 4096, 4096, 8, 40),
        (2, 4096, 77, 8, 40),
        (2, 1024, 1024, 8, 80),
        (1, 4096, 4096, 1, 512),
    ] {
        let sizes = Heads { batch, queries, keys, heads, width, causal: false };
        let (q, k) = (wave(batch * queries * heads * width), wave(batch * keys * heads * width));
        let work = 4 * batch * queries * keys * heads * width;
        report(&format!("attention {sizes:?}"), runs, work, || attention(sizes, &q, &k, &k));
    }
    let (x, weight) = (wave(2 * 320 * 4096), wave(320));
    let affine = Affine { weight: &weight, bias: &weight, eps: 1e-5 };
    let mut y = vec![0.0; x.len()];
    report("group norm + silu 2x320x64x64", runs, x.len(), || {
        group_norm(&x, affine, 32, 4096, Function::Silu, &mut y);
    });
    let x = wave(8192 * 2560);
    let mut y = vec![0.0; 8192 * 1280];
    report("geglu 8192x1280", runs, y.len(), || geglu(&x, 1280, &mut y));
    for (rows, input, output) in
        [(8192, 320, 2560), (2048, 640, 5120), (77, 768, 3072), (2, 1280, 1280)]
    {
        let (x, weight) = (wave(rows * input), wave(input * output));
        let work = 2 * rows * input * output;
        report(&format!("linear {rows}x{input}x{output}"), runs, work, || {
            linear(&x, input, Numbers::F32(&weight), None, output)
        });
    }
}

fn convolution(
    runs: usize,
    [batch, input, output, size]: [usize; 4],
    kernel: usize,
    stride: usize,
) {
    let geometry = Geometry {
        batch,
        input,
        output,
        height: size,
        width: size,
        kernel_height: kernel,
        kernel_width: kernel,
        stride,
        padding: kernel / 2,
    };
    let x = wave(batch * input * size * size);
    let (weight, bias) = (wave(output * input * kernel * kernel), wave(output));
    let work = 2 * batch * input * output * kernel * kernel * (size / stride).pow(2);
    let what = format!("conv {batch}x{input}->{output} {size}x{size} k{kernel} s{stride}");
    report(&what, runs, work, || convolve(geometry, &x, Numbers::F32(&weight), &bias));
    let slope = convolve(geometry, &x, Numbers::F32(&weight), &bias);
    let of = |of| format!("gradient of {of}, {what}");
    report(&of("input"), runs, work, || input_gradient(geometry, &slope, &weight));
    report(&of("weight"), runs, work, || weight_gradient(geometry, &x, &slope));
}

fn wave(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i * 7919 % 1009) as f32 / 1009.0 - 0.5).collect()
}

fn report<T>(what: &str, runs: usize, work: usize, mut run: impl FnMut() -> T) {
    if std::env::args().nth(2).is_some_and(|wanted| !what.contains(&wanted)) {
        return;
    }
    std::hint::black_box(run());
    let (mut best, busy) = (f64::INFINITY, busy_seconds());
    for _ in 0..runs {
        let start = Instant::now();
        std::hint::black_box(run());
        best = best.min(start.elapsed().as_secs_f64());
    }
    let (work, busy) = (work as f64 / 1e9, (busy_seconds() - busy) / runs as f64);
    let (per_second, per_busy) = (work / best, work / busy);
    println!("{what}: {:.2} ms, {per_second:.1} G/s, {per_busy:.1} G per core second", best * 1e3);
}

/// Seconds that all threads of this process have computed, where Linux tells; else not a number.
fn busy_seconds() -> f64 {
    let read = std::fs::read_to_string("/proc/self/stat").ok();
    let ticks = read.and_then(|stat| {
        let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
        let (user, system): (f64, f64) =
            (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(user + system)
    });
    ticks.map_or(f64::NAN, |ticks| ticks / 100.0)
}
