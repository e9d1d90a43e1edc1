//! The tree of a workflow in UI format: nodes, slots and links, of the whole and of every subgraph.

use std::collections::HashMap;

use pellucid_source::{Diagnostic, FileId, Json, Member, Span, Spanned};

/// A workflow and the definitions of its subgraphs.
pub(super) struct Workflow<'j> {
    /// The outermost graph, then the definitions.
    pub graphs: Vec<Graph<'j>>,
    /// Index of a definition's graph by the class that its instances have.
    pub definitions: HashMap<&'j str, usize>,
}

/// Nodes and what links them.
#[derive(Default)]
pub(super) struct Graph<'j> {
    pub name: &'j str,
    pub nodes: Vec<Node<'j>>,
    pub by_id: HashMap<String, usize>,
    pub links: Vec<Link>,
    pub by_link: HashMap<i64, usize>,
    /// Indices of links that start at the definition's inputs, by slot.
    pub from_inputs: HashMap<i64, Vec<usize>>,
    /// Ids of links that end at the definition's outputs, by slot; of several the first.
    pub to_outputs: HashMap<i64, i64>,
    /// Indices of `SetNode`s by the name they set; of several the first.
    pub setters: HashMap<&'j str, usize>,
    /// Slots of a definition, which links meet as node -10.
    pub inputs: Vec<Slot<'j>>,
    /// Slots of a definition, which links meet as node -20.
    pub outputs: Vec<Slot<'j>>,
}

/// Id of the node that stands for the inputs of a definition.
pub(super) const INPUTS: &str = "-10";
/// Id of the node that stands for the outputs of a definition.
pub(super) const OUTPUTS: &str = "-20";

/// Whether a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Always,
    /// "Muted": it gives nothing.
    Never,
    /// It hands inputs on.
    Bypass,
}

pub(super) struct Node<'j> {
    pub id: String,
    pub class: &'j str,
    /// Where the class is written.
    pub span: Span,
    pub mode: Mode,
    pub title: Option<&'j str>,
    pub pack: Option<&'j str>,
    /// "Node name for S&R", by which file names find it.
    pub called: Option<&'j str>,
    pub inputs: Vec<Slot<'j>>,
    pub outputs: Vec<Slot<'j>>,
    pub values: Values<'j>,
    pub named: &'j [Member],
    /// `[inner node, widget]` pairs of an older way to promote widgets.
    pub proxies: Vec<(String, &'j str)>,
}

/// `widgets_values` as stored.
#[derive(Clone, Copy)]
pub(super) enum Values<'j> {
    None,
    Listed(&'j [Spanned<Json>]),
    Named(&'j [Member]),
}

/// An input or output of a node or of a definition.
pub(super) struct Slot<'j> {
    pub name: &'j str,
    pub ty: &'j str,
    pub span: Span,
    /// Id of the link into an input, and where it is written.
    pub link: Option<LinkId>,
    /// The widget that the input is of.
    pub widget: Option<&'j str>,
    /// Links of a definition's slot.
    pub links: Vec<i64>,
}

/// A link by its id, where an input names it.
#[derive(Clone, Copy)]
pub(super) struct LinkId {
    pub v: i64,
    pub span: Span,
}

pub(super) struct Link {
    pub origin: String,
    pub origin_slot: i64,
    pub target: String,
    pub target_slot: i64,
    pub id: i64,
}

impl<'j> Node<'j> {
    /// The first value, if it is text.
    pub fn first_text(&self) -> Option<&'j str> {
        match self.values {
            Values::Listed([value, ..]) => value.v.as_text(),
            Values::Named([(_, value), ..]) => value.v.as_text(),
            _ => None,
        }
    }
}

