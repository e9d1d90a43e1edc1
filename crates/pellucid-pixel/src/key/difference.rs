//! Difference key: what differs from a clean plate is kept.

use super::colour::distance;
use super::{between, smooth};
use crate::frames::{Mismatch, build, image_frame, image_shape, meeting_batch};
use crate::{Image, Matte, MatteFact};

/// How the difference of two colours is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DifferenceMeasure {
    /// The greatest difference of a channel.
    Max,
    /// `sqrt((dr^2 + dg^2 + db^2) / 3)`.
    Euclid,
}

impl DifferenceMeasure {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("max", Self::Max), ("euclid", Self::Euclid)];
}

/// A key by difference from a clean plate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DifferenceKey {
    /// Difference up to which a pixel is clear.
    pub lo: f32,
    /// Difference from which it is solid; at or below `lo` a hard cut.
    pub hi: f32,
    /// How difference is measured.
    pub measure: DifferenceMeasure,
}

impl Default for DifferenceKey {
    fn default() -> Self {
        Self { lo: 0.05, hi: 0.2, measure: DifferenceMeasure::Max }
    }
}

/// The matte `smoothstep(lo, hi, d)` of straight colour against a clean plate, in the encoding of
/// the image; a batch of 1 is repeated.
///
/// # Errors
/// When sizes or batches differ.
pub fn difference_key(
    image: &Image,
    plate: &Image,
    key: &DifferenceKey,
) -> Result<Matte, Mismatch> {
    let batch = meeting_batch(image_shape(image), image_shape(plate))?;
    let plate = plate.straight().encoded(image.fact.encoding);
    let image = image.straight();
    let fact = MatteFact { width: image.fact.width, height: image.fact.height, batch };
    let len = fact.frame_len();
    let values = build(fact.len(), |i| {
        let frame = (i / len) as u32;
        let [r, g, b, _] = image_frame(&image, frame)[i % len];
        let [u, v, w, _] = image_frame(&plate, frame)[i % len];
        let d = match key.measure {
            DifferenceMeasure::Max => (r - u).abs().max((g - v).abs()).max((b - w).abs()),
            DifferenceMeasure::Euclid => distance([r, g, b], [u, v, w]),
        };
        smooth(between(key.lo, key.hi, d))
    });
    Ok(Matte::new(fact, values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, Encoding, ImageFact};

    fn row(values: &[f32]) -> Image {
        let pixels = values.iter().map(|v| [*v, 0.5, 0.5, 1.0]).collect();
        Image::new(ImageFact::new(values.len() as u32, 1, Alpha::Opaque), pixels)
    }

    #[test]
    fn only_what_is_new_is_kept() {
        let key = DifferenceKey { lo: 0.1, hi: 0.3, ..DifferenceKey::default() };
        let plate = row(&[0.5; 4]);
        let matte = difference_key(&row(&[0.5, 0.55, 0.7, 0.9]), &plate, &key).unwrap();
        assert_eq!(matte.values[..2], [0.0, 0.0]);
        assert!((matte.values[2] - 0.5).abs() < 1e-6);
        assert_eq!(matte.values[3], 1.0);
        let euclid = DifferenceKey { measure: DifferenceMeasure::Euclid, ..key };
        let matte = difference_key(&row(&[0.5, 0.55, 0.7, 0.9]), &plate, &euclid).unwrap();
        assert!(matte.values[2] < 0.05 && matte.values[3] > 0.5);
    }

    #[test]
    fn a_plate_in_another_encoding_is_converted() {
        let image = row(&[0.2, 0.4, 0.8]);
        let plate = image.encoded(Encoding::Linear);
        let key = DifferenceKey { lo: 1e-5, hi: 1e-4, ..DifferenceKey::default() };
        assert_eq!(*difference_key(&image, &plate, &key).unwrap().values, [0.0; 3]);
    }
}
