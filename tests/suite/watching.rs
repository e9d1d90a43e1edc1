//! Watching: every way a file is saved, and what is on screen meanwhile.
//!
//! Limits on waiting are generous, since machines that test are busy; how fast it is, is a
//! benchmark's business.

use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pellucid_graph::Cancel;
use pellucid_host::{Event, Options, Report, WrittenState, watch};
use pellucid_tests::{Folder, Told, codes, ran, told_findings};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

/// A watch that runs on a thread of its own until dropped.
struct Watching {
    stop: Cancel,
    reports: Receiver<Report>,
    events: Arc<Mutex<Vec<Event>>>,
    thread: Option<JoinHandle<()>>,
}

impl Watching {
    fn start(folder: &Folder) -> Self {
        Self::with(folder.session(folder.options()))
    }

    fn with(told: Told) -> Self {
        let (sender, reports) = channel();
        let stop = Cancel::default();
        let (session, flag) = (told.session, stop.clone());
        let thread = std::thread::spawn(move || {
            watch(&session, &flag, &mut |report| drop(sender.send(report.clone()))).unwrap();
        });
        Self { stop, reports, events: told.events, thread: Some(thread) }
    }

    /// The next report that is as wanted; others in between are looked at and passed over.
    fn until(&self, wanted: impl Fn(&Report) -> bool) -> Report {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.reports.recv_timeout(left) {
                Ok(report) if wanted(&report) => return report,
                Ok(_) => {}
                Err(_) => panic!("nothing as wanted came: {:?}", self.events.lock().unwrap()),
            }
        }
    }

    fn good(&self) -> Report {
        self.until(Report::is_ok)
    }

    fn bad(&self) -> Report {
        self.until(|report| !report.resolved.is_sound())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop.cancel();
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn graph(sigma: f64) -> String {
    json!({
        "nodes": {
            "sun": { "kind": "solid", "params": { "width": 40, "height": 30, "colour": "#ffcc0080" } },
            "soft": { "kind": "blur", "inputs": { "image": "sun.image" }, "params": { "sigma": sigma } },
        },
        "outputs": { "soft.png": "soft.image" },
    })
    .to_string()
}

#[test]
fn a_save_in_place_runs_what_it_touches() {
    let folder = Folder::new();
    folder.write("graph.json", graph(1.0));
    let watching = Watching::start(&folder);
    assert_eq!(ran(&watching.good()), ["soft", "sun"]);
    for sigma in [2.0, 3.0, 4.0, 5.0] {
        folder.write("graph.json", graph(sigma));
        let report = watching.until(|report| report.is_ok() && !report.ran.is_empty());
        assert_eq!(ran(&report), ["soft"]);
        assert_eq!(report.written[0].state, WrittenState::Wrote);
    }
}

#[test]
fn a_save_by_rename_is_seen() {
    let folder = Folder::new();
    folder.write("graph.json", graph(1.0));
    let watching = Watching::start(&folder);
    watching.good();
    for sigma in [2.0, 3.0, 4.0] {
        folder.write(".graph.json.swp", graph(sigma));
        fs::rename(folder.path(".graph.json.swp"), folder.path("graph.json")).unwrap();
        let report = watching.until(|report| report.is_ok() && !report.ran.is_empty());
        assert_eq!(ran(&report), ["soft"]);
    }
}

#[test]
fn findings_appear_while_the_last_good_picture_stays() {
    let folder = Folder::new();
    folder.write("graph.json", graph(1.0));
    let watching = Watching::start(&folder);
    watching.good();
    let picture = folder.read("out/soft.png");
    folder.write("graph.json", graph(2.0).replace("blur", "blurr"));
    let report = watching.bad();
    assert_eq!(codes(&report), ["unknown-kind"], "{}", told_findings(&report));
    assert_eq!(folder.read("out/soft.png"), picture);
    folder.write("graph.json", graph(2.0));
    watching.good();
    assert_ne!(folder.read("out/soft.png"), picture);
}

#[test]
fn a_half_written_file_is_waited_for() {
    let folder = Folder::new();
    folder.write("graph.json", graph(1.0));
    let watching = Watching::start(&folder);
    watching.good();
    let whole = graph(2.0);
    folder.write("graph.json", &whole[..whole.len() / 2]);
    std::thread::sleep(Duration::from_millis(30));
    folder.write("graph.json", &whole);
    let report = watching.until(|report| !report.ran.is_empty() || !report.resolved.is_sound());
    assert!(report.is_ok(), "{}", told_findings(&report));
    // One that stays half is told.
    folder.write("graph.json", &whole[..whole.len() / 2]);
    assert_eq!(codes(&watching.bad()), ["syntax"]);
}

#[test]
fn of_a_burst_the_newest_wins() {
    let folder = Folder::new();
    folder.write("graph.json", graph(1.0));
    let watching = Watching::start(&folder);
    watching.good();
    for step in 0..100 {
        folder.write("graph.json", graph(1.0 + f64::from(step) / 50.0));
        std::thread::sleep(Duration::from_millis(2));
    }
    let last = graph(7.0);
    folder.write("graph.json", &last);
    let other = Folder::new();
    other.write("graph.json", &last);
    other.run();
    let want = other.read("out/soft.png");
    let end = Instant::now() + PATIENCE;
    while folder.read("out/soft.png") != want {
        assert!(Instant::now() < end, "the newest edit did not win");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_graph_used_as_a_node_is_watched() {
    let folder = Folder::new();
    let inner = |sigma: f64| {
        json!({
            "inputs": { "image": { "type": "image" } },
            "nodes": { "soft": { "kind": "blur", "inputs": { "image": "inputs.image" }, "params": { "sigma": sigma } } },
            "outputs": { "image": "soft.image" },
        })
        .to_string()
    };
    let outer = json!({
        "nodes": {
            "sun": { "kind": "solid", "params": { "width": 20, "height": 20, "colour": "#ffcc0080" } },
            "a": { "kind": "./parts/soft.json", "inputs": { "image": "sun.image" } },
        },
        "outputs": { "a.png": "a.image" },
    });
    folder.write("graph.json", outer.to_string());
    folder.write("parts/soft.json", inner(1.0));
    let watching = Watching::start(&folder);
    assert_eq!(ran(&watching.good()), ["a/soft", "sun"]);
    folder.write("parts/soft.json", inner(2.0));
    assert_eq!(ran(&watching.until(|r| r.is_ok() && !r.ran.is_empty())), ["a/soft"]);
}

#[test]
fn a_deleted_and_restored_file_and_a_vanished_folder_are_normal_life() {
    let folder = Folder::new();
    folder.write("graph.json", graph(1.0));
    folder.run();
    let picture = folder.read("out/soft.png");
    folder.write("pictures/sun.png", &picture);
    let loads: Value = json!({
        "nodes": {
            "sun": { "kind": "load_image", "params": { "file": "pictures/sun.png" } },
            "soft": { "kind": "invert", "inputs": { "image": "sun.image" } },
        },
        "outputs": { "inverted.png": "soft.image" },
    });
    folder.write("graph.json", loads.to_string());
    let watching = Watching::start(&folder);
    watching.good();

    fs::remove_file(folder.path("pictures/sun.png")).unwrap();
    assert_eq!(codes(&watching.bad()), ["missing-file"]);
    folder.write("pictures/sun.png", &picture);
    watching.good();

    fs::remove_dir_all(folder.path("pictures")).unwrap();
    assert_eq!(codes(&watching.bad()), ["missing-file"]);
    folder.write("pictures/sun.png", &picture);
    watching.good();

    fs::remove_file(folder.path("graph.json")).unwrap();
    assert_eq!(codes(&watching.bad()), ["missing-file"]);
    folder.write("graph.json", loads.to_string());
    watching.good();
    assert!(folder.path("out/inverted.png").is_file());
}

#[test]
fn a_changed_picture_runs_what_hangs_on_it() {
    let folder = Folder::new();
    folder.write("graph.json", graph(1.0));
    folder.run();
    let first = folder.read("out/soft.png");
    folder.write("graph.json", graph(5.0));
    folder.run();
    let second = folder.read("out/soft.png");
    let loads = json!({
        "nodes": {
            "a": { "kind": "load_image", "params": { "file": "a.png" } },
            "b": { "kind": "solid", "params": { "width": 40, "height": 30 } },
            "comp": { "kind": "merge", "inputs": { "bg": "b.image", "fg": "a.image" } },
        },
        "outputs": { "comp.png": "comp.image" },
    });
    folder.write("a.png", &first);
    folder.write("graph.json", loads.to_string());
    let watching = Watching::start(&folder);
    watching.good();
    folder.write("a.png", &second);
    assert_eq!(ran(&watching.until(|r| r.is_ok() && !r.ran.is_empty())), ["a", "comp"]);
}

/// A kind that takes its time and counts how often it ran to its end.
mod slow {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use pellucid_graph::{CheckFn, Checked, Cost, In, NodeKind, Out, Param, RunFn};
    use pellucid_pixel::Image;

    const IMAGE: In<Image> = In::new("image", "What is handed on.");
    const OUT: Out<Image> = Out::new("image", "What was handed on.");
    const STEPS: Param<u32> = Param::<u32>::int("steps", 20, "Steps of 10 ms.").range(1, 10_000);

    /// The kind, which adds to `done` whenever it ends and to `cut` whenever it is cut short.
    pub fn kind(done: Arc<AtomicUsize>, cut: Arc<AtomicUsize>) -> NodeKind {
        NodeKind {
            name: "slow".into(),
            family: "test".into(),
            docs: "Hands on its input, slowly.".into(),
            revision: 1,
            cost: Cost::Light,
            inputs: vec![IMAGE.decl()],
            params: vec![STEPS.decl()],
            outputs: vec![OUT.decl()],
            comfy: vec![],
            check: CheckFn::Boxed(Arc::new(|cx| {
                Ok(Checked::Facts(vec![OUT.fact(cx.fact(IMAGE))]))
            })),
            run: RunFn::Boxed(Arc::new(move |cx| {
                let steps = u64::from(cx.param(STEPS));
                for step in 0..steps {
                    if let Err(error) = cx.step(step, steps) {
                        cut.fetch_add(1, Ordering::SeqCst);
                        return Err(error);
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
                done.fetch_add(1, Ordering::SeqCst);
                Ok(vec![OUT.put(cx.input(IMAGE))])
            })),
        }
    }
}

fn slow_graph(steps: u32, colour: &str) -> String {
    json!({
        "nodes": {
            "a": { "kind": "solid", "params": { "width": 8, "height": 8 } },
            "long": { "kind": "slow", "inputs": { "image": "a.image" }, "params": { "steps": steps } },
            "b": { "kind": "solid", "params": { "width": 8, "height": 8, "colour": colour } },
            "comp": { "kind": "merge", "inputs": { "bg": "long.image", "fg": "b.image" } },
        },
        "outputs": { "comp.png": "comp.image" },
    })
    .to_string()
}

#[test]
fn work_that_is_still_wanted_goes_on_and_stale_work_is_cut_short() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (done, cut) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let folder = Folder::new();
    folder.write("graph.json", slow_graph(80, "#ff000080"));
    let mut options: Options = folder.options();
    options.kinds.add(slow::kind(Arc::clone(&done), Arc::clone(&cut)));
    let told = folder.session(options);
    let events = Arc::clone(&told.events);
    let watching = Watching::with(told);
    let started = || {
        events
            .lock()
            .unwrap()
            .iter()
            .filter(|e| e.to_json()["node"] == "long" && e.to_json()["event"] == "node-started")
            .count()
    };
    let end = Instant::now() + PATIENCE;
    while started() == 0 {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(5));
    }
    // Another colour of `b`: `long` is as it was, and goes on.
    folder.write("graph.json", slow_graph(80, "#00ff0080"));
    watching.good();
    assert_eq!((done.load(Ordering::SeqCst), cut.load(Ordering::SeqCst), started()), (1, 0, 1));

    // Another length of `long`, twice: the first of them is cut short.
    folder.write("graph.json", slow_graph(2_000, "#00ff0080"));
    let end = Instant::now() + PATIENCE;
    while started() == 1 {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(5));
    }
    folder.write("graph.json", slow_graph(3, "#00ff0080"));
    let report = watching.until(|r| r.is_ok() && !r.ran.is_empty());
    assert!(ran(&report).contains(&"long".to_owned()));
    assert_eq!((done.load(Ordering::SeqCst), cut.load(Ordering::SeqCst)), (2, 1));
}

#[test]
fn a_workflow_of_comfyui_is_watched_like_a_graph() {
    let workflow = |colour: u32| {
        json!({
            "1": { "class_type": "EmptyImage", "inputs": { "width": 8, "height": 8, "batch_size": 1, "color": colour } },
            "2": { "class_type": "ImageInvert", "inputs": { "image": ["1", 0] } },
            "3": { "class_type": "PreviewImage", "inputs": { "images": ["2", 0] } },
        })
        .to_string()
    };
    let folder = Folder::new();
    folder.write("graph.json", workflow(0));
    let watching = Watching::start(&folder);
    watching.good();
    let before = folder.read("out/preview/3_01.png");
    folder.write("graph.json", r#"{ "1": { "class_type": "NoSuchThing", "inputs": {} } }"#);
    let report = watching.bad();
    assert!(told_findings(&report).contains("NoSuchThing"), "{}", told_findings(&report));
    assert_eq!(folder.read("out/preview/3_01.png"), before);
    folder.write("graph.json", workflow(0x0000_ff00));
    let report = watching.until(|report| report.is_ok() && !report.ran.is_empty());
    assert_eq!(report.written.len(), 1);
    assert_ne!(folder.read("out/preview/3_01.png"), before);
}
