//! The order nodes can run in, and what is known of every wire.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use pellucid_source::{Diagnostic, Place, Severity};
use pellucid_value::{Fact, SocketType};
use petgraph::graph::{DiGraph, NodeIndex};

use super::wires::TypedWire;
use super::{Rules, hinted};
use crate::{
    Arity, Check, Checked, Graph, InputDecl, Kinds, Node, NodeError, NodeKind, Site, Trouble, Wire,
};

/// Indices of nodes, each after those it takes values from. Nodes on a cycle are told and left
/// out.
pub(super) fn order(nodes: &[Node], findings: &mut Vec<Diagnostic>) -> Vec<u32> {
    let wires = nodes.iter().map(|node| node.inputs.iter().map(Vec::len).sum::<usize>()).sum();
    let mut graph = DiGraph::<(), (), u32>::with_capacity(nodes.len(), wires);
    nodes.iter().for_each(|_| {
        graph.add_node(());
    });
    for (index, node) in nodes.iter().enumerate() {
        for wire in node.inputs.iter().flatten() {
            graph.add_edge(NodeIndex::new(wire.node as usize), NodeIndex::new(index), ());
        }
    }
    // Components come with every one after those it leads to.
    let mut order = Vec::with_capacity(nodes.len());
    for component in petgraph::algo::kosaraju_scc(&graph).into_iter().rev() {
        match component[..] {
            [single] if !graph.contains_edge(single, single) => order.push(single.index() as u32),
            _ => {
                let mut members: Vec<usize> = component.iter().map(|i| i.index()).collect();
                members.sort_unstable();
                findings.push(cycle(nodes, &members));
            }
        }
    }
    order
}

/// Tells the shortest way round from the member written first.
fn cycle(nodes: &[Node], members: &[usize]) -> Diagnostic {
    let path = way_round(nodes, members);
    let first = &nodes[members[0]];
    let wires = first.inputs.iter().flatten();
    let wire = path
        .len()
        .checked_sub(2)
        .and_then(|before| wires.into_iter().find(|wire| wire.node as usize == path[before]));
    let place = wire.map_or(first.places.name, |wire| wire.place);
    let mut names: Vec<_> = path.iter().map(|index| nodes[*index].name.as_str()).collect();
    if names.len() > MAX_SHOWN {
        names.splice(MAX_SHOWN / 2..names.len() - MAX_SHOWN / 2, ["..."]);
    }
    Diagnostic::error("cycle", format!("{} takes its own result as an input", first.name))
        .at(place)
        .node(&first.name)
        .hint(format!("take a wire out of {}", names.join(" > ")))
}

/// Nodes of a longer circle are not all named.
const MAX_SHOWN: usize = 12;

/// The nodes of a shortest circle through the first member, which ends where it begins, each
/// taking from the one before it.
fn way_round(nodes: &[Node], members: &[usize]) -> Vec<usize> {
    let first = members[0];
    let among: HashSet<usize> = members.iter().copied().collect();
    let mut taken_by: HashMap<usize, usize> = HashMap::new();
    let mut open = VecDeque::from([first]);
    while let Some(index) = open.pop_front() {
        for wire in nodes[index].inputs.iter().flatten() {
            let before = wire.node as usize;
            if before == first {
                let mut path = vec![first, index];
                while let Some(user) = path.last().and_then(|last| taken_by.get(last)) {
                    path.push(*user);
                }
                return path;
            }
            if among.contains(&before) && !taken_by.contains_key(&before) {
                taken_by.insert(before, index);
                open.push_back(before);
            }
        }
    }
    vec![first]
}

/// Asks every kind what its result will be, in order. Behind a refusal there is silence.
pub(super) fn check(graph: &mut Graph, rules: &Rules, findings: &mut Vec<Diagnostic>) {
    // What stands on a circle is known to nobody, from the start.
    let mut in_order = vec![false; graph.nodes.len()];
    graph.order.iter().for_each(|index| in_order[*index as usize] = true);
    for (node, ordered) in graph.nodes.iter_mut().zip(in_order) {
        if !ordered {
            node.facts = None;
        }
    }
    for position in 0..graph.order.len() {
        let index = graph.order[position] as usize;
        if graph.nodes[index].facts.is_none() {
            continue;
        }
        let result = check_node(graph, index, rules, findings);
        let node = &mut graph.nodes[index];
        match result {
            Some((facts, forward, needs)) => {
                node.facts = Some(facts);
                node.forward = forward;
                node.needs = needs;
            }
            None => node.facts = None,
        }
    }
}

