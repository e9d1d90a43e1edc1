//! Porter and Duff's operators and a few blend modes as Android's and Skia's transfer modes define
//! them: on premultiplied values, darken and lighten not weighted by both alphas.

use crate::frames::{Mismatch, image_frame, image_shape, meeting_batch};
use crate::{Alpha, Image, ImageFact, Pixel};

/// Below this alpha a result has no colour.
const NO_ALPHA: f32 = 1e-5;

/// How two pictures meet. `S`, `D` are premultiplied colours of the upper and the lower picture,
/// `Sa`, `Da` their alphas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// `S + (1 - Sa)*D`
    #[default]
    SrcOver,
    /// The upper picture alone.
    Src,
    /// The lower picture alone.
    Dst,
    /// `D + (1 - Da)*S`
    DstOver,
    /// `S*Da`
    SrcIn,
    /// `D*Sa`
    DstIn,
    /// `S*(1 - Da)`
    SrcOut,
    /// `D*(1 - Sa)`
    DstOut,
    /// `S*Da + (1 - Sa)*D`, alpha `Da`.
    SrcAtop,
    /// `D*Sa + (1 - Da)*S`, alpha `Sa`.
    DstAtop,
    /// `(1 - Da)*S + (1 - Sa)*D`
    Xor,
    /// Nothing.
    Clear,
    /// `S + D`, held to 1.
    Add,
    /// `S*D`, alpha `Sa*Da`.
    Multiply,
    /// `S + D - S*D`
    Screen,
    /// `(1 - Da)*S + (1 - Sa)*D + min(S, D)`
    Darken,
    /// `(1 - Da)*S + (1 - Sa)*D + max(S, D)`
    Lighten,
    /// `2*S*D` where `2*D < Da`, else `Sa*Da - 2*(Da - S)*(Sa - D)`.
    Overlay,
}

impl Transfer {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("src_over", Self::SrcOver),
        ("src", Self::Src),
        ("dst", Self::Dst),
        ("dst_over", Self::DstOver),
        ("src_in", Self::SrcIn),
        ("dst_in", Self::DstIn),
        ("src_out", Self::SrcOut),
        ("dst_out", Self::DstOut),
        ("src_atop", Self::SrcAtop),
        ("dst_atop", Self::DstAtop),
        ("xor", Self::Xor),
        ("clear", Self::Clear),
        ("add", Self::Add),
        ("multiply", Self::Multiply),
        ("screen", Self::Screen),
        ("darken", Self::Darken),
        ("lighten", Self::Lighten),
        ("overlay", Self::Overlay),
    ];

    /// The mathematics in one line.
    pub const fn formula(self) -> &'static str {
        match self {
            Self::SrcOver => "S + (1-Sa)*D",
            Self::Src => "S",
            Self::Dst => "D",
            Self::DstOver => "D + (1-Da)*S",
            Self::SrcIn => "S*Da",
            Self::DstIn => "D*Sa",
            Self::SrcOut => "S*(1-Da)",
            Self::DstOut => "D*(1-Sa)",
            Self::SrcAtop => "S*Da + (1-Sa)*D, alpha Da",
            Self::DstAtop => "D*Sa + (1-Da)*S, alpha Sa",
            Self::Xor => "(1-Da)*S + (1-Sa)*D",
            Self::Clear => "0",
            Self::Add => "min(1, S + D)",
            Self::Multiply => "S*D, alpha Sa*Da",
            Self::Screen => "S + D - S*D",
            Self::Darken => "(1-Da)*S + (1-Sa)*D + min(S, D)",
            Self::Lighten => "(1-Da)*S + (1-Sa)*D + max(S, D)",
            Self::Overlay => "2*S*D if 2*D < Da, else Sa*Da - 2*(Da-S)*(Sa-D)",
        }
    }

    /// One premultiplied channel.
    fn colour(self, (s, sa): (f32, f32), (d, da): (f32, f32)) -> f32 {
        match self {
            Self::SrcOver => s + (1.0 - sa) * d,
            Self::Src => s,
            Self::Dst => d,
            Self::DstOver => d + (1.0 - da) * s,
            Self::SrcIn => s * da,
            Self::DstIn => d * sa,
            Self::SrcOut => (1.0 - da) * s,
            Self::DstOut => (1.0 - sa) * d,
            Self::SrcAtop => da * s + (1.0 - sa) * d,
            Self::DstAtop => sa * d + (1.0 - da) * s,
            Self::Xor => (1.0 - da) * s + (1.0 - sa) * d,
            Self::Clear => 0.0,
            Self::Add => (s + d).clamp(0.0, 1.0),
            Self::Multiply => s * d,
            Self::Screen => s + d - s * d,
            Self::Darken => (1.0 - da) * s + (1.0 - sa) * d + s.min(d),
            Self::Lighten => (1.0 - da) * s + (1.0 - sa) * d + s.max(d),
            Self::Overlay if 2.0 * d < da => 2.0 * s * d,
            Self::Overlay => sa * da - 2.0 * (da - s) * (sa - d),
        }
    }

    fn alpha(self, sa: f32, da: f32) -> f32 {
        match self {
            Self::SrcAtop => da,
            Self::DstAtop => sa,
            Self::Screen | Self::Darken | Self::Lighten | Self::Overlay => sa + da - sa * da,
            other => other.colour((sa, sa), (da, da)),
        }
    }
}

