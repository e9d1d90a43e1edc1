//! Finds what every wire leads to.

use pellucid_source::{Diagnostic, Place, Spanned, did_you_mean, nearest};

use super::expand::{Expanded, Slot, listed};
use super::hinted;
use crate::document::{NodeEntry, WireName};
use crate::{Arity, Wire};

/// What a written wire leads to.
pub(super) enum Lead {
    /// An output of a node.
    To(Wire),
    /// An input of the outermost graph.
    Open,
    /// An optional input of a graph that nobody wired.
    Nothing,
    /// Something refused; a finding has been told, here or before.
    Broken,
}

/// A wire to an input of a graph used as a node, which says what type it takes.
pub(super) struct TypedWire {
    /// Where the value comes from.
    pub wire: Wire,
    /// The input's name.
    pub input: String,
    /// The node that is the graph.
    pub node: String,
    /// What the input takes.
    pub ty: pellucid_value::SocketType,
}

/// Wires every input of every node, and the inputs of graphs used as nodes; gives the latter.
pub(super) fn connect(expanded: &mut Expanded, findings: &mut Vec<Diagnostic>) -> Vec<TypedWire> {
    let mut typed = Vec::new();
    for instance in 0..expanded.instances.len() {
        check_graph_inputs(expanded, instance, findings);
        typed.extend(typed_inputs(expanded, instance));
    }
    for index in 0..expanded.nodes.len() {
        connect_node(expanded, index, findings);
    }
    typed
}

/// Where the wired inputs of a graph used as a node take their values from.
fn typed_inputs(expanded: &Expanded, at: usize) -> Vec<TypedWire> {
    let Some((user, entry_at)) = expanded.instances[at].user else { return Vec::new() };
    let document = &expanded.loaded[expanded.instances[user].file].document;
    let entry = &document.nodes[entry_at];
    let declared = &expanded.loaded[expanded.instances[at].file].document.inputs;
    let mut typed = Vec::new();
    for (name, wires) in &entry.inputs {
        let declared = declared.iter().find(|input| input.name.v == name.v);
        let ([wire], Some(declared)) = (wires.as_slice(), declared) else { continue };
        // What is wrong with the wire itself is told once, where it is used.
        let place = document.at(wire.span);
        if let Lead::To(wire) = lead(expanded, user, wire, place, 0, &mut Vec::new()) {
            let (input, node) = (name.v.clone(), entry.name.v.clone());
            typed.push(TypedWire { wire, input, node, ty: declared.ty });
        }
    }
    typed
}

/// A graph used as a node: its inputs by name, and that none is left out.
fn check_graph_inputs(expanded: &Expanded, at: usize, findings: &mut Vec<Diagnostic>) {
    let Some((user, entry_at)) = expanded.instances[at].user else { return };
    let document = &expanded.loaded[expanded.instances[user].file].document;
    let entry = &document.nodes[entry_at];
    let declared = &expanded.loaded[expanded.instances[at].file].document.inputs;
    let names = declared.iter().map(|input| input.name.v.as_str());
    let mut meant = Vec::new();
    for (name, wires) in &entry.inputs {
        if !declared.iter().any(|input| input.name.v == name.v) {
            meant.extend(nearest(&name.v, names.clone()));
            unknown_input(
                document.at(name.span),
                entry,
                &entry.kind.v,
                &name.v,
                names.clone(),
                findings,
            );
        } else if wires.len() > 1 {
            too_many(document.at(name.span), entry, &name.v, findings);
        } else if wires.is_empty() && !was_told(document.at(name.span), findings) {
            missing_input(document.at(name.span), entry, &name.v, findings);
        }
    }
    for input in declared.iter().filter(|input| !input.optional) {
        let name = input.name.v.as_str();
        if !entry.inputs.iter().any(|(given, _)| given.v == name) && !meant.contains(&name) {
            missing_input(document.at(entry.name.span), entry, &input.name.v, findings);
        }
    }
}

