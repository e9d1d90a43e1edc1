//! Pictures that steer a ControlNet, made from an example.

use pellucid_pixel::channel::grey_image;
use pellucid_pixel::edges::{Canny, canny};

use super::canvas::{Canvas, over, with_alpha};
use super::example::Example;

/// What a control picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Thin edges of the blended picture, white on black.
    Edges,
    /// Nearness, white near: the layer before the ground, the ground nearer the lower it is.
    Depth,
    /// The layer's alpha.
    Matte,
}

impl Control {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Edges, Self::Depth, Self::Matte];
}

/// The control picture of an example.
pub fn control(example: &Example, what: Control) -> Canvas {
    match what {
        Control::Edges => edges(&example.blend),
        Control::Depth => depth(example),
        Control::Matte => {
            let grey = |pixel: &[f32; 4]| with_alpha([pixel[3]; 3], 1.0);
            Canvas {
                size: example.foreground.size,
                pixels: example.foreground.pixels.iter().map(grey).collect(),
            }
        }
    }
}

/// Thin edges of a picture, over grey where it is clear.
pub fn edges(picture: &Canvas) -> Canvas {
    let on_grey = picture.pixels.iter().map(|&pixel| over(pixel, [0.5, 0.5, 0.5, 1.0]));
    let picture = Canvas { size: picture.size, pixels: on_grey.collect() };
    let how = Canny { sigma: 1.0, low: 0.25, high: 0.55, ..Canny::default() };
    Canvas::of_image(&grey_image(&canny(&picture.image(), how)))
}

fn depth(example: &Example) -> Canvas {
    let size = example.foreground.size;
    let pixel = |(index, pixel): (usize, &[f32; 4])| {
        let ground = 0.1 + 0.5 * (index / size) as f32 / size as f32;
        let near = 0.62 + 0.25 * example.look.scale;
        with_alpha([ground + (near.max(ground) - ground) * pixel[3]; 3], 1.0)
    };
    Canvas { size, pixels: example.foreground.pixels.iter().enumerate().map(pixel).collect() }
}