type Known = (Vec<Fact>, Option<Wire>, u64);

fn check_node(
    graph: &Graph,
    index: usize,
    rules: &Rules,
    findings: &mut Vec<Diagnostic>,
) -> Option<Known> {
    let node = &graph.nodes[index];
    let mut facts = Vec::with_capacity(node.inputs.len());
    let mut sound = true;
    for (decl, wires) in node.kind.inputs.iter().zip(&node.inputs) {
        let mut of_input = Vec::with_capacity(wires.len());
        for wire in wires {
            match graph.fact(*wire) {
                Some(fact) if decl.types.contains(&fact.socket_type()) => of_input.push(fact),
                Some(fact) => {
                    sound = false;
                    findings.push(type_mismatch(graph, rules.kinds, node, decl, *wire, fact));
                }
                None => sound = false,
            }
        }
        facts.push(of_input);
    }
    if !sound {
        return None;
    }
    let cx = Check {
        kind: &node.kind,
        inputs: &facts,
        params: &node.params,
        world: rules.world,
        needs: Cell::new(0),
        warnings: RefCell::default(),
    };
    let checked = catch_unwind(AssertUnwindSafe(|| node.kind.check.call(&cx)));
    let Ok(checked) = checked else {
        findings.push(broken_kind(node));
        return None;
    };
    let needs = cx.needs.get();
    let told = cx.warnings.into_inner().into_iter().map(|warning| Diagnostic {
        severity: Severity::Warning,
        code: "noticed",
        ..locate(graph, node, warning)
    });
    findings.extend(told);
    match checked {
        Ok(Checked::Facts(facts)) if fits(node, &facts) => Some((facts, None, needs)),
        Ok(Checked::Forward(input)) => match forwarded(node, input) {
            Some(wire) => {
                let wire = graph.source(wire);
                Some((vec![graph.fact(wire)?.clone()], Some(wire), 0))
            }
            None => {
                findings.push(broken_kind(node));
                None
            }
        },
        Ok(Checked::Facts(_)) => {
            findings.push(broken_kind(node));
            None
        }
        Err(error) => {
            findings.push(locate(graph, node, error));
            None
        }
    }
}

fn fits(node: &Node, facts: &[Fact]) -> bool {
    let outputs = &node.kind.outputs;
    outputs.len() == facts.len()
        && outputs.iter().zip(facts).all(|(o, fact)| o.types.contains(&fact.socket_type()))
}

fn forwarded(node: &Node, input: &str) -> Option<Wire> {
    let index = node.kind.inputs.iter().position(|decl| decl.name == input)?;
    match (node.inputs[index].as_slice(), node.kind.outputs.len()) {
        ([wire], 1) => Some(*wire),
        _ => None,
    }
}

fn broken_kind(node: &Node) -> Diagnostic {
    let message = format!("{} does not keep its own declaration", node.kind.name);
    Diagnostic::error("broken-kind", message)
        .at(node.places.name)
        .node(&node.name)
        .hint("this is a fault of the kind, not of the graph")
}

fn type_mismatch(
    graph: &Graph,
    kinds: &Kinds,
    node: &Node,
    input: &InputDecl,
    wire: Wire,
    fact: &Fact,
) -> Diagnostic {
    let source = &graph.nodes[wire.node as usize];
    let output = &source.kind.outputs[wire.output as usize].name;
    let wanted: Vec<_> = input.types.iter().map(|ty| ty.name()).collect();
    let (wanted, found) = (wanted.join(" or "), fact.socket_type());
    let message = format!(
        "`{}` takes {wanted}, but {}.{output} is {}",
        input.name,
        source.name,
        found.name()
    );
    let finding = Diagnostic::error("type-mismatch", message)
        .at(wire.place)
        .note(source.places.name, format!("{} is made here", source.name))
        .node(&node.name)
        .port(&input.name);
    hinted(finding, what_fits(kinds, source, found, &input.types))
}

