//! Training from a folder of pictures: what is not usable is counted, and does not end the work.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and one that skips says so"
)]

use std::path::Path;

use pellucid_pixel::files::{EncodeOptions, Format, encode};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_train::TrainError;
use pellucid_train::data::folder::read_folder;
use pellucid_train::data::{Source, Split};

fn picture(path: &Path, alpha: Alpha) {
    let fact = ImageFact::new(20, 12, alpha);
    let pixel = |i: usize| {
        [0.9, 0.2, 0.1, if alpha == Alpha::Opaque { 1.0 } else { (i % 20) as f32 / 20.0 }]
    };
    let image = Image::new(fact, (0..240).map(pixel).collect());
    let bytes = encode(&image, Format::Png, &EncodeOptions::new(Format::Png)).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_not_usable_is_counted_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["beside.png", "listed.png", "named.png", "bare.png"] {
        picture(&path(name), Alpha::Straight);
    }
    picture(&path("solid.png"), Alpha::Opaque);
    std::fs::write(path("beside.txt"), " a red thing \n").unwrap();
    std::fs::write(path("solid.txt"), "a solid thing").unwrap();
    std::fs::write(path("broken.png"), b"\x89PNG\r\n\x1a\nno more").unwrap();
    std::fs::write(path("broken.txt"), "a broken thing").unwrap();
    std::fs::write(path("empty.png"), b"").unwrap();
    std::fs::write(path("empty.txt"), "nothing").unwrap();
    let captions = r#"{ "listed": "a listed thing", "named.png": "a named thing" }"#;
    std::fs::write(path("captions.json"), captions).unwrap();

    let read = read_folder(folder.path(), 32).unwrap();
    let captions: Vec<&str> = read.layers.iter().map(|(_, caption)| caption.as_str()).collect();
    assert_eq!(captions, ["a red thing", "a listed thing", "a named thing"]);
    let faults: Vec<String> = (read.faults.iter())
        .map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(faults, ["bare.png", "broken.png", "empty.png", "solid.png"]);
    assert!(read.faults.iter().any(|(_, why)| why == "it has no alpha"));
    // A picture of 20 by 12 lies in the middle of the square, clear above and below.
    let layer = &read.layers[0].0;
    assert_eq!(layer.size, 32);
    assert_eq!(layer.pixels[16][3], 0.0);
    assert!(layer.pixels[16 * 32 + 28][3] > 0.5);

    let source = Source::Folder(read);
    let example = source.example(1, 0, 32, Split::Training);
    assert!(example.of_blend.starts_with(&example.of_foreground));
    assert!(example.blend.pixels.iter().all(|pixel| pixel[3] > 0.999));
}

#[test]
fn a_folder_without_anything_usable_is_refused_with_the_list() {
    let folder = tempfile::tempdir().unwrap();
    picture(&folder.path().join("solid.png"), Alpha::Opaque);
    std::fs::write(folder.path().join("solid.txt"), "a solid thing").unwrap();
    let error = read_folder(folder.path(), 32).unwrap_err();
    assert!(matches!(error, TrainError::Data(_)));
    assert!(error.to_string().contains("solid.png: it has no alpha"), "{error}");
    assert!(matches!(read_folder(&folder.path().join("none"), 32), Err(TrainError::File(..))));
}
