//! The ways one picture can meet another.
//!
//! Two pictures are merged by a [`Mode`], pixel by pixel, on premultiplied f32 values, in one
//! encoding. Nothing is rounded on the way. The sources of the formulas: Porter and Duff 1984,
//! W3C Compositing and Blending 1, the published behaviour of Photoshop, Krita and Nuke.

mod blend;
mod kernel;
mod mode;
mod nonseparable;
mod plate;
mod porter_duff;
mod rows;
mod separable;
mod span;

use rayon::prelude::*;

pub(crate) use kernel::Kernel;
pub use mode::{Family, Mode};
pub(crate) use rows::{Loops, SPAN, Span, enter, straight_pixel};
pub(crate) use span::Limits;

use crate::{Alpha, Encoding, Image, ImageFact, Matte, Pixel};

/// Where values are limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Clamp {
    /// A blend function's value is held to 0..1 before it is mixed (Photoshop, Krita), and
    /// `plus` to 0..1 in the sRGB encoding.
    #[default]
    Blend,
    /// Blend functions are mixed as they come and the result is held (GIMP, ImageMagick):
    /// straight colour and alpha to 0..1, of plate arithmetic and operators every channel.
    Result,
    /// Nothing is limited.
    None,
}

/// What a mask does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MaskMode {
    /// It is multiplied into the upper picture before the merge.
    #[default]
    Source,
    /// It mixes the backdrop (0) with the merged result (1), as Nuke does.
    Mix,
}

/// Which formula alpha follows. Porter–Duff operators have alpha in their own formula and
/// modes of whole colours (hue, saturation, …) have none but the union: no rule changes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AlphaRule {
    /// Union for blend modes, the colour formula for plate arithmetic.
    #[default]
    Auto,
    /// `ao = as + ab - as*ab`, and colour is unchanged where either alpha is 0.
    Union,
    /// The mode's colour formula on all four premultiplied channels.
    Same,
}

/// How two pictures are merged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    /// The formula.
    pub mode: Mode,
    /// 0 to 1 (held there), multiplied into the upper picture.
    pub opacity: f32,
    /// Where values are limited.
    pub clamp: Clamp,
    /// What a mask does.
    pub mask: MaskMode,
    /// Which formula alpha follows.
    pub alpha: AlphaRule,
    /// The encoding in which the mathematics is done. Pictures in another one are converted,
    /// which loses light without coverage (premultiplied colour where alpha is 0).
    pub space: Encoding,
    /// Dissolve's chance.
    pub seed: u64,
}

impl Default for Merge {
    fn default() -> Self {
        Self {
            mode: Mode::Normal,
            opacity: 1.0,
            clamp: Clamp::default(),
            mask: MaskMode::default(),
            alpha: AlphaRule::default(),
            space: Encoding::Srgb,
            seed: 0,
        }
    }
}

/// Merges `fg` onto `bg`. The result has the encoding of `bg` and the alpha state that
/// [`result_alpha`] foretells. A batch of one meets every frame of the others.
///
/// # Panics
/// When width or height differ, or when two batches differ and neither is 1: a bug of the
/// caller.
pub fn merge(bg: &Image, fg: &Image, mask: Option<&Matte>, how: &Merge) -> Image {
    let fact = result_fact(bg, fg, mask, how);
    let width = fact.width as usize;
    let height = fact.height as usize;
    let mut pixels = vec![[0.0; 4]; fact.len()];
    let task = Task::new(bg, fg, mask, how, fact.alpha);
    pixels.par_chunks_mut(width).enumerate().for_each_init(Buffers::new, |buffers, (row, out)| {
        task.row((row / height) as u32, row % height, out, buffers);
    });
    Image::new(fact, pixels)
}

/// The alpha state of a merge's result: opaque where the mode keeps it so for every pixel,
/// otherwise premultiplied.
pub fn result_alpha(bg: Alpha, fg: Alpha, how: &Merge, masked: bool) -> Alpha {
    let bg_solid = bg == Alpha::Opaque;
    let mixed = masked && how.mask == MaskMode::Mix;
    let fg_solid = fg == Alpha::Opaque && how.opacity >= 1.0 && (!masked || mixed);
    let merged_solid = match how.mode {
        Mode::Keep | Mode::Atop => bg_solid,
        Mode::Copy | Mode::DstAtop => fg_solid,
        Mode::In | Mode::Mask => bg_solid && fg_solid,
        Mode::Normal | Mode::Under | Mode::DisjointOver | Mode::ConjointOver | Mode::Dissolve => {
            bg_solid || fg_solid
        }
        mode => {
            let union = match (mode.family(), how.alpha) {
                (Family::Blend, AlphaRule::Same) => !has_channel_formula(mode),
                (Family::Blend, _) | (Family::Plate, AlphaRule::Union) => true,
                _ => false,
            };
            union && (bg_solid || fg_solid)
        }
    };
    if merged_solid && (bg_solid || !mixed) { Alpha::Opaque } else { Alpha::Premultiplied }
}

fn has_channel_formula(mode: Mode) -> bool {
    !matches!(
        mode,
        Mode::Hue
            | Mode::Saturation
            | Mode::Color
            | Mode::Luminosity
            | Mode::DarkerColor
            | Mode::LighterColor
            | Mode::Dissolve
    )
}

