//! The manual of the kinds, as data.

use serde_json::{Value, json};

use crate::schema::default_json;
use crate::{Arity, Cost, NodeKind, ParamDecl, ParamType, ParamValue};

/// Everything a kind declares, as a JSON object.
pub fn manual(kind: &NodeKind) -> Value {
    let inputs = kind.inputs.iter().map(|input| {
        let types: Vec<&str> = input.types.iter().map(|ty| ty.name()).collect();
        let wires = match input.arity {
            Arity::One => "one",
            Arity::Optional => "optional",
            Arity::Many => "many",
        };
        json!({ "name": input.name, "types": types, "wires": wires, "doc": input.doc })
    });
    let outputs = kind.outputs.iter().map(|output| {
        let types: Vec<&str> = output.types.iter().map(|ty| ty.name()).collect();
        json!({ "name": output.name, "types": types, "doc": output.doc })
    });
    json!({
        "kind": kind.name,
        "family": kind.family,
        "docs": kind.docs,
        "revision": kind.revision,
        "kept_on_disk": kind.cost != Cost::Light,
        "inputs": inputs.collect::<Vec<_>>(),
        "params": kind.params.iter().map(param).collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
    })
}

fn param(param: &ParamDecl) -> Value {
    let mut entry = json!({ "name": param.name, "type": param.ty.name(), "doc": param.doc });
    match &param.default {
        None => entry["required"] = json!(true),
        Some(ParamValue::Unset) => entry["optional"] = json!(true),
        Some(default) => entry["default"] = default_json(default, &param.ty),
    }
    match &param.ty {
        ParamType::Float { min, max } => {
            if *min > -1e30 {
                entry["min"] = json!(min);
            }
            if *max < 1e30 {
                entry["max"] = json!(max);
            }
        }
        ParamType::Int { min, max } => {
            entry["min"] = json!(min.to_string());
            entry["max"] = json!(max.to_string());
        }
        ParamType::Choice(choices) => {
            let words = choices.words().into_iter().map(|word| {
                json!({ "word": word, "meaning": choices.meaning(word).unwrap_or_default() })
            });
            entry["choices"] = words.collect();
        }
        ParamType::Numbers { min, max } if *max != usize::MAX => {
            entry["count"] = json!([min, max]);
        }
        _ => {}
    }
    entry
}
