//! The open record of a node kind, and the registry handed to the host.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use pellucid_value::{Fact, SocketType, Value};

use crate::comfy::ComfyClass;
use crate::{Check, NodeError, ParamDecl, Run};

/// Everything the host knows of one kind of node.
///
/// A built-in kind is a function that returns this record; a kind made at run time fills in the
/// same record with boxed functions.
pub struct NodeKind {
    /// What graphs call it: `snake_case`, unique.
    pub name: String,
    /// The group it is listed under.
    pub family: String,
    /// What it does, for the manual, the schema and hover text; formulas included.
    pub docs: String,
    /// Raised whenever the same inputs would give a different result.
    pub revision: u32,
    /// What a result is worth keeping for.
    pub cost: Cost,
    /// Sockets that take wires.
    pub inputs: Vec<InputDecl>,
    /// Settings that take literals.
    pub params: Vec<ParamDecl>,
    /// Sockets that give values.
    pub outputs: Vec<OutputDecl>,
    /// The classes of ComfyUI that it serves.
    pub comfy: Vec<ComfyClass>,
    /// Works out the output facts, and refuses what `run` could not do.
    pub check: CheckFn,
    /// Does the work.
    pub run: RunFn,
}

impl fmt::Debug for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeKind").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a node's result costs to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Milliseconds: kept in memory only.
    Light,
    /// Seconds: kept on disk too.
    Heavy,
    /// As [`Cost::Heavy`], and uses a device: one such node runs at a time.
    Device,
}

/// An input socket.
#[derive(Clone, Debug)]
pub struct InputDecl {
    /// Its name in graphs.
    pub name: String,
    /// The types of value it accepts, at least one.
    pub types: Vec<SocketType>,
    /// How many wires it takes.
    pub arity: Arity,
    /// What it is for, in one sentence.
    pub doc: String,
}

/// How many wires an input takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly one.
    One,
    /// One or none.
    Optional,
    /// One or more, in order.
    Many,
}

/// An output socket.
#[derive(Clone, Debug)]
pub struct OutputDecl {
    /// Its name in graphs.
    pub name: String,
    /// The types of value it can give; the fact says which.
    pub types: Vec<SocketType>,
    /// What it holds, in one sentence.
    pub doc: String,
}

/// What a kind's `check` found out.
pub enum Checked {
    /// One fact for every output, in order.
    Facts(Vec<Fact>),
    /// The only output is the value on this input, unchanged; `run` will not be called.
    Forward(&'static str),
}

/// A `check` made at run time.
pub type BoxedCheck = dyn Fn(&Check) -> Result<Checked, NodeError> + Send + Sync;

/// A `run` made at run time.
pub type BoxedRun = dyn Fn(&mut Run) -> Result<Vec<Value>, NodeError> + Send + Sync;

/// A kind's `check`: no pixels, no weights, no file beyond its header.
#[derive(Clone)]
pub enum CheckFn {
    /// Of a built-in kind.
    Native(fn(&Check) -> Result<Checked, NodeError>),
    /// Of a kind made at run time.
    Boxed(Arc<BoxedCheck>),
}

/// A kind's `run`: one value for every output, in order, each true to its fact.
#[derive(Clone)]
pub enum RunFn {
    /// Of a built-in kind.
    Native(fn(&mut Run) -> Result<Vec<Value>, NodeError>),
    /// Of a kind made at run time.
    Boxed(Arc<BoxedRun>),
}

impl CheckFn {
    pub(crate) fn call(&self, cx: &Check) -> Result<Checked, NodeError> {
        match self {
            Self::Native(f) => f(cx),
            Self::Boxed(f) => f(cx),
        }
    }
}

impl RunFn {
    pub(crate) fn call(&self, cx: &mut Run) -> Result<Vec<Value>, NodeError> {
        match self {
            Self::Native(f) => f(cx),
            Self::Boxed(f) => f(cx),
        }
    }
}

/// The kinds a session offers, by name, and the classes of ComfyUI they serve.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    by_name: BTreeMap<String, Arc<NodeKind>>,
    classes: BTreeMap<String, Vec<Arc<ComfyClass>>>,
}

impl Kinds {
    /// The kinds of a list; a later one replaces an earlier one of the same name.
    pub fn of(list: &[fn() -> NodeKind]) -> Self {
        let mut kinds = Self::default();
        list.iter().for_each(|kind| kinds.add(kind()));
        kinds
    }

    /// Adds a kind, built in or made at run time.
    pub fn add(&mut self, kind: NodeKind) {
        self.by_name.insert(kind.name.clone(), Arc::new(kind));
    }

    /// Adds classes of ComfyUI that no kind serves alone.
    pub fn add_classes(&mut self, list: &[fn() -> ComfyClass]) {
        for class in list.iter().map(|class| class()) {
            self.classes.entry(class.name.clone()).or_default().push(Arc::new(class));
        }
    }

    /// The declarations of a class of ComfyUI, those of a kind with the name of that kind.
    pub fn comfy(&self, class: &str) -> Vec<(Option<&str>, &ComfyClass)> {
        let alone = self.classes.get(class).into_iter().flatten();
        let of_kinds = self
            .by_name
            .values()
            .flat_map(|kind| kind.comfy.iter().map(|class| (Some(kind.name.as_str()), class)));
        let alone = alone.map(|class| (None, &**class));
        of_kinds.filter(|(_, declared)| declared.name == class).chain(alone).collect()
    }

    /// The names of all classes of ComfyUI that are served, sorted.
    pub fn comfy_names(&self) -> Vec<&str> {
        let of_kinds = self.by_name.values().flat_map(|kind| &kind.comfy);
        let mut names: Vec<&str> = of_kinds.map(|class| class.name.as_str()).collect();
        names.extend(self.classes.keys().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The kind of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<NodeKind>> {
        self.by_name.get(name)
    }

    /// All kinds, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<NodeKind>> {
        self.by_name.values()
    }
}
