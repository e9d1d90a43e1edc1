//! `pellucid watch`.

use pellucid_graph::Cancel;
use pellucid_host::Report;

use super::run::{interruptible, session};
use crate::args::RunArgs;
use crate::exit::{Exit, Failure};
use crate::{Outcome, terminal};

/// Runs a graph again whenever a file it reads changes, until interrupted.
pub fn watch(args: &RunArgs) -> Outcome {
    let session = session(args)?;
    let stop = Cancel::default();
    interruptible(&session, &stop)?;
    let mut report = |report: &Report| {
        if report.is_ok() || !report.written.is_empty() {
            terminal::say(&terminal::status(report));
        }
    };
    pellucid_host::watch(&session, &stop, &mut report)
        .map_err(|error| Failure::failed(error.to_string()))?;
    Ok(Exit::Interrupted)
}
