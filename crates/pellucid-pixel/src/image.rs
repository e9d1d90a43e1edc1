//! Pictures in memory, and what alpha means in them.

use std::sync::Arc;

use rayon::prelude::*;

/// One pixel: red, green, blue, alpha.
pub type Pixel = [f32; 4];

/// What the alpha channel of an image means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alpha {
    /// Every pixel is solid; the stored alpha is 1.
    Opaque,
    /// Colour is independent of alpha ("unassociated").
    Straight,
    /// Colour has been multiplied by alpha ("associated").
    Premultiplied,
}

impl Alpha {
    /// The word used in graphs and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opaque => "opaque",
            Self::Straight => "straight",
            Self::Premultiplied => "premultiplied",
        }
    }
}

/// How colour values relate to light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// sRGB-encoded (IEC 61966-2-1), what 8-bit files hold.
    Srgb,
    /// Linear light, Rec.709 primaries.
    Linear,
}

impl Encoding {
    /// The word used in graphs and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Srgb => "srgb",
            Self::Linear => "linear",
        }
    }
}

/// What is known of an image before its pixels exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImageFact {
    /// Pixels in a row, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
    /// Independent pictures of the same size, at least 1.
    pub batch: u32,
    /// What the fourth channel means.
    pub alpha: Alpha,
    /// What the colour channels mean.
    pub encoding: Encoding,
}

impl ImageFact {
    /// One sRGB-encoded picture.
    pub const fn new(width: u32, height: u32, alpha: Alpha) -> Self {
        Self { width, height, batch: 1, alpha, encoding: Encoding::Srgb }
    }

    /// Pixels in one frame.
    pub const fn frame_len(&self) -> usize {
        (self.width as usize).saturating_mul(self.height as usize)
    }

    /// Pixels in all frames.
    pub const fn len(&self) -> usize {
        self.frame_len().saturating_mul(self.batch as usize)
    }

    /// True only for a fact that breaks the rule that sizes are at least 1.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the pixels in memory.
    pub const fn bytes(&self) -> u64 {
        (self.len() as u64).saturating_mul(size_of::<Pixel>() as u64)
    }

    /// Width and height.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

/// A batch of pictures: immutable, cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Size, batch and meaning of the pixels.
    pub fact: ImageFact,
    /// All pixels; their number is `fact.len()`.
    pub pixels: Arc<Vec<Pixel>>,
}

impl Image {
    /// Takes pixels whose number must be `fact.len()`.
    ///
    /// # Panics
    /// When the number differs: a bug of the caller.
    pub fn new(fact: ImageFact, pixels: Vec<Pixel>) -> Self {
        assert_eq!(pixels.len(), fact.len(), "pixels do not fit {fact:?}");
        Self { fact, pixels: Arc::new(pixels) }
    }

    /// An image of one colour, given in the meaning of `fact`.
    pub fn filled(fact: ImageFact, pixel: Pixel) -> Self {
        Self::new(fact, vec![pixel; fact.len()])
    }

    /// The pixels of frame `index`, which must be below `fact.batch`.
    pub fn frame(&self, index: u32) -> &[Pixel] {
        let len = self.fact.frame_len();
        &self.pixels[index as usize * len..][..len]
    }

