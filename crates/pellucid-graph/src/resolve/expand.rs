//! Opens graphs used as nodes, and looks up kinds and params.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use pellucid_source::{Diagnostic, Json, Place, Spanned, did_you_mean};

use super::settings::{self, Set};
use super::{MAX_NODES, Rules, hinted};
use crate::document::{Document, GraphParam, NodeEntry, Setting};
use crate::literal::{LiteralError, param_value};
use crate::load::{Loaded, is_graph_path};
use crate::{Node, NodePlaces, ParamDecl, ParamValue};

/// All nodes, flat, and the instances of graph files they came from.
pub(super) struct Expanded<'a> {
    pub loaded: &'a [Loaded],
    /// For every file, the index of each node's name.
    pub names: Vec<HashMap<&'a str, usize>>,
    pub instances: Vec<Instance<'a>>,
    pub nodes: Vec<Node>,
    /// For every flat node, its instance and its entry there.
    pub origins: Vec<(usize, usize)>,
}

/// One use of a graph file.
pub(super) struct Instance<'a> {
    pub file: usize,
    /// The instance and the entry that use it; none for the outermost.
    pub user: Option<(usize, usize)>,
    /// What its entries became.
    pub slots: Vec<Slot>,
    prefix: String,
    within: Arc<[Place]>,
    params: Vec<Option<Bound<'a>>>,
}

/// What an entry of a graph file became.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    Node(u32),
    Graph(usize),
    /// It was refused; nothing is said about what hangs on it.
    Broken,
}

/// A graph param's value on its way to a node: a literal, and where it stands.
#[derive(Clone)]
struct Bound<'a> {
    json: Spanned<Json>,
    place: Place,
    base: &'a Path,
}

pub(super) fn expand<'a>(
    loaded: &'a [Loaded],
    rules: &'a Rules,
    sets: &[Set],
    findings: &mut Vec<Diagnostic>,
) -> Expanded<'a> {
    let names = loaded.iter().map(|l| index(&l.document)).collect();
    let mut expander = Expander {
        rules,
        sets,
        findings,
        out: Expanded {
            loaded,
            names,
            instances: Vec::new(),
            nodes: Vec::new(),
            origins: Vec::new(),
        },
        too_large: false,
    };
    let params = expander.top_params();
    expander.instance(0, None, String::new(), Arc::from([]), params);
    let mut next = 0;
    while next < expander.out.instances.len() && !expander.too_large {
        expander.fill(next);
        next += 1;
    }
    let targets = expander.targets();
    settings::tell_unused(sets, &targets, expander.findings);
    expander.out
}

fn index(document: &Document) -> HashMap<&str, usize> {
    let entries = document.nodes.iter().enumerate();
    // Of two nodes of one name, which is a finding already, the first counts.
    let mut names = HashMap::with_capacity(document.nodes.len());
    entries.for_each(|(i, node)| {
        names.entry(node.name.v.as_str()).or_insert(i);
    });
    names
}

struct Expander<'a, 'f> {
    rules: &'a Rules<'a>,
    sets: &'f [Set],
    findings: &'f mut Vec<Diagnostic>,
    out: Expanded<'a>,
    too_large: bool,
}

