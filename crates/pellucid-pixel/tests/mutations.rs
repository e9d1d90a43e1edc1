//! Files that were changed at random never panic, never disagree with their header, and never take
//! more memory than the limits say.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking, helpers of tests too")]

use std::alloc::System;
use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use cap::Cap;
use pellucid_pixel::files::{
    EncodeOptions, FORMATS, Limits, decode, encode, read_header, read_png_text,
};
use pellucid_pixel::{Alpha, Image, ImageFact};
use proptest::prelude::*;
use proptest::sample::Index;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Room for pixels. Files that lie ask for up to 64 GiB.
const LIMITS: Limits = Limits { max_side: 5000, max_pixels: 1 << 20, max_bytes: 32 << 20 };
/// What decoders may keep beside: PNG and WebP chunks up to 16 MiB, colour tables, and everything
/// this program holds anyway.
const BESIDE: usize = 64 << 20;

/// One change of a file.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Flip(Index, u8),
    /// Extreme big-endian or little-endian numbers where sizes may stand.
    Number(Index, [u8; 4]),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let number = prop_oneof![
        Just([0xff; 4]),
        Just([0x7f, 0xff, 0xff, 0xff]),
        Just([0xff, 0xff, 0xff, 0x7f]),
        Just([0, 0, 0, 0]),
        Just([0, 0, 0, 1]),
        Just([0, 1, 0, 0]),
    ];
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        4 => (any::<Index>(), 0..8u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        3 => (any::<Index>(), number).prop_map(|(at, number)| Change::Number(at, number)),
        1 => (any::<Index>(), 1..40usize).prop_map(|(at, len)| Change::Remove(at, len)),
        1 => (any::<Index>(), 1..40usize).prop_map(|(at, len)| Change::Repeat(at, len)),
        1 => any::<Index>().prop_map(Change::Cut),
    ]
}

fn changed(mut file: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes.iter().filter(|_| !file.is_empty()).cloned().collect::<Vec<_>>() {
        let len = file.len();
        match change {
            _ if len < 2 => {}
            Change::Set(at, byte) => file[at.index(len)] = byte,
            Change::Flip(at, bit) => file[at.index(len)] ^= 1 << bit,
            Change::Number(at, number) => {
                let at = at.index(len);
                let end = (at + 4).min(len);
                file[at..end].copy_from_slice(&number[..end - at]);
            }
            Change::Remove(at, count) => {
                let at = at.index(len);
                file.drain(at..(at + count).min(len));
            }
            Change::Repeat(at, count) => {
                let at = at.index(len);
                let copy = file[at..(at + count).min(len)].to_vec();
                file.splice(at..at, copy);
            }
            Change::Cut(at) => file.truncate(at.index(len)),
        }
    }
    file
}

/// The files of other programs, and one of ours of each format.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension != "py"));
    paths.sort();
    let mut files: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(files.len() > 40);
    let fact = ImageFact::new(40, 30, Alpha::Straight);
    let pixel = |i: u32| [i as f32 / 1200.0, (i % 40) as f32 / 40.0, 0.5, (i % 7) as f32 / 6.0];
    let image = Image::new(fact, (0..1200).map(pixel).collect());
    for format in FORMATS {
        let flatten = (!format.holds_alpha()).then_some([1.0; 3]);
        let options = EncodeOptions { flatten, ..EncodeOptions::new(format) };
        files.push(encode(&image, format, &options).unwrap());
    }
    files
});

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        // The peak of memory never falls: the case that raised it is the one to see.
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    })]

    #[test]
    fn changed_files_are_read_or_refused(
        file in any::<Index>(),
        changes in prop::collection::vec(change(), 1..5),
    ) {
        let bytes = changed(file.get(&FILES).clone(), &changes);
        let header = read_header(&mut Cursor::new(&bytes));
        let decoded = decode(&bytes, &LIMITS);
        read_png_text(&bytes);
        let peak = MEMORY.max_allocated();
        prop_assert!(
            peak < LIMITS.max_bytes as usize + BESIDE,
            "{peak} bytes for {} bytes, read as {header:?}",
            bytes.len()
        );
        if let Ok(decoded) = decoded {
            let header = header.expect("what is decoded has a header");
            let fact = decoded.image.fact;
            prop_assert_eq!((header.width, header.height), fact.size());
            prop_assert_eq!((header.alpha, header.encoding), (fact.alpha, fact.encoding));
            prop_assert!(decoded.image.pixels.as_flattened().iter().all(|v| v.is_finite()));
        }
    }
}
