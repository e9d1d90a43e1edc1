//! From a literal to a param's value.

use std::path::Path;

use pellucid_source::{Json, Number, Span, Spanned, did_you_mean};

use crate::load::file_code;
use crate::{FilePlace, FileRef, ParamDecl, ParamType, ParamValue, World};

/// Why a literal cannot be a param's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiteralError {
    pub code: &'static str,
    pub span: Span,
    pub message: String,
    pub hint: Option<String>,
}

/// The value of a literal for a param. Files are looked up from `base`, the folder of the graph
/// file the literal stands in.
pub(crate) fn param_value(
    decl: &ParamDecl,
    json: &Spanned<Json>,
    base: &Path,
    world: &dyn World,
) -> Result<ParamValue, LiteralError> {
    let name = &decl.name;
    let wrong = |wanted: &str| LiteralError {
        code: "param-type",
        span: json.span,
        message: format!("{name} is {}, but takes {wanted}", json.v.kind()),
        hint: None,
    };
    if json.v == Json::Null {
        return match decl.default {
            Some(ParamValue::Unset) => Ok(ParamValue::Unset),
            _ => Err(wrong(&wanted(&decl.ty))),
        };
    }
    match (&decl.ty, &json.v) {
        (ParamType::Float { min, max }, Json::Number(number)) => {
            let value = number.as_f64().filter(|v| v.is_finite());
            let value = value.filter(|v| (*min..=*max).contains(v));
            value.map(ParamValue::Float).ok_or_else(|| out_of_range(decl, number, json.span))
        }
        (ParamType::Int { min, max }, Json::Number(number)) => match int_of(number) {
            Some(v) if (*min..=*max).contains(&v) => Ok(ParamValue::Int(v)),
            Some(_) => Err(out_of_range(decl, number, json.span)),
            None => Err(LiteralError {
                message: format!("{name} is {}, but takes a whole number", number.text),
                ..wrong("")
            }),
        },
        (ParamType::Bool, Json::Bool(b)) => Ok(ParamValue::Bool(*b)),
        (ParamType::Text, Json::Text(text)) => Ok(ParamValue::Text(text.clone())),
        (ParamType::Choice(choices), Json::Text(word)) => {
            choices.position(word).map(ParamValue::Choice).ok_or_else(|| {
                let words = choices.words();
                let hint = did_you_mean(word, words.iter().copied())
                    .unwrap_or_else(|| format!("it may be {}", words.join(", ")));
                LiteralError {
                    code: "param-choice",
                    span: json.span,
                    message: format!("{name} cannot be `{}`", word.escape_debug()),
                    hint: Some(hint),
                }
            })
        }
        (ParamType::Colour, Json::Text(_) | Json::Array(_)) => {
            colour_of(&json.v).map(ParamValue::Colour).ok_or_else(|| LiteralError {
                message: format!("{name} is not a colour"),
                hint: Some("write \"#rrggbb\", \"#rrggbbaa\" or [r, g, b, a] from 0 to 1".into()),
                ..wrong("")
            })
        }
        (ParamType::Numbers { min, max }, Json::Array(items)) => {
            let numbers: Option<Vec<f64>> = items.iter().map(|item| finite(&item.v)).collect();
            match numbers {
                Some(numbers) if (*min..=*max).contains(&numbers.len()) => {
                    Ok(ParamValue::Numbers(numbers))
                }
                _ => Err(LiteralError {
                    message: format!("{name} takes {}", wanted(&decl.ty)),
                    ..wrong("")
                }),
            }
        }
        (ParamType::File(place), Json::Text(text)) => {
            file(name, text, json.span, base, *place, world).map(ParamValue::File)
        }
        (ParamType::Files(place), Json::Array(items))
            if !items.is_empty() || decl.default.is_some() =>
        {
            let files = items.iter().map(|item| match &item.v {
                Json::Text(text) => file(name, text, item.span, base, *place, world),
                _ => Err(wrong("file names")),
            });
            files.collect::<Result<_, _>>().map(ParamValue::Files)
        }
        (ty, _) => Err(wrong(&wanted(ty))),
    }
}

