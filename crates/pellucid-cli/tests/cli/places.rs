//! Places that take no files, or no more of them.

use std::process::Command;

use super::{Place, SOLID, files_below, is_part};

#[test]
fn a_cache_that_is_no_folder_costs_only_the_cache() {
    let place = Place::with(SOLID);
    place.write("taken", "kept");
    for cache in ["taken", "taken/below"] {
        let ended = place.run(&["run", "graph.json", "--cache", cache, "--out", "out"]).with(0);
        assert!(ended.err.contains("note: "), "{}", ended.err);
        assert!(place.path("out/o.png").is_file());
        std::fs::remove_dir_all(place.path("out")).unwrap();
    }
    assert_eq!(place.read("taken"), b"kept");
    if cfg!(target_os = "linux") {
        let ended = place.run(&["run", "graph.json", "--cache", "/proc/pellucid"]).with(0);
        assert!(ended.err.contains("the cache cannot be written"), "{}", ended.err);
    }
}

/// Somebody takes the cache away between two runs, or puts other things in its place.
#[test]
fn a_cache_that_was_spoilt_is_made_again() {
    let place = Place::with(SOLID);
    let run = ["run", "graph.json", "--cache", "kept", "--out", "out"];
    place.run(&run).with(0);
    let good = place.read("out/o.png");
    let spoil: [fn(&Place); 4] = [
        |place| std::fs::remove_dir_all(place.path("kept")).unwrap(),
        |place| {
            files_below(&place.path("kept"))
                .iter()
                .for_each(|file| std::fs::write(file, "").unwrap())
        },
        |place| {
            for file in files_below(&place.path("kept")) {
                std::fs::remove_file(&file).unwrap();
                std::fs::create_dir(file).unwrap();
            }
        },
        |place| {
            std::fs::remove_dir_all(place.path("kept")).unwrap();
            place.write("kept/v1", "a file");
        },
    ];
    for (n, spoil) in spoil.iter().enumerate() {
        spoil(&place);
        std::fs::remove_dir_all(place.path("out")).unwrap();
        place.run(&run).with(0);
        assert_eq!(place.read("out/o.png"), good, "{n}");
    }
}

/// A file system of its own, as small as can be, that goes away in the end.
struct Small {
    dir: std::path::PathBuf,
}

impl Small {
    /// None where this process may not mount, or the system mounts otherwise.
    fn mount(place: &Place, bytes: u32) -> Option<Self> {
        let dir = place.path("small");
        std::fs::create_dir(&dir).unwrap();
        let size = format!("size={bytes}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "pellucid"]).arg(&dir).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { dir });
        }
        println!("skipped: this process may not mount a small file system");
        None
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(&self.dir).output());
    }
}

/// Noise does not pack, so this takes 1.5 MB as a TIFF and more as tensors.
const LARGE: &str = r##"{ "nodes": { "a": { "kind": "solid", "params": { "width": 512, "height": 512, "colour": "#336699" } } },
  "outputs": { "large.safetensors": "a.image", "little.png": "a.image" } }"##;

#[test]
fn a_full_disk_keeps_the_old_file_and_leaves_no_part() {
    let place = Place::with(LARGE);
    let Some(_small) = Small::mount(&place, 1 << 20) else { return };
    place.write("small/large.safetensors", "old");
    let ended = place.run(&["run", "graph.json", "--out", "small"]).with(4);
    assert!(ended.err.contains("error[cannot-write]"), "{}", ended.err);
    assert_eq!(place.read("small/large.safetensors"), b"old");
    assert!(place.path("small/little.png").is_file(), "the other output fits");
    assert!(!files_below(&place.path("small")).iter().any(|file| is_part(file)));
    // A full cache costs only the cache.
    let ended = place.run(&["run", "graph.json", "--cache", "small/cache", "--out", "out"]).with(0);
    assert!(ended.err.contains("the cache cannot be written"), "{}", ended.err);
    assert!(place.path("out/large.safetensors").is_file());
    assert!(!files_below(&place.path("small")).iter().any(|file| is_part(file)));
}

#[test]
fn a_file_system_that_is_read_only_is_told() {
    let place = Place::with(SOLID);
    let Some(small) = Small::mount(&place, 1 << 20) else { return };
    let remounted =
        Command::new("mount").args(["-o", "remount,ro"]).arg(&small.dir).output().unwrap();
    assert!(remounted.status.success());
    let ended = place.run(&["run", "graph.json", "--out", "small"]).with(4);
    assert!(ended.err.contains("Read-only file system"), "{}", ended.err);
    place.run(&["run", "graph.json", "--cache", "small", "--out", "out"]).with(0);
}

#[test]
fn a_models_folder_nearby_needs_no_naming() {
    let place = Place::new();
    place.write("models/vae/here.safetensors", "");
    place.write("work/graphs/models/vae/beside.safetensors", "");
    let listed = place.run(&["models", "list"]).with(0).out;
    assert!(listed.contains("here.safetensors") && !listed.contains("beside"), "{listed}");

    let graph = r#"{ "nodes": { "vae": { "kind": "load_vae", "params": { "file": "beside.safetensors" } } },
        "outputs": {} }"#;
    place.write("work/graphs/deep/graph.json", graph);
    let found = place.run(&["check", "work/graphs/deep/graph.json"]);
    // It is found, and found to be empty.
    assert!(
        found.err.contains("beside.safetensors") && found.err.contains("cut off"),
        "{}",
        found.err
    );
}
