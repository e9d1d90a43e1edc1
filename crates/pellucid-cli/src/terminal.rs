//! What people see: human text on stderr, data on stdout.

use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use pellucid_graph::NodeEvent;
use pellucid_host::{Event, Listener, Report, WrittenState};
use pellucid_source::{printable, render};

use crate::exit::{Exit, Failure};

/// Prints a sentence that ends the program.
pub fn fail(failure: &Failure) -> Exit {
    say(&format!("pellucid: {}", failure.message));
    failure.exit
}

/// Prints a line for people. Nothing in it can steer the terminal.
pub fn say(line: &str) {
    to_stderr(&format!("{}\n", printable(line)));
}

/// Where stderr cannot be written, nobody is left to be told.
fn to_stderr(text: &str) {
    drop(stderr().lock().write_all(text.as_bytes()));
}

/// Prints data. A closed pipe is not an error: whoever closed it has read enough.
///
/// # Errors
/// When stdout cannot be written for another reason: the data would be lost.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("stdout cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// True when findings and status lines may be coloured.
pub fn colour() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints a finding.
pub fn finding(finding: &pellucid_source::Diagnostic, sources: &pellucid_source::Sources) {
    to_stderr(&format!("{}\n", render(finding, sources, colour()).trim_end()));
}

/// Listens to a session: findings and progress for people, and events for programs if wanted.
///
/// # Errors
/// When the file for events cannot be made.
pub fn listener(events: Option<&Path>) -> Result<Listener, Failure> {
    let stream: Option<Box<dyn Write + Send>> = match events {
        None => None,
        Some(path) if path == Path::new("-") => Some(Box::new(stdout())),
        Some(path) => {
            let file = File::create(path);
            Some(Box::new(file.map_err(|error| Failure::io(&path.to_string_lossy(), &error))?))
        }
    };
    let screen = Mutex::new(Screen { stream, progress: Progress::new() });
    Ok(Arc::new(move |event| screen.lock().unwrap_or_else(PoisonError::into_inner).show(&event)))
}

struct Screen {
    stream: Option<Box<dyn Write + Send>>,
    progress: Progress,
}

impl Screen {
    fn show(&mut self, event: &Event) {
        if let Some(stream) = &mut self.stream {
            let line = format!("{}\n", event.to_json());
            if let Err(error) = stream.write_all(line.as_bytes()).and_then(|()| stream.flush()) {
                self.stream = None;
                // A closed pipe is not an error: whoever closed it has read enough.
                if error.kind() != ErrorKind::BrokenPipe {
                    self.progress
                        .aside(|| say(&format!("note: events cannot be written: {error}")));
                }
            }
        }
        match event {
            Event::Finding { finding, sources } => {
                self.progress.aside(|| self::finding(finding, sources))
            }
            Event::Node(NodeEvent::Step { node, done, total }) => {
                self.progress.step(node, *done, *total);
            }
            Event::Node(NodeEvent::Finished { node, .. }) => self.progress.end(node),
            Event::Node(NodeEvent::Damaged { node, message }) => {
                self.progress.aside(|| say(&format!("note: {node}: {message}; it is made again")));
            }
            Event::Node(NodeEvent::NotStored { node, message }) => {
                self.progress.aside(|| say(&format!("note: {node}: {message}")));
            }
            Event::Ended { .. } => self.progress.clear(),
            _ => {}
        }
    }
}

/// Bars of nodes that report steps; nothing unless stderr is a terminal.
struct Progress {
    bars: MultiProgress,
    of_nodes: Vec<(String, ProgressBar)>,
    shown: bool,
}

impl Progress {
    fn new() -> Self {
        Self { bars: MultiProgress::new(), of_nodes: Vec::new(), shown: stderr().is_terminal() }
    }

    fn step(&mut self, node: &str, done: u64, total: u64) {
        if !self.shown {
            return;
        }
        if !self.of_nodes.iter().any(|(name, _)| name == node) {
            let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {elapsed}");
            let bar = self.bars.add(ProgressBar::new(total));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(node.to_owned());
            self.of_nodes.push((node.to_owned(), bar));
        }
        if let Some((_, bar)) = self.of_nodes.iter().find(|(name, _)| name == node) {
            bar.set_position(done);
        }
    }

    fn end(&mut self, node: &str) {
        self.of_nodes.retain(|(name, bar)| {
            if name == node {
                bar.finish_and_clear();
            }
            name != node
        });
    }

    fn clear(&mut self) {
        self.of_nodes.drain(..).for_each(|(_, bar)| bar.finish_and_clear());
    }

    fn aside(&self, print: impl FnOnce()) {
        self.bars.suspend(print);
    }
}

/// `comp.png in 14 ms, 2 of 9 nodes ran`.
pub fn status(report: &Report) -> String {
    let wrote: Vec<&str> = report
        .written
        .iter()
        .filter(|written| written.state == WrittenState::Wrote)
        .map(|written| written.output.as_str())
        .collect();
    let what = match wrote[..] {
        [] if report.written.is_empty() => "nothing written".to_owned(),
        [] => match report.written.as_slice() {
            [only] => format!("{} unchanged", only.output),
            all => format!("{} outputs unchanged", all.len()),
        },
        [a] => a.to_owned(),
        [a, b] => format!("{a}, {b}"),
        [a, b, ..] => format!("{a}, {b} and {} more", wrote.len() - 2),
    };
    let nodes = if report.needed == 1 { "node" } else { "nodes" };
    format!(
        "{what} in {}, {} of {} {nodes} ran",
        time(report.took),
        report.ran.len(),
        report.needed
    )
}

fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s < 0.001 => "1 ms".to_owned(),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 60.0 => format!("{s:.1} s"),
        s => format!("{} min {:.0} s", (s / 60.0) as u64, s % 60.0),
    }
}
