//! Contact sheets: many small pictures on one.

use pellucid_pixel::files::{EncodeOptions, Format, PictureError, encode};

use super::canvas::{Canvas, over, with_alpha};
use super::control::{Control, control};
use super::example::Example;

/// Pixels between pictures.
const GAP: usize = 4;

/// A picture of any size, opaque.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Opaque colours, row by row.
    pub pixels: Vec<[f32; 4]>,
}

/// Lays pictures of one size out in rows of `columns`; what is clear shows a checkerboard.
pub fn sheet(pictures: &[Canvas], columns: usize) -> Sheet {
    let columns = columns.max(1);
    let side = pictures.first().map_or(1, |picture| picture.size);
    let rows = pictures.len().div_ceil(columns).max(1);
    let extent = |count: usize| count * (side + GAP) + GAP;
    let (width, height) = (extent(columns), extent(rows));
    let mut pixels = vec![[0.12, 0.12, 0.13, 1.0]; width * height];
    for (index, picture) in pictures.iter().enumerate() {
        let (left, top) = (extent(index % columns), extent(index / columns));
        for (row, line) in picture.pixels.chunks(picture.size.max(1)).take(side).enumerate() {
            for (column, &pixel) in line.iter().take(side).enumerate() {
                let dark = (row / 8 + column / 8) % 2 == 0;
                let board = with_alpha([if dark { 0.45 } else { 0.62 }; 3], 1.0);
                pixels[(top + row) * width + left + column] = over(pixel, board);
            }
        }
    }
    Sheet { width, height, pixels }
}

/// The sheet of a data set: each example's layer, surroundings, blend and control pictures in a row of six,
/// two examples side by side.
pub fn data_sheet(examples: &[Example]) -> Sheet {
    let mut pictures = Vec::with_capacity(6 * examples.len());
    for example in examples {
        pictures.extend([
            example.foreground.clone(),
            example.background.clone(),
            example.blend.clone(),
        ]);
        pictures.extend(Control::ALL.map(|what| control(example, what)));
    }
    sheet(&pictures, 12)
}

impl Sheet {
    /// The sheet as a PNG file.
    pub fn png(&self) -> Result<Vec<u8>, PictureError> {
        use pellucid_pixel::{Alpha, Image, ImageFact};
        let fact = ImageFact::new(self.width as u32, self.height as u32, Alpha::Opaque);
        let image = Image::new(fact, self.pixels.clone());
        encode(&image, Format::Png, &EncodeOptions::new(Format::Png))
    }
}
