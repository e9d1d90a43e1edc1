//! Chroma key: the colour difference method of Petro Vlahos.

use super::{between, keyed};
use crate::{Image, Matte};

/// The colour of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Screen {
    /// Green against the greater of red and blue.
    Green,
    /// Blue against the greater of red and green.
    Blue,
    /// Any hue: the picture is turned about the grey axis until the screen's hue falls on green.
    Any,
}

impl Screen {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("green", Self::Green), ("blue", Self::Blue), ("any", Self::Any)];
}

/// A colour-difference key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChromaKey {
    /// Which difference is taken.
    pub screen: Screen,
    /// The screen's own colour, in the encoding of the image.
    pub colour: [f32; 3],
    /// Share of the screen's difference up to which a pixel is solid.
    pub lo: f32,
    /// Share from which it is clear.
    pub hi: f32,
}

impl Default for ChromaKey {
    fn default() -> Self {
        Self { screen: Screen::Green, colour: [0.0, 0.69, 0.25], lo: 0.0, hi: 1.0 }
    }
}

/// The matte `1 - clamp((m / m_screen - lo) / (hi - lo))`, where `m` is how much the screen's
/// channel exceeds the greater of the two others (for green `g - max(r, b)`).
///
/// A screen colour without such an excess keys nothing: the matte is 1.
pub fn chroma_key(image: &Image, key: &ChromaKey) -> Matte {
    let turn = turn_to_green(key.colour);
    let excess = |[r, g, b]: [f32; 3]| match key.screen {
        Screen::Green => g - r.max(b),
        Screen::Blue => b - r.max(g),
        Screen::Any => {
            let [r, g, b] = turn.map(|row| row[0] * r + row[1] * g + row[2] * b);
            g - r.max(b)
        }
    };
    let screen = excess(key.colour);
    keyed(image, |colour| {
        if screen > 0.0 { 1.0 - between(key.lo, key.hi, excess(colour) / screen) } else { 1.0 }
    })
}

/// The rotation about the grey axis that brings a colour's hue to pure green; the identity for a
/// grey.
fn turn_to_green([r, g, b]: [f32; 3]) -> [[f32; 3]; 3] {
    // In the plane across the grey axis: green lies along the first axis, red along minus the
    // second.
    let along = g - 0.5 * (r + b);
    let across = (b - r) * 0.75_f32.sqrt();
    let length = along.hypot(across);
    if length <= 0.0 {
        return [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    }
    let (cos, sin) = (along / length, across / length);
    // A rotation about (1, 1, 1) is circulant: own, next and previous channel in cyclic order.
    let own = (1.0 + 2.0 * cos) / 3.0;
    let skew = sin / 3.0_f32.sqrt();
    let (next, previous) = ((1.0 - cos) / 3.0 + skew, (1.0 - cos) / 3.0 - skew);
    [[own, next, previous], [previous, own, next], [next, previous, own]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    fn one(colour: [f32; 3]) -> Image {
        let [r, g, b] = colour;
        Image::new(ImageFact::new(1, 1, Alpha::Opaque), vec![[r, g, b, 1.0]])
    }

    fn matte_of(colour: [f32; 3], key: &ChromaKey) -> f32 {
        chroma_key(&one(colour), key).values[0]
    }

    #[test]
    fn a_screen_is_clear_a_skin_is_solid_and_half_is_half() {
        let key = ChromaKey::default();
        let half = |a: f32, b: f32| (a + b) / 2.0;
        let (skin, screen) = ([0.8, 0.6, 0.5], key.colour);
        assert_eq!(matte_of(screen, &key), 0.0);
        assert_eq!(matte_of(skin, &key), 1.0);
        let grey = [0.5; 3];
        let mixed = [0, 1, 2].map(|c| half(grey[c], screen[c]));
        assert!((matte_of(mixed, &key) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn every_hue_can_be_a_screen() {
        for screen in [[0.9, 0.1, 0.1], [0.1, 0.1, 0.8], [0.8, 0.2, 0.7], [0.9, 0.8, 0.1]] {
            let key = ChromaKey { screen: Screen::Any, colour: screen, lo: 0.0, hi: 1.0 };
            // A square root and two divisions away from exact.
            assert!(matte_of(screen, &key) < 1e-5, "{screen:?}");
            assert!(matte_of([0.4; 3], &key) > 1.0 - 1e-5, "{screen:?}");
            let complement = screen.map(|v| 1.0 - v);
            assert!(matte_of(complement, &key) > 1.0 - 1e-5, "{screen:?}");
            let darker = screen.map(|v| v * 0.5);
            assert!((matte_of(darker, &key) - 0.5).abs() < 1e-5, "{screen:?}");
        }
    }

    #[test]
    fn any_agrees_with_green_and_blue_on_pure_screens() {
        for (screen, colour) in [(Screen::Green, [0.1, 0.7, 0.1]), (Screen::Blue, [0.2, 0.2, 0.9])]
        {
            for picture in [[0.3, 0.5, 0.4], [0.1, 0.4, 0.6], [0.9, 0.1, 0.3]] {
                let fixed = ChromaKey { screen, colour, lo: 0.1, hi: 0.9 };
                let any = ChromaKey { screen: Screen::Any, ..fixed };
                let (a, b) = (matte_of(picture, &fixed), matte_of(picture, &any));
                assert!((a - b).abs() < 1e-5, "{screen:?} {picture:?}: {a} {b}");
            }
        }
    }

    #[test]
    fn a_grey_screen_keys_nothing() {
        let key = ChromaKey { screen: Screen::Any, colour: [0.5; 3], ..ChromaKey::default() };
        assert_eq!(matte_of([0.0, 1.0, 0.0], &key), 1.0);
    }
}
