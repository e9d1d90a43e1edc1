//! Buffers of one span, reused from row to row.

use crate::Pixel;
use crate::merge::SPAN;

/// One thread's spare buffers.
#[derive(Default)]
pub(super) struct Scratch {
    spare: Vec<Box<Buffers>>,
}

/// What composing one layer over one span needs beside the accumulated picture.
pub(super) struct Buffers {
    /// Opacity times mask.
    pub weights: [f32; SPAN],
    /// A group, a clipping base, or a layer amid nothing.
    pub content: [Pixel; SPAN],
    /// Source pixels in another encoding.
    pub converted: [Pixel; SPAN],
    /// A dissolved layer.
    pub dissolved: [Pixel; SPAN],
    /// A clipping base's shape.
    pub shape: [f32; SPAN],
}

impl Scratch {
    /// Buffers of unspecified content.
    pub(super) fn take(&mut self) -> Box<Buffers> {
        self.spare.pop().unwrap_or_else(|| {
            let pixels = [[0.0; 4]; SPAN];
            let values = [0.0; SPAN];
            Box::new(Buffers {
                weights: values,
                content: pixels,
                converted: pixels,
                dissolved: pixels,
                shape: values,
            })
        })
    }

    /// Keeps buffers for the next layer.
    pub(super) fn give(&mut self, buffers: Box<Buffers>) {
        self.spare.push(buffers);
    }
}
