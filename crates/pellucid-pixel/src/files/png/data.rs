//! A picture's rows as compressed data: quantised and filtered wherever a thread is idle, packed by
//! one.

use std::io::{self, Write};

use fdeflate::Compressor;
use png::{Writer, chunk};
use rayon::prelude::*;

use super::super::quantise::{Code, Finish, codes_of_rows};
use super::filter::filter_row;
use crate::Image;

/// Bytes of a data chunk.
const CHUNK: usize = 1 << 20;
/// Pixels of a band of rows, whose bytes stay in a processor's cache.
const BAND: usize = 1 << 16;

/// A code whose slices are bytes of a PNG file.
pub(super) trait PngCode: Code {
    /// The codes as they stand in the file.
    fn bytes(codes: &[Self]) -> &[u8];
}

impl PngCode for u8 {
    fn bytes(codes: &[Self]) -> &[u8] {
        codes
    }
}

impl PngCode for [u8; 2] {
    fn bytes(codes: &[Self]) -> &[u8] {
        codes.as_flattened()
    }
}

/// Writes the data chunks of a picture.
pub(super) fn write_data<T: PngCode, W: Write + Send>(
    writer: &mut Writer<W>,
    image: &Image,
    finish: &Finish,
) -> io::Result<()> {
    let shape = Shape::new::<T>(image, finish);
    let mut compressor = Compressor::new(Chunks { writer, buffer: Vec::with_capacity(CHUNK) })?;
    let (mut ready, mut next) = (Band::<T>::new(&shape), Band::<T>::new(&shape));
    // Inside the pool from here on: entering it for each band would cost a hand-over each time.
    rayon::scope(|_| {
        ready.fill(&shape, image, finish, 0);
        for first in (0..shape.height).step_by(shape.rows) {
            let (packed, ()) = rayon::join(
                || {
                    ready
                        .filtered
                        .chunks_exact(shape.filtered_row())
                        .try_for_each(|row| compressor.write_data(row))
                },
                || {
                    if first + shape.rows < shape.height {
                        next.fill(&shape, image, finish, first + shape.rows);
                    }
                },
            );
            packed?;
            std::mem::swap(&mut ready, &mut next);
        }
        Ok::<(), io::Error>(())
    })?;
    compressor.finish()?.flush()
}

/// Sizes of a picture's data.
struct Shape {
    /// Rows of the picture.
    height: usize,
    /// Rows of a band.
    rows: usize,
    /// Codes of a row.
    row_codes: usize,
    /// Bytes of a row.
    row_bytes: usize,
    /// Bytes of a pixel.
    step: usize,
}

impl Shape {
    fn new<T>(image: &Image, finish: &Finish) -> Self {
        let (width, height) = (image.fact.width as usize, image.fact.height as usize);
        let channels = finish.channels();
        let step = channels * size_of::<T>();
        Self {
            height,
            rows: (BAND / width).clamp(1, height),
            row_codes: width * channels,
            row_bytes: width * step,
            step,
        }
    }

    /// A filtered row is led by its filter's number.
    fn filtered_row(&self) -> usize {
        1 + self.row_bytes
    }
}

/// Some rows, quantised and filtered. The buffers are used again and again: touching new memory
/// costs as much as the arithmetic.
struct Band<T> {
    /// The row above the band, then the band's rows.
    codes: Vec<T>,
    filtered: Vec<u8>,
}

impl<T: PngCode> Band<T> {
    fn new(shape: &Shape) -> Self {
        Self {
            codes: vec![T::default(); (shape.rows + 1) * shape.row_codes],
            filtered: Vec::with_capacity(shape.rows * shape.filtered_row()),
        }
    }

    /// Takes the rows from `first` on.
    fn fill(&mut self, shape: &Shape, image: &Image, finish: &Finish, first: usize) {
        let rows = shape.rows.min(shape.height - first);
        self.codes.truncate((rows + 1) * shape.row_codes);
        self.filtered.resize(rows * shape.filtered_row(), 0);
        match first.checked_sub(1) {
            Some(above) => codes_of_rows(image, finish, above, &mut self.codes),
            // Above the picture all is 0.
            None => codes_of_rows(image, finish, 0, &mut self.codes[shape.row_codes..]),
        }
        let bytes = T::bytes(&self.codes);
        let rows = self.filtered.par_chunks_exact_mut(shape.filtered_row());
        rows.enumerate().for_each(|(row, out)| {
            let (above, rest) = bytes[row * shape.row_bytes..].split_at(shape.row_bytes);
            filter_row(shape.step, above, &rest[..shape.row_bytes], out);
        });
    }
}

/// Gathers bytes and writes them as data chunks.
struct Chunks<'a, W: Write> {
    writer: &'a mut Writer<W>,
    buffer: Vec<u8>,
}

impl<W: Write> Write for Chunks<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > CHUNK {
            self.flush()?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            self.writer.write_chunk(chunk::IDAT, &self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }
}
