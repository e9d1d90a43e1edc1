//! The built-in node kinds, one file each, in family folders.
//!
//! A node file holds, in this order: its typed handles, `kind()` (the record that is at once
//! manual, JSON schema, error text and cache key), `check` (what the result will be, refusing
//! early), `run`, and unit tests of its mathematics. A new kind adds its file, its line in the
//! family's `mod` list, its line in [`KINDS`], and its graph in `tests/`.

use pellucid_graph::NodeKind;

mod load;
mod merge;
mod sizes;

/// Every built-in kind, by family.
pub const KINDS: &[fn() -> NodeKind] = &[
    load::load_image::kind,
    load::solid::kind,
    merge::merge::kind,
];