fn connect_node(expanded: &mut Expanded, index: usize, findings: &mut Vec<Diagnostic>) {
    let (at, entry_at) = expanded.origins[index];
    let document = &expanded.loaded[expanded.instances[at].file].document;
    let entry = &document.nodes[entry_at];
    let kind = std::sync::Arc::clone(&expanded.nodes[index].kind);
    let names = kind.inputs.iter().map(|input| input.name.as_str());
    let mut sound = true;
    // An input that was misspelt is told once, as what it is called and not as missing too.
    let mut meant = Vec::new();
    for (name, _) in &entry.inputs {
        if !kind.inputs.iter().any(|decl| decl.name == name.v) {
            sound = false;
            meant.extend(nearest(&name.v, names.clone()));
            unknown_input(
                document.at(name.span),
                entry,
                &kind.name,
                &name.v,
                names.clone(),
                findings,
            );
        }
    }
    let mut inputs = Vec::with_capacity(kind.inputs.len());
    for decl in &kind.inputs {
        let mut wires = Vec::new();
        match entry.inputs.iter().find(|(name, _)| name.v == decl.name) {
            Some((name, written)) => {
                for wire in written {
                    match lead(expanded, at, wire, document.at(wire.span), 0, findings) {
                        Lead::To(wire) => wires.push(wire),
                        Lead::Nothing if decl.arity != Arity::One => {}
                        Lead::Nothing => {
                            sound = false;
                            missing_input(document.at(wire.span), entry, &decl.name, findings);
                        }
                        Lead::Open | Lead::Broken => sound = false,
                    }
                }
                if decl.arity != Arity::Many && written.len() > 1 {
                    sound = false;
                    too_many(document.at(name.span), entry, &name.v, findings);
                }
                if decl.arity == Arity::Many && wires.is_empty() && !written.is_empty() && sound {
                    sound = false;
                    missing_input(document.at(name.span), entry, &decl.name, findings);
                }
                // A list that is empty, or whose wires could not be read, is told once.
                if written.is_empty() {
                    sound = false;
                    if decl.arity != Arity::Optional && !was_told(document.at(name.span), findings)
                    {
                        missing_input(document.at(name.span), entry, &decl.name, findings);
                    }
                }
            }
            None if decl.arity == Arity::Optional => {}
            None if meant.contains(&decl.name.as_str()) => {}
            None => {
                sound = false;
                missing_input(document.at(entry.name.span), entry, &decl.name, findings);
            }
        }
        inputs.push(wires);
    }
    let node = &mut expanded.nodes[index];
    node.inputs = inputs;
    if !sound {
        node.facts = None;
    }
}

/// True when a finding already stands just behind the name of an input.
fn was_told(name: Place, findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| {
        matches!(finding.code, "bad-wire" | "wrong-type")
            && finding.place.is_some_and(|place| {
                place.file == name.file
                    && place.span.start >= name.span.end
                    && place.span.start - name.span.end < 16
            })
    })
}

/// Findings after which likely names are not looked for any more.
const MAX_SUGGESTIONS: usize = 100;

/// Graphs nested deeper than this, or wires that run in circles through their inputs.
const MAX_LEAD: usize = 1_000;

/// Follows a written wire to the output of a node.
pub(super) fn lead(
    expanded: &Expanded,
    at: usize,
    wire: &Spanned<WireName>,
    place: Place,
    depth: usize,
    findings: &mut Vec<Diagnostic>,
) -> Lead {
    let instance = &expanded.instances[at];
    let document = &expanded.loaded[instance.file].document;
    let here = document.at(wire.span);
    if depth > MAX_LEAD {
        let message = format!("`{}.{}` leads back to itself", wire.v.node, wire.v.output);
        findings.push(
            Diagnostic::error("cycle", message).at(place).hint("take a wire out of the circle"),
        );
        return Lead::Broken;
    }
    if wire.v.node == "inputs" {
        return lead_outside(expanded, at, wire, place, depth, findings);
    }
    let Some(&entry) = expanded.names[instance.file].get(wire.v.node.as_str()) else {
        let names = document.nodes.iter().map(|node| node.name.v.as_str());
        // Looking for likely names takes time for every name; nobody reads so many findings.
        let few = findings.len() < MAX_SUGGESTIONS;
        let near = few.then(|| did_you_mean(&wire.v.node, names.clone())).flatten();
        let hint = near.or_else(|| {
            (document.nodes.len() <= 12)
                .then(|| listed(names).map(|list| list.replace("it has", "the nodes are")))?
        });
        let finding =
            Diagnostic::error("unknown-node", format!("there is no node `{}`", wire.v.node))
                .at(here);
        findings.push(hinted(finding, hint));
        return Lead::Broken;
    };
    match instance.slots.get(entry) {
        Some(Slot::Node(index)) => {
            let outputs = &expanded.nodes[*index as usize].kind.outputs;
            match outputs.iter().position(|output| output.name == wire.v.output) {
                Some(output) => Lead::To(Wire { node: *index, output: output as u32, place }),
                None => {
                    let names = outputs.iter().map(|output| output.name.as_str());
                    unknown_output(here, wire, &document.nodes[entry], names, findings);
                    Lead::Broken
                }
            }
        }
        Some(Slot::Graph(inner)) => {
            let outputs = &expanded.loaded[expanded.instances[*inner].file].document.outputs;
            match outputs.iter().find(|output| output.name.v == wire.v.output) {
                Some(output) => lead(expanded, *inner, &output.from, place, depth + 1, findings),
                None => {
                    let names = outputs.iter().map(|output| output.name.v.as_str());
                    let names = names.filter(|name| !name.contains('.'));
                    unknown_output(here, wire, &document.nodes[entry], names, findings);
                    Lead::Broken
                }
            }
        }
        Some(Slot::Broken) | None => Lead::Broken,
    }
}

