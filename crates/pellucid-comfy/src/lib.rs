//! ComfyUI workflows in, as Pellucid graphs.
//!
//! A workflow is API format (`{"3": {"class_type": …, "inputs": …}}`, what ComfyUI runs) or UI format
//! (`{"nodes": […], "links": […]}`, what its editor saves). [`import`] takes both:
//!
//! | stage | gives |
//! |---|---|
//! | read | a [`Prompt`]: nodes with literals and links. UI format is flattened as ComfyUI's frontend does it: subgraphs opened, reroutes and bypassed nodes followed, widget values named |
//! | need | what the output nodes need, in running order; nothing else is looked at, as in ComfyUI |
//! | check | every input against the declaration of its class, in ComfyUI's terms |
//! | lower | a [`Document`](pellucid_graph::document::Document) whose places are in the workflow |
//!
//! Which classes there are is said by the node kinds ([`pellucid_graph::comfy`]); this crate knows none.

mod api;
mod check;
mod coerce;
mod detect;
mod imported;
mod linked_size;
mod lower;
mod moment;
mod names;
mod need;
mod outputs;
mod print;
mod prompt;
mod python;
mod rename;
mod texts;
mod ui;

pub use detect::{EmbeddedText, Format, detect, embedded};
pub use imported::{Imported, ImportedNode, ImportedValue, import};
pub use moment::Moment;
pub use print::print;
pub use prompt::{Prompt, PromptInput, PromptNode, PromptValue};
