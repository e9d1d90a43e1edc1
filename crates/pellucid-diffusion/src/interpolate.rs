//! Resampling without anti-aliasing, as PyTorch's `interpolate` does it with pixel centres at
//! halves (`align_corners` off).

use rayon::prelude::*;

/// One plane of `height` rows of `width` numbers, resampled linearly in both directions.
pub(crate) fn bilinear(
    plane: &[f32],
    (width, height): (usize, usize),
    (new_width, new_height): (usize, usize),
) -> Vec<f32> {
    if (width, height) == (new_width, new_height) {
        return plane.to_vec();
    }
    let (columns, rows) = (taps(width, new_width), taps(height, new_height));
    let mut out = vec![0.0; new_width * new_height];
    out.par_chunks_mut(new_width.max(1)).zip(&rows).for_each(|(line, &(y0, y1, fy))| {
        let (above, below) = (&plane[y0 * width..], &plane[y1 * width..]);
        for (value, &(x0, x1, fx)) in line.iter_mut().zip(&columns) {
            let top = above[x0] * (1.0 - fx) + above[x1] * fx;
            let bottom = below[x0] * (1.0 - fx) + below[x1] * fx;
            *value = top * (1.0 - fy) + bottom * fy;
        }
    });
    out
}

/// For every new place the two old ones around it and how far it is from the first.
fn taps(size: usize, new_size: usize) -> Vec<(usize, usize, f32)> {
    let ratio = size as f32 / new_size as f32;
    let last = size.saturating_sub(1);
    (0..new_size)
        .map(|place| {
            let at = ((place as f32 + 0.5) * ratio - 0.5).max(0.0);
            let first = (at as usize).min(last);
            (first, (first + 1).min(last), at - first as f32)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_two_is_between_them() {
        assert_eq!(bilinear(&[0.0, 1.0], (2, 1), (4, 1)), [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(bilinear(&[0.0, 1.0, 2.0, 3.0], (2, 2), (1, 1)), [1.5]);
    }

    #[test]
    fn the_same_size_changes_nothing() {
        assert_eq!(bilinear(&[0.1, 0.2, 0.3], (3, 1), (3, 1)), [0.1, 0.2, 0.3]);
    }
}
