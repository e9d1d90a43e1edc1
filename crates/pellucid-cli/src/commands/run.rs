//! `pellucid run`.

use std::path::Path;
use std::sync::Arc;

use pellucid_graph::Cancel;
use pellucid_host::{Options, Session};

use crate::args::RunArgs;
use crate::exit::{Exit, Failure, of_findings};
use crate::{Outcome, terminal};

/// Runs a graph once.
pub fn run(args: &RunArgs) -> Outcome {
    let session = session(args)?;
    let cancel = Cancel::default();
    interruptible(&session, &cancel)?;
    let report = session.run(&cancel);
    if report.cancelled {
        terminal::say("interrupted");
        return Ok(Exit::Interrupted);
    }
    if report.is_ok() || !report.written.is_empty() {
        terminal::say(&terminal::status(&report));
    }
    Ok(of_findings(&report.resolved.findings))
}

/// A session with the options of the command line, told to the terminal.
pub fn session(args: &RunArgs) -> Result<Arc<Session>, Failure> {
    if args.events.as_deref().is_some_and(|events| is_same_file(events, &args.graph.graph)) {
        return Err(Failure::usage("--events would replace the graph file"));
    }
    let listener = terminal::listener(args.events.as_deref())?;
    let session = Session::new(options(args)?, listener);
    session.map(Arc::new).map_err(|error| Failure::failed(error.to_string()))
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    real(a).is_some_and(|a| real(b) == Some(a))
}

fn options(args: &RunArgs) -> Result<Options, Failure> {
    let mut options = args.graph.options();
    options.only = args.only.clone();
    options.out = args.out.clone();
    options.previews = args.previews.clone();
    args.work.apply(&mut options)?;
    Ok(options)
}

/// Lets Ctrl-C end the work; a second one ends the program.
pub fn interruptible(session: &Arc<Session>, cancel: &Cancel) -> Result<(), Failure> {
    let (session, cancel) = (Arc::clone(session), cancel.clone());
    ctrlc::set_handler(move || {
        if cancel.is_cancelled() {
            std::process::exit(Exit::Interrupted as i32);
        }
        session.interrupt(&cancel);
    })
    .map_err(|error| Failure::failed(format!("Ctrl-C cannot be caught: {error}")))
}
