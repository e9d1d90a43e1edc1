//! The declaration of a ComfyUI class.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use pellucid_source::Json;

use super::{ComfyTrouble, Rewrite};
use crate::{Choice, FilePlace, In, ManyIn, OptIn, Out, Param, Site};

/// Makes the nodes that stand for one node of a class.
pub type RewriteFn = Arc<dyn Fn(&mut Rewrite) -> Result<(), ComfyTrouble> + Send + Sync>;

/// A class of ComfyUI, and how a node of it becomes nodes of ours.
///
/// A name may be declared twice, where a class changed its widgets: the first declaration that a
/// node fits is taken.
#[derive(Clone)]
pub struct ComfyClass {
    /// What workflow files call it: the class name.
    pub name: String,
    /// What ComfyUI shows.
    pub title: String,
    /// Inputs in ComfyUI's order: required, then optional.
    pub inputs: Vec<ComfyInput>,
    /// Outputs by slot.
    pub outputs: Vec<ComfyOutput>,
    /// Params of the kind that are always set to this.
    pub constants: Vec<(String, Json)>,
    /// True when it is run for its effect: what no such node needs is not run.
    pub is_output: bool,
    /// What a node becomes whose `width` and `height` are linked to those of a picture.
    pub sized_like: Option<SizedLike>,
    /// Makes the nodes; without it, a node of the class is one node of the kind.
    pub rewrite: Option<RewriteFn>,
}

/// What a node becomes whose `width` and `height` are linked to those of a picture: params are written down, so
/// the picture itself is wired.
#[derive(Clone, Debug)]
pub struct SizedLike {
    /// The kind, whose inputs, other params and outputs are named as those of the class's own.
    pub kind: String,
    /// The input that takes the picture.
    pub input: String,
}

impl fmt::Debug for ComfyClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComfyClass").field("name", &self.name).finish_non_exhaustive()
    }
}

/// An input of a class: a socket or a widget.
#[derive(Clone, Debug)]
pub struct ComfyInput {
    /// ComfyUI's name of it.
    pub name: String,
    /// What it takes.
    pub ty: ComfyType,
    /// True when it may be left out.
    pub optional: bool,
    /// True when a word such as `randomize` follows it in `widgets_values`.
    pub control: bool,
    /// True when it is a socket although its type has a widget.
    pub force_input: bool,
    /// True when an upload button stores a value behind all others.
    pub upload: bool,
    /// Which input or param of the kind it goes to; none when a rewrite asks for it, or when it
    /// makes no difference here.
    pub to: Option<Site>,
    /// How a literal is written for the param.
    pub translation: Translation,
}

/// What an input takes.
#[derive(Clone, Debug, PartialEq)]
pub enum ComfyType {
    /// A wire of this type; several are divided by commas, `*` is any.
    Socket(String),
    /// A whole number.
    Int {
        /// What a new node has.
        default: i128,
        /// Smallest value.
        min: i128,
        /// Largest value.
        max: i128,
    },
    /// A number.
    Float {
        /// What a new node has.
        default: f64,
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// true or false.
    Bool {
        /// What a new node has.
        default: bool,
    },
    /// Any text.
    Text {
        /// What a new node has.
        default: String,
        /// True when comments are taken out and `{a|b}` is chosen from.
        dynamic: bool,
    },
    /// One of a list of words.
    Combo {
        /// The words, in ComfyUI's order.
        words: Vec<String>,
        /// The word a new node has.
        default: String,
    },
    /// One of the files there are.
    File(FilePlace),
}

/// How a literal of ComfyUI is written for a param.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Translation {
    /// As it is.
    #[default]
    Same,
    /// Words by a table of (ComfyUI's, ours).
    Words(Vec<(String, String)>),
    /// true and false each as something else.
    Flag {
        /// For true.
        yes: Json,
        /// For false.
        no: Json,
    },
    /// true for this word, false for any other.
    Is(String),
    /// The number 0xRRGGBB as `"#rrggbb"`.
    Colour,
}

