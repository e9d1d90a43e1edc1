//! What a file's header promises, from which both [`Header`] and the decoded image are made: the
//! two cannot disagree.

use super::colour::Conversion;
use super::orientation::Orientation;
use super::samples::make_finite;
use super::{Decoded, Fault, Format, Header, Limits};
use crate::{Alpha, Image, ImageFact, Pixel};

/// A file's header, before its orientation is applied.
pub(super) struct Outline {
    /// Pixels in a stored row.
    pub(super) width: u32,
    /// Stored rows.
    pub(super) height: u32,
    /// What alpha means.
    pub(super) alpha: Alpha,
    /// Bits per stored sample.
    pub(super) bits: u32,
    /// Pictures in the file.
    pub(super) frames: u32,
    /// How colours are converted.
    pub(super) conversion: Conversion,
    /// How the picture is turned.
    pub(super) orientation: Orientation,
    /// What is out of order but does not hinder.
    pub(super) warnings: Vec<String>,
}

impl Outline {
    /// The public part.
    pub(super) fn header(&self, format: Format) -> Header {
        let (width, height) = self.orientation.size((self.width, self.height));
        let (alpha, encoding) = (self.alpha, self.conversion.encoding);
        Header { format, width, height, alpha, encoding, bits: self.bits, frames: self.frames }
    }

    /// Refuses a picture that is too large, given the bytes per pixel its decoder needs.
    pub(super) fn check(&self, limits: &Limits, beside: u64) -> Result<(), Fault> {
        let beside = beside.max(self.orientation.bytes());
        limits.check(self.width.into(), self.height.into(), beside)
    }

    /// The image of the stored pixels.
    pub(super) fn image(mut self, mut pixels: Vec<Pixel>) -> Decoded {
        let replaced = make_finite(&mut pixels);
        if replaced > 0 {
            self.warnings.push(format!("{replaced} values were not finite and are replaced"));
        }
        if self.frames > 1 {
            self.warnings.push(format!("the first of {} pictures is read", self.frames));
        }
        self.conversion.apply(&mut pixels, self.alpha);
        make_finite(&mut pixels);
        let pixels = self.orientation.apply(pixels, self.width as usize, self.height as usize);
        let (width, height) = self.orientation.size((self.width, self.height));
        let fact = ImageFact {
            width,
            height,
            batch: 1,
            alpha: self.alpha,
            encoding: self.conversion.encoding,
        };
        Decoded { image: Image::new(fact, pixels), warnings: self.warnings }
    }
}

/// The conversion of a file with an ICC profile, or the fallback and a warning why not.
pub(super) fn icc_or(
    icc: Option<&[u8]>,
    model: super::colour::Model,
    fallback: Conversion,
    warnings: &mut Vec<String>,
) -> Conversion {
    let Some(icc) = icc else { return fallback };
    let conversion = super::guarded(|| Ok(Conversion::from_icc(icc, model)))
        .unwrap_or_else(|fault| Err(fault.to_string()));
    conversion.unwrap_or_else(|why| {
        warnings.push(format!("the colour profile is left out: {why}"));
        fallback
    })
}
