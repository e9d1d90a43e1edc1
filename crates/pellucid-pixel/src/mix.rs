//! Crossfades, and light that wraps around edges.

use rayon::prelude::*;

use crate::blur::{Gaussian, gaussian_blur, gaussian_blur_matte};
use crate::raster::alpha_plane;
use crate::{Alpha, Edge, Encoding, Image, ImageFact, Matte, Pixel};

/// `a + (b - a) * t` on premultiplied values, with `t` the factor (0..1) times the matte.
///
/// The mathematics is done in `space`; the result has the encoding of `a` and the alpha state of
/// [`mix_alpha`]. A batch of one meets every frame of the others.
///
/// # Panics
/// When sizes differ, or two batches differ and neither is 1: a bug of the caller.
pub fn mix(a: &Image, b: &Image, factor: f32, matte: Option<&Matte>, space: Encoding) -> Image {
    assert_eq!(a.fact.size(), b.fact.size(), "pictures to be mixed differ in size");
    let encoding = a.fact.encoding;
    let alpha = mix_alpha(a.fact.alpha, b.fact.alpha);
    let (a, b) = (a.encoded(space).premultiplied(), b.encoded(space).premultiplied());
    let batch = a.fact.batch.max(b.fact.batch).max(matte.map_or(1, |matte| matte.fact.batch));
    let fact = ImageFact { batch, ..a.fact };
    let mut pixels = vec![[0.0; 4]; fact.len()];
    for (index, out) in pixels.chunks_exact_mut(fact.frame_len()).enumerate() {
        let (a, b) = (frame(&a, index), frame(&b, index));
        let matte = matte.map(|matte| {
            assert_eq!(matte.fact.size(), fact.size(), "matte and pictures differ in size");
            matte.frame(if matte.fact.batch == 1 { 0 } else { index as u32 })
        });
        out.par_iter_mut().with_min_len(4096).enumerate().for_each(|(i, out)| {
            let t = factor * matte.map_or(1.0, |matte| matte[i]);
            *out = std::array::from_fn(|k| a[i][k] + (b[i][k] - a[i][k]) * t);
        });
    }
    let mixed = Image::new(fact, pixels).encoded(encoding);
    if alpha == Alpha::Opaque { solid(&mixed) } else { mixed }
}

/// The alpha state of a mix: opaque where both are, else premultiplied.
pub fn mix_alpha(a: Alpha, b: Alpha) -> Alpha {
    if a == Alpha::Opaque && b == Alpha::Opaque { Alpha::Opaque } else { Alpha::Premultiplied }
}

/// How light of a backdrop falls on the edges of a picture in front.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LightWrap {
    /// Standard deviation of the spread of light, in pixels.
    pub sigma: f32,
    /// How much of the light falls in; 1 is all of it.
    pub intensity: f32,
}

/// The picture with light of the backdrop on the inside of its edges, its alpha unchanged.
///
/// `S + l * max(0, as - S)` on premultiplied values: a screen held inside the picture, with the
/// light `l = intensity * blur(B) * blur(1 - as)`. An opaque picture has no edges. The result has
/// the encoding and, but for straight ones that become premultiplied, the alpha state of `fg`.
///
/// # Panics
/// When sizes differ, or two batches differ and neither is 1: a bug of the caller.
pub fn light_wrap(bg: &Image, fg: &Image, how: LightWrap) -> Image {
    assert_eq!(bg.fact.size(), fg.fact.size(), "backdrop and picture differ in size");
    let blur = Gaussian::new(how.sigma).with_edge(Edge::Clamp);
    let light = gaussian_blur(&bg.encoded(fg.fact.encoding).premultiplied(), blur);
    let open = gaussian_blur_matte(&alpha_plane(fg).map(|a| 1.0 - a), blur);
    let source = fg.premultiplied();
    let fact = ImageFact { batch: fg.fact.batch.max(bg.fact.batch), ..source.fact };
    let mut pixels = vec![[0.0; 4]; fact.len()];
    for (index, out) in pixels.chunks_exact_mut(fact.frame_len()).enumerate() {
        let (light, source) = (frame(&light, index), frame(&source, index));
        let open = open.frame(if open.fact.batch == 1 { 0 } else { index as u32 });
        out.par_iter_mut().with_min_len(4096).enumerate().for_each(|(i, out)| {
            *out = wrapped(source[i], light[i], how.intensity * open[i]);
        });
    }
    let wrapped = Image::new(fact, pixels);
    if fg.fact.alpha == Alpha::Opaque { solid(&wrapped) } else { wrapped }
}

