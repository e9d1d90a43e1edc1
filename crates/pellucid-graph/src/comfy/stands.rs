//! What stands for values of ComfyUI.

use std::sync::Arc;

use pellucid_source::{Json, Number, Span, Spanned};

use super::ComfyTrouble;
use super::trouble::wrong;
use crate::document::WireName;

/// What stands for a value of ComfyUI.
#[derive(Clone, Debug)]
pub enum Stands {
    /// An output of a node of ours.
    Wire(Wired),
    /// A literal: primitives are no nodes here.
    Literal(Literal),
    /// What a thing was made of that is no value here, by name: a sampler and its settings, a
    /// guider's model and conditionings.
    Bundle(Bundle),
    /// Nothing: why it has no equal here. It is a finding only where somebody takes it.
    Nothing(String),
}

/// Named parts.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// Parts by name.
    pub parts: Vec<(&'static str, Stands)>,
}

/// Where in a workflow something was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Id of the ComfyUI node.
    pub node: Arc<str>,
    /// Name of its input.
    pub input: String,
}

/// A wire to take a value from.
#[derive(Clone, Debug)]
pub struct Wired {
    /// The node of ours and its output.
    pub wire: WireName,
    /// Where the link is written; none for wires within a rewrite.
    pub span: Option<Span>,
    /// Which input it was given to.
    pub origin: Option<Origin>,
}

/// A literal for a param.
#[derive(Clone, Debug)]
pub struct Literal {
    /// Its value.
    pub json: Json,
    /// Where it is written; none for constants of a rewrite.
    pub span: Option<Span>,
    /// Which input it was given to.
    pub origin: Option<Origin>,
}

impl Bundle {
    /// A bundle of parts.
    pub fn of(parts: impl IntoIterator<Item = (&'static str, Stands)>) -> Self {
        Self { parts: parts.into_iter().collect() }
    }

    /// A part, if it is there.
    pub fn get(&self, part: &str) -> Option<&Stands> {
        self.parts.iter().find(|(name, _)| *name == part).map(|(_, stands)| stands)
    }

    /// A part that is a wire.
    ///
    /// # Errors
    /// When it is not there, or something else.
    pub fn wire(&self, part: &str) -> Result<Wired, ComfyTrouble> {
        match self.get(part) {
            Some(Stands::Wire(wire)) => Ok(wire.clone()),
            Some(stands) => Err(ComfyTrouble::other(part, "the output of a node", stands)),
            None => Err(ComfyTrouble::missing(part)),
        }
    }

    /// A part that is a literal.
    ///
    /// # Errors
    /// When it is not there, or something else.
    pub fn literal(&self, part: &str) -> Result<Literal, ComfyTrouble> {
        match self.get(part) {
            Some(Stands::Literal(literal)) => Ok(literal.clone()),
            Some(stands) => Err(ComfyTrouble::other(part, "a literal", stands)),
            None => Err(ComfyTrouble::missing(part)),
        }
    }

    /// A part that is a word or text.
    ///
    /// # Errors
    /// When it is not there, or something else.
    pub fn text(&self, part: &str) -> Result<String, ComfyTrouble> {
        let literal = self.literal(part)?;
        let text = literal.json.as_text().map(str::to_owned);
        text.ok_or_else(|| wrong(part, "text", &literal))
    }
}

impl From<Wired> for Stands {
    fn from(wire: Wired) -> Self {
        Self::Wire(wire)
    }
}

impl From<Bundle> for Stands {
    fn from(bundle: Bundle) -> Self {
        Self::Bundle(bundle)
    }
}

impl From<Literal> for Stands {
    fn from(literal: Literal) -> Self {
        Self::Literal(literal)
    }
}

impl From<Spanned<Json>> for Literal {
    fn from(json: Spanned<Json>) -> Self {
        Self { json: json.v, span: Some(json.span), origin: None }
    }
}

impl From<Json> for Literal {
    fn from(json: Json) -> Self {
        Self { json, span: None, origin: None }
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Json::from(text).into()
    }
}

impl From<String> for Literal {
    fn from(text: String) -> Self {
        Json::from(text).into()
    }
}

impl From<bool> for Literal {
    fn from(flag: bool) -> Self {
        Json::from(flag).into()
    }
}

impl From<f64> for Literal {
    fn from(number: f64) -> Self {
        float_json(number).into()
    }
}

impl From<i128> for Literal {
    fn from(number: i128) -> Self {
        int_json(number).into()
    }
}

impl From<i32> for Literal {
    fn from(number: i32) -> Self {
        int_json(number.into()).into()
    }
}

pub(super) fn int_json(number: i128) -> Json {
    Json::Number(Number { text: number.to_string().into() })
}

/// A float as JSON; what JSON has no word for becomes null, which no param takes.
pub(super) fn float_json(number: f64) -> Json {
    Number::try_from(number).map_or(Json::Null, Json::Number)
}
