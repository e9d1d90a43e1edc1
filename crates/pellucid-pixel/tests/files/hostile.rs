//! Files that are broken, cut, empty, or lie: each is refused in words, none panics.

use std::io::Cursor;

use pellucid_pixel::Alpha;
use pellucid_pixel::files::{
    EncodeOptions, FORMATS, Fault, Format, Limits, PictureError, decode, encode, read_header,
};

use crate::pattern::{file, random};

fn refused(bytes: &[u8]) -> PictureError {
    let Err(error) = decode(bytes, &Limits::default()) else { panic!("it is read") };
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

fn good(format: Format) -> Vec<u8> {
    encode(&random(50, 40, 8, Alpha::Opaque), format, &EncodeOptions::new(format)).unwrap()
}

fn damaged(error: &PictureError) -> bool {
    matches!(error.fault, Fault::Damaged(_))
}

/// A PNG of the given header and chunks, with right checksums.
fn png_file(
    width: u32,
    height: u32,
    depth: u8,
    colour: u8,
    chunks: &[(&[u8; 4], &[u8])],
) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([depth, colour, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header.as_slice())].iter().chain(chunks) {
        let checked = [&kind[..], data].concat();
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(&checked);
        file.extend(crc32(&checked).to_be_bytes());
    }
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[test]
fn no_file_at_all() {
    assert_eq!(refused(b"").fault, Fault::Empty);
    assert_eq!(read_header(&mut Cursor::new(b"")).unwrap_err().fault, Fault::Empty);
    for bytes in
        [&b"G"[..], b"GIF89a", b"<svg/>", b"RIFF\0\0\0\0WAVE", b"\x89PNG", b"\xff\xd8", &[0; 64]]
    {
        assert_eq!(refused(bytes).fault, Fault::Unknown);
        assert_eq!(read_header(&mut Cursor::new(bytes)).unwrap_err().fault, Fault::Unknown);
    }
}

#[test]
fn a_signature_and_nothing_else() {
    for format in FORMATS {
        let start = if format == Format::Tiff { 4 } else { 12 };
        let error = refused(&good(format)[..start]);
        assert_eq!(error.format, Some(format));
        assert!(damaged(&error), "{error}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn files_that_end_early() {
    for format in FORMATS {
        let file = good(format);
        for percent in [20, 50, 90, 99] {
            let error = refused(&file[..file.len() * percent / 100]);
            assert!(damaged(&error), "{format:?} at {percent} %: {error}");
        }
    }
}

#[test]
fn any_signature_counts_whatever_the_name() {
    for format in FORMATS {
        assert_eq!(read_header(&mut Cursor::new(good(format))).unwrap().format, format);
    }
}

#[test]
fn png_of_impossible_sizes() {
    for (width, height) in [(0, 5), (5, 0), (0, 0)] {
        let file = png_file(width, height, 8, 6, &[(b"IDAT", b""), (b"IEND", b"")]);
        let error = refused(&file);
        assert!(matches!(error.fault, Fault::Damaged(_) | Fault::NoPixels { .. }), "{error}");
        assert!(read_header(&mut Cursor::new(&file)).is_err());
    }
    for (width, height) in [(100_000, 100_000), (65_536, 1), (40_000, 40_000), (1 << 31, 1 << 31)] {
        let error = refused(&png_file(width, height, 16, 6, &[(b"IDAT", b"x"), (b"IEND", b"")]));
        let lies = matches!(
            error.fault,
            Fault::TooLarge { .. } | Fault::Damaged(_) | Fault::Unsupported(_)
        );
        assert!(lies, "{error}");
    }
    // Within the limits, but no 20 bytes unpack to 300 megapixels.
    let error = refused(&png_file(20_000, 15_000, 8, 6, &[(b"IDAT", b"x"), (b"IEND", b"")]));
    assert!(damaged(&error), "{error}");
}

#[test]
fn png_of_broken_chunks() {
    let good = good(Format::Png);
    let idat = good.windows(4).position(|window| window == b"IDAT").unwrap();
    let broken = |at: usize| {
        let mut file = good.clone();
        file[at] ^= 0xff;
        refused(&file)
    };
    assert!(damaged(&broken(18)), "checksum of the header");
    assert!(damaged(&broken(idat + 40)), "checksum of the data");
    assert!(damaged(&broken(idat - 2)), "length of the data");
    assert!(
        damaged(&refused(&png_file(4, 4, 8, 3, &[(b"IDAT", b"x"), (b"IEND", b"")]))),
        "no palette"
    );
    assert!(damaged(&refused(&png_file(4, 4, 3, 0, &[(b"IDAT", b"x"), (b"IEND", b"")]))), "3 bits");
    assert!(
        damaged(&refused(&png_file(4, 4, 8, 9, &[(b"IDAT", b"x"), (b"IEND", b"")]))),
        "colour 9"
    );
    assert!(damaged(&refused(&png_file(4, 4, 8, 0, &[(b"IEND", b"")]))), "no data");
    assert!(damaged(&refused(&png_file(4, 4, 8, 0, &[(b"IDAT", b"rubbish"), (b"IEND", b"")]))));
}

#[test]
fn png_with_a_bomb_for_a_profile_is_still_a_picture() {
    let bomb = fdeflate::compress_to_vec(&vec![0; 64 << 20]);
    let profile = [b"bomb\0\0".as_slice(), &bomb].concat();
    let text = [b"bomb\0\0".as_slice(), &bomb].concat();
    let data = fdeflate::compress_to_vec(&[0, 1, 2, 3, 4]);
    let file = png_file(
        4,
        1,
        8,
        0,
        &[(b"iCCP", &profile), (b"zTXt", &text), (b"IDAT", &data), (b"IEND", b"")],
    );
    let decoded = decode(&file, &Limits::default()).unwrap();
    assert_eq!(decoded.image.pixels[3][0], 4.0 / 255.0);
    assert_eq!(pellucid_pixel::files::read_png_text(&file), []);
}

#[test]
fn rubbish_for_a_profile_is_reported() {
    let profile = [b"x\0\0".as_slice(), &fdeflate::compress_to_vec(&[7; 300])].concat();
    let data = fdeflate::compress_to_vec(&[0, 1, 2, 3, 4]);
    let chunks: [(&[u8; 4], &[u8]); 3] = [(b"iCCP", &profile), (b"IDAT", &data), (b"IEND", b"")];
    let decoded = decode(&png_file(4, 1, 8, 0, &chunks), &Limits::default()).unwrap();
    assert!(decoded.warnings[0].starts_with("the colour profile is left out"));
}

#[test]
fn data_beyond_the_picture_does_not_hinder() {
    for format in FORMATS {
        let mut file = good(format);
        file.extend(b"trailing rubbish");
        assert!(decode(&file, &Limits::default()).is_ok(), "{format:?}");
    }
}

#[test]
fn jpeg_without_an_end_is_still_being_written() {
    let mut file = good(Format::Jpeg);
    file.truncate(file.len() - 2);
    assert!(damaged(&refused(&file)));
}

#[test]
fn jpeg_of_no_height_and_of_unread_kinds() {
    let good = good(Format::Jpeg);
    let frame = good.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    let with = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        refused(&file)
    };
    assert!(matches!(with(frame + 5, &[0, 0]).fault, Fault::Damaged(_) | Fault::NoPixels { .. }));
    assert!(matches!(with(frame + 7, &[0, 0]).fault, Fault::Damaged(_) | Fault::NoPixels { .. }));
    let arithmetic = with(frame + 1, &[0xc9]);
    assert!(matches!(arithmetic.fault, Fault::Unsupported(_)), "{arithmetic}");
    assert!(damaged(&with(frame + 11, &[0])), "no sampling");
}

#[test]
fn tiff_of_wrong_places() {
    let good = file("rgb.tif");
    let with = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        refused(&file)
    };
    assert!(damaged(&with(4, &[0xff; 4])), "directory beyond the end");
    assert!(damaged(&with(4, &[0; 4])), "no directory");
    let directory = u32::from_be_bytes(*good[4..].first_chunk().unwrap()) as usize;
    let entry = |tag: u16| {
        let count = u16::from_be_bytes(*good[directory..].first_chunk().unwrap());
        let mut places = (0..usize::from(count)).map(|i| directory + 2 + 12 * i);
        places.find(|at| good[*at..*at + 2] == tag.to_be_bytes()).unwrap()
    };
    let width = with(entry(256) + 8, &[0; 4]);
    assert!(matches!(width.fault, Fault::NoPixels { .. } | Fault::Damaged(_)), "{width}");
    let height = with(entry(257) + 8, &[0xff; 4]);
    assert!(matches!(height.fault, Fault::TooLarge { .. } | Fault::Damaged(_)), "{height}");
    assert!(matches!(with(entry(262) + 8, &[0, 8]).fault, Fault::Unsupported(_)), "CIE Lab");
    assert!(matches!(with(entry(259) + 8, &[0, 7]).fault, Fault::Unsupported(_)), "JPEG inside");
    assert!(damaged(&with(entry(273) + 8, &[0x7f; 4])), "strips beyond the end");
}

#[test]
fn exr_of_impossible_windows() {
    let good = file("half.exr");
    let window = |name: &[u8]| {
        let at = good.windows(name.len()).position(|window| window == name).unwrap();
        at + name.len() + b"box2i\0".len() + 4
    };
    let with = |at: usize, value: i32| {
        let mut file = good.clone();
        file[at..at + 4].copy_from_slice(&value.to_le_bytes());
        refused(&file)
    };
    for at in [window(b"displayWindow\0"), window(b"dataWindow\0")] {
        for value in [i32::MAX, 200_000, i32::MIN] {
            let error = with(at + 8, value);
            let said = matches!(
                error.fault,
                Fault::TooLarge { .. }
                    | Fault::Damaged(_)
                    | Fault::NoPixels { .. }
                    | Fault::Unsupported(_)
            );
            assert!(said, "{error}");
        }
    }
}

#[test]
fn webp_of_a_lying_size() {
    let good = good(Format::Webp);
    let mut file = good.clone();
    for (sides, what) in
        [([0xfe, 0xbf, 0xff, 0x0f], "16383 x 16383"), ([0xff, 0xff, 0xff, 0x0f], "16384 x 16384")]
    {
        file[21..25].copy_from_slice(&sides);
        let error = refused(&file);
        assert!(damaged(&error) || matches!(error.fault, Fault::Unsupported(_)), "{what}: {error}");
    }
    let mut file = good;
    file[12..16].copy_from_slice(b"VP8 ");
    assert!(damaged(&refused(&file)));
}

#[test]
fn webp_of_a_frame_larger_than_its_canvas() {
    for (name, start, at) in [("lossy-alpha.webp", &b"VP8 "[..], 14), ("animated.webp", b"VP8L", 9)]
    {
        let mut file = file(name);
        let chunk = file.windows(4).position(|window| window == start).unwrap();
        file[chunk + at..chunk + at + 4].copy_from_slice(&[0xfe, 0xbf, 0xff, 0x0f]);
        let error = refused(&file);
        assert!(error.to_string().contains("larger than the canvas"), "{name}: {error}");
    }
}
