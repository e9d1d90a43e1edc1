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

mod cache;
mod canonical;
pub mod comfy;
mod context;
pub mod document;
mod draw;
mod engine;
mod error;
mod graph;
mod handle;
mod key;
mod kind;
mod literal;
mod load;
mod manual;
mod param;
mod plan;
mod resolve;
mod schema;
mod store;
mod world;

pub use cache::Values;
pub use canonical::canonical;
pub use context::{Cancel, Check, Params, Run};
pub use draw::{draw_dot, draw_svg};
pub use engine::{Budget, Engine, NodeEvent, Outcome, Request};
pub use error::{NodeError, Site, Trouble};
pub use graph::{DocumentFile, Graph, Node, NodePlaces, Output, Resolved, Wire};
pub use handle::{Choice, In, ManyIn, OptIn, Out, Param, ParamGet};
pub use key::{Key, Keys, StampedFile, keys};
pub use kind::{
    Arity, BoxedCheck, BoxedRun, CheckFn, Checked, Cost, InputDecl, Kinds, NodeKind, OutputDecl,
    RunFn,
};
pub use load::Foreign;
pub use manual::manual;
pub use param::{ChoiceTable, Choices, FileRef, ParamDecl, ParamType, ParamValue};
pub use plan::{Fate, plan};
pub use resolve::{Formats, MAX_NODES, Override, Rules, locate, resolve};
pub use schema::schema;
pub use store::Store;
pub use world::{FileError, FilePlace, FileTrouble, ReadSeek, Stamp, WEIGHT_FOLDERS, World};
