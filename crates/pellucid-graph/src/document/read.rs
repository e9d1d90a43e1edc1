//! From JSON with places to a document, with every trouble found on the way.

use pellucid_source::{Diagnostic, FileId, Json, Span, Spanned, did_you_mean};
use pellucid_value::SocketType;

use super::{
    Document, GraphInput, GraphParam, NodeEntry, OutputEntry, OutputOptions, Setting, VERSION,
    WireName,
};
use crate::literal::{colour_of, int_of};
use crate::{Choices, FilePlace, ParamType, WEIGHT_FOLDERS};

/// Reads a graph file. What could not be understood is left out of the document and told in
/// `findings`.
pub fn read_document(
    file: FileId,
    json: &Spanned<Json>,
    findings: &mut Vec<Diagnostic>,
) -> Document {
    for (first, second, key) in pellucid_source::duplicate_keys(json) {
        findings.push(
            Diagnostic::error("duplicate-key", format!("`{key}` is given twice"))
                .at(at(file, second))
                .note(at(file, first), "it is first given here")
                .hint("keep one of the two"),
        );
    }
    let mut document = Document {
        file,
        span: json.span,
        params: Vec::new(),
        inputs: Vec::new(),
        nodes: Vec::new(),
        outputs: Vec::new(),
    };
    let mut reader = Reader { file, findings };
    let Some(pairs) = reader.object(json, "a graph") else { return document };
    for (key, value) in pairs {
        match key.v.as_str() {
            "$schema" => drop(reader.text(value, "`$schema`")),
            "note" => drop(reader.text(value, "`note`")),
            "pellucid" => reader.version(value),
            "params" => reader.each(value, "`params`", |r, name, value| {
                document.params.extend(r.graph_param(name, value));
            }),
            "inputs" => reader.each(value, "`inputs`", |r, name, value| {
                document.inputs.extend(r.graph_input(name, value));
            }),
            "nodes" => reader.each(value, "`nodes`", |r, name, value| {
                document.nodes.extend(r.node(name, value));
            }),
            "outputs" => reader.each(value, "`outputs`", |r, name, value| {
                document.outputs.extend(r.output(name, value));
            }),
            _ => reader.unknown(key, GRAPH_KEYS, "a graph"),
        }
    }
    if !pairs.iter().any(|(key, _)| key.v == "nodes") {
        reader.missing(json.span, "a graph", "nodes");
    }
    document
}

const GRAPH_KEYS: &[&str] =
    &["$schema", "pellucid", "note", "params", "inputs", "nodes", "outputs"];
const NODE_KEYS: &[&str] = &["kind", "note", "inputs", "params"];
const PARAM_KEYS: &[&str] = &["type", "default", "min", "max", "choices", "folder", "note"];
const INPUT_KEYS: &[&str] = &["type", "optional", "note"];
const OUTPUT_KEYS: &[&str] =
    &["from", "note", "bits", "quality", "background", "dither", "rounding", "number"];
/// Words for [`OutputOptions::floor`].
const ROUNDINGS: &[&str] = &["nearest", "down"];
/// Words for [`OutputOptions::next`].
const NUMBERS: &[&str] = &["batch", "next"];

type Pairs = [(Spanned<String>, Spanned<Json>)];

struct Reader<'a> {
    file: FileId,
    findings: &'a mut Vec<Diagnostic>,
}

fn at(file: FileId, span: Span) -> pellucid_source::Place {
    pellucid_source::Place { file, span }
}

