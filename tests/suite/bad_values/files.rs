//! Files that are not there, not files, or not for this graph to read.

use std::process::Command;

use pellucid_tests::Folder;

use super::cases::{A, Case, case, nodes};
use super::check;

/// A graph that loads this file, which is the string of JSON between the quotes.
fn loads(name: &str, file: &str) -> Case {
    case(
        name,
        nodes(&format!(
            "\"a\": {{ \"kind\": \"load_image\", \"params\": {{ \"file\": \"{file}\" }} }}"
        )),
    )
}

#[test]
fn a_picture_that_is_not_there_is_found() {
    check(vec![
        loads("nearly right", "fotos/cat.png").file("fotos/cta.png", "").finds(
            "missing-file",
            "\"fotos/cat.png\"",
            "file: there is no file `fotos/cat.png`",
            "did you mean `cta.png`?",
        ),
        loads("no such folder", "nowhere/cat.png").finds(
            "missing-file",
            "\"nowhere/cat.png\"",
            "there is no file",
            "looked up beside the graph",
        ),
        loads("no name", "").finds("missing-file", "\"\"", "file: the file name is empty", ""),
        loads("below a file", "x.png/y.png").file("x.png", "").finds(
            "missing-file",
            "\"x.png/y.png\"",
            "there is no file",
            "",
        ),
        loads("a line break in the name", "cat\\n.png").finds(
            "missing-file",
            "\"cat\\n.png\"",
            "there is no file",
            "",
        ),
        loads("a name too long", &"x".repeat(5_000)).finds_somewhere(
            "bad-file",
            "cannot be read",
            "",
        ),
        loads("a NUL in the name", "cat\\u0000.png").finds(
            "bad-file",
            "\"cat\\u0000.png\"",
            "a file name cannot hold a NUL",
            "",
        ),
    ]);
}

#[test]
fn a_path_that_leaves_the_folder_is_refused() {
    let outside = "lies outside the folder of the graph";
    check(vec![
        loads("up", "../secret.png").finds(
            "outside-root",
            "\"../secret.png\"",
            outside,
            "widen the folder with --root DIR",
        ),
        loads("up from below", "sub/../../secret.png").file("sub/x", "").finds(
            "outside-root",
            "\"sub/../../secret.png\"",
            outside,
            "--root DIR",
        ),
        loads("absolute", "/etc/hostname").finds(
            "outside-root",
            "\"/etc/hostname\"",
            outside,
            "move the file below it",
        ),
        loads("absolute and not there", "/no/such/file.png").finds(
            "outside-root",
            "\"/no/such/file.png\"",
            outside,
            "move the file below it",
        ),
        loads("a device", "/dev/zero").finds("outside-root", "\"/dev/zero\"", outside, ""),
    ]);
}

#[test]
fn what_is_no_file_is_refused() {
    check(vec![
        loads("a folder", "sub").file("sub/x", "").finds(
            "bad-file",
            "\"sub\"",
            "`sub` is a folder",
            "",
        ),
        loads("the folder of the graph", ".").finds("bad-file", "\".\"", "`.` is a folder", ""),
        loads("the graph", "graph.json").finds(
            "refused",
            "\"graph.json\"",
            "those of no known format",
            "convert the file to PNG",
        ),
    ]);
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_that_leaves_the_folder_is_refused() {
        let outside = "lies outside the folder of the graph";
        let below = |name: &str, file: &str| {
            let case = loads(name, file).without("graph.json");
            let text = nodes(&format!(
                "\"a\": {{ \"kind\": \"load_image\", \"params\": {{ \"file\": \"{file}\" }} }}"
            ));
            case.file("in/graph.json", text).at("in/graph.json")
        };
        check(vec![
            below("of a file", "link.png")
                .file("secret.png", "secret")
                .prepared(|f: &Folder| {
                    symlink(f.path("secret.png"), f.path("in/link.png")).unwrap()
                })
                .finds("outside-root", "\"link.png\"", outside, ""),
            below("of a folder", "link/secret.png")
                .file("other/secret.png", "secret")
                .prepared(|f: &Folder| symlink("../other", f.path("in/link")).unwrap())
                .finds("outside-root", "\"link/secret.png\"", outside, ""),
            loads("to nothing", "link.png")
                .prepared(|f: &Folder| symlink("nowhere.png", f.path("link.png")).unwrap())
                .finds("missing-file", "\"link.png\"", "there is no file `link.png`", ""),
            loads("to itself", "link.png")
                .prepared(|f: &Folder| symlink("link.png", f.path("link.png")).unwrap())
                .finds("bad-file", "\"link.png\"", "cannot be read", ""),
            loads("to a device", "link.png")
                .prepared(|f: &Folder| symlink("/dev/zero", f.path("link.png")).unwrap())
                .finds("outside-root", "\"link.png\"", outside, ""),
        ]);
    }

    /// Opening a pipe waits for a writer, who never comes.
    #[test]
    fn a_pipe_is_refused_at_once() {
        let made = Command::new("mkfifo").arg("--version").output();
        if !made.is_ok_and(|output| output.status.success()) {
            println!("skipped: there is no mkfifo here");
            return;
        }
        let pipe = |f: &Folder| {
            let path = f.path("pipe.png");
            assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        };
        check(vec![
            loads("as a picture", "pipe.png").prepared(pipe).finds(
                "bad-file",
                "\"pipe.png\"",
                "`pipe.png` is not a regular file",
                "",
            ),
            case("as the graph", "").at("pipe.png").prepared(pipe).finds_no_text(
                "bad-file",
                "is not a regular file",
                "",
            ),
        ]);
    }
}

#[test]
fn a_graph_file_that_is_not_there_is_named() {
    check(vec![
        case("nearly right", nodes(A)).at("grahp.json").finds_no_text(
            "missing-file",
            "grahp.json",
            "did you mean `graph.json`?",
        ),
        case("a folder", nodes(A)).file("sub/x", "").at("sub").finds_no_text(
            "bad-file",
            "is not a regular file",
            "",
        ),
        case("below a file", nodes(A)).at("graph.json/x").finds_no_text(
            "missing-file",
            "there is no file",
            "",
        ),
    ]);
}
