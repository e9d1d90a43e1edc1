//! The binary as people and programs use it: exit statuses, what goes to which stream, and what is
//! left behind when it is ended in the middle.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed, and one that skips says so"
)]
#![cfg(test)]

mod commands;
mod ended;
mod names;
mod places;
mod statuses;
mod streams;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A folder to work in, with a cache of its own.
struct Place {
    dir: TempDir,
}

/// What a command came to.
struct Ended {
    status: Option<i32>,
    out: String,
    err: String,
}

/// One node, one picture.
const SOLID: &str = r##"{ "nodes": { "a": { "kind": "solid", "params": { "width": 8, "height": 8, "colour": "#336699" } } }, "outputs": { "o.png": "a.image" } }"##;

impl Place {
    fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    /// A folder with `graph.json`.
    fn with(graph: &str) -> Self {
        let place = Self::new();
        place.write("graph.json", graph);
        place
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.path(&name)).unwrap_or_else(|e| panic!("{}: {e}", name.as_ref().display()))
    }

    /// The program in this folder, away from the caches and models of whoever runs the tests.
    fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pellucid"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("HOME", self.dir.path())
            .env_remove("PELLUCID_MODELS")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[impl AsRef<OsStr>]) -> Ended {
        ended(&self.command(args).output().unwrap())
    }

    fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

fn ended(output: &Output) -> Ended {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let ended = Ended {
        status: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    };
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    ended
}

impl Ended {
    /// The same, when it ended with this status.
    #[track_caller]
    fn with(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "\nstdout: {}\nstderr: {}", self.out, self.err);
        self
    }
}

/// All files below a folder, by their path from it.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// Names of unfinished files, which nobody takes for anything else.
fn is_part(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().starts_with(".pellucid-part-")
}
