//! A stack prepared for being run once per span.

use crate::merge::{Kernel, Limits, Loops};
use crate::{Encoding, Image, Layer, LayerContent, LayerMask, Layers, Mode};

/// A stack of layers with everything decided that does not depend on the pixel.
pub(super) struct Plan<'a> {
    pub layers: Vec<Entry<'a>>,
    /// The encoding of the mathematics.
    pub space: Encoding,
}

/// A visible layer, with those that are clipped to it.
pub(super) struct Entry<'a> {
    pub content: Content<'a>,
    pub clipped: Vec<Entry<'a>>,
    pub loops: Loops,
    /// The chance of a layer that dissolves.
    pub dissolve: Option<u64>,
    pub opacity: f32,
    pub mask: Option<&'a LayerMask>,
    /// Outside of it, the layer changes nothing.
    pub bounds: Bounds,
}

pub(super) enum Content<'a> {
    Picture { image: &'a Image, x: i64, y: i64 },
    Isolated(Vec<Entry<'a>>),
    PassThrough(Vec<Entry<'a>>),
}

/// A half-open rectangle of the canvas; empty where a start is not below its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub left: i64,
    pub top: i64,
    pub right: i64,
    pub bottom: i64,
}

impl Bounds {
    const NOTHING: Self = Self { left: i64::MAX, top: i64::MAX, right: i64::MIN, bottom: i64::MIN };

    /// The rectangle of something placed on the canvas.
    pub(super) fn placed((x, y): (i32, i32), (width, height): (u32, u32)) -> Self {
        let (left, top) = (i64::from(x), i64::from(y));
        Self { left, top, right: left + i64::from(width), bottom: top + i64::from(height) }
    }

    fn intersect(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

impl<'a> Plan<'a> {
    pub(super) fn new(layers: &'a Layers, space: Encoding) -> Self {
        let canvas = Bounds::placed((0, 0), (layers.width, layers.height));
        let mut planner = Planner { space, canvas, dissolving: 0 };
        Self { layers: planner.entries(&layers.layers), space }
    }
}

struct Planner {
    space: Encoding,
    canvas: Bounds,
    dissolving: u64,
}

impl Planner {
    fn entries<'a>(&mut self, layers: &'a [Layer]) -> Vec<Entry<'a>> {
        let mut entries = Vec::new();
        let mut rest = layers;
        while let Some((base, above)) = rest.split_first() {
            let run = above.iter().take_while(|layer| layer.clipped).count();
            let (clipped, next) = above.split_at(run);
            if base.visible {
                entries.extend(self.entry(base, clipped));
            }
            rest = next;
        }
        entries
    }

    fn entry<'a>(&mut self, layer: &'a Layer, clipped: &'a [Layer]) -> Option<Entry<'a>> {
        let content = self.content(layer, !clipped.is_empty());
        let clipped = clipped
            .iter()
            .filter(|layer| layer.visible)
            .filter_map(|layer| self.entry(layer, &[]))
            .collect();
        let opacity = layer.opacity.clamp(0.0, 1.0);
        let mask = layer.mask.as_ref();
        let through = matches!(content, Content::PassThrough(_));
        let confined = through || layer.mode.ignores_clear_source();
        let mut bounds = if confined { content.bounds() } else { self.canvas };
        if let Some(mask) = mask.filter(|mask| confined && mask.outside == 0.0) {
            bounds = bounds.intersect(Bounds::placed((mask.x, mask.y), mask.matte.fact.size()));
        }
        bounds = bounds.intersect(self.canvas);
        let seen = bounds.left < bounds.right && bounds.top < bounds.bottom;
        let entry = Entry {
            content,
            clipped,
            loops: loops(layer.mode, self.space),
            dissolve: (layer.mode == Mode::Dissolve).then(|| self.chance()),
            opacity,
            mask,
            bounds,
        };
        (seen && !(confined && opacity == 0.0)).then_some(entry)
    }

    /// A pass-through group that others are clipped to needs a shape of its own.
    fn content<'a>(&mut self, layer: &'a Layer, is_base: bool) -> Content<'a> {
        match &layer.content {
            LayerContent::Image { image, x, y } => {
                Content::Picture { image, x: i64::from(*x), y: i64::from(*y) }
            }
            LayerContent::Group { layers, isolated } => {
                let entries = self.entries(layers);
                if *isolated || is_base {
                    Content::Isolated(entries)
                } else {
                    Content::PassThrough(entries)
                }
            }
        }
    }

    /// Each dissolving layer has a chance of its own, in the order of the stack.
    fn chance(&mut self) -> u64 {
        self.dissolving += 1;
        self.dissolving
    }
}

impl Content<'_> {
    fn bounds(&self) -> Bounds {
        match self {
            Self::Picture { image, x, y } => Bounds {
                left: *x,
                top: *y,
                right: x + i64::from(image.fact.width),
                bottom: y + i64::from(image.fact.height),
            },
            Self::Isolated(entries) | Self::PassThrough(entries) => {
                entries.iter().fold(Bounds::NOTHING, |all, entry| all.union(entry.bounds))
            }
        }
    }
}

fn loops(mode: Mode, space: Encoding) -> Loops {
    let free = mode == Mode::Plus && space == Encoding::Linear;
    Loops {
        kernel: Kernel::new(mode, mode.family() == crate::merge::Family::Plate),
        limits: if free { Limits::NONE } else { Limits::UNIT },
        skips_clear: mode.ignores_clear_source(),
    }
}