/// A wire from `inputs`: on in the graph around this one.
fn lead_outside(
    expanded: &Expanded,
    at: usize,
    wire: &Spanned<WireName>,
    place: Place,
    depth: usize,
    findings: &mut Vec<Diagnostic>,
) -> Lead {
    let instance = &expanded.instances[at];
    let document = &expanded.loaded[instance.file].document;
    if !document.inputs.iter().any(|input| input.name.v == wire.v.output) {
        let names = document.inputs.iter().map(|input| input.name.v.as_str());
        let hint = did_you_mean(&wire.v.output, names)
            .unwrap_or_else(|| "declare it under `inputs` of the graph".into());
        let message = format!("the graph has no input `{}`", wire.v.output);
        findings.push(
            Diagnostic::error("unknown-input", message).at(document.at(wire.span)).hint(hint),
        );
        return Lead::Broken;
    }
    let Some((user, entry)) = instance.user else {
        let input = document.inputs.iter().find(|input| input.name.v == wire.v.output);
        let optional = input.is_some_and(|input| input.optional);
        return if optional { Lead::Nothing } else { Lead::Open };
    };
    let outer = &expanded.loaded[expanded.instances[user].file].document;
    let wired = outer.nodes[entry].inputs.iter().find(|(name, _)| name.v == wire.v.output);
    match wired.map(|(_, wires)| wires.as_slice()) {
        Some([wire]) => lead(expanded, user, wire, place, depth + 1, findings),
        Some(_) => Lead::Broken,
        None => {
            let input = document.inputs.iter().find(|input| input.name.v == wire.v.output);
            match input {
                Some(input) if input.optional => Lead::Nothing,
                _ => Lead::Broken,
            }
        }
    }
}

impl Expanded<'_> {
    /// The inputs of the outermost graph, each with a warning that it needs a graph around it.
    pub fn open_inputs(&self, findings: &mut Vec<Diagnostic>) -> Vec<(String, Place)> {
        let document = &self.loaded[0].document;
        let inputs = document.inputs.iter().filter(|input| !input.optional);
        inputs
            .map(|input| {
                let (name, place) = (input.name.v.clone(), document.at(input.name.span));
                let message =
                    format!("input `{name}` has no value: this graph is made to be a node");
                findings.push(
                    Diagnostic::warning("open-input", message)
                        .at(place)
                        .hint("use it from another graph: \"kind\": \"./THIS.json\""),
                );
                (name, place)
            })
            .collect()
    }
}

fn unknown_output<'n>(
    place: Place,
    wire: &Spanned<WireName>,
    entry: &NodeEntry,
    names: impl Iterator<Item = &'n str> + Clone,
    findings: &mut Vec<Diagnostic>,
) {
    let message = format!("{} has no output `{}`", entry.kind.v, wire.v.output);
    let hint = did_you_mean(&wire.v.output, names.clone())
        .or_else(|| listed(names).map(|list| list.replace("it has", "its outputs are")));
    let hint = hint.unwrap_or_else(|| {
        "name one of its outputs without a suffix, to be used by other graphs".to_owned()
    });
    let finding = Diagnostic::error("unknown-output", message).at(place).node(&entry.name.v);
    findings.push(finding.hint(hint));
}

fn unknown_input<'n>(
    place: Place,
    entry: &NodeEntry,
    kind: &str,
    name: &str,
    names: impl Iterator<Item = &'n str> + Clone,
    findings: &mut Vec<Diagnostic>,
) {
    let hint = did_you_mean(name, names.clone()).or_else(|| listed(names));
    let finding = Diagnostic::error("unknown-input", format!("{kind} has no input `{name}`"))
        .at(place)
        .node(&entry.name.v)
        .port(name);
    findings.push(hinted(finding, hint));
}

fn missing_input(place: Place, entry: &NodeEntry, name: &str, findings: &mut Vec<Diagnostic>) {
    findings.push(
        Diagnostic::error("missing-input", format!("{} needs a wire to `{name}`", entry.name.v))
            .at(place)
            .node(&entry.name.v)
            .port(name)
            .hint(format!("add \"{name}\": \"node.output\" under its \"inputs\"")),
    );
}

fn too_many(place: Place, entry: &NodeEntry, name: &str, findings: &mut Vec<Diagnostic>) {
    findings.push(
        Diagnostic::error("too-many-wires", format!("`{name}` takes one wire"))
            .at(place)
            .node(&entry.name.v)
            .port(name)
            .hint("keep one; a `merge` node puts two pictures together"),
    );
}
