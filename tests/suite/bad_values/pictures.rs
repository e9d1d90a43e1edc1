//! Pictures that are cut, damaged, too large or bombs.

use std::fs;
use std::time::{Duration, Instant};

use pellucid_graph::Cancel;
use pellucid_pixel::files::{EncodeOptions, FORMATS, Format, encode, read_header};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_tests::{Folder, read_pixels, told_findings};

use super::cases::{Case, case, graph, nodes};
use super::check;
use super::raw::{chunk, exr, grey_tags, ihdr, jpeg_header, png, tiff, webp, zlib_of_zeros};

const LOADS: &str = r#""a": { "kind": "load_image", "params": { "file": "in.png" } }"#;

/// A picture that some codecs must work for.
fn good(format: Format) -> Vec<u8> {
    let fact = ImageFact::new(12, 10, Alpha::Opaque);
    let level = |i: usize, step: usize| (i * step % 17) as f32 / 16.0;
    let pixels = (0..120).map(|i| [level(i, 3), level(i, 5), level(i, 7), 1.0]).collect();
    encode(&Image::new(fact, pixels), format, &EncodeOptions::new(format)).unwrap()
}

pub fn good_png() -> Vec<u8> {
    good(Format::Png)
}

/// Refused by its header, without a look at its pixels.
fn refused(name: &str, bytes: impl Into<Vec<u8>>, says: &'static str, hint: &'static str) -> Case {
    case(name, nodes(LOADS)).file("in.png", bytes).finds("refused", "\"in.png\"", says, hint)
}

/// Refused when its pixels are read.
fn failed(name: &str, bytes: impl Into<Vec<u8>>, says: &'static str, hint: &'static str) -> Case {
    case(name, nodes(LOADS)).file("in.png", bytes).finds("failed", "\"in.png\"", says, hint)
}

#[test]
fn what_is_no_picture_is_refused() {
    let convert = "convert the file to PNG";
    check(vec![
        refused(
            "no bytes",
            "",
            "in.png: picture file: the file is empty; wanted: a PNG",
            "save or copy the file again",
        ),
        refused("one byte", "\n", "those of no known format", convert),
        refused("text", "this is a note", "those of no known format", convert),
        refused("a GIF", "GIF89a\u{1}\0\u{1}\0", "those of no known format", convert),
        refused("half a signature", &b"\x89PNG\r"[..], "those of no known format", convert),
    ]);
}

#[test]
fn png_files_that_lie_are_refused() {
    let again = "save or copy the file again";
    let idat = chunk(b"IDAT", &zlib_of_zeros(1));
    let mut wrong_sum = ihdr(4, 4, 8, 2);
    wrong_sum[20] ^= 1;
    check(vec![
        refused(
            "only a signature",
            &b"\x89PNG\r\n\x1a\n"[..],
            "PNG file: damaged or cut short",
            again,
        ),
        refused("0 pixels wide", png(&[ihdr(0, 4, 8, 2), idat.clone()]), "PNG file: ", ""),
        refused("0 pixels high", png(&[ihdr(4, 0, 8, 2), idat.clone()]), "PNG file: ", ""),
        refused(
            "100k x 100k",
            png(&[ihdr(100_000, 100_000, 8, 2), idat.clone()]),
            "100000 x 100000 pixels are too many; wanted: sides up to 65535 pixels",
            "scale the picture down",
        ),
        refused(
            "2^31 - 1 wide",
            png(&[ihdr(0x7fff_ffff, 1, 8, 2), idat.clone()]),
            "PNG file: more than 16 MiB in a chunk or row",
            "save it in a plainer form",
        ),
        refused(
            "beyond 2^31",
            png(&[ihdr(u32::MAX, u32::MAX, 8, 2), idat.clone()]),
            "PNG file: ",
            "",
        ),
        refused(
            "30k x 30k",
            png(&[ihdr(30_000, 30_000, 1, 0), idat.clone()]),
            "30000 x 30000 pixels are too many; wanted: up to 400000000 pixels",
            "scale",
        ),
        refused("3 bits", png(&[ihdr(4, 4, 3, 0), idat.clone()]), "PNG file: damaged", again),
        refused(
            "colour type 5",
            png(&[ihdr(4, 4, 8, 5), idat.clone()]),
            "PNG file: damaged",
            again,
        ),
        refused("a wrong checksum", png(&[wrong_sum, idat.clone()]), "PNG file: damaged", again),
        failed("no palette", png(&[ihdr(4, 4, 8, 3), idat.clone()]), "Missing palette", again),
        refused("no header", png(std::slice::from_ref(&idat)), "PNG file: damaged", again),
        refused("no pixels", png(&[ihdr(4, 4, 8, 2)]), "PNG file: damaged", again),
        failed(
            "too few bytes for its size",
            png(&[ihdr(19_000, 19_000, 8, 2), idat.clone()]),
            "too few bytes for the size it claims",
            again,
        ),
        failed(
            "pixels that are none",
            png(&[ihdr(4, 4, 8, 2), chunk(b"IDAT", b"\x78\x01\xff\xff\xff")]),
            "PNG file: damaged",
            again,
        ),
        failed("too few pixels", png(&[ihdr(64, 64, 8, 2), idat]), "PNG file: damaged", again),
    ]);
}