/// Refuses values of another type than a graph used as a node takes.
pub(super) fn check_graph_inputs(
    graph: &Graph,
    kinds: &Kinds,
    typed: &[TypedWire],
    findings: &mut Vec<Diagnostic>,
) {
    for TypedWire { wire, input, node, ty } in typed {
        let Some(found) = graph.fact(*wire).map(Fact::socket_type) else { continue };
        if found != *ty {
            let source = &graph.nodes[wire.node as usize];
            let output = &source.kind.outputs[wire.output as usize].name;
            let (is, wanted) = (found.name(), ty.name());
            let message = format!("`{input}` takes {wanted}, but {}.{output} is {is}", source.name);
            let finding = Diagnostic::error("type-mismatch", message)
                .at(wire.place)
                .note(source.places.name, format!("{} is made here", source.name))
                .node(node)
                .port(input);
            findings.push(hinted(finding, what_fits(kinds, source, found, &[*ty])));
        }
    }
}

/// What could be wired instead: another output of the node, or a node in between.
fn what_fits(
    kinds: &Kinds,
    source: &Node,
    found: SocketType,
    wanted: &[SocketType],
) -> Option<String> {
    other_output(source, wanted).or_else(|| {
        let between = between(kinds, found, wanted);
        (!between.is_empty()).then(|| format!("put a node in between: {}", between.join(", ")))
    })
}

/// Another output of the same node that would fit.
fn other_output(source: &Node, types: &[SocketType]) -> Option<String> {
    let fits = |o: &&crate::OutputDecl| o.types.iter().any(|ty| types.contains(ty));
    let output = source.kind.outputs.iter().find(fits)?;
    Some(format!("{}.{} would fit", source.name, output.name))
}

/// No more kinds than these are proposed.
const MOST_BETWEEN: usize = 4;

/// Kinds that need nothing but a value of one type and always give one of the wanted types.
fn between<'a>(kinds: &'a Kinds, from: SocketType, wanted: &[SocketType]) -> Vec<&'a str> {
    let fits = |kind: &&Arc<NodeKind>| {
        let mut needed = kind.inputs.iter().filter(|input| input.arity != Arity::Optional);
        let (first, second) = (needed.next(), needed.next());
        first.is_some_and(|input| input.types.contains(&from))
            && second.is_none()
            && kind.outputs.iter().any(|o| o.types.iter().all(|ty| wanted.contains(ty)))
    };
    let mut found: Vec<&NodeKind> = kinds.iter().filter(fits).map(|kind| &**kind).collect();
    // The plainest are the likeliest; the sort keeps those alike in the order of their names.
    found.sort_by_key(|kind| kind.params.len());
    found.into_iter().map(|kind| kind.name.as_str()).take(MOST_BETWEEN).collect()
}

/// Gives a node's error its place in the files.
pub fn locate(graph: &Graph, node: &Node, error: NodeError) -> Diagnostic {
    let code = match error.trouble {
        Trouble::Refused => "refused",
        Trouble::Missing => "missing-file",
        Trouble::Failed => "failed",
        Trouble::Assertion => "assertion",
        Trouble::Cancelled => "cancelled",
    };
    let mut finding = Diagnostic::error(code, error.message).node(&node.name);
    let mut place: Place = node.places.name;
    match &error.site {
        Site::Node => {}
        Site::Input(name) => {
            finding = finding.port(name);
            let index = node.kind.inputs.iter().position(|decl| decl.name == *name);
            if let Some(wire) = index.and_then(|index| node.inputs[index].first()) {
                place = wire.place;
                let source = &graph.nodes[wire.node as usize];
                finding = finding.note(source.places.name, format!("{name} comes from here"));
            }
        }
        Site::Param(name) => {
            finding = finding.port(name);
            let index = node.kind.params.iter().position(|decl| decl.name == *name);
            place = index.and_then(|index| node.places.params[index]).unwrap_or(place);
        }
    }
    finding = finding.at(place);
    for outer in node.places.within.iter() {
        finding = finding.note(*outer, "in the graph used here");
    }
    hinted(finding, error.hint)
}
