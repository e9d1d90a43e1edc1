//! The JSON Schema of the graph language, generated from the kinds: completion, hover text,
//! words and ranges in any editor.

use pellucid_value::SocketType;
use serde_json::{Map, Value, json};

use crate::document::VERSION;
use crate::{Arity, InputDecl, Kinds, NodeKind, ParamDecl, ParamType, ParamValue, WEIGHT_FOLDERS};

/// The schema (draft 2020-12) of graphs that use these kinds. `graphs` are names of graphs that
/// are offered as kinds.
pub fn schema(kinds: &Kinds, graphs: &[String]) -> Value {
    let named: Map<String, Value> =
        kinds.iter().map(|kind| (kind.name.clone(), kind_schema(kind))).collect();
    let rules: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            json!({
                "if": { "properties": { "kind": { "const": kind.name } }, "required": ["kind"] },
                "then": { "$ref": format!("#/$defs/kinds/{}", kind.name) },
            })
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pellucid graph",
        "description": "A graph of nodes that make, take apart and put together pictures.",
        "type": "object",
        "required": ["nodes"],
        "additionalProperties": false,
        "properties": {
            "$schema": { "type": "string", "description": "Where this schema lies." },
            "pellucid": { "const": VERSION, "description": "The version of the language." },
            "note": note(),
            "params": {
                "description": "Settings of the graph as a whole, for --set and for graphs that use it.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/name" },
                "additionalProperties": { "$ref": "#/$defs/graph_param" },
            },
            "inputs": {
                "description": "Sockets the graph has when it is used as a node; wired inside as \"inputs.NAME\".",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/name" },
                "additionalProperties": { "$ref": "#/$defs/graph_input" },
            },
            "nodes": {
                "description": "The nodes, by name.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/name" },
                "additionalProperties": { "$ref": "#/$defs/node" },
            },
            "outputs": {
                "description": "What to write: a file name with a suffix, or a plain name for graphs that use this one.",
                "type": "object",
                "additionalProperties": { "$ref": "#/$defs/output" },
            },
        },
        "$defs": {
            "name": { "type": "string", "pattern": "^[^./\\u0000-\\u001f]+$", "not": { "const": "inputs" } },
            "wire": {
                "description": "\"node.output\", or \"inputs.NAME\" in a graph that is used as a node.",
                "type": "string",
                "pattern": "^[^.]+\\..+$",
            },
            "wires": { "anyOf": [
                { "$ref": "#/$defs/wire" },
                { "type": "array", "items": { "$ref": "#/$defs/wire" }, "minItems": 1 },
            ] },
            "param_ref": {
                "description": "The value of a param of the graph.",
                "type": "object",
                "required": ["param"],
                "additionalProperties": false,
                "properties": { "param": { "type": "string" } },
            },
            "colour": { "anyOf": [
                { "type": "string", "format": "color-hex",
                  "pattern": "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$" },
                { "type": "array", "items": { "type": "number", "minimum": 0, "maximum": 1 },
                  "minItems": 3, "maxItems": 4 },
            ] },
            "graph_param": graph_param(),
            "graph_input": graph_input(),
            "output": output(),
            "node": {
                "type": "object",
                "required": ["kind"],
                "additionalProperties": false,
                "properties": {
                    "kind": kind_names(kinds, graphs),
                    "note": note(),
                    "inputs": {
                        "description": "Wires: input name to \"node.output\".",
                        "type": "object",
                        "additionalProperties": { "$ref": "#/$defs/wires" },
                    },
                    "params": {
                        "description": "Literals, or { \"param\": \"name\" } for a param of the graph.",
                        "type": "object",
                    },
                },
                "allOf": rules,
            },
            "kinds": named,
        },
    })
}

fn note() -> Value {
    json!({ "type": "string", "description": "For people; it changes nothing." })
}

fn kind_names(kinds: &Kinds, graphs: &[String]) -> Value {
    let known = kinds.iter().map(|kind| json!({ "const": kind.name, "description": kind.docs }));
    let graphs = graphs.iter().map(|name| json!({ "const": name, "description": "A graph." }));
    let path = json!({
        "type": "string",
        "pattern": "(^\\.\\.?/|\\.json$)",
        "description": "The path of a graph, relative to this file.",
    });
    let all: Vec<Value> = known.chain(graphs).chain([path]).collect();
    json!({ "description": "What the node is an instance of.", "anyOf": all })
}

fn kind_schema(kind: &NodeKind) -> Value {
    let inputs: Map<String, Value> =
        kind.inputs.iter().map(|input| (input.name.clone(), input_schema(input))).collect();
    let params: Map<String, Value> =
        kind.params.iter().map(|param| (param.name.clone(), param_schema(param))).collect();
    let wired = kind.inputs.iter().filter(|input| input.arity != Arity::Optional);
    let wired: Vec<&str> = wired.map(|input| input.name.as_str()).collect();
    let set = kind.params.iter().filter(|param| param.default.is_none());
    let set: Vec<&str> = set.map(|param| param.name.as_str()).collect();
    let mut required = Vec::new();
    if !wired.is_empty() {
        required.push("inputs");
    }
    if !set.is_empty() {
        required.push("params");
    }
    json!({
        "description": kind.docs,
        "required": required,
        "properties": {
            "inputs": { "additionalProperties": false, "properties": inputs, "required": wired },
            "params": { "additionalProperties": false, "properties": params, "required": set },
        },
    })
}

fn input_schema(input: &InputDecl) -> Value {
    let types: Vec<&str> = input.types.iter().map(|ty| ty.name()).collect();
    let wire = if input.arity == Arity::Many { "wires" } else { "wire" };
    // A list of one wire is a wire, too.
    let single = json!({ "type": "array", "items": { "$ref": "#/$defs/wire" }, "minItems": 1, "maxItems": 1 });
    let of = json!({ "$ref": format!("#/$defs/{wire}") });
    let any = if input.arity == Arity::Many { json!([of]) } else { json!([of, single]) };
    json!({ "description": format!("{} ({})", input.doc, types.join(" or ")), "anyOf": any })
}