#[test]
fn other_files_that_lie_are_refused() {
    let canvas = |w: u32, h: u32| {
        let side = |v: u32| v.to_le_bytes()[..3].to_vec();
        webp(b"VP8X", &[vec![0; 4], side(w), side(h)].concat())
    };
    let (small, wide) = ([0, 0, 1, 0], [0, 0, 99_999, 99_999]);
    let two = [[0.5; 4]; 2];
    let mut long_attribute = exr(small, small, &two);
    long_attribute[24..28].copy_from_slice(&u32::MAX.to_le_bytes());
    check(vec![
        refused("a JPEG without a picture", &b"\xff\xd8\xff\xd9"[..], "JPEG file: ", ""),
        refused(
            "a JPEG of 65535 x 65535",
            jpeg_header(65_535, 65_535),
            "65535 x 65535 pixels are too many",
            "scale",
        ),
        refused("a JPEG 0 wide", jpeg_header(0, 8), "JPEG file: ", ""),
        failed("a JPEG of only a header", jpeg_header(8, 8), "JPEG file: damaged", "save or copy"),
        refused("a WebP of 16M x 16M", canvas(0xff_ffff, 0xff_ffff), "WebP file: ", ""),
        refused("a WebP without chunks", webp(b"JUNK", b""), "WebP file: ", ""),
        refused(
            "a TIFF of 100k x 100k",
            tiff(&grey_tags(100_000, 100_000, 4), 0),
            "100000 x 100000 pixels are too many",
            "scale",
        ),
        refused("a TIFF 0 wide", tiff(&grey_tags(0, 4, 4), 0), "TIFF file: ", ""),
        refused(
            "a TIFF whose directory lies outside",
            &b"II*\0\xff\xff\xff\x7f"[..],
            "TIFF file: damaged",
            "save or copy",
        ),
        refused("a TIFF without tags", tiff(&[], 0), "TIFF file: ", ""),
        failed(
            "a TIFF with too few samples",
            tiff(&grey_tags(64, 64, 4), 0),
            "TIFF file: damaged",
            "save or copy",
        ),
        failed(
            "a TIFF whose strip lies outside",
            {
                let mut tags = grey_tags(2, 2, 4);
                tags[5].1 = 1 << 30;
                tiff(&tags, 0)
            },
            "TIFF file: damaged",
            "save or copy",
        ),
        refused(
            "an EXR of 100k x 100k",
            exr(wide, wide, &two),
            "100000 x 100000 pixels are too many",
            "scale",
        ),
        failed(
            "an EXR turned inside out",
            exr([1, 1, 0, 0], [1, 1, 0, 0], &two),
            "EXR file: damaged",
            "",
        ),
        refused(
            "an EXR with an endless attribute",
            long_attribute,
            "EXR file: damaged",
            "save or copy",
        ),
        failed(
            "an EXR without its last row",
            exr([0, 0, 1, 1], [0, 0, 1, 1], &two),
            "EXR file: damaged",
            "save or copy",
        ),
    ]);
}

