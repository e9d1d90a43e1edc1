//! Picture files: what comes out of them, what goes in, and what is refused.

mod foreign;
mod header;
mod hostile;
mod pattern;
mod round_trip;
mod writing;
