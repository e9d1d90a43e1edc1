//! One span of the canvas, through a whole stack.

use std::ops::Range;

use super::plan::{Bounds, Content, Entry, Plan};
use super::scratch::{Buffers, Scratch};
use crate::merge::{Span, enter, straight_pixel};
use crate::{Alpha, Encoding, Image, LayerMask, Pixel};

/// Where a span lies: its leftmost pixel.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub frame: u32,
    pub x: i64,
    pub y: i64,
}

impl Place {
    fn shifted(self, pixels: usize) -> Self {
        Self { x: self.x + pixels as i64, ..self }
    }

    /// Which of the `len` pixels from here on lie within the bounds.
    fn within(self, bounds: Bounds, len: usize) -> Range<usize> {
        if self.y < bounds.top || self.y >= bounds.bottom {
            return 0..0;
        }
        let clip = |x: i64| (x - self.x).clamp(0, len as i64) as usize;
        clip(bounds.left)..clip(bounds.right)
    }
}

impl Plan<'_> {
    /// Merges the stack onto `out`, which is clear, at a place of the canvas.
    pub(super) fn composite(&self, at: Place, out: &mut [Pixel], scratch: &mut Scratch) {
        stack(&self.layers, self.space, at, out, scratch);
        enter(out, Alpha::Premultiplied, (self.space, Encoding::Srgb));
    }
}

fn stack(entries: &[Entry], space: Encoding, at: Place, out: &mut [Pixel], scratch: &mut Scratch) {
    for entry in entries {
        let range = at.within(entry.bounds, out.len());
        if !range.is_empty() {
            let at = at.shifted(range.start);
            let mut buffers = scratch.take();
            layer(entry, space, at, &mut out[range], &mut buffers, scratch);
            scratch.give(buffers);
        }
    }
}

fn layer(
    entry: &Entry,
    space: Encoding,
    at: Place,
    out: &mut [Pixel],
    buffers: &mut Buffers,
    scratch: &mut Scratch,
) {
    let len = out.len();
    let Buffers { weights, content, converted, dissolved, shape } = buffers;
    let (weights, content) = (&mut weights[..len], &mut content[..len]);
    weigh(entry, at, weights);
    if let Content::PassThrough(children) = &entry.content {
        content.copy_from_slice(out);
        stack(children, space, at, out, scratch);
        return mix(out, content, weights);
    }
    let converted = &mut converted[..len];
    let mut source = match &entry.content {
        Content::Picture { image, x, y } => {
            let pixels = picture(image, (*x, *y), at, content);
            Span::new(pixels, image.fact.alpha, (image.fact.encoding, space), converted)
        }
        Content::Isolated(children) | Content::PassThrough(children) => {
            content.fill([0.0; 4]);
            stack(children, space, at, content, scratch);
            Span { pixels: content, straight: false }
        }
    };
    let mut base = (!entry.clipped.is_empty()).then(|| scratch.take());
    if let Some(base) = &mut base {
        let base = &mut base.content[..len];
        clip(entry, space, at, source, (&mut *base, &mut shape[..len]), scratch);
        source = Span { pixels: base, straight: true };
    }
    if let Some(seed) = entry.dissolve {
        let position = (at.x as usize, at.y as usize);
        source = source.dissolved(weights, position, seed, &mut dissolved[..len]);
        weights.fill(1.0);
    }
    source.onto(out, weights, entry.loops);
    if let Some(base) = base {
        scratch.give(base);
    }
}

/// Merges the clipped layers onto the base as if it were solid, then gives it its shape back:
/// straight pixels.
fn clip(
    entry: &Entry,
    space: Encoding,
    at: Place,
    source: Span,
    (base, shape): (&mut [Pixel], &mut [f32]),
    scratch: &mut Scratch,
) {
    for ((base, shape), pixel) in base.iter_mut().zip(shape.iter_mut()).zip(source.pixels) {
        let [r, g, b, a] = straight_pixel(*pixel, source.straight);
        *base = [r, g, b, 1.0];
        *shape = a;
    }
    stack(&entry.clipped, space, at, base, scratch);
    for (base, shape) in base.iter_mut().zip(shape) {
        base[3] = *shape;
    }
}

/// The pixels of a picture for a span of the canvas, amid nothing where it does not reach.
fn picture<'a>(
    image: &'a Image,
    (left, top): (i64, i64),
    at: Place,
    scratch: &'a mut [Pixel],
) -> &'a [Pixel] {
    let (width, height) = image.fact.size();
    let bounds =
        Bounds { left, top, right: left + i64::from(width), bottom: top + i64::from(height) };
    let range = at.within(bounds, scratch.len());
    if range.is_empty() {
        scratch.fill([0.0; 4]);
        return scratch;
    }
    let frame = image.frame(if image.fact.batch == 1 { 0 } else { at.frame });
    let start =
        (at.y - top) as usize * width as usize + (at.x + range.start as i64 - left) as usize;
    let pixels = &frame[start..][..range.len()];
    if range.len() == scratch.len() {
        return pixels;
    }
    scratch.fill([0.0; 4]);
    scratch[range].copy_from_slice(pixels);
    scratch
}

fn weigh(entry: &Entry, at: Place, weights: &mut [f32]) {
    match entry.mask {
        Some(mask) => weigh_masked(mask, entry.opacity, at, weights),
        None => weights.fill(entry.opacity),
    }
}

fn weigh_masked(mask: &LayerMask, opacity: f32, at: Place, weights: &mut [f32]) {
    weights.fill(mask.outside * opacity);
    let fact = mask.matte.fact;
    let range = at.within(Bounds::placed((mask.x, mask.y), fact.size()), weights.len());
    if range.is_empty() {
        return;
    }
    let frame = mask.matte.frame(if fact.batch == 1 { 0 } else { at.frame });
    let (row, column) = (at.y - i64::from(mask.y), at.x + range.start as i64 - i64::from(mask.x));
    let values = &frame[row as usize * fact.width as usize + column as usize..];
    for (weight, value) in weights[range].iter_mut().zip(values) {
        *weight = value * opacity;
    }
}

fn mix(after: &mut [Pixel], before: &[Pixel], weights: &[f32]) {
    for ((after, before), w) in after.iter_mut().zip(before).zip(weights) {
        if *w < 1.0 {
            *after = std::array::from_fn(|i| before[i] + (after[i] - before[i]) * w);
        }
    }
}