impl<'a> Expander<'a, '_> {
    fn instance(
        &mut self,
        file: usize,
        user: Option<(usize, usize)>,
        prefix: String,
        within: Arc<[Place]>,
        params: Vec<Option<Bound<'a>>>,
    ) -> usize {
        self.out.instances.push(Instance { file, user, slots: Vec::new(), prefix, within, params });
        self.out.instances.len() - 1
    }

    /// Names that `--set` could have meant.
    fn targets(&self) -> Vec<String> {
        let document = &self.out.loaded[0].document;
        let params = document.params.iter().map(|param| param.name.v.clone());
        let graphs = self.out.instances.iter().skip(1).flat_map(|instance| {
            let inner = &self.out.loaded[instance.file].document;
            let prefix = instance.prefix.trim_end_matches('/');
            inner.params.iter().map(move |param| format!("{prefix}.{}", param.name.v))
        });
        let params = params.chain(graphs);
        let nodes = self.out.nodes.iter().flat_map(|node| {
            node.kind.params.iter().map(move |param| format!("{}.{}", node.name, param.name))
        });
        params.chain(nodes.take(10_000)).collect()
    }

    fn top_params(&mut self) -> Vec<Option<Bound<'a>>> {
        let loaded = &self.out.loaded[0];
        let document = &loaded.document;
        let mut bound = Vec::new();
        for param in &document.params {
            let set = settings::find(self.sets, &param.name.v);
            let value = set.map(|set| {
                let json = set.literal(&param.ty);
                Bound { place: set.place(json.span), json, base: &loaded.base }
            });
            bound.push(self.bind(param, document, &loaded.base, value));
        }
        bound
    }

    /// Checks a graph param's default and the value given for it; the value wins.
    fn bind(
        &mut self,
        param: &GraphParam,
        document: &Document,
        base: &'a Path,
        value: Option<Bound<'a>>,
    ) -> Option<Bound<'a>> {
        let decl = graph_param_decl(param);
        let default = param.default.as_ref().map(|json| Bound {
            json: json.clone(),
            place: document.at(json.span),
            base,
        });
        let default = default.filter(|default| self.fits(&decl, default));
        let given = value.is_some();
        let value = value.filter(|value| self.fits(&decl, value));
        if !given && param.default.is_none() {
            return None;
        }
        value.or(default)
    }

    fn fits(&mut self, decl: &ParamDecl, bound: &Bound) -> bool {
        match param_value(decl, &bound.json, bound.base, self.rules.world) {
            Ok(_) => true,
            Err(error) => {
                self.findings.push(located(error, bound.place));
                false
            }
        }
    }

    fn fill(&mut self, at: usize) {
        let loaded = &self.out.loaded[self.out.instances[at].file];
        let document = &loaded.document;
        self.out.nodes.reserve(document.nodes.len());
        for (entry_at, entry) in document.nodes.iter().enumerate() {
            if self.out.nodes.len() + self.out.instances.len() > MAX_NODES {
                self.tell_too_large(document.at(entry.name.span));
                return;
            }
            let slot = match loaded.graphs.get(&entry.kind.v) {
                Some(Some(used)) => self.graph_node(at, entry_at, entry, *used),
                Some(None) => Slot::Broken,
                None => self.node(at, entry_at, entry, loaded),
            };
            self.out.instances[at].slots.push(slot);
        }
    }

    fn tell_too_large(&mut self, place: Place) {
        self.too_large = true;
        let message = format!("the graph has more than {MAX_NODES} nodes");
        self.findings.push(
            Diagnostic::error("too-large", message)
                .at(place)
                .hint("graphs that use graphs multiply; use fewer"),
        );
    }

    fn graph_node(&mut self, at: usize, entry_at: usize, entry: &NodeEntry, used: usize) -> Slot {
        let user = &self.out.instances[at];
        let document = &self.out.loaded[user.file].document;
        let inner = &self.out.loaded[used];
        let prefix = format!("{}{}/", user.prefix, entry.name.v);
        let place = document.at(entry.name.span);
        let within = std::iter::once(place).chain(user.within.iter().copied()).collect();
        self.unknown_settings(
            document,
            entry,
            &format!("`{}`", entry.kind.v),
            inner.document.params.iter().map(|param| param.name.v.as_str()),
        );
        let mut params = Vec::new();
        for param in &inner.document.params {
            let target = format!("{}.{}", prefix.trim_end_matches('/'), param.name.v);
            let value = self.setting(at, entry, &param.name.v, &target, &param.ty);
            let given = value.is_some() || entry.params.iter().any(|(n, _)| n.v == param.name.v);
            if !given && param.default.is_none() {
                self.missing_param(place, &entry.name.v, &param.name.v);
            }
            params.push(self.bind(param, &inner.document, &inner.base, value));
        }
        Slot::Graph(self.instance(used, Some((at, entry_at)), prefix, within, params))
    }

    fn node(&mut self, at: usize, entry_at: usize, entry: &NodeEntry, loaded: &'a Loaded) -> Slot {
        let document = &loaded.document;
        let Some(kind) = self.rules.kinds.get(&entry.kind.v) else {
            self.unknown_kind(document, entry);
            return Slot::Broken;
        };
        let kind = Arc::clone(kind);
        let what = format!("{} has", kind.name);
        let names = kind.params.iter().map(|param| param.name.as_str());
        self.unknown_settings(document, entry, what.trim_end_matches(" has"), names);
        let name = format!("{}{}", self.out.instances[at].prefix, entry.name.v);
        let mut sound = true;
        let mut params = Vec::with_capacity(kind.params.len());
        let mut places = Vec::with_capacity(kind.params.len());
        for decl in &kind.params {
            let (value, place) = self.node_param(at, entry, &name, decl, document);
            sound &= value.is_some();
            params.push(value.unwrap_or(ParamValue::Unset));
            places.push(place);
        }
        let index = self.out.nodes.len() as u32;
        let inputs = vec![Vec::new(); kind.inputs.len()];
        self.out.nodes.push(Node {
            name,
            inputs,
            params,
            facts: sound.then(Vec::new),
            forward: None,
            needs: 0,
            places: NodePlaces {
                name: document.at(entry.name.span),
                kind: document.at(entry.kind.span),
                params: places,
                within: Arc::clone(&self.out.instances[at].within),
            },
            kind,
        });
        self.out.origins.push((at, entry_at));
        Slot::Node(index)
    }

    /// A node param's value and place; no value when a finding says why.
    fn node_param(
        &mut self,
        at: usize,
        entry: &NodeEntry,
        node: &str,
        decl: &ParamDecl,
        document: &Document,
    ) -> (Option<ParamValue>, Option<Place>) {
        let target =
            if self.sets.is_empty() { String::new() } else { format!("{node}.{}", decl.name) };
        if let Some(bound) = self.setting(at, entry, &decl.name, &target, &decl.ty) {
            let value = param_value(decl, &bound.json, bound.base, self.rules.world);
            let value = value.map_err(|error| {
                let mut finding = located(error, bound.place).node(node).port(&decl.name);
                if let Some((_, Setting::Param(name))) =
                    entry.params.iter().find(|(n, _)| n.v == decl.name)
                {
                    finding = finding.note(document.at(name.span), "it is used here");
                }
                self.findings.push(finding);
            });
            return (value.ok(), Some(bound.place));
        }
        if entry.params.iter().any(|(name, _)| name.v == decl.name) {
            return (None, None);
        }
        if decl.default.is_none() {
            self.missing_param(document.at(entry.name.span), &entry.name.v, &decl.name);
        }
        (decl.default.clone(), None)
    }

    /// What an entry's param is set to: from outside, by a literal, or by a param of the graph.
    fn setting(
        &mut self,
        at: usize,
        entry: &NodeEntry,
        param: &str,
        target: &str,
        ty: &crate::ParamType,
    ) -> Option<Bound<'a>> {
        let instance = &self.out.instances[at];
        let loaded = &self.out.loaded[instance.file];
        if !self.sets.is_empty()
            && let Some(set) = settings::find(self.sets, target)
        {
            let json = set.literal(ty);
            return Some(Bound {
                place: set.place(json.span),
                json,
                base: &self.out.loaded[0].base,
            });
        }
        let (_, setting) = entry.params.iter().find(|(name, _)| name.v == param)?;
        match setting {
            Setting::Literal(json) => Some(Bound {
                json: json.clone(),
                place: loaded.document.at(json.span),
                base: &loaded.base,
            }),
            Setting::Param(name) => {
                let params = &loaded.document.params;
                match params.iter().position(|p| p.name.v == name.v) {
                    Some(index) => match &instance.params[index] {
                        Some(bound) => Some(bound.clone()),
                        None => {
                            self.no_value(at, name.span, &name.v);
                            None
                        }
                    },
                    None => {
                        let names = params.iter().map(|p| p.name.v.as_str());
                        let hint = did_you_mean(&name.v, names)
                            .unwrap_or_else(|| "declare it under `params` of the graph".into());
                        self.findings.push(
                            Diagnostic::error(
                                "unknown-param",
                                format!("the graph has no param `{}`", name.v),
                            )
                            .at(loaded.document.at(name.span))
                            .hint(hint),
                        );
                        None
                    }
                }
            }
        }
    }

    fn no_value(&mut self, at: usize, span: pellucid_source::Span, name: &str) {
        // Only the outermost graph is told here: a graph used as a node has been told at its use.
        let instance = &self.out.instances[at];
        if instance.user.is_some() {
            return;
        }
        let document = &self.out.loaded[instance.file].document;
        let declared = document.params.iter().find(|param| param.name.v == name);
        if declared.is_some_and(|param| param.default.is_some()) {
            return;
        }
        let finding = Diagnostic::error("missing-param", format!("param `{name}` has no value"))
            .at(document.at(span))
            .hint(format!("give it a default, or pass --set {name}=VALUE"));
        self.findings.push(finding);
    }

    fn missing_param(&mut self, place: Place, node: &str, param: &str) {
        self.findings.push(
            Diagnostic::error("missing-param", format!("{node} needs a `{param}`"))
                .at(place)
                .node(node)
                .port(param)
                .hint(format!("add \"{param}\" under its \"params\"")),
        );
    }

    fn unknown_settings<'n>(
        &mut self,
        document: &Document,
        entry: &NodeEntry,
        what: &str,
        names: impl Iterator<Item = &'n str> + Clone,
    ) {
        for (name, _) in &entry.params {
            if names.clone().any(|n| n == name.v) {
                continue;
            }
            let hint = did_you_mean(&name.v, names.clone()).or_else(|| listed(names.clone()));
            let finding =
                Diagnostic::error("unknown-param", format!("{what} has no param `{}`", name.v))
                    .at(document.at(name.span))
                    .node(&entry.name.v)
                    .port(&name.v);
            self.findings.push(hinted(finding, hint));
        }
    }

    fn unknown_kind(&mut self, document: &Document, entry: &NodeEntry) {
        let graphs = self.rules.world.graph_kinds();
        let names = self.rules.kinds.iter().map(|kind| kind.name.as_str());
        let names = names.chain(graphs.iter().map(String::as_str));
        let hint = did_you_mean(&entry.kind.v, names).unwrap_or_else(|| {
            "`pellucid kinds` lists them; the path of a graph starts with ./".to_owned()
        });
        self.findings.push(
            Diagnostic::error("unknown-kind", format!("there is no kind `{}`", entry.kind.v))
                .at(document.at(entry.kind.span))
                .node(&entry.name.v)
                .hint(hint),
        );
        debug_assert!(!is_graph_path(&entry.kind.v), "paths are looked up while loading");
    }
}

/// `it has a, b, c`, or nothing for an empty list.
pub(super) fn listed<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let names: Vec<_> = names.collect();
    (!names.is_empty()).then(|| format!("it has {}", names.join(", ")))
}

fn located(error: LiteralError, place: Place) -> Diagnostic {
    let finding =
        Diagnostic::error(error.code, error.message).at(Place { span: error.span, ..place });
    hinted(finding, error.hint)
}

fn graph_param_decl(param: &GraphParam) -> ParamDecl {
    ParamDecl {
        name: param.name.v.clone(),
        ty: param.ty.clone(),
        default: None,
        doc: param.note.clone(),
    }
}
