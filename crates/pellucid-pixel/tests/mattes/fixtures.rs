//! Reads the shared reference data; a missing folder is said aloud and skipped.

use std::fs;
use std::path::{Path, PathBuf};

use pellucid_pixel::{Alpha, Image, ImageFact, Matte, MatteFact, Pixel};
use serde_json::Value;

/// The folder of a set, or nothing (said aloud) where the shared data is absent.
pub fn folder(set: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures").join(set);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: ../shared/fixtures/{set} is absent");
    None
}

/// The case of an index with this id.
pub fn case(folder: &Path, id: &str) -> Value {
    let index: Value =
        serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let cases = index["cases"].as_array().unwrap();
    cases.iter().find(|case| case["id"] == id).unwrap_or_else(|| panic!("no case {id}")).clone()
}

/// A PNG of any layout as straight or opaque f32 RGBA, as stored.
pub fn picture(path: &Path) -> Image {
    let file = std::io::BufReader::new(fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let samples: Vec<f32> = match info.bit_depth {
        png::BitDepth::Sixteen => bytes
            .chunks_exact(2)
            .map(|b| f32::from(u16::from_be_bytes([b[0], b[1]])) / 65535.0)
            .collect(),
        _ => bytes.iter().map(|b| f32::from(*b) / 255.0).collect(),
    };
    let (alpha, pixels): (Alpha, Vec<Pixel>) = match info.color_type {
        png::ColorType::Rgba => {
            (Alpha::Straight, samples.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect())
        }
        png::ColorType::Rgb => {
            (Alpha::Opaque, samples.chunks_exact(3).map(|p| [p[0], p[1], p[2], 1.0]).collect())
        }
        _ => (Alpha::Opaque, samples.iter().map(|v| [*v, *v, *v, 1.0]).collect()),
    };
    Image::new(ImageFact::new(info.width, info.height, alpha), pixels)
}

/// The first channel of a PNG as a matte.
pub fn matte(path: &Path) -> Matte {
    let image = picture(path);
    let fact = MatteFact::new(image.fact.width, image.fact.height);
    Matte::new(fact, image.pixels.iter().map(|p| p[0]).collect())
}

/// The values of a NumPy file of f2 or f4.
pub fn numpy(path: &Path) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let header_len = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + header_len]).unwrap();
    let data = &bytes[10 + header_len..];
    if header.contains("<f2") {
        data.chunks_exact(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()
    } else {
        assert!(header.contains("<f4"), "{header}");
        data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
    }
}
