//! The ways one picture can meet another.

/// A merge mode: Porter–Duff operators, blend modes and plate arithmetic under one name space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Porter–Duff source-over; as a blend mode, `M(Cb, Cs) = Cs`.
    Normal,
}

impl Mode {
    /// The word used in graphs and messages.
    pub fn name(self) -> &'static str {
        "over"
    }

    /// The mode of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        (name == "over").then_some(Self::Normal)
    }
}