/// Puts `fg` and `bg` together, a batch of one with every picture of the other.
///
/// The result is straight, in the encoding of `bg`; its colour is held to 0..1, and 0 where alpha
/// is next to nothing.
///
/// # Errors
/// When sizes or batches differ.
pub fn transfer(bg: &Image, fg: &Image, how: Transfer) -> Result<Image, Mismatch> {
    let batch = meeting_batch(image_shape(bg), image_shape(fg))?;
    let fact = ImageFact { batch, alpha: Alpha::Straight, ..bg.fact };
    let (fg, bg) = (fg.encoded(bg.fact.encoding).premultiplied(), bg.premultiplied());
    let len = fact.frame_len();
    let pixels = crate::frames::build(fact.len(), |i| {
        let (frame, i) = ((i / len) as u32, i % len);
        meet(image_frame(&fg, frame)[i], image_frame(&bg, frame)[i], how)
    });
    Ok(Image::new(fact, pixels))
}

fn meet(s: Pixel, d: Pixel, how: Transfer) -> Pixel {
    let alpha = how.alpha(s[3], d[3]);
    let straight = |k: usize| {
        let colour = how.colour((s[k], s[3]), (d[k], d[3]));
        if alpha > NO_ALPHA { (colour / alpha).clamp(0.0, 1.0) } else { 0.0 }
    };
    [straight(0), straight(1), straight(2), alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(how: Transfer, s: Pixel, d: Pixel) -> Pixel {
        let image = |pixel| Image::new(ImageFact::new(1, 1, Alpha::Straight), vec![pixel]);
        transfer(&image(d), &image(s), how).unwrap().pixels[0]
    }

    /// Red 0.8 at half alpha against red 0.4 at 0.75, worked out by hand from the formulas.
    #[test]
    fn every_mode_gives_what_its_formula_says() {
        let (s, d) = ([0.8, 0.0, 1.0, 0.5], [0.4, 1.0, 0.2, 0.75]);
        for (how, red, alpha) in [
            (Transfer::SrcOver, 0.55 / 0.875, 0.875),
            (Transfer::Src, 0.8, 0.5),
            (Transfer::Dst, 0.4, 0.75),
            (Transfer::DstOver, 0.4 / 0.875, 0.875),
            (Transfer::SrcIn, 0.8, 0.375),
            (Transfer::DstIn, 0.4, 0.375),
            (Transfer::SrcOut, 0.8, 0.125),
            (Transfer::DstOut, 0.4, 0.375),
            (Transfer::SrcAtop, 0.45 / 0.75, 0.75),
            (Transfer::DstAtop, 0.25 / 0.5, 0.5),
            (Transfer::Xor, 0.25 / 0.5, 0.5),
            (Transfer::Clear, 0.0, 0.0),
            (Transfer::Add, 0.7, 1.0),
            (Transfer::Multiply, 0.12 / 0.375, 0.375),
            (Transfer::Screen, 0.58 / 0.875, 0.875),
            (Transfer::Darken, 0.55 / 0.875, 0.875),
            (Transfer::Lighten, 0.65 / 0.875, 0.875),
            (Transfer::Overlay, 0.24 / 0.875, 0.875),
        ] {
            let got = met(how, s, d);
            let [r, g, b, a] = got;
            // Six operations on values of about 1.
            assert!((r - red).abs() < 1e-6 && (a - alpha).abs() < 1e-6, "{how:?}: {got:?}");
            assert!([g, b].iter().all(|v| (0.0..=1.0).contains(v)), "{how:?}: {got:?}");
        }
    }

    #[test]
    fn over_middle_grey_overlay_lightens() {
        // Premultiplied S = 0.4, D = 0.6 at alphas 0.5 and 0.75: 0.375 - 2*(0.75-0.4)*(0.5-0.6).
        let got = met(Transfer::Overlay, [0.8, 0.0, 0.0, 0.5], [0.8, 0.0, 0.0, 0.75]);
        assert!((got[0] - 0.445 / 0.875).abs() < 1e-6, "{got:?}");
    }

    #[test]
    fn next_to_no_alpha_has_no_colour() {
        let faint = [1.0, 1.0, 1.0, 0.9e-5];
        assert_eq!(met(Transfer::Src, faint, [0.0; 4]), [0.0, 0.0, 0.0, 0.9e-5]);
    }
}