fn param_schema(param: &ParamDecl) -> Value {
    let mut literal = literal_schema(&param.ty);
    if matches!(param.ty, ParamType::Files(_)) {
        // A list that may be left out may be empty, too.
        literal["minItems"] = json!(usize::from(param.default.is_none()));
    }
    if let Some(object) = literal.as_object_mut() {
        object.insert("description".into(), json!(param.doc));
    }
    let mut any = vec![literal, json!({ "$ref": "#/$defs/param_ref" })];
    let mut schema = json!({ "description": param.doc });
    match &param.default {
        Some(ParamValue::Unset) => any.push(json!({ "type": "null" })),
        Some(default) => schema["default"] = default_json(default, &param.ty),
        None => {}
    }
    schema["anyOf"] = Value::Array(any);
    schema
}

fn literal_schema(ty: &ParamType) -> Value {
    match ty {
        ParamType::Float { min, max } => {
            let mut schema = json!({ "type": "number" });
            if *min > -1e30 {
                schema["minimum"] = json!(min);
            }
            if *max < 1e30 {
                schema["maximum"] = json!(max);
            }
            schema
        }
        ParamType::Int { min, max } => json!({
            "type": "integer", "minimum": whole(*min), "maximum": whole(*max),
        }),
        ParamType::Bool => json!({ "type": "boolean" }),
        ParamType::Text => json!({ "type": "string" }),
        ParamType::Choice(choices) => {
            let words = choices.words();
            let meanings: Vec<&str> =
                words.iter().map(|word| choices.meaning(word).unwrap_or_default()).collect();
            let mut schema = json!({ "enum": words });
            if meanings.iter().any(|meaning| !meaning.is_empty()) {
                schema["enumDescriptions"] = json!(meanings);
            }
            schema
        }
        ParamType::Colour => json!({ "$ref": "#/$defs/colour" }),
        ParamType::Numbers { min, max } => {
            let mut schema =
                json!({ "type": "array", "items": { "type": "number" }, "minItems": min });
            if *max != usize::MAX {
                schema["maxItems"] = json!(max);
            }
            schema
        }
        ParamType::File(_) => json!({ "type": "string", "minLength": 1 }),
        ParamType::Files(_) => json!({
            "type": "array", "items": { "type": "string", "minLength": 1 },
        }),
    }
}

fn whole(v: i128) -> Value {
    i64::try_from(v)
        .map(Value::from)
        .or_else(|_| u64::try_from(v).map(Value::from))
        .unwrap_or_default()
}

/// A param's value as a literal.
pub(crate) fn default_json(value: &ParamValue, ty: &ParamType) -> Value {
    match (value, ty) {
        (ParamValue::Float(v), _) => json!(v),
        (ParamValue::Int(v), _) => whole(*v),
        (ParamValue::Bool(v), _) => json!(v),
        (ParamValue::Text(v), _) => json!(v),
        (ParamValue::Choice(index), ParamType::Choice(choices)) => {
            json!(choices.words().get(*index))
        }
        (ParamValue::Colour(_), _) => {
            json!(value.shown(ty).trim_matches('"'))
        }
        (ParamValue::Numbers(v), _) => json!(v),
        (ParamValue::Files(files), _) => {
            json!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>())
        }
        _ => Value::Null,
    }
}

fn graph_param() -> Value {
    json!({
        "type": "object",
        "required": ["type"],
        "additionalProperties": false,
        "properties": {
            "type": { "enum": ParamType::NAMES, "description": "What it takes." },
            "default": { "description": "What it is when nobody says otherwise." },
            "min": { "type": "number", "description": "The smallest value of a float or an int." },
            "max": { "type": "number", "description": "The largest value of a float or an int." },
            "choices": {
                "type": "array", "items": { "type": "string" }, "minItems": 1,
                "description": "The words of a choice.",
            },
            "folder": {
                "enum": WEIGHT_FOLDERS,
                "description": "For files of weights, the folder of models they lie in.",
            },
            "note": note(),
        },
    })
}

fn graph_input() -> Value {
    let types: Vec<&str> = SocketType::ALL.iter().map(|ty| ty.name()).collect();
    json!({
        "type": "object",
        "required": ["type"],
        "additionalProperties": false,
        "properties": {
            "type": { "enum": types, "description": "The type of value it takes." },
            "optional": { "type": "boolean", "description": "Whether it may be left without a wire." },
            "note": note(),
        },
    })
}

fn output() -> Value {
    json!({ "anyOf": [
        { "$ref": "#/$defs/wire" },
        {
            "type": "object",
            "required": ["from"],
            "additionalProperties": false,
            "properties": {
                "from": { "$ref": "#/$defs/wire" },
                "bits": { "enum": [8, 16, 32], "description": "Bits a channel." },
                "quality": { "type": "integer", "minimum": 1, "maximum": 100, "description": "Quality of a JPEG." },
                "background": { "$ref": "#/$defs/colour", "description": "What to put under a picture with alpha, for a format that holds none." },
                "dither": { "type": "boolean", "description": "Whether to dither down to 8 bits." },
                "rounding": {
                    "enum": ["nearest", "down"],
                    "description": "How colours become whole numbers; nearest when left out.",
                },
                "number": {
                    "enum": ["batch", "next"],
                    "description": "What the number in the name counts: the pictures of the batch, \
                        or, for next, on from the files that are there, so that none is written over.",
                },
                "note": note(),
            },
        },
    ] })
}
