//! The colours that captions name.

use crate::random::Random;

/// A colour with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Colour {
    Red,
    Orange,
    Yellow,
    Green,
    Teal,
    Blue,
    Purple,
    Pink,
    White,
    Brown,
}

impl Colour {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Teal,
        Self::Blue,
        Self::Purple,
        Self::Pink,
        Self::White,
        Self::Brown,
    ];

    /// The word in captions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Teal => "teal",
            Self::Blue => "blue",
            Self::Purple => "purple",
            Self::Pink => "pink",
            Self::White => "white",
            Self::Brown => "brown",
        }
    }

    /// The typical shade, sRGB.
    pub fn typical(self) -> [f32; 3] {
        match self {
            Self::Red => [0.84, 0.12, 0.12],
            Self::Orange => [0.95, 0.50, 0.08],
            Self::Yellow => [0.95, 0.84, 0.16],
            Self::Green => [0.20, 0.64, 0.20],
            Self::Teal => [0.08, 0.66, 0.66],
            Self::Blue => [0.14, 0.30, 0.86],
            Self::Purple => [0.52, 0.20, 0.74],
            Self::Pink => [0.96, 0.50, 0.70],
            Self::White => [0.93, 0.93, 0.94],
            Self::Brown => [0.45, 0.27, 0.14],
        }
    }

    /// A shade of it.
    pub fn shade(self, random: &mut Random) -> [f32; 3] {
        let light = random.between(0.9, 1.08);
        self.typical().map(|v| (v * light + random.between(-0.03, 0.03)).clamp(0.0, 1.0))
    }
}
