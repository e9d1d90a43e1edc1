//! The Gaussian as two damped oscillations in either direction.
//!
//! R. Deriche, "Recursively implementing the Gaussian and its derivatives", INRIA 1993, order 4:
//! `exp(-t²/2) ≈ Σ (a cos wt + b sin wt) exp(-dt)` for `t >= 0`. The sum of the absolute
//! differences of the two kernels is 0.0006, so no value of a picture in 0..1 is off by more
//! than 0.0003 per pass, whatever sigma. The state is kept as a rotating vector per oscillation,
//! which stays accurate in f32 where the usual recurrence of order 4 does not.

use multiversion::multiversion;

use crate::Edge;
use crate::lines::{LANES, Lane, LineFilter, pad};

/// `(a, b, d, w)` of both oscillations.
const OSCILLATIONS: [[f64; 4]; 2] =
    [[1.68, 3.735, 1.783, 0.6318], [-0.6803, -0.2598, 1.723, 1.997]];

/// Added to every sample so that a state left alone does not decay into slow subnormal numbers.
const BIAS: f32 = 1e-20;

/// Below this (1/65536) the tail of the recursive Gaussian is not to be trusted.
pub(super) const NOISE: f32 = 1.0 / 65536.0;

/// The recursive Gaussian of one sigma.
pub(super) struct Recursive {
    oscillations: [Oscillation; 2],
    margin: usize,
    edge: Edge,
}

/// One oscillation: the factor by which its state turns per sample, and how it is read.
#[derive(Clone, Copy)]
struct Oscillation {
    turn: [f32; 2],
    read: [f32; 2],
}

impl Recursive {
    /// A Gaussian of `sigma` pixels, scaled to sum 1.
    pub fn gaussian(sigma: f64, edge: Edge) -> Self {
        let poles = OSCILLATIONS.map(|[a, b, d, w]| {
            let (sin, cos) = (w / sigma).sin_cos();
            let length = (-d / sigma).exp();
            ([a, -b], [length * cos, length * sin])
        });
        let sum: f64 = poles.iter().map(|(read, turn)| tap_sum(*read, *turn)).sum();
        let oscillations = poles.map(|(read, turn)| Oscillation {
            turn: turn.map(|v| v as f32),
            read: read.map(|v| (v / sum) as f32),
        });
        let margin = if edge == Edge::Transparent { 0 } else { (5.0 * sigma).ceil() as usize };
        Self { oscillations, margin, edge }
    }
}

/// The sum over all distances, both directions, of `Re(read * turn^|n|)`.
fn tap_sum([a, b]: [f64; 2], [re, im]: [f64; 2]) -> f64 {
    // turn / (1 - turn)
    let norm = (1.0 - re) * (1.0 - re) + im * im;
    let (tail_re, tail_im) = ((re * (1.0 - re) - im * im) / norm, im / norm);
    a + 2.0 * (a * tail_re - b * tail_im)
}

impl LineFilter for Recursive {
    fn run(&self, line: &[Lane], scratch: &mut Vec<Lane>, out: &mut [Lane]) {
        pad(line, self.margin, self.edge, scratch);
        let body = self.margin..self.margin + line.len();
        forward(scratch, body.start, out, &self.oscillations);
        backward(scratch, body.start, out, &self.oscillations);
    }
}

#[derive(Clone, Copy)]
struct State([[Lane; 2]; 2]);

impl State {
    const REST: Self = Self([[[0.0; LANES]; 2]; 2]);

    #[inline(always)]
    fn turn(&mut self, oscillations: &[Oscillation; 2], input: &Lane) {
        for ([re, im], Oscillation { turn, .. }) in self.0.iter_mut().zip(oscillations) {
            for k in 0..LANES {
                let (x, y) = (re[k], im[k]);
                re[k] = turn[0] * x - turn[1] * y + (input[k] + BIAS);
                im[k] = turn[1] * x + turn[0] * y;
            }
        }
    }

    /// Turns with the input counted before the turn: what lies one sample further back.
    #[inline(always)]
    fn turn_after(&mut self, oscillations: &[Oscillation; 2], input: &Lane) {
        for ([re, im], Oscillation { turn, .. }) in self.0.iter_mut().zip(oscillations) {
            for k in 0..LANES {
                let (x, y) = (re[k] + (input[k] + BIAS), im[k]);
                re[k] = turn[0] * x - turn[1] * y;
                im[k] = turn[1] * x + turn[0] * y;
            }
        }
    }

    #[inline(always)]
    fn read(&self, oscillations: &[Oscillation; 2]) -> Lane {
        let mut sum = [0.0; LANES];
        for ([re, im], Oscillation { read, .. }) in self.0.iter().zip(oscillations) {
            for k in 0..LANES {
                sum[k] += read[0] * re[k] - read[1] * im[k];
            }
        }
        sum
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn forward(padded: &[Lane], start: usize, out: &mut [Lane], oscillations: &[Oscillation; 2]) {
    let mut state = State::REST;
    for input in &padded[..start] {
        state.turn(oscillations, input);
    }
    for (out, input) in out.iter_mut().zip(&padded[start..]) {
        state.turn(oscillations, input);
        *out = state.read(oscillations);
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn backward(padded: &[Lane], start: usize, out: &mut [Lane], oscillations: &[Oscillation; 2]) {
    let mut state = State::REST;
    let end = start + out.len();
    for input in padded[end..].iter().rev() {
        state.turn_after(oscillations, input);
    }
    for (out, input) in out.iter_mut().zip(&padded[start..end]).rev() {
        let read = state.read(oscillations);
        for k in 0..LANES {
            out[k] += read[k];
        }
        state.turn_after(oscillations, input);
    }
}
