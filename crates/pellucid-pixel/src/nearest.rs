//! For every pixel, the nearest pixel of a set: an exact Euclidean feature transform.

use rayon::prelude::*;

const NONE: u32 = u32::MAX;

/// For every pixel the index of the nearest one for which `known` holds, by exact Euclidean
/// distance; nothing if there is no known pixel.
///
/// Column scans, then the lower envelope of parabolas along rows (Meijster, Roerdink and
/// Hesselink, "A general algorithm for computing distance transforms in linear time", 2000), all
/// in integers.
pub(crate) fn nearest_known(
    width: usize,
    len: usize,
    known: impl Fn(usize) -> bool,
) -> Option<Vec<u32>> {
    let rows = nearest_rows(width, len, known);
    if rows[..width].iter().all(|row| *row == NONE) {
        return None;
    }
    let mut nearest = vec![0; len];
    nearest.par_chunks_exact_mut(width).zip(rows.par_chunks_exact(width)).enumerate().for_each(
        |(y, (out, rows))| {
            let envelope = lower_envelope(y, rows);
            let mut parts = envelope.iter().rev();
            let mut part = parts.next();
            for (x, out) in out.iter_mut().enumerate().rev() {
                while part.is_some_and(|part| x < part.from) {
                    part = parts.next();
                }
                if let Some(part) = part {
                    *out = (rows[part.column] as usize * width + part.column) as u32;
                }
            }
        },
    );
    Some(nearest)
}

/// The squared distance of two pixels, given by index.
pub(crate) fn squared_distance(width: usize, a: usize, b: usize) -> u64 {
    let dx = (a % width).abs_diff(b % width) as u64;
    let dy = (a / width).abs_diff(b / width) as u64;
    dx * dx + dy * dy
}

/// For every pixel the row of the nearest known pixel of its column, the upper of two equals.
fn nearest_rows(width: usize, len: usize, known: impl Fn(usize) -> bool) -> Vec<u32> {
    let mut rows = vec![NONE; len];
    for i in 0..len {
        rows[i] = match i.checked_sub(width) {
            _ if known(i) => (i / width) as u32,
            Some(above) => rows[above],
            None => NONE,
        };
    }
    for i in (0..len - width).rev() {
        let (y, below) = ((i / width) as u32, rows[i + width]);
        if below != NONE && (rows[i] == NONE || below.abs_diff(y) < rows[i].abs_diff(y)) {
            rows[i] = below;
        }
    }
    rows
}

/// A stretch of a row, from column `from` on, whose nearest known pixel lies in `column`.
struct Part {
    column: usize,
    from: usize,
}

fn lower_envelope(y: usize, rows: &[u32]) -> Vec<Part> {
    let height = |column: usize| rows[column].abs_diff(y as u32) as i64;
    let cost = |x: usize, column: usize| {
        let (dx, dy) = (x.abs_diff(column) as i64, height(column));
        dx * dx + dy * dy
    };
    let mut parts: Vec<Part> = Vec::new();
    for column in (0..rows.len()).filter(|x| rows[*x] != NONE) {
        while parts.last().is_some_and(|p| cost(p.from, p.column) > cost(p.from, column)) {
            parts.pop();
        }
        let from = match parts.last() {
            None => 0,
            Some(part) => {
                let (s, u) = (part.column as i64, column as i64);
                let (gs, gu) = (height(part.column), height(column));
                ((u * u - s * s + gu * gu - gs * gs).div_euclid(2 * (u - s)) + 1) as usize
            }
        };
        if from < rows.len() {
            parts.push(Part { column, from });
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_brute_force() {
        for (width, height, step) in [(1, 1, 1), (1, 17, 5), (23, 1, 7), (13, 11, 17), (20, 9, 31)]
        {
            let len = width * height;
            let known = |i: usize| (i * 7 + 3).is_multiple_of(step);
            let Some(found) = nearest_known(width, len, known) else {
                assert!(!(0..len).any(known));
                continue;
            };
            for (i, near) in found.into_iter().enumerate() {
                let near = near as usize;
                assert!(known(near));
                let best = (0..len)
                    .filter(|j| known(*j))
                    .map(|j| squared_distance(width, i, j))
                    .min()
                    .unwrap();
                assert_eq!(squared_distance(width, i, near), best, "{width}x{height} at {i}");
            }
        }
    }

    #[test]
    fn an_empty_set_has_no_nearest_pixel() {
        assert!(nearest_known(3, 9, |_| false).is_none());
    }
}
