//! Alpha, keys, colour and measurements against the reference data and against their own laws.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking, helpers of tests too")]
#![expect(clippy::print_stdout, reason = "a skipped test says so, a passed one how closely")]

mod bleeds;
mod fixtures;
mod keys;
mod laws;
mod matting;
