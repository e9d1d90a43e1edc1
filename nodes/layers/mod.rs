//! Documents of layers and groups.

mod entries;
pub mod flatten;
pub mod group;
pub mod layer;
pub mod pick;
pub mod reorder;
pub mod stack;