/// Reads all of it that has the right shape, and tells what has not.
pub(super) fn workflow<'j>(
    json: &'j Spanned<Json>,
    file: FileId,
    findings: &mut Vec<Diagnostic>,
) -> Workflow<'j> {
    let mut reader = Reader { file, findings };
    let mut workflow = Workflow { graphs: vec![reader.graph(json)], definitions: HashMap::new() };
    let mut waiting = definitions_in(&json.v);
    waiting.reverse();
    while let Some(definition) = waiting.pop() {
        let Some(id) = text(&definition.v, "id") else {
            reader.tell(definition.span, "a subgraph has no id".into());
            continue;
        };
        let inner = definitions_in(&definition.v);
        waiting.extend(inner.into_iter().rev());
        if !workflow.definitions.contains_key(id) {
            workflow.definitions.insert(id, workflow.graphs.len());
            workflow.graphs.push(reader.graph(definition));
        }
    }
    workflow
}

fn definitions_in(json: &Json) -> Vec<&Spanned<Json>> {
    let subgraphs = json.get("definitions").and_then(|d| d.v.get("subgraphs"));
    subgraphs.and_then(|s| s.v.as_array()).unwrap_or_default().iter().collect()
}

fn text<'j>(json: &'j Json, key: &str) -> Option<&'j str> {
    json.get(key)?.v.as_text()
}

/// An id, which may be a number or text.
fn id_of(json: &Json) -> Option<String> {
    match json {
        Json::Text(text) => Some(text.clone()),
        Json::Number(number) => {
            Some(number.as_i64().map_or_else(|| number.text.to_string(), |id| id.to_string()))
        }
        _ => None,
    }
}

fn whole(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => number.as_i64(),
        Json::Text(text) => text.parse().ok(),
        _ => None,
    }
}

struct Reader<'f> {
    file: FileId,
    findings: &'f mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn tell(&mut self, span: Span, message: String) {
        self.findings.push(Diagnostic::error("comfy-format", message).at(span.at(self.file)));
    }

    fn list<'j>(&mut self, json: &'j Json, key: &str) -> &'j [Spanned<Json>] {
        match json.get(key).map(|value| (&value.v, value.span)) {
            None | Some((Json::Null, _)) => &[],
            Some((Json::Array(items), _)) => items,
            Some((other, span)) => {
                self.tell(span, format!("{key} is {}, but must be a list", other.kind()));
                &[]
            }
        }
    }

    fn graph<'j>(&mut self, json: &'j Spanned<Json>) -> Graph<'j> {
        let mut graph =
            Graph { name: text(&json.v, "name").unwrap_or_default(), ..Graph::default() };
        for node in self.list(&json.v, "nodes") {
            let Some(node) = self.node(node) else { continue };
            if graph.by_id.contains_key(&node.id) {
                self.tell(node.span, format!("there are two nodes #{}", node.id));
                continue;
            }
            graph.by_id.insert(node.id.clone(), graph.nodes.len());
            if let ("SetNode", Some(name)) = (node.class, node.first_text()) {
                graph.setters.entry(name).or_insert(graph.nodes.len());
            }
            graph.nodes.push(node);
        }
        for link in self.list(&json.v, "links") {
            match read_link(&link.v) {
                Some(link) => {
                    graph.by_link.insert(link.id, graph.links.len());
                    if link.origin == INPUTS {
                        let of_slot = graph.from_inputs.entry(link.origin_slot).or_default();
                        of_slot.push(graph.links.len());
                    }
                    if link.target == OUTPUTS {
                        graph.to_outputs.entry(link.target_slot).or_insert(link.id);
                    }
                    graph.links.push(link);
                }
                // Deleted links leave such a hole.
                None if link.v.is_null() => {}
                None => self.tell(link.span, "this is no link of a workflow".into()),
            }
        }
        graph.inputs = self.slots(&json.v, "inputs");
        graph.outputs = self.slots(&json.v, "outputs");
        graph
    }

    fn node<'j>(&mut self, json: &'j Spanned<Json>) -> Option<Node<'j>> {
        let Some(id) = json.v.get("id").and_then(|id| id_of(&id.v)) else {
            self.tell(json.span, "a node has no id".into());
            return None;
        };
        let class = json.v.get("type").and_then(|ty| Some((ty.v.as_text()?, ty.span)));
        let Some((class, span)) = class else {
            self.tell(json.span, format!("node #{id} has no type, so it is not known what it is"));
            return None;
        };
        let properties = json.v.get("properties").map(|p| &p.v);
        let property = |key: &str| properties.and_then(|p| text(p, key)).filter(|v| !v.is_empty());
        Some(Node {
            id,
            class,
            span,
            mode: mode(&json.v),
            title: text(&json.v, "title").filter(|title| !title.trim().is_empty()),
            pack: property("cnr_id").or_else(|| property("aux_id")),
            called: property("Node name for S&R"),
            inputs: self.slots(&json.v, "inputs"),
            outputs: self.slots(&json.v, "outputs"),
            values: match json.v.get("widgets_values").map(|values| &values.v) {
                Some(Json::Array(values)) => Values::Listed(values),
                Some(Json::Object(values)) => Values::Named(values),
                _ => Values::None,
            },
            named: json
                .v
                .get("widgets_values_named")
                .and_then(|named| named.v.as_object())
                .unwrap_or_default(),
            proxies: properties.map(proxies).unwrap_or_default(),
        })
    }

    fn slots<'j>(&mut self, json: &'j Json, key: &str) -> Vec<Slot<'j>> {
        // Group nodes of old files keep slots as an object.
        let slots = match json.get(key).map(|slots| &slots.v) {
            Some(Json::Array(items)) => items.as_slice(),
            _ => &[],
        };
        slots.iter().map(slot).collect()
    }
}

