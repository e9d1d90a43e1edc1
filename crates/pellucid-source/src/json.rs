//! The tree of a JSON text, every key and value with its place.

use serde_json::Value;

use crate::{Number, Span, Spanned};

/// A JSON value as it was written: numbers are text, and pairs are a list that may repeat a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, not yet of any size.
    Number(Number),
    /// Text, with its escapes resolved.
    Text(String),
    /// A list.
    Array(Vec<Spanned<Json>>),
    /// Pairs of key and value in the order written; keys may repeat (see [`duplicate_keys`](crate::duplicate_keys)).
    Object(Vec<Member>),
}

/// A key of an object and its value. The spans of keys and of text values cover their quotes.
pub type Member = (Spanned<String>, Spanned<Json>);

impl Json {
    /// What it is, for messages: "a number", "text", "a list", "an object", "true or false", "null".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The value of a key of an object: of its first appearance if it is repeated.
    pub fn get(&self, key: &str) -> Option<&Spanned<Json>> {
        self.member(key).map(|(_, value)| value)
    }

    /// The pair of a key of an object: its first appearance if it is repeated.
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.as_object()?.iter().find(|(name, _)| name.v == key)
    }

    /// Where the key of an object is written: its first appearance if it is repeated.
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.member(key).map(|(name, _)| name.span)
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The values of a list, if it is one.
    pub fn as_array(&self) -> Option<&[Spanned<Json>]> {
        if let Self::Array(values) = self { Some(values) } else { None }
    }

    /// The pairs of an object, if it is one.
    pub fn as_object(&self) -> Option<&[Member]> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The same tree without places. The last of repeated keys wins. Whole numbers that fit 64 bits stay
    /// exact, others become the nearest `f64`, and numbers beyond its range the largest `f64` of their sign.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(number) => number.to_value(),
            Self::Text(text) => Value::String(text.clone()),
            Self::Array(values) => values.iter().map(|value| value.v.to_value()).collect(),
            Self::Object(members) => {
                members.iter().map(|(key, value)| (key.v.clone(), value.v.to_value())).collect()
            }
        }
    }
}

impl From<&Value> for Json {
    /// The same tree, placed nowhere.
    fn from(value: &Value) -> Self {
        let unplaced = |value: &Value| Spanned::unplaced(Self::from(value));
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => Self::Number(Number { text: number.to_string().into() }),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(values) => Self::Array(values.iter().map(unplaced).collect()),
            Value::Object(members) => Self::Object(
                members
                    .iter()
                    .map(|(key, value)| (Spanned::unplaced(key.clone()), unplaced(value)))
                    .collect(),
            ),
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Number> for Json {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl FromIterator<Json> for Json {
    /// A list that a program builds, placed nowhere.
    fn from_iter<I: IntoIterator<Item = Json>>(values: I) -> Self {
        Self::Array(values.into_iter().map(Spanned::unplaced).collect())
    }
}

impl FromIterator<(String, Json)> for Json {
    /// An object that a program builds, placed nowhere.
    fn from_iter<I: IntoIterator<Item = (String, Json)>>(members: I) -> Self {
        let unplaced = |(key, value)| (Spanned::unplaced(key), Spanned::unplaced(value));
        Self::Object(members.into_iter().map(unplaced).collect())
    }
}
