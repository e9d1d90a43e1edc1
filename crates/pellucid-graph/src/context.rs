//! What a node sees while it is checked and while it runs: facts, values, params, files it named.
//! No spans, no names or paths of other nodes.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pellucid_pixel::Image;
use pellucid_value::{Compute, Fact, Residents, Value, WeightFile, Wire};

use crate::{
    Choice, FileError, FilePlace, FileRef, FileTrouble, In, ManyIn, NodeError, NodeKind, OptIn,
    Param, ParamGet, ParamType, ParamValue, ReadSeek, Site, StampedFile, World,
};

/// What a kind's `check` is given.
pub struct Check<'a> {
    pub(crate) kind: &'a NodeKind,
    pub(crate) inputs: &'a [Vec<&'a Fact>],
    pub(crate) params: &'a [ParamValue],
    pub(crate) world: &'a dyn World,
    pub(crate) needs: Cell<u64>,
    pub(crate) warnings: RefCell<Vec<NodeError>>,
}

/// What a kind's `run` is given.
pub struct Run<'a> {
    pub(crate) kind: &'a NodeKind,
    pub(crate) inputs: &'a [Vec<Value>],
    pub(crate) params: &'a [ParamValue],
    pub(crate) files: &'a [StampedFile],
    pub(crate) world: &'a dyn World,
    pub(crate) cancel: &'a Cancel,
    pub(crate) progress: &'a (dyn Fn(u64, u64) + Sync),
    pub(crate) previews: Option<Previews<'a>>,
    pub(crate) residents: &'a Residents,
    pub(crate) compute: Compute,
}

/// Where previews go, and when the last one went there.
pub(crate) struct Previews<'a> {
    pub(crate) show: &'a (dyn Fn(Image) + Sync),
    pub(crate) last: Mutex<Option<Instant>>,
}

/// The least time between two previews of a node: they are looked at, not collected.
const BETWEEN_PREVIEWS: Duration = Duration::from_millis(250);

/// A node's params, the same in `check` and in `run`.
#[derive(Clone, Copy)]
pub struct Params<'a> {
    kind: &'a NodeKind,
    values: &'a [ParamValue],
}

/// A flag that says work is no longer wanted.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Says the work is no longer wanted.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// True once the work is no longer wanted.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Why a handle must be in its kind's record.
const DECLARED: &str = "a handle is used only by the kind that declares it";

impl Check<'_> {
    /// What is known of the value on an input.
    pub fn fact<T: Wire>(&self, input: In<T>) -> T::Fact {
        let fact = self.inputs[input_index(self.kind, input.name)][0];
        T::fact_of(fact).expect("wires are checked for type before a kind is asked")
    }

    /// What is known of the value on an optional input, when it has a wire.
    pub fn given<T: Wire>(&self, input: OptIn<T>) -> Option<T::Fact> {
        self.inputs[input_index(self.kind, input.name)].first().and_then(|fact| T::fact_of(fact))
    }

    /// What is known of all values on an input that takes many, in order.
    pub fn many<T: Wire>(&self, input: ManyIn<T>) -> Vec<T::Fact> {
        let facts = &self.inputs[input_index(self.kind, input.name)];
        facts.iter().filter_map(|fact| T::fact_of(fact)).collect()
    }

    /// All params.
    pub fn params(&self) -> Params<'_> {
        Params { kind: self.kind, values: self.params }
    }

    /// A param's value.
    pub fn param<T: ParamGet>(&self, param: Param<T>) -> T {
        self.params().get(param)
    }

    /// A choice's value.
    pub fn choice<T: Copy>(&self, choice: Choice<T>) -> T {
        self.params().choice(choice)
    }

    /// Opens a file that a param names, for a look at its header.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(
        &self,
        param: impl Into<Site>,
        file: &FileRef,
    ) -> Result<Box<dyn ReadSeek>, NodeError> {
        self.world.open(&file.path).map_err(|error| NodeError::file(param, error))
    }

    /// A weight file that a param names, to be opened for a look at its header.
    ///
    /// # Errors
    /// When it is not there.
    pub fn weights(&self, param: impl Into<Site>, file: &FileRef) -> Result<WeightFile, NodeError> {
        let place = file_place(self.kind, self.params, file);
        weight_file(self.world, file, place).map_err(|error| NodeError::file(param, error))
    }

    /// Says something that does not stand in the way of running, and that people should know.
    pub fn warn(&self, warning: NodeError) {
        self.warnings.borrow_mut().push(warning);
    }

    /// Says that `run` will hold this many bytes beside its inputs and outputs.
    pub fn needs(&self, bytes: u64) {
        self.needs.set(self.needs.get().saturating_add(bytes));
    }
}

