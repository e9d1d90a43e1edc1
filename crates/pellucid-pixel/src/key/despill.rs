//! Despill: the screen's light out of the subject.

use crate::Image;
use crate::colour::on_straight;

/// The channel that spills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpillScreen {
    /// A green screen.
    Green,
    /// A blue screen.
    Blue,
}

impl SpillScreen {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("green", Self::Green), ("blue", Self::Blue)];
}

/// What the spilling channel is limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DespillMethod {
    /// `mix * r + (1 - mix) * (1 - expand) * other`, as ffmpeg's `despill` does.
    Mix,
    /// The mean of the two other channels.
    Average,
    /// The greater of the two other channels.
    Max,
}

impl DespillMethod {
    /// Names in graphs, the default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("mix", Self::Mix), ("average", Self::Average), ("max", Self::Max)];
}

/// How to despill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Despill {
    /// The channel that spills.
    pub screen: SpillScreen,
    /// What it is limited to.
    pub method: DespillMethod,
    /// Share of red in the limit, 0 to 1; [`DespillMethod::Mix`] only.
    pub mix: f32,
    /// How much the other channel is held back, 0 to 1; [`DespillMethod::Mix`] only.
    pub expand: f32,
    /// Puts the luma that was taken (0.59 of the spill for green, 0.11 for blue) back as grey.
    pub luminance: bool,
}

impl Default for Despill {
    fn default() -> Self {
        Self {
            screen: SpillScreen::Green,
            method: DespillMethod::Mix,
            mix: 0.5,
            expand: 0.0,
            luminance: false,
        }
    }
}

/// Lowers the screen's channel to its limit where it is above it; alpha is unchanged.
pub fn despill(image: &Image, settings: &Despill) -> Image {
    on_straight(image, |[r, g, b]| {
        let (screen, other, weight) = match settings.screen {
            SpillScreen::Green => (g, b, 0.59),
            SpillScreen::Blue => (b, g, 0.11),
        };
        let limit = match settings.method {
            DespillMethod::Mix => {
                settings.mix * r + (1.0 - settings.mix) * (1.0 - settings.expand) * other
            }
            DespillMethod::Average => (r + other) / 2.0,
            DespillMethod::Max => r.max(other),
        };
        let spill = (screen - limit).max(0.0);
        let grey = if settings.luminance { spill * weight } else { 0.0 };
        match settings.screen {
            SpillScreen::Green => [r + grey, g - spill + grey, b + grey],
            SpillScreen::Blue => [r + grey, g + grey, b - spill + grey],
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alpha, ImageFact};

    fn of(colour: [f32; 3], settings: &Despill) -> [f32; 3] {
        let [r, g, b] = colour;
        let image = Image::new(ImageFact::new(1, 1, Alpha::Opaque), vec![[r, g, b, 1.0]]);
        let [r, g, b, _] = despill(&image, settings).pixels[0];
        [r, g, b]
    }

    #[test]
    fn every_method_has_its_limit() {
        let green = [0.25, 1.0, 0.75];
        for (method, limit) in
            [(DespillMethod::Mix, 0.5), (DespillMethod::Average, 0.5), (DespillMethod::Max, 0.75)]
        {
            let settings = Despill { method, ..Despill::default() };
            assert_eq!(of(green, &settings), [0.25, limit, 0.75]);
            let blue = Despill { screen: SpillScreen::Blue, ..settings };
            assert_eq!(of([0.25, 0.75, 1.0], &blue), [0.25, 0.75, limit]);
        }
    }

    #[test]
    fn a_colour_without_spill_is_unchanged() {
        let magenta = [0.9, 0.1, 0.6];
        assert_eq!(of(magenta, &Despill { luminance: true, ..Despill::default() }), magenta);
    }

    #[test]
    fn luminance_keeps_luma() {
        let luma = |[r, g, b]: [f32; 3]| 0.3 * r + 0.59 * g + 0.11 * b;
        for screen in [SpillScreen::Green, SpillScreen::Blue] {
            let settings = Despill { screen, luminance: true, ..Despill::default() };
            let colour = [0.2, 0.6, 0.7];
            assert!((luma(of(colour, &settings)) - luma(colour)).abs() < 1e-6);
        }
    }
}
