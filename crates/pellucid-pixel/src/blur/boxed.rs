//! The running mean.

use multiversion::multiversion;

use crate::Edge;
use crate::lines::{LANES, Lane, LineFilter, pad};

/// The mean over `2 * radius + 1` samples; a fraction of the radius weighs the outermost ones.
pub(super) struct Mean {
    whole: usize,
    fraction: f32,
    edge: Edge,
}

impl Mean {
    /// A mean of `radius >= 0` samples on both sides.
    pub fn new(radius: f32, edge: Edge) -> Self {
        Self { whole: radius as usize, fraction: radius.fract(), edge }
    }
}

impl LineFilter for Mean {
    fn run(&self, line: &[Lane], scratch: &mut Vec<Lane>, out: &mut [Lane]) {
        pad(line, self.whole + 1, self.edge, scratch);
        means(scratch, self.whole, self.fraction, out);
    }
}

/// Sums run in f64, where adding and subtracting a million samples loses less than f32 shows.
#[multiversion(targets("x86_64+avx2"))]
fn means(padded: &[Lane], whole: usize, fraction: f32, out: &mut [Lane]) {
    let window = 2 * whole + 1;
    let scale = 1.0 / (window as f64 + 2.0 * f64::from(fraction));
    let mut sum = [0.0f64; LANES];
    for lane in &padded[1..window] {
        for k in 0..LANES {
            sum[k] += f64::from(lane[k]);
        }
    }
    for (i, out) in out.iter_mut().enumerate() {
        let (before, after) = (&padded[i], &padded[i + window + 1]);
        let (first, last) = (&padded[i + 1], &padded[i + window]);
        for k in 0..LANES {
            sum[k] += f64::from(last[k]);
            let ends = f64::from(fraction * (before[k] + after[k]));
            out[k] = ((sum[k] + ends) * scale) as f32;
            sum[k] -= f64::from(first[k]);
        }
    }
}