    /// The frames in order.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = &[Pixel]> {
        self.pixels.chunks_exact(self.fact.frame_len())
    }

    /// Maps every pixel, in parallel, under a new fact of the same size and batch.
    pub fn map(&self, fact: ImageFact, f: impl Fn(Pixel) -> Pixel + Sync) -> Self {
        Self::new(fact, self.pixels.par_iter().with_min_len(4096).map(|p| f(*p)).collect())
    }

    /// The same picture with colour multiplied by alpha. An opaque image becomes premultiplied.
    pub fn premultiplied(&self) -> Self {
        let fact = ImageFact { alpha: Alpha::Premultiplied, ..self.fact };
        match self.fact.alpha {
            Alpha::Premultiplied => self.clone(),
            Alpha::Opaque => Self { fact, pixels: Arc::clone(&self.pixels) },
            Alpha::Straight => self.map(fact, premultiply),
        }
    }

    /// The same picture with colour independent of alpha; 0 where a premultiplied alpha is 0.
    pub fn straight(&self) -> Self {
        let fact = ImageFact { alpha: Alpha::Straight, ..self.fact };
        match self.fact.alpha {
            Alpha::Straight => self.clone(),
            Alpha::Opaque => Self { fact, pixels: Arc::clone(&self.pixels) },
            Alpha::Premultiplied => self.map(fact, unpremultiply),
        }
    }

    /// The same picture in another alpha state. What is not solid cannot be made opaque: it
    /// becomes straight.
    pub fn in_state(&self, alpha: Alpha) -> Self {
        match alpha {
            Alpha::Premultiplied => self.premultiplied(),
            Alpha::Straight => self.straight(),
            Alpha::Opaque if self.fact.alpha == Alpha::Opaque => self.clone(),
            Alpha::Opaque => self.straight(),
        }
    }

    /// The same picture in another encoding. Straight colour is converted, alpha never is.
    pub fn encoded(&self, encoding: Encoding) -> Self {
        if self.fact.encoding == encoding {
            return self.clone();
        }
        let curve: fn(f32) -> f32 = match encoding {
            Encoding::Linear => srgb_to_linear,
            Encoding::Srgb => linear_to_srgb,
        };
        let fact = ImageFact { encoding, ..self.fact };
        let convert = |[r, g, b, a]: Pixel| [curve(r), curve(g), curve(b), a];
        match self.fact.alpha {
            Alpha::Premultiplied => {
                self.map(fact, |pixel| premultiply(convert(unpremultiply(pixel))))
            }
            Alpha::Straight | Alpha::Opaque => self.map(fact, convert),
        }
    }
}

/// Straight to premultiplied.
#[inline]
pub fn premultiply([r, g, b, a]: Pixel) -> Pixel {
    [r * a, g * a, b * a, a]
}

/// Premultiplied to straight; colour is 0 where alpha is not above 0.
#[inline]
pub fn unpremultiply([r, g, b, a]: Pixel) -> Pixel {
    if a > 0.0 { [r / a, g / a, b / a, a] } else { [0.0, 0.0, 0.0, a] }
}

/// The sRGB transfer function, encoded to linear, odd-extended below 0 (IEC 61966-2-1).
#[inline]
pub fn srgb_to_linear(v: f32) -> f32 {
    let x = v.abs();
    let y = if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) };
    y.copysign(v)
}

/// The sRGB transfer function, linear to encoded, odd-extended below 0 (IEC 61966-2-1).
#[inline]
pub fn linear_to_srgb(v: f32) -> f32 {
    let x = v.abs();
    let y = if x <= 0.003_130_8 { x * 12.92 } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
    y.copysign(v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_colour_under_alpha_zero_survives_a_clone_of_its_state() {
        let fact = ImageFact::new(1, 1, Alpha::Straight);
        let image = Image::new(fact, vec![[0.3, 0.6, 0.9, 0.0]]);
        assert_eq!(image.straight(), image);
        assert_eq!(image.premultiplied().pixels[0], [0.0; 4]);
    }

    #[test]
    fn transfer_functions_invert_each_other() {
        for i in -20..=300 {
            let v = i as f32 / 200.0;
            assert!((linear_to_srgb(srgb_to_linear(v)) - v).abs() < 2e-6, "{v}");
        }
    }

    #[test]
    fn encoding_leaves_alpha_alone() {
        let fact = ImageFact::new(1, 1, Alpha::Premultiplied);
        let image = Image::new(fact, vec![[0.25, 0.25, 0.25, 0.5]]);
        let linear = image.encoded(Encoding::Linear);
        assert_eq!(linear.pixels[0][3], 0.5);
        assert!((linear.pixels[0][0] - 0.5 * srgb_to_linear(0.5)).abs() < 1e-7);
    }
}