impl Run<'_> {
    /// The value on an input.
    pub fn input<T: Wire>(&self, input: In<T>) -> T {
        let value = &self.inputs[input_index(self.kind, input.name)][0];
        T::of(value).expect("wires are checked for type before a kind is asked")
    }

    /// The value on an optional input, when it has a wire.
    pub fn given<T: Wire>(&self, input: OptIn<T>) -> Option<T> {
        self.inputs[input_index(self.kind, input.name)].first().and_then(T::of)
    }

    /// All values on an input that takes many, in order.
    pub fn many<T: Wire>(&self, input: ManyIn<T>) -> Vec<T> {
        self.inputs[input_index(self.kind, input.name)].iter().filter_map(T::of).collect()
    }

    /// All params.
    pub fn params(&self) -> Params<'_> {
        Params { kind: self.kind, values: self.params }
    }

    /// A param's value.
    pub fn param<T: ParamGet>(&self, param: Param<T>) -> T {
        self.params().get(param)
    }

    /// A choice's value.
    pub fn choice<T: Copy>(&self, choice: Choice<T>) -> T {
        self.params().choice(choice)
    }

    /// The whole of a file that a param names.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, param: impl Into<Site>, file: &FileRef) -> Result<Arc<[u8]>, NodeError> {
        let site = param.into();
        let stamped = self.files.iter().find(|stamped| stamped.file.path == file.path);
        let place = file_place(self.kind, self.params, file);
        let read = self.world.read(&file.path).and_then(|bytes| {
            // The key of this run stands for the content that was stamped, and for no other.
            let now = self.world.stamp(&file.path, place)?;
            if stamped.is_some_and(|stamped| stamped.stamp != now) {
                return Err(changed(file));
            }
            Ok(bytes)
        });
        read.map_err(|error| NodeError::file(site, error))
    }

    /// A weight file that a param names, as it was when this run was keyed.
    ///
    /// # Errors
    /// When it is not there, or changed since.
    pub fn weights(&self, param: impl Into<Site>, file: &FileRef) -> Result<WeightFile, NodeError> {
        let stamped = self.files.iter().find(|stamped| stamped.file.path == file.path);
        let place = file_place(self.kind, self.params, file);
        let found = weight_file(self.world, file, place).and_then(|found| {
            if stamped.is_some_and(|stamped| stamped.stamp.0 != found.stamp) {
                return Err(changed(file));
            }
            Ok(found)
        });
        found.map_err(|error| NodeError::file(param, error))
    }

    /// What stays loaded between runs, see [`Residents::get`].
    pub fn residents(&self) -> &Residents {
        self.residents
    }

    /// Where networks are to be computed.
    pub fn compute(&self) -> Compute {
        self.compute
    }

    /// Reports progress of long work, and ends it when it is no longer wanted.
    ///
    /// # Errors
    /// [`NodeError::cancelled`], to be passed on with `?`.
    pub fn step(&self, done: u64, total: u64) -> Result<(), NodeError> {
        if self.cancel.is_cancelled() {
            return Err(NodeError::cancelled());
        }
        (self.progress)(done, total);
        Ok(())
    }

    /// Shows what long work will come to. `picture` is called only where somebody looks, and only now and then.
    ///
    /// # Errors
    /// Those of `picture`.
    pub fn preview<E>(&self, picture: impl FnOnce() -> Result<Image, E>) -> Result<(), E> {
        let Some(previews) = &self.previews else { return Ok(()) };
        // A panic elsewhere cannot leave a time half-written.
        let mut last = previews.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= BETWEEN_PREVIEWS) {
            (previews.show)(picture()?);
            *last = Some(Instant::now());
        }
        Ok(())
    }

    /// The flag [`Run::step`] looks at, for work that polls from elsewhere.
    pub fn cancel(&self) -> &Cancel {
        self.cancel
    }
}

impl Params<'_> {
    /// A param's value.
    pub fn get<T: ParamGet>(&self, param: Param<T>) -> T {
        T::get(self.value(param.name)).expect("params are checked for type and range")
    }

    /// A choice's value.
    pub fn choice<T: Copy>(&self, choice: Choice<T>) -> T {
        match self.value(choice.name) {
            ParamValue::Choice(index) => choice.table[*index].1,
            _ => unreachable!("params are checked for type and range"),
        }
    }

    fn value(&self, name: &str) -> &ParamValue {
        &self.values[self.kind.params.iter().position(|decl| decl.name == name).expect(DECLARED)]
    }
}

fn input_index(kind: &NodeKind, name: &str) -> usize {
    kind.inputs.iter().position(|decl| decl.name == name).expect(DECLARED)
}

fn changed(file: &FileRef) -> FileError {
    let message = format!("`{}` changed while it was used", file.name);
    FileError::new(FileTrouble::Other, message).hint("run again")
}

fn weight_file(
    world: &dyn World,
    file: &FileRef,
    place: FilePlace,
) -> Result<WeightFile, FileError> {
    let stamp = world.stamp(&file.path, place)?;
    let (content, bytes) = world.weights(&file.path)?;
    Ok(WeightFile { name: file.name.as_str().into(), stamp: stamp.0, bytes, content })
}

fn file_place(kind: &NodeKind, params: &[ParamValue], file: &FileRef) -> FilePlace {
    let mut named = files(kind, params);
    named.find(|(_, f, _)| *f == file).map_or(FilePlace::Picture, |(_, _, place)| place)
}

/// The files that a node's params name, with what sort each is.
pub(crate) fn files<'a>(
    kind: &'a NodeKind,
    params: &'a [ParamValue],
) -> impl Iterator<Item = (&'a str, &'a FileRef, FilePlace)> {
    kind.params.iter().zip(params).flat_map(|(decl, value)| {
        let place = match decl.ty {
            ParamType::File(place) | ParamType::Files(place) => place,
            _ => FilePlace::Picture,
        };
        let files = match value {
            ParamValue::File(file) => std::slice::from_ref(file),
            ParamValue::Files(files) => files,
            _ => &[],
        };
        files.iter().map(move |file| (decl.name.as_str(), file, place))
    })
}
