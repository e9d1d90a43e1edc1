//! Converts literals to the type of their input, as ComfyUI does before it checks them.

use pellucid_graph::FilePlace;
use pellucid_graph::comfy::ComfyType;
use pellucid_source::{Json, Number};

/// Why a literal cannot be converted: what it would have to be.
pub(crate) struct NotConverted(pub &'static str);

/// The literal as the type wants it: numbers may be written as text, whole numbers are cut, any value
/// is true or false. Other than in ComfyUI the text `false` is false.
pub(crate) fn coerce(ty: &ComfyType, json: &Json) -> Result<Json, NotConverted> {
    match ty {
        ComfyType::Int { .. } => {
            int(json).map(|int| number(int.to_string())).ok_or(NotConverted("a whole number"))
        }
        ComfyType::Float { .. } => float(json).ok_or(NotConverted("a number")),
        ComfyType::Bool { .. } => truth(json).map(Json::Bool).ok_or(NotConverted("true or false")),
        ComfyType::Text { .. } => text(json).map(Json::Text).ok_or(NotConverted("text")),
        ComfyType::Combo { words, .. } => match json {
            Json::Text(_) => Ok(json.clone()),
            // A word that is a number is stored as one by some frontends.
            _ => text(json)
                .filter(|text| words.contains(text))
                .map(Json::Text)
                .ok_or(NotConverted("one of its words")),
        },
        ComfyType::File(place) => match json {
            Json::Text(name) => file(*place, name).map(Json::Text),
            _ => Err(NotConverted("the name of a file")),
        },
        ComfyType::Socket(_) => Err(NotConverted("the output of a node")),
    }
}

/// The name with `/` between folders. Pictures may say in which of ComfyUI's folders they are.
fn file(place: FilePlace, name: &str) -> Result<String, NotConverted> {
    let name = name.replace('\\', "/");
    if place != FilePlace::Picture {
        return Ok(name);
    }
    let elsewhere = |folder: &&str| name.ends_with(*folder);
    if [" [output]", " [temp]"].iter().any(elsewhere) {
        return Err(NotConverted("the name of a file in `input`"));
    }
    Ok(name.strip_suffix(" [input]").unwrap_or(&name).to_owned())
}

fn number(text: String) -> Json {
    Json::Number(Number { text: text.into() })
}

fn int(json: &Json) -> Option<i128> {
    match json {
        Json::Number(number) => {
            let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            whole.or_else(|| number.as_f64().map(|float| float.trunc() as i128))
        }
        Json::Bool(flag) => Some(i128::from(*flag)),
        Json::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn float(json: &Json) -> Option<Json> {
    match json {
        Json::Number(n) => n.as_f64().map(|_| json.clone()),
        Json::Bool(flag) => Some(number(f64::from(u8::from(*flag)).to_string())),
        Json::Text(text) => {
            let value: f64 = text.trim().parse().ok()?;
            Number::try_from(value).ok().map(Json::Number)
        }
        _ => None,
    }
}

fn truth(json: &Json) -> Option<bool> {
    match json {
        Json::Null => Some(false),
        Json::Bool(flag) => Some(*flag),
        Json::Number(number) => Some(number.as_f64() != Some(0.0)),
        Json::Text(text) => {
            let text = text.trim();
            Some(!(text.is_empty() || text.eq_ignore_ascii_case("false") || text == "0"))
        }
        Json::Array(_) | Json::Object(_) => None,
    }
}

fn text(json: &Json) -> Option<String> {
    match json {
        Json::Text(text) => Some(text.clone()),
        Json::Number(number) => Some(number.text.to_string()),
        Json::Bool(true) => Some("True".into()),
        Json::Bool(false) => Some("False".into()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
