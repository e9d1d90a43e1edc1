//! Files, sessions, watching, events, writing outputs.
//!
//! A [`Session`] checks, plans and runs one graph and remembers results between runs; [`watch`]
//! drives one while files change. Nothing here needs a terminal: all that happens is an
//! [`Event`]. The host knows no node: kinds are handed in.

mod event;
mod formats;
mod ledger;
mod paths;
mod previews;
mod provenance;
mod record;
mod session;
mod store;
mod watch;
mod workflow;
mod world;
mod write;

pub use event::Event;
pub use formats::FileFormats;
pub use provenance::{Provenance, read_provenance};
pub use session::{
    CacheChoice, Explained, Listener, Options, ROOT_MARK, Report, Session, SessionError, Written,
    WrittenState,
};
pub use store::DiskStore;
pub use watch::{WatchError, watch};
pub use workflow::now;
pub use world::{
    ComfyTree, ExtraFolder, FileWorld, Folders, HostWorld, Look, MemoryWorld, extra_of_models,
    models,
};
pub use write::write_atomically;