/// The whole number a literal stands for, exactly.
pub(crate) fn int_of(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// The colour a literal stands for: hexadecimal text or 3 or 4 numbers from 0 to 1.
pub(crate) fn colour_of(json: &Json) -> Option<[f32; 4]> {
    match json {
        Json::Text(text) => hex_colour(text.strip_prefix('#')?),
        Json::Array(items) => {
            let parts: Option<Vec<f64>> = items.iter().map(|item| finite(&item.v)).collect();
            let parts = parts?;
            if !parts.iter().all(|v| (0.0..=1.0).contains(v)) {
                return None;
            }
            match parts[..] {
                [r, g, b] => Some([r as f32, g as f32, b as f32, 1.0]),
                [r, g, b, a] => Some([r as f32, g as f32, b as f32, a as f32]),
                _ => None,
            }
        }
        _ => None,
    }
}

fn hex_colour(digits: &str) -> Option<[f32; 4]> {
    let nibbles: Option<Vec<u32>> = digits.chars().map(|c| c.to_digit(16)).collect();
    let codes: Vec<u32> = match nibbles?[..] {
        [r, g, b] => vec![r * 17, g * 17, b * 17, 255],
        [a, b, c, d, e, f] => vec![a * 16 + b, c * 16 + d, e * 16 + f, 255],
        [a, b, c, d, e, f, g, h] => vec![a * 16 + b, c * 16 + d, e * 16 + f, g * 16 + h],
        _ => return None,
    };
    Some(std::array::from_fn(|i| codes[i] as f32 / 255.0))
}

fn finite(json: &Json) -> Option<f64> {
    match json {
        Json::Number(number) => number.as_f64().filter(|v| v.is_finite()),
        _ => None,
    }
}

fn wanted(ty: &ParamType) -> String {
    match ty {
        ParamType::Float { .. } => "a number".into(),
        ParamType::Int { .. } => "a whole number".into(),
        ParamType::Bool => "true or false".into(),
        ParamType::Text => "text".into(),
        ParamType::Choice(choices) => format!("one of {}", choices.words().join(", ")),
        ParamType::Colour => "a colour such as \"#ff8800\"".into(),
        ParamType::Numbers { min, max } if min == max => format!("a list of {min} numbers"),
        ParamType::Numbers { max: usize::MAX, .. } => "a list of numbers".into(),
        ParamType::Numbers { min, max } => format!("a list of {min} to {max} numbers"),
        ParamType::File(_) => "the name of a file".into(),
        ParamType::Files(_) => "a list of one file name or more".into(),
    }
}

fn out_of_range(decl: &ParamDecl, number: &Number, span: Span) -> LiteralError {
    let range = match &decl.ty {
        ParamType::Float { min, max } => range_text(*min, *max, 1e30),
        ParamType::Int { min, max } => format!("from {min} to {max}"),
        _ => String::new(),
    };
    LiteralError {
        code: "param-range",
        span,
        message: format!("{} is {}, but must be {range}", decl.name, number.text),
        hint: None,
    }
}

fn range_text(min: f64, max: f64, unbounded: f64) -> String {
    match (min <= -unbounded, max >= unbounded) {
        (true, true) => "a finite number".into(),
        (true, false) => format!("at most {max}"),
        (false, true) => format!("at least {min}"),
        (false, false) => format!("from {min} to {max}"),
    }
}

fn file(
    param: &str,
    name: &str,
    span: Span,
    base: &Path,
    place: FilePlace,
    world: &dyn World,
) -> Result<FileRef, LiteralError> {
    match world.locate(base, name, place) {
        Ok(path) => Ok(FileRef { name: name.to_owned(), path }),
        Err(error) => {
            let message = format!("{param}: {}", error.message);
            Err(LiteralError { code: file_code(error.reason), span, message, hint: error.hint })
        }
    }
}