/// An output slot of a class.
#[derive(Clone, Debug)]
pub struct ComfyOutput {
    /// Its type.
    pub ty: String,
    /// Its name; most have none but their type.
    pub name: String,
    /// Which output of the kind it is; none when a rewrite says.
    pub from: Option<String>,
}

impl ComfyClass {
    /// A class without inputs and outputs, by its name and the title ComfyUI shows.
    pub fn new(name: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            constants: Vec::new(),
            is_output: false,
            sized_like: None,
            rewrite: None,
        }
    }

    /// The same class with one more input behind the others.
    #[must_use]
    pub fn input(mut self, input: ComfyInput) -> Self {
        self.inputs.push(input);
        self
    }

    /// The same class with one more output slot.
    #[must_use]
    pub fn output(mut self, output: ComfyOutput) -> Self {
        self.outputs.push(output);
        self
    }

    /// The same class with a param of the kind always set to a value.
    #[must_use]
    pub fn always(mut self, param: impl Named, value: impl Into<Json>) -> Self {
        self.constants.push((param.name(), value.into()));
        self
    }

    /// The same class, run for its effect.
    #[must_use]
    pub fn output_node(mut self) -> Self {
        self.is_output = true;
        self
    }

    /// The same class, whose nodes are of `kind` with a picture at `input` where their `width` and `height` are
    /// linked to those of the picture.
    #[must_use]
    pub fn sized_like(mut self, kind: &str, input: impl Named) -> Self {
        self.sized_like = Some(SizedLike { kind: kind.into(), input: input.name() });
        self
    }

    /// The same class, made into nodes by a rewrite.
    #[must_use]
    pub fn rewrite(
        mut self,
        rewrite: impl Fn(&mut Rewrite) -> Result<(), ComfyTrouble> + Send + Sync + 'static,
    ) -> Self {
        self.rewrite = Some(Arc::new(rewrite));
        self
    }
}

/// A socket that takes wires of a type such as `IMAGE`; `*` takes any.
pub fn socket(name: &str, ty: &str) -> ComfyInput {
    input(name, ComfyType::Socket(ty.into()))
}

/// A whole number.
pub fn int(name: &str, default: i128, range: RangeInclusive<i128>) -> ComfyInput {
    let (min, max) = range.into_inner();
    input(name, ComfyType::Int { default, min, max })
}

/// A seed: any whole number of 64 bits, with a word for what becomes of it.
pub fn seed(name: &str) -> ComfyInput {
    int(name, 0, 0..=i128::from(u64::MAX)).control()
}

/// A number.
pub fn float(name: &str, default: f64, range: RangeInclusive<f64>) -> ComfyInput {
    let (min, max) = range.into_inner();
    input(name, ComfyType::Float { default, min, max })
}

/// true or false.
pub fn flag(name: &str, default: bool) -> ComfyInput {
    input(name, ComfyType::Bool { default })
}

/// A text, taken as it is.
pub fn text(name: &str, default: &str) -> ComfyInput {
    input(name, ComfyType::Text { default: default.into(), dynamic: false })
}

/// A text with comments and `{choices|like|these}`, as prompts have.
pub fn prompt(name: &str) -> ComfyInput {
    input(name, ComfyType::Text { default: String::new(), dynamic: true })
}

/// One of a list of words, which a param takes as they are; the first is the default.
pub fn combo(name: &str, words: &[&str]) -> ComfyInput {
    let default = words.first().copied().unwrap_or_default().into();
    let words = words.iter().map(|word| (*word).into()).collect();
    input(name, ComfyType::Combo { words, default })
}

/// One of a list of words, each with the word that a param has for it; the first is the default.
pub fn combo_as(name: &str, words: &[(&str, &str)]) -> ComfyInput {
    let theirs: Vec<&str> = words.iter().map(|(theirs, _)| *theirs).collect();
    let table = words.iter().map(|(theirs, ours)| ((*theirs).into(), (*ours).into())).collect();
    ComfyInput { translation: Translation::Words(table), ..combo(name, &theirs) }
}