/// A directory that names itself as the next one: counting its pictures must end.
#[test]
fn a_tiff_whose_directories_run_in_a_circle_ends() {
    let start = Instant::now();
    let folder = Folder::new();
    folder.write("graph.json", nodes(LOADS));
    folder.write("in.png", tiff(&grey_tags(2, 2, 4), 12));
    let report = folder.run();
    assert!(!told_findings(&report).contains("broke off"), "{}", told_findings(&report));
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// Chunks that unpack to a hundred megabytes, beside a sound picture: it loads, or is refused.
#[test]
fn bombs_inside_a_picture_do_not_go_off() {
    let bomb = zlib_of_zeros(400_000);
    let pixels = chunk(b"IDAT", &zlib_of_zeros(1));
    let named = |kind: &[u8; 4]| chunk(kind, &[b"name\0\0".as_slice(), &bomb].concat());
    let header = ihdr(4, 4, 8, 2);
    for (name, bytes) in [
        ("pixels", png(&[header.clone(), chunk(b"IDAT", &bomb)])),
        ("a text", png(&[header.clone(), named(b"zTXt"), pixels.clone()])),
        ("a profile", png(&[header.clone(), named(b"iCCP"), pixels.clone()])),
        (
            "a text of ours",
            png(&[
                header,
                chunk(b"iTXt", &[b"pellucid\0\x01\0\0\0".as_slice(), &bomb].concat()),
                pixels,
            ]),
        ),
    ] {
        let start = Instant::now();
        let folder = Folder::new();
        folder.write("graph.json", nodes(LOADS));
        folder.write("in.png", bytes.clone());
        let report = folder.run();
        let text = told_findings(&report);
        assert!(!text.contains("broke off"), "{name}: {text}");
        assert_eq!(pellucid_host::read_provenance(&bytes), None, "{name}");
        // Unpacking all of it takes longer; refusing or leaving it out takes milliseconds.
        assert!(start.elapsed() < Duration::from_secs(5), "{name}: {:?}", start.elapsed());
    }
}

/// Every format, cut at every length: refused, or read as the whole picture is. What a run
/// promises from the header and what the pixels give never disagree without a finding.
#[test]
fn a_cut_picture_is_refused_or_whole() {
    let folder = Folder::new();
    folder.write("graph.json", graph(LOADS, r#""o.safetensors": "a.image""#));
    for format in FORMATS {
        let whole = good(format);
        folder.write("in.png", &whole);
        let told = folder.session(folder.options());
        assert!(told.session.run(&Cancel::default()).is_ok());
        let output = folder.path("out/o.safetensors");
        let expected = read_pixels(&output);
        let mut loaded = 0;
        for cut in (0..whole.len()).step_by(3) {
            fs::remove_file(&output).unwrap_or_default();
            folder.write("in.png", &whole[..cut]);
            let report = told.session.run(&Cancel::default());
            let text = told_findings(&report);
            assert!(!text.contains("broke off"), "{format:?} cut at {cut}: {text}");
            assert_eq!(report.is_ok(), output.exists(), "{format:?} cut at {cut}: {text}");
            if report.is_ok() {
                assert_eq!(read_pixels(&output), expected, "{format:?} cut at {cut}");
                loaded += 1;
            }
        }
        // Only what lies behind the pixels may be missing.
        assert!(loaded * 3 <= whole.len() / 4, "{format:?}: {loaded} cuts loaded");
    }
}

/// Single damaged bytes: no panic, and pixels that are finite.
#[test]
fn a_damaged_picture_gives_no_panic() {
    let folder = Folder::new();
    folder.write("graph.json", graph(LOADS, r#""o.safetensors": "a.image""#));
    let told = folder.session(folder.options());
    for format in FORMATS {
        let whole = good(format);
        for at in (0..whole.len()).step_by(5) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            // A damaged header may claim a picture that is large and still allowed.
            let large = |h: pellucid_pixel::files::Header| {
                u64::from(h.width) * u64::from(h.height) > 1 << 20
            };
            if read_header(&mut std::io::Cursor::new(&bytes)).is_ok_and(large) {
                continue;
            }
            folder.write("in.png", bytes);
            let report = told.session.run(&Cancel::default());
            let text = told_findings(&report);
            assert!(!text.contains("broke off"), "{format:?} at {at}: {text}");
            if report.is_ok() {
                let read = read_pixels(&folder.path("out/o.safetensors"));
                assert!(read.values.iter().all(|v| v.is_finite()), "{format:?} at {at}");
            }
        }
    }
}

/// Numbers that are none, infinite or huge come out finite of every node and every format.
#[test]
fn numbers_that_are_none_do_not_spread() {
    let (nan, inf, huge, tiny) = (f32::NAN, f32::INFINITY, f32::MAX, 1e-38);
    let pixels = [
        [nan, 0.5, 0.5, 1.0],
        [inf, -inf, 0.0, 1.0],
        [0.5, 0.5, 0.5, nan],
        [0.5, 0.5, 0.5, inf],
        [huge, huge, -huge, 1.0],
        [huge, 1.0, 1.0, tiny],
        [0.5, 0.5, 0.5, -1.0],
        [tiny, tiny, tiny, tiny],
    ];
    let modes =
        ["over", "multiply", "screen", "plus", "divide", "colour_dodge", "soft_light", "hue"];
    let known = pellucid_tests::kinds();
    let words = match &known.get("merge").unwrap().params[0].ty {
        pellucid_graph::ParamType::Choice(choices) => choices.words().join(" "),
        _ => String::new(),
    };
    let modes = modes.iter().filter(|mode| words.split(' ').any(|word| word == **mode));
    let mut entries = vec![
        LOADS.to_owned(),
        r#""b": { "kind": "load_image", "params": { "file": "b.exr" } }"#.into(),
    ];
    let mut outputs = vec![];
    for mode in modes {
        for (bg, fg) in [("a", "b"), ("b", "a"), ("a", "a")] {
            let name = format!("{mode}_{bg}{fg}");
            entries.push(format!(
                "\"{name}\": {{ \"kind\": \"merge\", \"inputs\": {{ \"bg\": \"{bg}.image\", \"fg\": \"{fg}.image\" }}, \"params\": {{ \"mode\": \"{mode}\" }} }}"
            ));
            for suffix in ["png", "exr", "webp", "tif", "safetensors"] {
                outputs.push(format!("\"{name}.{suffix}\": \"{name}.image\""));
            }
        }
    }
    let folder = Folder::new();
    folder.write("graph.json", graph(&entries.join(", "), &outputs.join(", ")));
    let window = [0, 0, 3, 1];
    folder.write("in.png", exr(window, window, &pixels));
    folder.write("b.exr", exr(window, window, &[[0.25, 0.5, 4.0, 0.5]; 8]));
    let report = folder.run();
    assert!(report.is_ok(), "{}", told_findings(&report));
    for written in &report.written {
        if written.path.extension().is_some_and(|e| e == "safetensors") {
            let read = read_pixels(&written.path);
            assert!(read.values.iter().all(|v| v.is_finite()), "{}", written.output);
        }
    }
}
