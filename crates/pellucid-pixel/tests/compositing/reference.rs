//! Reading the reference pictures.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use pellucid_pixel::{Alpha, Image, ImageFact, Matte, MatteFact, Pixel};
use serde_json::Value;

/// The folder of reference pictures, or a loud word that it is absent.
pub fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/compositing");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is absent", folder.display());
    None
}

pub fn cases(folder: &Path, file: &str) -> Vec<Value> {
    let text = std::fs::read(folder.join(file)).unwrap();
    let mut all: Value = serde_json::from_slice(&text).unwrap();
    let Value::Array(cases) = all["cases"].take() else { panic!("{file} has no cases") };
    cases
}

/// A picture of straight 8-bit RGBA.
pub fn picture(path: &Path) -> Image {
    let (width, height, pixels) = rgba(path);
    Image::new(ImageFact::new(width, height, Alpha::Straight), pixels)
}

/// The red channel of a picture as coverage.
pub fn matte(path: &Path) -> Matte {
    let (width, height, pixels) = rgba(path);
    Matte::new(MatteFact::new(width, height), pixels.iter().map(|p| p[0]).collect())
}

/// Width, height and channels as they are stored, 0 to 1.
pub fn rgba(path: &Path) -> (u32, u32, Vec<Pixel>) {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut reader = png::Decoder::new(BufReader::new(file)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let values: Vec<f32> = match info.bit_depth {
        png::BitDepth::Eight => bytes.iter().map(|b| f32::from(*b) / 255.0).collect(),
        png::BitDepth::Sixteen => bytes
            .chunks_exact(2)
            .map(|b| f32::from(u16::from_be_bytes([b[0], b[1]])) / 65535.0)
            .collect(),
        other => panic!("{}: bit depth {other:?}", path.display()),
    };
    let pixels = match info.color_type {
        png::ColorType::Rgba => values.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect(),
        png::ColorType::Grayscale => values.iter().map(|v| [*v, *v, *v, 1.0]).collect(),
        other => panic!("{}: colour type {other:?}", path.display()),
    };
    (info.width, info.height, pixels)
}

/// The values of a NumPy file of little-endian f32 in C order.
pub fn npy(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..6], b"\x93NUMPY");
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let text = std::str::from_utf8(&bytes[10..10 + header]).unwrap();
    assert!(text.contains("'<f4'") && text.contains("'fortran_order': False"), "{text}");
    let values = bytes[10 + header..].chunks_exact(4);
    values.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// Pixels farther than `tolerance` (in 1/255, any channel) from the reference, and the
/// largest distance of all.
pub fn outliers(got: &[Pixel], want: &[Pixel], tolerance: f32) -> (usize, f32) {
    assert_eq!(got.len(), want.len());
    let distances = got
        .iter()
        .zip(want)
        .map(|(got, want)| (0..4).map(|c| (got[c] - want[c]).abs() * 255.0).fold(0.0, f32::max));
    distances.fold((0, 0.0), |(count, worst), distance| {
        (count + usize::from(distance > tolerance), worst.max(distance))
    })
}