/// One of the files where files of a sort are looked up.
pub fn file(name: &str, place: FilePlace) -> ComfyInput {
    input(name, ComfyType::File(place))
}

/// An output slot of a type such as `IMAGE`.
pub fn output(ty: &str) -> ComfyOutput {
    ComfyOutput { ty: ty.into(), name: ty.into(), from: None }
}

fn input(name: &str, ty: ComfyType) -> ComfyInput {
    ComfyInput {
        name: name.into(),
        ty,
        optional: false,
        control: false,
        force_input: false,
        upload: false,
        to: None,
        translation: Translation::Same,
    }
}

impl ComfyInput {
    /// The same input, going to an input or a param of the kind, given by its handle.
    #[must_use]
    pub fn to(mut self, site: impl Into<Site>) -> Self {
        self.to = Some(site.into());
        self
    }

    /// The same input, which may be left out.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The same input with `control_after_generate`: a word such as `randomize` is stored behind it.
    #[must_use]
    pub fn control(mut self) -> Self {
        self.control = true;
        self
    }

    /// The same input as a socket, although its type has a widget.
    #[must_use]
    pub fn force_input(mut self) -> Self {
        self.force_input = true;
        self
    }

    /// The same input with an upload button, whose value is stored behind all others.
    #[must_use]
    pub fn upload(mut self) -> Self {
        self.upload = true;
        self
    }

    /// The same combo with another default than its first word.
    #[must_use]
    pub fn default_word(mut self, word: &str) -> Self {
        if let ComfyType::Combo { default, .. } = &mut self.ty {
            *default = word.into();
        }
        self
    }

    /// The same flag, whose two states are these values of the param.
    #[must_use]
    pub fn as_values(mut self, yes: impl Into<Json>, no: impl Into<Json>) -> Self {
        self.translation = Translation::Flag { yes: yes.into(), no: no.into() };
        self
    }

    /// The same combo, for a param that is true for this word and false for any other.
    #[must_use]
    pub fn is(mut self, word: &str) -> Self {
        self.translation = Translation::Is(word.into());
        self
    }

    /// The same whole number 0xRRGGBB, for a param that is a colour.
    #[must_use]
    pub fn as_colour(mut self) -> Self {
        self.translation = Translation::Colour;
        self
    }

    /// True when it has a widget, and so a value in `widgets_values`.
    pub fn is_widget(&self) -> bool {
        !self.force_input && !matches!(self.ty, ComfyType::Socket(_))
    }
}

impl ComfyOutput {
    /// The same output with a name of its own.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// The same output, which is this output of the kind.
    #[must_use]
    pub fn from(mut self, output: impl Named) -> Self {
        self.from = Some(output.name());
        self
    }
}

impl ComfyType {
    /// ComfyUI's word for it.
    pub fn name(&self) -> &str {
        match self {
            Self::Socket(ty) => ty,
            Self::Int { .. } => "INT",
            Self::Float { .. } => "FLOAT",
            Self::Bool { .. } => "BOOLEAN",
            Self::Text { .. } => "STRING",
            Self::Combo { .. } | Self::File(_) => "COMBO",
        }
    }

    /// What a new node has; nothing for sockets and files.
    pub fn default(&self) -> Option<Json> {
        match self {
            Self::Socket(_) | Self::File(_) => None,
            Self::Int { default, .. } => Some(super::stands::int_json(*default)),
            Self::Float { default, .. } => Some(super::stands::float_json(*default)),
            Self::Bool { default } => Some(Json::Bool(*default)),
            Self::Text { default, .. } | Self::Combo { default, .. } => {
                Some(Json::Text(default.clone()))
            }
        }
    }
}

/// A socket or param by its handle, or by its name where the handle is another file's.
pub trait Named {
    /// The name.
    fn name(self) -> String;
}

impl Named for &str {
    fn name(self) -> String {
        self.into()
    }
}

macro_rules! named {
    ($($handle:ident)*) => {$(
        impl<T> Named for $handle<T> {
            fn name(self) -> String {
                self.name.into()
            }
        }
    )*};
}

named!(In OptIn ManyIn Out Param Choice);
