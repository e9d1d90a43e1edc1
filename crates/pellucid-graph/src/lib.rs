//! From document to checked graph to values: kinds, resolve, keys, cache, evaluate.
//!
//! Each stage is a free function on plain data:
//!
//! | stage | function | gives |
//! |---|---|---|
//! | resolve | [`resolve`] | a [`Graph`] with a fact on every wire, and all findings |
//! | key | [`keys`] | what every node's result depends on, hashed |
//! | plan | [`plan`] | which nodes would run |
//! | evaluate | [`Engine::evaluate`] | values |
//!
//! Nodes see no spans and no names; the graph turns their errors into findings with a place.

mod context;
pub mod document;
mod error;
mod graph;
mod handle;
mod kind;
mod literal;
mod load;
mod param;
mod resolve;
mod world;

pub use context::{Cancel, Check, Run};
pub use error::{NodeError, Site, Trouble};
pub use graph::{Graph, Node, NodePlaces, Output, Resolved, Wire};
pub use handle::{Choice, In, ManyIn, OptIn, Out, Param, ParamGet};
pub use kind::{
    Arity, CheckFn, Checked, Cost, InputDecl, Kinds, NodeKind, OutputDecl, RunFn,
};
pub use param::{ChoiceTable, Choices, FileRef, ParamDecl, ParamType, ParamValue};
pub use resolve::{Formats, MAX_NODES, Override, Rules, resolve};
pub use world::{FileError, FilePlace, FileTrouble, ReadSeek, Stamp, World};
