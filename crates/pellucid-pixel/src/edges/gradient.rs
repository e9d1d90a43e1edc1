//! Sobel gradients.

use rayon::prelude::*;

use super::{Norm, TIE};
use crate::Matte;
use crate::raster::Raster;

/// The Sobel sums at a pixel and their length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Gradient {
    pub dx: f32,
    pub dy: f32,
    pub length: f32,
}

/// The gradients of one frame; of several planes, the longest at each pixel, the first of
/// equals.
pub(super) fn gradients(planes: &[Matte], frame: u32, norm: Norm) -> Vec<Gradient> {
    let Some(first) = planes.first() else { return Vec::new() };
    let (width, height) = (first.fact.width as usize, first.fact.height as usize);
    let planes: Vec<Raster<'_, 1>> = planes
        .iter()
        .map(|plane| Raster { width, height, pixels: plane.frame(frame).as_chunks().0 })
        .collect();
    let mut out = vec![Gradient::default(); width * height];
    out.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
        for (i, plane) in planes.iter().enumerate() {
            let rows = [y.saturating_sub(1), y, (y + 1).min(height - 1)].map(|y| plane.row(y));
            for (x, out) in out.iter_mut().enumerate() {
                let gradient = sobel(rows, x, norm);
                if i == 0 || gradient.length > out.length + TIE {
                    *out = gradient;
                }
            }
        }
    });
    out
}

fn sobel(rows: [&[[f32; 1]]; 3], x: usize, norm: Norm) -> Gradient {
    let (left, right) = (x.saturating_sub(1), (x + 1).min(rows[1].len() - 1));
    let across = rows.map(|row| row[right][0] - row[left][0]);
    let along = |row: &[[f32; 1]]| row[left][0] + 2.0 * row[x][0] + row[right][0];
    let dx = across[0] + 2.0 * across[1] + across[2];
    let dy = along(rows[2]) - along(rows[0]);
    let length = match norm {
        Norm::L1 => dx.abs() + dy.abs(),
        Norm::L2 => dx.hypot(dy),
    };
    Gradient { dx, dy, length }
}
