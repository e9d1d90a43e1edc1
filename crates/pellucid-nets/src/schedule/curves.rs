//! The spacing of each schedule. Arithmetic is in the precision of the programs they come from,
//! because samplers with a Brownian path tell sigmas apart that differ in the last bit.

use super::beta::beta_quantile;
use super::discretisation::{Discretisation, exp};

pub(super) fn simple(table: &Discretisation, steps: usize) -> Vec<f32> {
    let count = table.sigmas.len();
    let stride = count as f64 / steps as f64;
    let rows = (0..steps).map(|i| table.sigmas[count - 1 - (i as f64 * stride) as usize]);
    to_zero(rows)
}

pub(super) fn sgm_uniform(table: &Discretisation, steps: usize) -> Vec<f32> {
    to_zero(times(table, steps + 1).into_iter().take(steps).map(|time| table.sigma(time)))
}

pub(super) fn normal(table: &Discretisation, steps: usize) -> Vec<f32> {
    to_zero(times(table, steps).into_iter().map(|time| table.sigma(time)))
}

/// Karras levels whose ends are double-precision powers of the table's ends.
pub(super) fn karras(sigma_min: f32, sigma_max: f32, steps: usize) -> Vec<f32> {
    let root = |sigma: f32| f64::from(sigma).powf(1.0 / 7.0);
    let (low, high) = (root(sigma_min), root(sigma_max));
    karras_between(high as f32, (low - high) as f32, steps, 7.0)
}

/// Karras levels between any ends, even in the root of that degree.
pub(super) fn karras_of(steps: usize, sigma_min: f64, sigma_max: f64, degree: f64) -> Vec<f32> {
    let (low, high) = (sigma_min.powf(1.0 / degree), sigma_max.powf(1.0 / degree));
    karras_between(high as f32, (low - high) as f32, steps, degree)
}

/// Levels whose logarithms fall as a power of the part that is left.
pub(super) fn exponential_of(steps: usize, sigma_min: f64, sigma_max: f64, power: f64) -> Vec<f32> {
    let (low, high) = (sigma_min.ln(), sigma_max.ln());
    let level = |part: f32| {
        let part = if power == 1.0 { part } else { f64::from(part).powf(power) as f32 };
        exp(part * (high - low) as f32 + low as f32)
    };
    if power == 1.0 {
        return to_zero(linspace(high as f32, low as f32, steps).into_iter().map(exp));
    }
    to_zero(linspace(1.0, 0.0, steps).into_iter().map(level))
}

/// Karras levels whose ends are single-precision powers of the table's ends.
pub(super) fn karras_f32(sigma_min: f32, sigma_max: f32, steps: usize) -> Vec<f32> {
    let root = |sigma: f32| f64::from(sigma).powf(f64::from(1.0_f32 / 7.0)) as f32;
    let (low, high) = (root(sigma_min), root(sigma_max));
    karras_between(high, low - high, steps, 7.0)
}

pub(super) fn exponential(table: &Discretisation, steps: usize) -> Vec<f32> {
    let end = |sigma: f32| f64::from(sigma).ln() as f32;
    let logs = linspace(end(table.sigma_max()), end(table.sigma_min()), steps);
    to_zero(logs.into_iter().map(exp))
}

pub(super) fn ddim_uniform(table: &Discretisation, steps: usize) -> Vec<f32> {
    let stride = (table.sigmas.len() / steps).max(1);
    let mut rows: Vec<f32> = table.sigmas.iter().copied().skip(1).step_by(stride).collect();
    rows.reverse();
    to_zero(rows.into_iter())
}

pub(super) fn beta(table: &Discretisation, steps: usize) -> Vec<f32> {
    const SHAPE: f64 = 0.6;
    let last = table.sigmas.len() - 1;
    let mut rows: Vec<usize> = (0..steps)
        .map(|i| {
            let share = 1.0 - i as f64 * (1.0 / steps as f64);
            (beta_quantile(share, SHAPE) * last as f64).round_ties_even() as usize
        })
        .collect();
    rows.dedup();
    // The quantile of a share near zero can round to the first row twice over, never below it.
    to_zero(rows.into_iter().map(|row| table.sigmas[row.min(last)]))
}

pub(super) fn linear_quadratic(table: &Discretisation, steps: usize) -> Vec<f32> {
    const THRESHOLD: f64 = 0.025;
    let max = table.sigma_max();
    if steps == 1 {
        return vec![max, 0.0];
    }
    let linear = steps / 2;
    let (l, n) = (linear as f64, steps as f64);
    let rest = l - THRESHOLD * n;
    let quadratic = n - l;
    let square = rest / (l * quadratic * quadratic);
    let slope = THRESHOLD / l - 2.0 * rest / (quadratic * quadratic);
    let offset = square * l * l;
    let done = (0..steps).map(|i| {
        let x = i as f64;
        if i < linear { x * THRESHOLD / l } else { square * x * x + slope * x + offset }
    });
    to_zero(done.map(|done| (1.0 - done) as f32 * max))
}

/// A single step would divide by zero; it starts from the highest level.
pub(super) fn kl_optimal(table: &Discretisation, steps: usize) -> Vec<f32> {
    if steps == 1 {
        return vec![table.sigma_max(), 0.0];
    }
    let angle = |sigma: f32| f64::from(sigma).atan() as f32;
    let (low, high) = (angle(table.sigma_min()), angle(table.sigma_max()));
    to_zero((0..steps).map(|i| {
        let part = i as f32 / (steps - 1) as f32;
        f64::from(part * low + (1.0 - part) * high).tan() as f32
    }))
}

/// `steps` training times, evenly from the last one to the first.
fn times(table: &Discretisation, steps: usize) -> Vec<f32> {
    let first = table.timestep(table.sigma_max());
    let last = table.timestep(table.sigma_min());
    linspace(first as f32, last as f32, steps)
}

/// Evenly spaced single-precision numbers, computed from both ends towards the middle with fused
/// multiplications, as PyTorch's are.
fn linspace(start: f32, end: f32, count: usize) -> Vec<f32> {
    if count < 2 {
        return vec![start; count];
    }
    let step = (end - start) / (count - 1) as f32;
    let at = |i: usize| {
        if i < count / 2 {
            step.mul_add(i as f32, start)
        } else {
            (-step).mul_add((count - 1 - i) as f32, end)
        }
    };
    (0..count).map(at).collect()
}

fn karras_between(high: f32, change: f32, steps: usize, degree: f64) -> Vec<f32> {
    let parts = linspace(0.0, 1.0, steps).into_iter();
    to_zero(parts.map(|part| f64::from(high + part * change).powf(degree) as f32))
}

fn to_zero(levels: impl Iterator<Item = f32>) -> Vec<f32> {
    levels.chain([0.0]).collect()
}