impl Reader<'_> {
    fn tell(&mut self, code: &'static str, span: Span, message: String, hint: Option<String>) {
        let mut finding = Diagnostic::error(code, message).at(at(self.file, span));
        finding.hint = hint;
        self.findings.push(finding);
    }

    fn wrong(&mut self, value: &Spanned<Json>, what: &str, wanted: &str) {
        let message = format!("{what} is {}, but must be {wanted}", value.v.kind());
        self.tell("wrong-type", value.span, message, None);
    }

    fn unknown(&mut self, key: &Spanned<String>, known: &[&str], what: &str) {
        let message = format!("{what} has no key `{}`", key.v);
        let hint = did_you_mean(&key.v, known.iter().copied())
            .unwrap_or_else(|| format!("it may have {}", known.join(", ")));
        self.tell("unknown-key", key.span, message, Some(hint));
    }

    fn missing(&mut self, span: Span, what: &str, key: &str) {
        let start = Span { start: span.start, end: span.start + 1 };
        let message = format!("{what} must have `{key}`");
        self.tell("missing-key", start, message, None);
    }

    fn object<'j>(&mut self, value: &'j Spanned<Json>, what: &str) -> Option<&'j Pairs> {
        if let Json::Object(pairs) = &value.v {
            return Some(pairs);
        }
        self.wrong(value, what, "an object");
        None
    }

    fn text<'j>(&mut self, value: &'j Spanned<Json>, what: &str) -> Option<&'j str> {
        if let Json::Text(text) = &value.v {
            return Some(text);
        }
        self.wrong(value, what, "text");
        None
    }

    fn each(
        &mut self,
        value: &Spanned<Json>,
        what: &str,
        mut f: impl FnMut(&mut Self, &Spanned<String>, &Spanned<Json>),
    ) {
        for (key, value) in self.object(value, what).into_iter().flatten() {
            f(self, key, value);
        }
    }

    fn version(&mut self, value: &Spanned<Json>) {
        match &value.v {
            Json::Number(number) if number.as_u64() == Some(VERSION) => {}
            Json::Number(number) => {
                let message = format!("this is version {} of the language", number.text);
                let hint = format!("this program reads version {VERSION}");
                self.tell("version", value.span, message, Some(hint));
            }
            _ => self.wrong(value, "`pellucid`", "the version of the language, a number"),
        }
    }

    /// A name that can stand in `"node.output"`.
    fn name(&mut self, name: &Spanned<String>, what: &str) -> bool {
        let bad = |c: char| c == '.' || c == '/' || c.is_control();
        let trouble = if name.v.is_empty() {
            "is empty".to_owned()
        } else if name.v == "inputs" {
            "means the inputs of the graph".to_owned()
        } else if let Some(c) = name.v.chars().find(|c| bad(*c)) {
            format!("has {c:?} in it")
        } else {
            return true;
        };
        let message = format!("{what} name `{}` {trouble}", name.v.escape_debug());
        let hint = "choose a name without dots, slashes and control characters".to_owned();
        self.tell("bad-name", name.span, message, Some(hint));
        false
    }

    fn node(&mut self, name: &Spanned<String>, value: &Spanned<Json>) -> Option<NodeEntry> {
        let named = self.name(name, "the node");
        let pairs = self.object(value, "a node")?;
        let mut kind = None;
        let (mut inputs, mut params) = (Vec::new(), Vec::new());
        for (key, value) in pairs {
            match key.v.as_str() {
                "kind" => {
                    let text = self.text(value, "`kind`");
                    kind = text.map(|text| Spanned { v: text.to_owned(), span: value.span });
                }
                "note" => drop(self.text(value, "`note`")),
                "inputs" => self.each(value, "`inputs`", |r, name, value| {
                    inputs.push((name.clone(), r.wires(value)));
                }),
                "params" => self.each(value, "`params`", |r, name, value| {
                    params.extend(r.setting(value).map(|setting| (name.clone(), setting)));
                }),
                _ => self.unknown(key, NODE_KEYS, "a node"),
            }
        }
        if !pairs.iter().any(|(key, _)| key.v == "kind") {
            self.missing(value.span, "a node", "kind");
        }
        let kind = kind?;
        named.then(|| NodeEntry { name: name.clone(), kind, inputs, params })
    }

    fn wires(&mut self, value: &Spanned<Json>) -> Vec<Spanned<WireName>> {
        match &value.v {
            Json::Text(text) => self.wire(text, value.span).into_iter().collect(),
            Json::Array(items) => items.iter().flat_map(|item| self.one_wire(item)).collect(),
            _ => {
                self.not_a_wire(value);
                Vec::new()
            }
        }
    }

    fn one_wire(&mut self, value: &Spanned<Json>) -> Option<Spanned<WireName>> {
        match &value.v {
            Json::Text(text) => self.wire(text, value.span),
            _ => {
                self.not_a_wire(value);
                None
            }
        }
    }

    fn not_a_wire(&mut self, value: &Spanned<Json>) {
        let message = format!("an input is {}, but takes a wire", value.v.kind());
        let hint = "write \"node.output\"; a literal belongs under `params`".to_owned();
        self.tell("wrong-type", value.span, message, Some(hint));
    }

    fn wire(&mut self, text: &str, span: Span) -> Option<Spanned<WireName>> {
        match text.split_once('.') {
            Some((node, output)) if !node.is_empty() && !output.is_empty() => {
                let wire = WireName { node: node.to_owned(), output: output.to_owned() };
                Some(Spanned { v: wire, span })
            }
            _ => {
                let message = format!("`{}` is not a wire", text.escape_debug());
                let hint = "write \"node.output\"".to_owned();
                self.tell("bad-wire", span, message, Some(hint));
                None
            }
        }
    }

    fn setting(&mut self, value: &Spanned<Json>) -> Option<Setting> {
        let Json::Object(pairs) = &value.v else { return Some(Setting::Literal(value.clone())) };
        match pairs.as_slice() {
            [(key, name)] if key.v == "param" => {
                let text = self.text(name, "`param`")?;
                Some(Setting::Param(Spanned { v: text.to_owned(), span: name.span }))
            }
            _ => {
                let message = "a param is an object".to_owned();
                let hint = "write a literal, or { \"param\": \"name\" } for a param of the graph";
                self.tell("wrong-type", value.span, message, Some(hint.to_owned()));
                None
            }
        }
    }

    fn graph_input(&mut self, name: &Spanned<String>, value: &Spanned<Json>) -> Option<GraphInput> {
        let named = self.name(name, "the input");
        let pairs = self.object(value, "an input of a graph")?;
        let (mut ty, mut optional, mut note) = (None, false, String::new());
        for (key, value) in pairs {
            match key.v.as_str() {
                "type" => {
                    let words: Vec<_> = SocketType::ALL.iter().map(|ty| ty.name()).collect();
                    let index = self.word(value, "`type`", &words);
                    ty = index.map(|index| SocketType::ALL[index]);
                }
                "optional" => match value.v {
                    Json::Bool(b) => optional = b,
                    _ => self.wrong(value, "`optional`", "true or false"),
                },
                "note" => note = self.text(value, "`note`").unwrap_or_default().to_owned(),
                _ => self.unknown(key, INPUT_KEYS, "an input of a graph"),
            }
        }
        if !pairs.iter().any(|(key, _)| key.v == "type") {
            self.missing(value.span, "an input of a graph", "type");
        }
        let ty = ty?;
        named.then(|| GraphInput { name: name.clone(), ty, optional, note })
    }

    /// The index of a word in a list of words.
    fn word(&mut self, value: &Spanned<Json>, what: &str, words: &[&str]) -> Option<usize> {
        let text = self.text(value, what)?;
        let index = words.iter().position(|word| *word == text);
        if index.is_none() {
            let message = format!("{what} cannot be `{}`", text.escape_debug());
            let hint = did_you_mean(text, words.iter().copied())
                .unwrap_or_else(|| format!("it may be {}", words.join(", ")));
            self.tell("unknown-word", value.span, message, Some(hint));
        }
        index
    }

    fn graph_param(&mut self, name: &Spanned<String>, value: &Spanned<Json>) -> Option<GraphParam> {
        let named = self.name(name, "the param");
        let pairs = self.object(value, "a param of a graph")?;
        let find = |wanted: &str| pairs.iter().find(|(key, _)| key.v == wanted).map(|(_, v)| v);
        for (key, value) in pairs {
            match key.v.as_str() {
                "type" | "default" | "min" | "max" | "choices" | "folder" => {}
                "note" => drop(self.text(value, "`note`")),
                _ => self.unknown(key, PARAM_KEYS, "a param of a graph"),
            }
        }
        let Some(ty) = find("type") else {
            self.missing(value.span, "a param of a graph", "type");
            return None;
        };
        let ty = ParamType::NAMES[self.word(ty, "`type`", ParamType::NAMES)?];
        let mut ty = self.param_type(ty, value, find("min"), find("max"), find("choices"))?;
        if let Some(folder) = find("folder") {
            let place =
                FilePlace::Weights(WEIGHT_FOLDERS[self.word(folder, "`folder`", WEIGHT_FOLDERS)?]);
            match &mut ty {
                ParamType::File(of) | ParamType::Files(of) => *of = place,
                other => {
                    let message = format!("a param of type {} has no `folder`", other.name());
                    self.tell("unknown-key", folder.span, message, None);
                }
            }
        }
        let note = find("note").and_then(|note| note.v.as_text()).unwrap_or_default().to_owned();
        let default = find("default").cloned();
        named.then(|| GraphParam { name: name.clone(), ty, default, note })
    }

    fn param_type(
        &mut self,
        ty: &str,
        whole: &Spanned<Json>,
        min: Option<&Spanned<Json>>,
        max: Option<&Spanned<Json>>,
        choices: Option<&Spanned<Json>>,
    ) -> Option<ParamType> {
        let ranged = matches!(ty, "float" | "int");
        for (bound, name) in [(min, "min"), (max, "max")] {
            if let Some(bound) = bound.filter(|_| !ranged) {
                let message = format!("a param of type {ty} has no `{name}`");
                self.tell("unknown-key", bound.span, message, None);
            }
        }
        if let Some(choices) = choices.filter(|_| ty != "choice") {
            let message = format!("a param of type {ty} has no `choices`");
            self.tell("unknown-key", choices.span, message, None);
        }
        Some(match ty {
            "float" => ParamType::Float {
                min: self.bound(min, -1e30, |n| n.as_f64())?,
                max: self.bound(max, 1e30, |n| n.as_f64())?,
            },
            "int" => ParamType::Int {
                min: self.bound(min, i128::from(i64::MIN), int_of)?,
                max: self.bound(max, i128::from(u64::MAX), int_of)?,
            },
            "bool" => ParamType::Bool,
            "text" => ParamType::Text,
            "choice" => ParamType::Choice(self.choices(whole, choices)?),
            "colour" => ParamType::Colour,
            "numbers" => ParamType::Numbers { min: 0, max: usize::MAX },
            "files" => ParamType::Files(FilePlace::Picture),
            _ => ParamType::File(FilePlace::Picture),
        })
    }

    fn bound<T>(
        &mut self,
        bound: Option<&Spanned<Json>>,
        default: T,
        get: impl Fn(&pellucid_source::Number) -> Option<T>,
    ) -> Option<T> {
        let Some(bound) = bound else { return Some(default) };
        let number = match &bound.v {
            Json::Number(number) => get(number),
            _ => None,
        };
        if number.is_none() {
            self.wrong(bound, "a bound", "a number of the param's type");
        }
        number
    }

    fn choices(
        &mut self,
        whole: &Spanned<Json>,
        choices: Option<&Spanned<Json>>,
    ) -> Option<Choices> {
        let Some(choices) = choices else {
            self.missing(whole.span, "a param of type choice", "choices");
            return None;
        };
        let words = match &choices.v {
            Json::Array(items) if !items.is_empty() => {
                items.iter().map(|item| item.v.as_text().map(str::to_owned)).collect()
            }
            _ => None,
        };
        let words: Option<Vec<String>> = words;
        if words.is_none() {
            self.wrong(choices, "`choices`", "a list of words");
        }
        Some(Choices::Owned(words?.into_iter().map(|word| (word, String::new())).collect()))
    }

    fn output(&mut self, name: &Spanned<String>, value: &Spanned<Json>) -> Option<OutputEntry> {
        if let Json::Text(text) = &value.v {
            let from = self.wire(text, value.span)?;
            return Some(OutputEntry {
                name: name.clone(),
                from,
                options: OutputOptions::default(),
            });
        }
        let pairs = self.object(value, "an output")?;
        let mut from = None;
        let mut options = OutputOptions::default();
        for (key, value) in pairs {
            match key.v.as_str() {
                "from" => from = self.one_wire(value),
                "note" => drop(self.text(value, "`note`")),
                "bits" => options.bits = self.whole(value, "`bits`", &[8, 16, 32]),
                "quality" => {
                    let all: Vec<u32> = (1..=100).collect();
                    options.quality = self.whole(value, "`quality`", &all);
                }
                "background" => match colour_of(&value.v) {
                    Some(colour) => {
                        options.background = Some(Spanned { v: colour, span: value.span });
                    }
                    None => self.wrong(value, "`background`", "a colour such as \"#ffffff\""),
                },
                "dither" => match value.v {
                    Json::Bool(b) => options.dither = b,
                    _ => self.wrong(value, "`dither`", "true or false"),
                },
                "rounding" => {
                    options.floor = self.word(value, "`rounding`", ROUNDINGS) == Some(1);
                }
                "number" => options.next = self.word(value, "`number`", NUMBERS) == Some(1),
                _ => self.unknown(key, OUTPUT_KEYS, "an output"),
            }
        }
        if !pairs.iter().any(|(key, _)| key.v == "from") {
            self.missing(value.span, "an output", "from");
        }
        Some(OutputEntry { name: name.clone(), from: from?, options })
    }

    fn whole(
        &mut self,
        value: &Spanned<Json>,
        what: &str,
        allowed: &[u32],
    ) -> Option<Spanned<u32>> {
        let number = match &value.v {
            Json::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
            _ => None,
        };
        let number = number.filter(|n| allowed.contains(n));
        if number.is_none() {
            let wanted = match allowed {
                [first, .., last] if allowed.len() > 3 => {
                    format!("a whole number from {first} to {last}")
                }
                _ => format!("one of {allowed:?}"),
            };
            let message = format!("{what} must be {wanted}");
            self.tell("wrong-type", value.span, message, None);
        }
        number.map(|v| Spanned { v, span: value.span })
    }
}
