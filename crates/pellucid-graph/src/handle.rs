//! Typed handles: a name, a type and a sentence, written once in a node's file.
//!
//! `cx.input(BG)` is an image because `BG` is an `In<Image>`; the same handle's `decl()` is the
//! row the registry, the manual, the schema and the key read.

use std::marker::PhantomData;

use pellucid_value::Wire;

use crate::{
    Arity, ChoiceTable, Choices, FilePlace, FileRef, InputDecl, OutputDecl, ParamDecl, ParamType,
    ParamValue, Site,
};

macro_rules! socket {
    ($(#[$doc:meta])* $name:ident, $arity:expr) => {
        $(#[$doc])*
        pub struct $name<T> {
            pub(crate) name: &'static str,
            doc: &'static str,
            marker: PhantomData<fn() -> T>,
        }

        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T> Copy for $name<T> {}

        impl<T: Wire> $name<T> {
            /// A socket with a name and what it is for.
            pub const fn new(name: &'static str, doc: &'static str) -> Self {
                Self { name, doc, marker: PhantomData }
            }

            /// The row the registry reads.
            pub fn decl(&self) -> InputDecl {
                InputDecl {
                    name: self.name.into(),
                    types: T::TYPES.into(),
                    arity: $arity,
                    doc: self.doc.into(),
                }
            }
        }

        impl<T> From<$name<T>> for Site {
            fn from(socket: $name<T>) -> Self {
                Self::Input(socket.name.into())
            }
        }
    };
}

socket! {
    /// An input that takes exactly one wire.
    In, Arity::One
}
socket! {
    /// An input that takes one wire or none.
    OptIn, Arity::Optional
}
socket! {
    /// An input that takes one wire or more, in order.
    ManyIn, Arity::Many
}

/// An output.
pub struct Out<T> {
    pub(crate) name: &'static str,
    doc: &'static str,
    marker: PhantomData<fn() -> T>,
}

impl<T: Wire> Out<T> {
    /// An output with a name and what it holds.
    pub const fn new(name: &'static str, doc: &'static str) -> Self {
        Self { name, doc, marker: PhantomData }
    }

    /// The row the registry reads.
    pub fn decl(&self) -> OutputDecl {
        OutputDecl { name: self.name.into(), types: T::TYPES.into(), doc: self.doc.into() }
    }

    /// The fact to give for this output.
    pub fn fact(&self, fact: T::Fact) -> pellucid_value::Fact {
        T::fact(fact)
    }

    /// The value to give for this output.
    pub fn put(&self, value: T) -> pellucid_value::Value {
        value.value()
    }
}

/// A Rust type a param can have.
pub trait ParamGet: Sized {
    /// The value as this type; `None` when the declaration was of another.
    fn get(value: &ParamValue) -> Option<Self>;
}

macro_rules! param_get {
    ($ty:ty, $pattern:pat => $value:expr) => {
        impl ParamGet for $ty {
            fn get(value: &ParamValue) -> Option<Self> {
                match value {
                    $pattern => $value,
                    _ => None,
                }
            }
        }
    };
}

param_get!(f64, ParamValue::Float(v) => Some(*v));
param_get!(f32, ParamValue::Float(v) => Some(*v as f32));
param_get!(i32, ParamValue::Int(v) => i32::try_from(*v).ok());
param_get!(i64, ParamValue::Int(v) => i64::try_from(*v).ok());
param_get!(u32, ParamValue::Int(v) => u32::try_from(*v).ok());
param_get!(u64, ParamValue::Int(v) => u64::try_from(*v).ok());
param_get!(bool, ParamValue::Bool(v) => Some(*v));
param_get!(String, ParamValue::Text(v) => Some(v.to_string()));
param_get!([f32; 4], ParamValue::Colour(v) => Some(*v));
param_get!(Vec<f64>, ParamValue::Numbers(v) => Some(v.to_vec()));
param_get!(FileRef, ParamValue::File(v) => Some(v.clone()));
param_get!(Vec<FileRef>, ParamValue::Files(v) => Some(v.clone()));

impl<T: ParamGet> ParamGet for Option<T> {
    fn get(value: &ParamValue) -> Option<Self> {
        match value {
            ParamValue::Unset => Some(None),
            value => T::get(value).map(Some),
        }
    }
}

/// A param whose value is a `T`.
pub struct Param<T> {
    pub(crate) name: &'static str,
    doc: &'static str,
    ty: Takes,
    default: Default,
    marker: PhantomData<fn() -> T>,
}

impl<T> Clone for Param<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Param<T> {}

/// [`ParamType`] for constants.
#[derive(Clone, Copy)]
enum Takes {
    Float(f64, f64),
    Int(i128, i128),
    Bool,
    Text,
    Colour,
    Numbers(usize, usize),
    File(FilePlace),
    Files(FilePlace),
}

/// [`ParamValue`] for constants.
#[derive(Clone, Copy)]
enum Default {
    Required,
    Unset,
    Float(f64),
    Int(i128),
    Bool(bool),
    Text(&'static str),
    Colour([f32; 4]),
    Numbers(&'static [f64]),
    NoFiles,
}

impl<T> Param<T> {
    const fn of(name: &'static str, ty: Takes, default: Default, doc: &'static str) -> Self {
        Self { name, doc, ty, default, marker: PhantomData }
    }

    /// The same param, which must be given.
    pub const fn required(mut self) -> Self {
        self.default = Default::Required;
        self
    }

    /// The row the registry reads.
    pub fn decl(&self) -> ParamDecl {
        let ty = match self.ty {
            Takes::Float(min, max) => ParamType::Float { min, max },
            Takes::Int(min, max) => ParamType::Int { min, max },
            Takes::Bool => ParamType::Bool,
            Takes::Text => ParamType::Text,
            Takes::Colour => ParamType::Colour,
            Takes::Numbers(min, max) => ParamType::Numbers { min, max },
            Takes::File(place) => ParamType::File(place),
            Takes::Files(place) => ParamType::Files(place),
        };
        let default = match self.default {
            Default::Required => None,
            Default::Unset => Some(ParamValue::Unset),
            Default::Float(v) => Some(ParamValue::Float(v)),
            Default::Int(v) => Some(ParamValue::Int(v)),
            Default::Bool(v) => Some(ParamValue::Bool(v)),
            Default::Text(v) => Some(ParamValue::Text(v.into())),
            Default::Colour(v) => Some(ParamValue::Colour(v)),
            Default::Numbers(v) => Some(ParamValue::Numbers(v.into())),
            Default::NoFiles => Some(ParamValue::Files(Vec::new())),
        };
        ParamDecl { name: self.name.into(), ty, default, doc: self.doc.into() }
    }
}

/// Bounds that stand for "any finite number".
const ANY_FLOAT: (f64, f64) = (-1e30, 1e30);

impl Param<f64> {
    /// A number; any finite one unless [`Param::range`] says less.
    pub const fn float(name: &'static str, default: f64, doc: &'static str) -> Self {
        Self::of(name, Takes::Float(ANY_FLOAT.0, ANY_FLOAT.1), Default::Float(default), doc)
    }

    /// The smallest and the largest value.
    pub const fn range(mut self, min: f64, max: f64) -> Self {
        self.ty = Takes::Float(min, max);
        self
    }
}

impl Param<Option<f64>> {
    /// A number that may be left out.
    pub const fn float_or_unset(name: &'static str, doc: &'static str) -> Self {
        Self::of(name, Takes::Float(ANY_FLOAT.0, ANY_FLOAT.1), Default::Unset, doc)
    }

    /// The smallest and the largest value.
    pub const fn range(mut self, min: f64, max: f64) -> Self {
        self.ty = Takes::Float(min, max);
        self
    }
}

impl Param<u64> {
    /// A seed: any whole number of 64 bits.
    pub const fn seed(name: &'static str, default: u64, doc: &'static str) -> Self {
        Self::of(name, Takes::Int(0, u64::MAX as i128), Default::Int(default as i128), doc)
    }
}

macro_rules! int_param {
    ($ty:ty) => {
        impl Param<$ty> {
            /// A whole number; any of its Rust type unless [`Param::range`] says less.
            pub const fn int(name: &'static str, default: $ty, doc: &'static str) -> Self {
                let all = Takes::Int(<$ty>::MIN as i128, <$ty>::MAX as i128);
                Self::of(name, all, Default::Int(default as i128), doc)
            }

            /// The smallest and the largest value.
            pub const fn range(mut self, min: $ty, max: $ty) -> Self {
                self.ty = Takes::Int(min as i128, max as i128);
                self
            }
        }

        impl Param<Option<$ty>> {
            /// A whole number that may be left out.
            pub const fn int_or_unset(name: &'static str, doc: &'static str) -> Self {
                let all = Takes::Int(<$ty>::MIN as i128, <$ty>::MAX as i128);
                Self::of(name, all, Default::Unset, doc)
            }

            /// The smallest and the largest value.
            pub const fn range(mut self, min: $ty, max: $ty) -> Self {
                self.ty = Takes::Int(min as i128, max as i128);
                self
            }
        }
    };
}

int_param!(u32);
int_param!(i32);

impl Param<bool> {
    /// true or false.
    pub const fn bool(name: &'static str, default: bool, doc: &'static str) -> Self {
        Self::of(name, Takes::Bool, Default::Bool(default), doc)
    }
}

impl Param<String> {
    /// Any text.
    pub const fn text(name: &'static str, default: &'static str, doc: &'static str) -> Self {
        Self::of(name, Takes::Text, Default::Text(default), doc)
    }
}

impl Param<Option<String>> {
    /// A text that may be left out.
    pub const fn text_or_unset(name: &'static str, doc: &'static str) -> Self {
        Self::of(name, Takes::Text, Default::Unset, doc)
    }
}

impl Param<[f32; 4]> {
    /// A colour: straight, sRGB-encoded red, green, blue, and alpha, 0 to 1.
    pub const fn colour(name: &'static str, default: [f32; 4], doc: &'static str) -> Self {
        Self::of(name, Takes::Colour, Default::Colour(default), doc)
    }
}

impl Param<Option<[f32; 4]>> {
    /// A colour that may be left out.
    pub const fn colour_or_unset(name: &'static str, doc: &'static str) -> Self {
        Self::of(name, Takes::Colour, Default::Unset, doc)
    }
}

impl Param<Vec<f64>> {
    /// A list of as many numbers as its default has, unless [`Param::count`] says otherwise.
    pub const fn numbers(name: &'static str, default: &'static [f64], doc: &'static str) -> Self {
        let len = default.len();
        Self::of(name, Takes::Numbers(len, len), Default::Numbers(default), doc)
    }

    /// The fewest and the most numbers.
    pub const fn count(mut self, min: usize, max: usize) -> Self {
        self.ty = Takes::Numbers(min, max);
        self
    }
}

impl Param<FileRef> {
    /// A file, which must be named.
    pub const fn file(name: &'static str, place: FilePlace, doc: &'static str) -> Self {
        Self::of(name, Takes::File(place), Default::Required, doc)
    }
}

impl Param<Option<FileRef>> {
    /// A file that may be left out.
    pub const fn file_or_unset(name: &'static str, place: FilePlace, doc: &'static str) -> Self {
        Self::of(name, Takes::File(place), Default::Unset, doc)
    }
}

impl Param<Vec<FileRef>> {
    /// Files, of which there may be none.
    pub const fn files_or_none(name: &'static str, place: FilePlace, doc: &'static str) -> Self {
        Self::of(name, Takes::Files(place), Default::NoFiles, doc)
    }

    /// One file or more, which must be named.
    pub const fn files(name: &'static str, place: FilePlace, doc: &'static str) -> Self {
        Self::of(name, Takes::Files(place), Default::Required, doc)
    }
}

impl<T> From<Param<T>> for Site {
    fn from(param: Param<T>) -> Self {
        Self::Param(param.name.into())
    }
}

/// A param whose value is one of a table of words.
pub struct Choice<T: 'static> {
    pub(crate) name: &'static str,
    doc: &'static str,
    pub(crate) table: &'static &'static [(&'static str, T)],
    meaning: Option<fn(&str) -> &'static str>,
    default: usize,
}

impl<T> Clone for Choice<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Choice<T> {}

impl<T: Sync> Choice<T> {
    /// A choice among the words of a table, which must not be empty; the first is the default.
    pub const fn new(
        name: &'static str,
        table: &'static &'static [(&'static str, T)],
        doc: &'static str,
    ) -> Self {
        Self { name, doc, table, meaning: None, default: 0 }
    }

    /// The same choice with a sentence on each word.
    pub const fn meanings(mut self, meaning: fn(&str) -> &'static str) -> Self {
        self.meaning = Some(meaning);
        self
    }

    /// The same choice with another default, by its index in the table.
    pub const fn default_at(mut self, index: usize) -> Self {
        self.default = index;
        self
    }

    /// The row the registry reads.
    pub fn decl(&self) -> ParamDecl {
        let table: &'static dyn ChoiceTable = self.table;
        ParamDecl {
            name: self.name.into(),
            ty: ParamType::Choice(Choices::Table(table, self.meaning)),
            default: Some(ParamValue::Choice(self.default)),
            doc: self.doc.into(),
        }
    }
}

impl<T> From<Choice<T>> for Site {
    fn from(choice: Choice<T>) -> Self {
        Self::Param(choice.name.into())
    }
}
