//! Params: what a node can be told by literals.

use std::fmt;
use std::path::PathBuf;

use crate::FilePlace;

/// A setting of a kind.
#[derive(Clone, Debug)]
pub struct ParamDecl {
    /// Its name in graphs.
    pub name: String,
    /// What it takes.
    pub ty: ParamType,
    /// What it is when left out; `None` when it must be given.
    pub default: Option<ParamValue>,
    /// What it does, in one sentence, with its unit.
    pub doc: String,
}

/// What a param takes.
#[derive(Clone, Debug)]
pub enum ParamType {
    /// A finite number within a range, ends included.
    Float {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// A whole number within a range, ends included.
    Int {
        /// Smallest value.
        min: i128,
        /// Largest value.
        max: i128,
    },
    /// true or false.
    Bool,
    /// Any text.
    Text,
    /// One of a list of words.
    Choice(Choices),
    /// `"#rgb"`, `"#rrggbb"`, `"#rrggbbaa"` or a list of 3 or 4 numbers from 0 to 1.
    Colour,
    /// A list of finite numbers, as many as this range says, ends included.
    Numbers {
        /// Fewest numbers.
        min: usize,
        /// Most numbers.
        max: usize,
    },
    /// The name of a file, looked up where that sort of file lives.
    File(FilePlace),
    /// A list of such names, at least one.
    Files(FilePlace),
}

/// The words of a choice.
#[derive(Clone)]
pub enum Choices {
    /// A table of a built-in kind, and what each word means.
    Table(&'static dyn ChoiceTable, Option<fn(&str) -> &'static str>),
    /// Words and meanings of a kind made at run time.
    Owned(Vec<(String, String)>),
}

/// A table of words, whatever they stand for.
pub trait ChoiceTable: Sync {
    /// How many words there are.
    fn len(&self) -> usize;
    /// The word at `index`, which must be below `len`.
    fn word(&self, index: usize) -> &'static str;
    /// True when there are no words.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Sync> ChoiceTable for &'static [(&'static str, T)] {
    fn len(&self) -> usize {
        <[_]>::len(self)
    }
    fn word(&self, index: usize) -> &'static str {
        self[index].0
    }
}

impl fmt::Debug for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.words()).finish()
    }
}

impl Choices {
    /// The words in order; the first is the default where there is one.
    pub fn words(&self) -> Vec<&str> {
        match self {
            Self::Table(table, _) => (0..table.len()).map(|i| table.word(i)).collect(),
            Self::Owned(words) => words.iter().map(|(word, _)| word.as_str()).collect(),
        }
    }

    /// Where a word stands.
    pub fn position(&self, word: &str) -> Option<usize> {
        match self {
            Self::Table(table, _) => (0..table.len()).find(|i| table.word(*i) == word),
            Self::Owned(words) => words.iter().position(|(w, _)| w == word),
        }
    }

    /// What a word means, where that is said.
    pub fn meaning(&self, word: &str) -> Option<&str> {
        let meaning = match self {
            Self::Table(_, docs) => docs.map(|docs| docs(word)),
            Self::Owned(words) => words.iter().find(|(w, _)| w == word).map(|(_, m)| m.as_str()),
        };
        meaning.filter(|text| !text.is_empty())
    }
}

/// What a param was set to.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamValue {
    /// Left out where that is allowed.
    Unset,
    /// Of a float.
    Float(f64),
    /// Of an int.
    Int(i128),
    /// Of a bool.
    Bool(bool),
    /// Of a text.
    Text(String),
    /// The index of a choice's word.
    Choice(usize),
    /// Red, green, blue, alpha, 0 to 1, straight.
    Colour([f32; 4]),
    /// Of a list of numbers.
    Numbers(Vec<f64>),
    /// Of a file.
    File(FileRef),
    /// Of a list of files.
    Files(Vec<FileRef>),
}

/// A file named by a graph, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    /// As written.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

impl ParamType {
    /// The word for the type, as graph params declare it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Float { .. } => "float",
            Self::Int { .. } => "int",
            Self::Bool => "bool",
            Self::Text => "text",
            Self::Choice(_) => "choice",
            Self::Colour => "colour",
            Self::Numbers { .. } => "numbers",
            Self::File(_) => "file",
            Self::Files(_) => "files",
        }
    }

    /// The words for [`ParamType::name`], in the order of the manual.
    pub const NAMES: &'static [&'static str] =
        &["float", "int", "bool", "text", "choice", "colour", "numbers", "file", "files"];
}

impl ParamValue {
    /// The value as people write it; `ty` gives a choice its word.
    pub fn shown(&self, ty: &ParamType) -> String {
        match (self, ty) {
            (Self::Unset, _) => "unset".to_owned(),
            (Self::Float(v), _) => v.to_string(),
            (Self::Int(v), _) => v.to_string(),
            (Self::Bool(v), _) => v.to_string(),
            (Self::Text(v), _) => format!("{v:?}"),
            (Self::Choice(i), ParamType::Choice(choices)) => {
                choices.words().get(*i).map_or_else(|| i.to_string(), |word| format!("{word:?}"))
            }
            (Self::Choice(i), _) => i.to_string(),
            (Self::Colour(c), _) => format!("\"{}\"", colour_name(*c)),
            (Self::Numbers(v), _) => format!("{v:?}"),
            (Self::File(file), _) => format!("{:?}", file.name),
            (Self::Files(files), _) => {
                format!("{:?}", files.iter().map(|f| f.name.as_str()).collect::<Vec<_>>())
            }
        }
    }
}

fn colour_name(colour: [f32; 4]) -> String {
    let codes = colour.map(|v| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
    let [r, g, b, a] = codes;
    if a == 255 {
        format!("#{r:02x}{g:02x}{b:02x}")
    } else {
        format!("#{r:02x}{g:02x}{b:02x}{a:02x}")
    }
}
