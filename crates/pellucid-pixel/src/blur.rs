//! Gaussian and box blur.

mod boxed;
mod fir;
mod recursive;

use boxed::Mean;
use fir::Symmetric;
use recursive::Recursive;

use crate::lines::{Lane, LineFilter, separable};
use crate::raster::{image_frames, matte_frames, mixable};
use crate::{Alpha, Edge, Image, ImageFact, Matte};

/// From this sigma on the Gaussian is recursive: cost no longer depends on sigma, and no value in
/// 0..1 is off by more than 0.15/255.
pub const RECURSIVE_FROM: f32 = 6.0;

/// The largest sigma and radius, in pixels; larger ones count as this.
pub const LARGEST: f32 = 4096.0;

/// A Gaussian of two standard deviations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaussian {
    /// Standard deviation along rows, in pixels; 0 or less leaves rows alone.
    pub sigma_x: f32,
    /// Standard deviation along columns, in pixels; 0 or less leaves columns alone.
    pub sigma_y: f32,
    /// What lies outside the picture.
    pub edge: Edge,
}

impl Gaussian {
    /// The same sigma in both directions, clear outside.
    pub const fn new(sigma: f32) -> Self {
        Self { sigma_x: sigma, sigma_y: sigma, edge: Edge::Transparent }
    }

    /// The same Gaussian with another outside.
    pub const fn with_edge(self, edge: Edge) -> Self {
        Self { edge, ..self }
    }
}

/// Blurs an image with a Gaussian.
///
/// Works on premultiplied values and returns them; an opaque image stays opaque unless the edge
/// is transparent. Sigma 0 in both directions returns the image as it is. Up to
/// [`RECURSIVE_FROM`] the kernel is sampled to four sigma and normalised.
pub fn gaussian_blur(image: &Image, how: Gaussian) -> Image {
    let x = Blur::gaussian(how.sigma_x, how.edge);
    let y = Blur::gaussian(how.sigma_y, how.edge);
    blur_image(image, &x, &y, how.edge)
}

/// Blurs a matte with a Gaussian, by the rules of [`gaussian_blur`].
pub fn gaussian_blur_matte(matte: &Matte, how: Gaussian) -> Matte {
    let x = Blur::gaussian(how.sigma_x, how.edge);
    let y = Blur::gaussian(how.sigma_y, how.edge);
    blur_matte(matte, &x, &y)
}

/// Averages over a square of `2 * radius + 1` pixels a side; a fraction of the radius weighs the
/// outermost pixels. Alpha as in [`gaussian_blur`].
pub fn box_blur(image: &Image, radius: f32, edge: Edge) -> Image {
    let mean = Blur::mean(radius, edge);
    blur_image(image, &mean, &mean, edge)
}

/// Averages a matte, by the rules of [`box_blur`].
pub fn box_blur_matte(matte: &Matte, radius: f32, edge: Edge) -> Matte {
    let mean = Blur::mean(radius, edge);
    blur_matte(matte, &mean, &mean)
}

/// A blur along one axis.
enum Blur {
    Nothing,
    Direct(Symmetric),
    Recursive(Recursive),
    Mean(Mean),
}

impl Blur {
    fn gaussian(sigma: f32, edge: Edge) -> Self {
        if sigma >= RECURSIVE_FROM {
            Self::Recursive(Recursive::gaussian(f64::from(sigma.min(LARGEST)), edge))
        } else if sigma > 0.0 {
            Self::Direct(Symmetric::gaussian(f64::from(sigma), edge))
        } else {
            Self::Nothing
        }
    }

    fn mean(radius: f32, edge: Edge) -> Self {
        if radius > 0.0 { Self::Mean(Mean::new(radius.min(LARGEST), edge)) } else { Self::Nothing }
    }

    fn is_recursive(&self) -> bool {
        matches!(self, Self::Recursive(_))
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl LineFilter for Blur {
    fn run(&self, line: &[Lane], scratch: &mut Vec<Lane>, out: &mut [Lane]) {
        match self {
            Self::Nothing => out.copy_from_slice(line),
            Self::Direct(filter) => filter.run(line, scratch, out),
            Self::Recursive(filter) => filter.run(line, scratch, out),
            Self::Mean(filter) => filter.run(line, scratch, out),
        }
    }
}

fn blur_image(image: &Image, x: &Blur, y: &Blur, edge: Edge) -> Image {
    if x.is_nothing() && y.is_nothing() {
        return image.clone();
    }
    let mixed = mixable(image);
    let opaque = mixed.fact.alpha == Alpha::Opaque && edge != Edge::Transparent;
    let alpha = if opaque { Alpha::Opaque } else { Alpha::Premultiplied };
    let fact = ImageFact { alpha, ..mixed.fact };
    let noisy = x.is_recursive() || y.is_recursive();
    image_frames(&mixed, fact, |frame, out| {
        separable(frame, x, y, out, |pixels| {
            if opaque {
                pixels.iter_mut().for_each(|pixel| pixel[3] = 1.0);
            } else if noisy {
                clear_noise(pixels);
            }
        });
    })
}

fn blur_matte(matte: &Matte, x: &Blur, y: &Blur) -> Matte {
    if x.is_nothing() && y.is_nothing() {
        return matte.clone();
    }
    let noisy = x.is_recursive() || y.is_recursive();
    matte_frames(matte, matte.fact, |frame, out| {
        separable(frame, x, y, out, |values| {
            if noisy {
                clear_noise(values);
            }
        });
    })
}

/// Makes pixels clear that hold nothing but the noise of a recursive tail, and alpha not negative.
fn clear_noise<const C: usize>(pixels: &mut [[f32; C]]) {
    for pixel in pixels {
        if pixel.iter().all(|value| *value < recursive::NOISE) {
            *pixel = [0.0; C];
        } else {
            pixel[C - 1] = pixel[C - 1].max(0.0);
        }
    }
}