fn result_fact(bg: &Image, fg: &Image, mask: Option<&Matte>, how: &Merge) -> ImageFact {
    assert_eq!(bg.fact.size(), fg.fact.size(), "pictures to be merged differ in size");
    let mut batch = bg.fact.batch.max(fg.fact.batch);
    if let Some(mask) = mask {
        assert_eq!(bg.fact.size(), mask.fact.size(), "mask and pictures differ in size");
        batch = batch.max(mask.fact.batch);
    }
    for part in [Some(bg.fact.batch), Some(fg.fact.batch), mask.map(|m| m.fact.batch)] {
        assert!(part.is_none_or(|n| n == 1 || n == batch), "batches to be merged differ");
    }
    let alpha = result_alpha(bg.fact.alpha, fg.fact.alpha, how, mask.is_some());
    ImageFact { batch, alpha, ..bg.fact }
}

/// A merge with everything decided that does not depend on the pixel.
struct Task<'a> {
    bg: &'a Image,
    fg: &'a Image,
    mask: Option<&'a Matte>,
    how: &'a Merge,
    loops: Loops,
    opacity: f32,
    solid: bool,
}

struct Buffers {
    weights: [f32; SPAN],
    source: [Pixel; SPAN],
    chance: [Pixel; SPAN],
    below: [Pixel; SPAN],
}

impl Buffers {
    fn new() -> Box<Self> {
        let pixels = [[0.0; 4]; SPAN];
        Box::new(Self { weights: [0.0; SPAN], source: pixels, chance: pixels, below: pixels })
    }
}

impl<'a> Task<'a> {
    fn new(
        bg: &'a Image,
        fg: &'a Image,
        mask: Option<&'a Matte>,
        how: &'a Merge,
        result: Alpha,
    ) -> Self {
        let opacity = how.opacity.clamp(0.0, 1.0);
        let solid = result == Alpha::Opaque;
        Self { bg, fg, mask, how, loops: loops(how), opacity, solid }
    }

    fn row(&self, frame: u32, y: usize, out: &mut [Pixel], buffers: &mut Buffers) {
        let width = out.len();
        out.copy_from_slice(&frame_of(self.bg, frame)[y * width..][..width]);
        let source = &frame_of(self.fg, frame)[y * width..][..width];
        let mask = self.mask.map(|mask| {
            let index = if mask.fact.batch == 1 { 0 } else { frame };
            &mask.frame(index)[y * width..][..width]
        });
        for x in (0..width).step_by(SPAN) {
            let range = x..width.min(x + SPAN);
            let mask = mask.map(|mask| &mask[range.clone()]);
            self.span((x, y), &source[range.clone()], mask, &mut out[range], buffers);
        }
    }

    fn span(
        &self,
        at: (usize, usize),
        source: &[Pixel],
        mask: Option<&[f32]>,
        out: &mut [Pixel],
        buffers: &mut Buffers,
    ) {
        let len = out.len();
        let (bg, fg, space) = (self.bg.fact, self.fg.fact, self.how.space);
        enter(out, bg.alpha, (bg.encoding, space));
        let mix = mask.filter(|_| self.how.mask == MaskMode::Mix);
        if mix.is_some() {
            buffers.below[..len].copy_from_slice(out);
        }
        let weights = &mut buffers.weights[..len];
        match mask.filter(|_| mix.is_none()) {
            Some(mask) => weights.iter_mut().zip(mask).for_each(|(w, m)| *w = m * self.opacity),
            None => weights.fill(self.opacity),
        }
        let mut span =
            Span::new(source, fg.alpha, (fg.encoding, space), &mut buffers.source[..len]);
        if self.how.mode == Mode::Dissolve {
            span = span.dissolved(weights, at, self.how.seed, &mut buffers.chance[..len]);
            weights.fill(1.0);
        }
        span.onto(out, weights, self.loops);
        if self.how.clamp == Clamp::Result {
            hold_result(out, self.how.mode.family());
        }
        if let Some(mask) = mix {
            mix_back(out, &buffers.below[..len], mask);
        }
        enter(out, Alpha::Premultiplied, (space, bg.encoding));
        if self.solid {
            out.iter_mut().for_each(|pixel| pixel[3] = 1.0);
        }
    }
}

fn loops(how: &Merge) -> Loops {
    let all_channels = match how.alpha {
        AlphaRule::Auto => how.mode.family() == Family::Plate,
        AlphaRule::Union => false,
        AlphaRule::Same => true,
    };
    let free = how.mode == Mode::Plus && how.space == Encoding::Linear;
    let limits = if how.clamp == Clamp::Blend && !free { Limits::UNIT } else { Limits::NONE };
    // A sum is limited even where nothing is added.
    let limits_sum = how.mode == Mode::Plus && limits == Limits::UNIT;
    let skips_clear = how.mode.ignores_clear_source()
        && how.alpha == AlphaRule::Auto
        && how.clamp != Clamp::Result
        && !limits_sum;
    Loops { kernel: Kernel::new(how.mode, all_channels), limits, skips_clear }
}

fn frame_of(image: &Image, frame: u32) -> &[Pixel] {
    image.frame(if image.fact.batch == 1 { 0 } else { frame })
}

fn hold_result(pixels: &mut [Pixel], family: Family) {
    for pixel in pixels {
        let a = pixel[3].clamp(0.0, 1.0);
        let high = if family == Family::Blend { a } else { 1.0 };
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(|v| v.clamp(0.0, high));
        *pixel = [r, g, b, a];
    }
}

fn mix_back(pixels: &mut [Pixel], below: &[Pixel], mask: &[f32]) {
    for ((pixel, below), m) in pixels.iter_mut().zip(below).zip(mask) {
        *pixel = std::array::from_fn(|i| below[i] + (pixel[i] - below[i]) * m);
    }
}
