//! A graph file as written: names and literals with their places, nothing looked up.

mod read;

use pellucid_source::{FileId, Json, Place, Span, Spanned};

pub use read::read_document;

use crate::ParamType;

/// The newest version of the language.
pub const VERSION: u64 = 1;

/// One graph file.
#[derive(Clone, Debug)]
pub struct Document {
    /// Which file.
    pub file: FileId,
    /// The whole object.
    pub span: Span,
    /// Settings of the graph as a whole.
    pub params: Vec<GraphParam>,
    /// Sockets it has when it is used as a node.
    pub inputs: Vec<GraphInput>,
    /// Nodes in the order written.
    pub nodes: Vec<NodeEntry>,
    /// Outputs in the order written.
    pub outputs: Vec<OutputEntry>,
}

/// A setting of a graph as a whole.
#[derive(Clone, Debug)]
pub struct GraphParam {
    /// Its name.
    pub name: Spanned<String>,
    /// What it takes.
    pub ty: ParamType,
    /// What it is when nobody says otherwise.
    pub default: Option<Spanned<Json>>,
    /// What it is for.
    pub note: String,
}

/// A socket of a graph that is used as a node.
#[derive(Clone, Debug)]
pub struct GraphInput {
    /// Its name.
    pub name: Spanned<String>,
    /// The type of value it takes.
    pub ty: pellucid_value::SocketType,
    /// True when it may be left without a wire.
    pub optional: bool,
    /// What it is for.
    pub note: String,
}

/// A node as written.
#[derive(Clone, Debug)]
pub struct NodeEntry {
    /// Its name, unique in the file.
    pub name: Spanned<String>,
    /// What it is an instance of.
    pub kind: Spanned<String>,
    /// Wires by input name.
    pub inputs: Vec<(Spanned<String>, Vec<Spanned<WireName>>)>,
    /// Literals by param name.
    pub params: Vec<(Spanned<String>, Setting)>,
}

/// The two halves of `"node.output"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireName {
    /// A node of the same file, or `inputs`.
    pub node: String,
    /// One of its outputs, or an input of the graph.
    pub output: String,
}

/// What a param is set to.
#[derive(Clone, Debug)]
pub enum Setting {
    /// A literal.
    Literal(Spanned<Json>),
    /// The value of a param of the graph.
    Param(Spanned<String>),
}

/// A file the graph writes, or a value it gives as a node.
#[derive(Clone, Debug)]
pub struct OutputEntry {
    /// A file name with a suffix, or a plain name.
    pub name: Spanned<String>,
    /// What to write.
    pub from: Spanned<WireName>,
    /// How to write it.
    pub options: OutputOptions,
}

/// How an output is written. What is left out is decided by the format.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputOptions {
    /// Bits a channel: 8, 16 or 32.
    pub bits: Option<Spanned<u32>>,
    /// Quality of a lossy format, 1 to 100.
    pub quality: Option<Spanned<u32>>,
    /// The colour to put under a picture with alpha, for a format that holds none.
    pub background: Option<Spanned<[f32; 4]>>,
    /// Whether to dither down to 8 bits.
    pub dither: bool,
    /// Whether whole numbers are rounded down, not to the nearest.
    pub floor: bool,
    /// Whether the number in the name goes on from the files that are there, so that none is written
    /// over.
    pub next: bool,
}

impl Document {
    /// A place in this file.
    pub fn at(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }
}
