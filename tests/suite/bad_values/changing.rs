//! Files that change while they are read.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use pellucid_graph::Cancel;
use pellucid_host::Options;
use pellucid_pixel::files::{EncodeOptions, Format, Limits, decode, encode};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_tests::{Folder, told, told_findings};

use super::cases::nodes;

/// A picture of one colour, and its file.
fn picture(side: u32, level: f32) -> (Image, Vec<u8>) {
    let fact = ImageFact::new(side, side, Alpha::Opaque);
    let image = Image::filled(fact, [level, level, level, 1.0]);
    let bytes = encode(&image, Format::Png, &EncodeOptions::new(Format::Png)).unwrap();
    (image, bytes)
}

/// Somebody writes a picture over and over, the rude way: cut to nothing, then filled. Whatever
/// is read is refused, or is one of the pictures as a whole.
#[test]
fn a_picture_that_changes_while_it_is_read_is_whole_or_refused() {
    let folder = Folder::new();
    let text = nodes(r#""a": { "kind": "load_image", "params": { "file": "in.png" } }"#);
    folder.write("graph.json", text);
    let pictures = [picture(16, 0.0), picture(24, 1.0), picture(16, 1.0)];
    folder.write("in.png", &pictures[0].1);
    let stop = AtomicBool::new(false);
    let (mut whole, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (_, bytes) in pictures.iter().cycle() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                fs::write(folder.path("in.png"), bytes).unwrap();
            }
        });
        let told = told(Options { out: folder.path("out"), ..folder.options() });
        for _ in 0..60 {
            drop(fs::remove_file(folder.path("out/o.png")));
            let report = told.session.run(&Cancel::default());
            let text = told_findings(&report);
            assert!(!text.contains("broke off"), "{text}");
            if report.is_ok() {
                let read = decode(&folder.read("out/o.png"), &Limits::default()).unwrap().image;
                assert!(pictures.iter().any(|(image, _)| image.pixels == read.pixels));
                whole += 1;
            } else {
                assert!(!folder.path("out/o.png").exists(), "{text}");
                refused += 1;
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    println!("{whole} whole, {refused} refused");
    folder.write("in.png", &pictures[1].1);
    assert!(folder.run().is_ok());
}

/// The same with the graph: it runs as one of its versions, or what is wrong with it is told.
#[test]
fn a_graph_that_changes_while_it_is_read_is_whole_or_refused() {
    let folder = Folder::new();
    let graph = |width: u32| {
        let pad = " ".repeat(width as usize);
        nodes(&format!(
            "\"a\": {{ {pad} \"kind\": \"solid\", \"params\": {{ \"width\": {width}, \"height\": 1 }} }}"
        ))
    };
    folder.write("graph.json", graph(1));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for width in (1..=40).cycle() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                fs::write(folder.path("graph.json"), graph(width)).unwrap();
            }
        });
        let told = told(folder.options());
        for _ in 0..60 {
            let report = told.session.run(&Cancel::default());
            let codes: Vec<_> =
                report.resolved.findings.iter().map(|finding| finding.code).collect();
            assert!(report.is_ok() || codes == ["syntax"], "{}", told_findings(&report));
        }
        stop.store(true, Ordering::Relaxed);
    });
}
