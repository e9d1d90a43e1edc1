//! Headers are read without pixels, and say what the pixels will be.

use std::io::{Cursor, Read, Seek, SeekFrom};

use pellucid_pixel::files::{EncodeOptions, FORMATS, Format, decode, encode, read_header};
use pellucid_pixel::files::{Fault, Limits};
use pellucid_pixel::{Alpha, Encoding};

use crate::pattern::{random, read};

/// Counts the bytes that are asked for.
struct Counted<R> {
    inner: R,
    bytes: usize,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read;
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

/// A file of every format, depth and alpha state that is written here.
fn all_kinds() -> Vec<(Format, u32, Alpha, Vec<u8>)> {
    let mut files = Vec::new();
    for format in FORMATS {
        for bits in format.bits() {
            for alpha in [Alpha::Opaque, Alpha::Straight, Alpha::Premultiplied] {
                if alpha != Alpha::Opaque && !format.holds_alpha() {
                    continue;
                }
                let options = EncodeOptions { bits: *bits, ..EncodeOptions::new(format) };
                let file = encode(&random(300, 200, 8, alpha), format, &options).unwrap();
                files.push((format, *bits, alpha, file));
            }
        }
    }
    files
}

#[test]
fn headers_say_what_the_image_is() {
    for (format, bits, alpha, file) in all_kinds() {
        let (header, decoded) = read(&file);
        assert_eq!((header.format, header.bits, header.frames), (format, bits, 1));
        let stays = format == Format::Exr || (format == Format::Tiff && bits == 32);
        let expected = match alpha {
            Alpha::Opaque => Alpha::Opaque,
            _ if format == Format::Exr => Alpha::Premultiplied,
            alpha if stays => alpha,
            _ => Alpha::Straight,
        };
        assert_eq!(header.alpha, expected, "{format:?} {bits}");
        let linear = if format == Format::Exr { Encoding::Linear } else { Encoding::Srgb };
        assert_eq!(header.encoding, linear, "{format:?} {bits}");
        assert_eq!(decoded.warnings, [""; 0], "{format:?} {bits}");
    }
}

#[test]
fn headers_are_read_from_few_bytes() {
    for (format, bits, alpha, file) in all_kinds() {
        let mut reader = Counted { inner: Cursor::new(&file), bytes: 0 };
        read_header(&mut reader).unwrap();
        let read = reader.bytes;
        // Buffers of 8 KiB: one at the start, one for each place that is sought.
        assert!(read <= 6 * 8192 && read < file.len(), "{format:?} {bits} {alpha:?}: {read} bytes");
    }
}

#[test]
fn limits_hold_for_every_format() {
    let limits = [
        Limits { max_side: 299, ..Limits::default() },
        Limits { max_pixels: 59_999, ..Limits::default() },
        Limits { max_bytes: 900_000, ..Limits::default() },
    ];
    for (format, bits, _, file) in all_kinds() {
        for limits in limits {
            let error = decode(&file, &limits).unwrap_err();
            assert!(matches!(error.fault, Fault::TooLarge { .. }), "{format:?} {bits}: {error}");
            assert!(error.to_string().contains("300 x 200"), "{error}");
        }
    }
}