fn wrapped(source: Pixel, light: Pixel, weight: f32) -> Pixel {
    let colour = |k: usize| source[k] + weight * light[k] * (source[3] - source[k]).max(0.0);
    [colour(0), colour(1), colour(2), source[3]]
}

fn frame(image: &Image, index: usize) -> &[Pixel] {
    image.frame(if image.fact.batch == 1 { 0 } else { index as u32 })
}

/// The same pixels under an opaque fact.
fn solid(image: &Image) -> Image {
    image.map(ImageFact { alpha: Alpha::Opaque, ..image.fact }, |[r, g, b, _]| [r, g, b, 1.0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MatteFact;

    fn image(alpha: Alpha, pixels: &[Pixel]) -> Image {
        Image::new(ImageFact::new(pixels.len() as u32, 1, alpha), pixels.to_vec())
    }

    #[test]
    fn a_mix_starts_at_one_picture_and_ends_at_the_other() {
        let a = image(Alpha::Premultiplied, &[[0.25, 0.5, 0.125, 0.5], [0.0; 4]]);
        let b = image(Alpha::Premultiplied, &[[0.0; 4], [0.5, 0.5, 0.25, 0.75]]);
        assert_eq!(mix(&a, &b, 0.0, None, Encoding::Srgb), a);
        assert_eq!(mix(&a, &b, 1.0, None, Encoding::Srgb), b);
    }

    #[test]
    fn a_matte_says_where_the_second_picture_shows() {
        let a = image(Alpha::Opaque, &[[0.0, 0.0, 0.0, 1.0]; 3]);
        let b = image(Alpha::Opaque, &[[1.0; 4]; 3]);
        let matte = Matte::new(MatteFact::new(3, 1), vec![0.0, 0.5, 1.0]);
        let mixed = mix(&a, &b, 0.5, Some(&matte), Encoding::Srgb);
        assert_eq!(mixed.fact.alpha, Alpha::Opaque);
        assert_eq!(mixed.pixels.iter().map(|p| p[1]).collect::<Vec<_>>(), [0.0, 0.25, 0.5]);
    }

    #[test]
    fn light_falls_on_edges_only_and_leaves_alpha() {
        let bg = image(Alpha::Opaque, &[[1.0; 4]; 41]);
        let mut pixels = [[0.0, 0.0, 0.0, 1.0]; 41];
        pixels[20..].fill([0.0; 4]);
        let fg = image(Alpha::Straight, &pixels);
        let lit = light_wrap(&bg, &fg, LightWrap { sigma: 2.0, intensity: 1.0 });
        assert!(lit.pixels[19][0] > 0.2 && lit.pixels[0][0] == 0.0);
        assert!(lit.pixels.iter().zip(&*fg.pixels).all(|(lit, fg)| lit[3] == fg[3]));
        assert!(lit.pixels[20..].iter().all(|pixel| *pixel == [0.0; 4]));
    }

    #[test]
    fn an_opaque_picture_takes_no_light() {
        let bg = image(Alpha::Opaque, &[[1.0; 4]; 5]);
        let fg = image(Alpha::Opaque, &[[0.2, 0.3, 0.4, 1.0]; 5]);
        assert_eq!(light_wrap(&bg, &fg, LightWrap { sigma: 1.0, intensity: 4.0 }), fg);
    }
}
