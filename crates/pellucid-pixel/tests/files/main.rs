//! Picture files: what comes out of them, what goes in, and what is refused.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking, helpers of tests too")]

mod foreign;
mod header;
mod hostile;
mod pattern;
mod round_trip;
mod writing;
