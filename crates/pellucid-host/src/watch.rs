//! Runs a graph again whenever a file it read changes. The newest edit wins; work is ended only
//! where it is stale; the last good pictures stay.

mod changes;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pellucid_graph::{Cancel, Key, Resolved};
use pellucid_source::Diagnostic;

use crate::session::Checked;
use crate::{Event, Report, Session};
use changes::Watched;

/// Events of one save come in a burst; this much silence ends it.
const QUIET: Duration = Duration::from_millis(6);
/// A burst that does not end is not waited for any longer than this.
const LONGEST_BURST: Duration = Duration::from_millis(80);
/// A file that does not parse may be half-written; so long its findings wait for the other half.
const HALF_WRITTEN: Duration = Duration::from_millis(120);
/// How often files are looked at even when the system reports nothing: network drives do not.
const POLL: Duration = Duration::from_millis(400);

/// Why watching could not begin.
#[derive(Debug)]
pub struct WatchError {
    /// What went wrong.
    pub message: String,
}

impl std::fmt::Display for WatchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for WatchError {}

/// Something that wakes the loop.
enum Wake {
    /// A path that may matter changed.
    Changed(std::path::PathBuf),
    /// The run of this round ended.
    Ran(u64, Box<Report>),
}

/// Watches until `stop` is cancelled. Every run's report goes to `report`, on this thread.
///
/// # Errors
/// When the system cannot watch files at all.
pub fn watch(
    session: &Arc<Session>,
    stop: &Cancel,
    report: &mut dyn FnMut(&Report),
) -> Result<(), WatchError> {
    let (sender, wakes) = channel();
    let changed = sender.clone();
    let watched = Watched::new(move |path| drop(changed.send(Wake::Changed(path))))
        .map_err(|error| WatchError { message: format!("files cannot be watched: {error}") })?;
    let mut watcher = Loop {
        session,
        watched,
        wakes,
        sender,
        running: None,
        broken_since: None,
        last_look: Instant::now(),
    };
    watcher.round();
    while !stop.is_cancelled() {
        watcher.turn(stop, report);
    }
    watcher.end();
    Ok(())
}

struct Loop<'a> {
    session: &'a Arc<Session>,
    watched: Watched,
    wakes: Receiver<Wake>,
    sender: std::sync::mpsc::Sender<Wake>,
    running: Option<Running>,
    /// Since when the graph has not parsed, while that may be a half-written file.
    broken_since: Option<Instant>,
    /// When files were last looked at, whatever the system reported.
    last_look: Instant,
}

struct Running {
    round: u64,
    cancel: Cancel,
    thread: JoinHandle<()>,
}

/// The report of a run that broke off: a fault of the program, which must not end the watch.
fn broken_off(round: u64) -> Report {
    let finding = Diagnostic::error("failed", "the run broke off")
        .hint("this is a fault of the program, not of the graph");
    let resolved = Resolved { findings: vec![finding], ..Resolved::default() };
    Report { round, resolved, ..Report::default() }
}

impl Loop<'_> {
    fn turn(&mut self, stop: &Cancel, report: &mut dyn FnMut(&Report)) {
        let due = match self.broken_since {
            Some(since) => since + HALF_WRITTEN,
            None => self.last_look + POLL,
        };
        match self.wakes.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(Wake::Changed(path)) => {
                if self.watched.has_changed(&path, &*self.session.world) {
                    self.session.tell(Event::Changed { path });
                    self.drain(stop, report);
                    self.round();
                }
            }
            Ok(Wake::Ran(round, finished)) => self.ran(round, &finished, report),
            Err(RecvTimeoutError::Timeout) if self.broken_since.is_some() => self.round(),
            Err(RecvTimeoutError::Timeout) => {
                self.last_look = Instant::now();
                if let Some(path) = self.watched.poll() {
                    self.session.tell(Event::Changed { path });
                    self.drain(stop, report);
                    self.round();
                }
            }
            Err(RecvTimeoutError::Disconnected) => stop.cancel(),
        }
    }

    /// Waits until a burst of events is over.
    fn drain(&mut self, stop: &Cancel, report: &mut dyn FnMut(&Report)) {
        let start = Instant::now();
        while start.elapsed() < LONGEST_BURST && !stop.is_cancelled() {
            match self.wakes.recv_timeout(QUIET) {
                Ok(Wake::Changed(_)) => {}
                Ok(Wake::Ran(round, finished)) => self.ran(round, &finished, report),
                Err(_) => return,
            }
        }
    }

    fn ran(&mut self, round: u64, finished: &Report, report: &mut dyn FnMut(&Report)) {
        if let Some(running) = self.running.take_if(|running| running.round == round) {
            // The thread has nothing left to do but end; if it broke, its report said so.
            drop(running.thread.join());
        }
        if !finished.cancelled {
            report(finished);
        }
    }

    /// Reads and checks the graph, tells findings at once, and runs it if it is sound.
    fn round(&mut self) {
        let checked = self.session.checked();
        self.watched.watch(self.session.world.touched());
        self.last_look = Instant::now();
        self.session.tell(Event::Watching { files: self.watched.len() });
        if self.is_half_written(&checked) {
            self.broken_since.get_or_insert_with(Instant::now);
            return;
        }
        self.broken_since = None;
        self.session.tell(Event::Began { round: checked.round });
        self.session.tell_findings(&checked.resolved);
        if !checked.resolved.is_sound() {
            // What was running belongs to the last good graph, and so do its pictures.
            let report = self.session.finish(checked, &Cancel::default());
            drop(self.sender.send(Wake::Ran(report.round, Box::new(report))));
            return;
        }
        self.supersede(&checked);
        self.start(checked);
    }

    fn is_half_written(&self, checked: &Checked) -> bool {
        let findings = &checked.resolved.findings;
        let torn = |code| matches!(code, "syntax" | "missing-file");
        findings.iter().any(|finding| torn(finding.code))
            && self.broken_since.is_none_or(|since| since.elapsed() < HALF_WRITTEN)
            && checked.round > 1
    }

    /// Ends the older run, but not work the new one needs too.
    fn supersede(&mut self, checked: &Checked) {
        let Some(running) = self.running.take() else { return };
        let graph = &checked.resolved.graph;
        let wires: Vec<_> = checked.targets.iter().map(|target| target.wire).collect();
        let cone = graph.cone(&wires);
        let wanted: HashSet<Key> =
            cone.iter().filter_map(|node| checked.keys.keys[*node as usize]).collect();
        // First the flag, so that the older run does not take ended work for a failure.
        running.cancel.cancel();
        self.session.engine.keep_only(&wanted);
        self.session.engine.wake();
        drop(running.thread.join());
    }

    fn start(&mut self, checked: Checked) {
        let (session, sender) = (Arc::clone(self.session), self.sender.clone());
        let (round, cancel) = (checked.round, Cancel::default());
        let flag = cancel.clone();
        let thread = std::thread::spawn(move || {
            let finish = AssertUnwindSafe(|| session.finish(checked, &flag));
            let report = catch_unwind(finish).unwrap_or_else(|_| broken_off(round));
            drop(sender.send(Wake::Ran(round, Box::new(report))));
        });
        self.running = Some(Running { round, cancel, thread });
    }

    fn end(&mut self) {
        if let Some(running) = self.running.take() {
            self.session.interrupt(&running.cancel);
            drop(running.thread.join());
        }
    }
}