fn mode(json: &Json) -> Mode {
    match json.get("mode").and_then(|mode| whole(&mode.v)) {
        Some(2) => Mode::Never,
        Some(4) => Mode::Bypass,
        _ => Mode::Always,
    }
}

fn slot(json: &Spanned<Json>) -> Slot<'_> {
    let link =
        json.v.get("link").and_then(|link| Some(LinkId { v: whole(&link.v)?, span: link.span }));
    let links = json.v.get("linkIds").and_then(|links| links.v.as_array()).unwrap_or_default();
    Slot {
        name: text(&json.v, "name").unwrap_or_default(),
        ty: text(&json.v, "type").unwrap_or("*"),
        span: json.v.get("name").map_or(json.span, |name| name.span),
        link,
        widget: json.v.get("widget").and_then(|widget| text(&widget.v, "name")),
        links: links.iter().filter_map(|link| whole(&link.v)).collect(),
    }
}

/// A link as a list of six, or as an object.
fn read_link(json: &Json) -> Option<Link> {
    let part = |at: usize, key: &str| match json {
        Json::Array(parts) => parts.get(at).map(|part| &part.v),
        Json::Object(_) => json.get(key).map(|part| &part.v),
        _ => None,
    };
    Some(Link {
        id: part(0, "id").and_then(whole)?,
        origin: part(1, "origin_id").and_then(id_of)?,
        origin_slot: part(2, "origin_slot").and_then(whole)?,
        target: part(3, "target_id").and_then(id_of)?,
        target_slot: part(4, "target_slot").and_then(whole)?,
    })
}

fn proxies(properties: &Json) -> Vec<(String, &str)> {
    let list = properties.get("proxyWidgets").and_then(|list| list.v.as_array());
    // One that is not understood keeps its place: values are told apart by theirs.
    list.unwrap_or_default().iter().map(|pair| proxy(pair).unwrap_or_default()).collect()
}

fn proxy(pair: &Spanned<Json>) -> Option<(String, &str)> {
    let [node, widget, ..] = pair.v.as_array()? else { return None };
    Some((id_of(&node.v)?, widget.v.as_text()?))
}
