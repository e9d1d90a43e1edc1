//! Follows a link to the node that makes its value.

use std::collections::HashSet;
use std::sync::Arc;

use pellucid_source::{Diagnostic, FileId, Json, Span, Spanned};

use super::frames::Frames;
use super::read::{Graph, INPUTS, Mode, Node, Slot, Values, Workflow};
use super::{is_reroute, is_virtual};
use crate::PromptNode;
use crate::check::types_meet;

/// What an input gets.
pub(super) enum Source<'j> {
    /// An output of a node that runs.
    Node { id: Arc<str>, slot: u64, span: Span },
    /// A value that is written down: of a primitive, or of a promoted widget.
    Value(&'j Spanned<Json>),
    /// Nothing said otherwise: the widget's own value.
    Stored,
    /// The value of a widget of another node, which a promoted widget stands for: the instance has
    /// none of its own.
    Widget { frame: usize, node: usize, widget: &'j str },
    /// Nothing: the node that would make it is muted, or a bypassed one has nothing to hand on.
    Nothing,
}

/// Where a link is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct At {
    frame: usize,
    link: i64,
}

/// The next step on the way.
enum Step<'j> {
    On(At),
    Done(Source<'j>),
}

/// Follows the link of an input slot; `place` is the file and the node whose slot it is.
pub(super) fn of_slot<'j>(
    workflow: &Workflow<'j>,
    frames: &Frames<'j>,
    frame: usize,
    slot: &Slot<'j>,
    place: (FileId, &PromptNode),
    findings: &mut Vec<Diagnostic>,
) -> Source<'j> {
    let Some(link) = slot.link else { return Source::Stored };
    let (file, made) = place;
    let mut tell = |code: &'static str, message: String| {
        let message = format!("input `{}` {message}", slot.name);
        let finding = made.error(file, code, None, message).at(link.span.at(file)).port(slot.name);
        findings.push(finding);
    };
    let walk = Walk { workflow, frames, wanted: slot.ty, span: link.span };
    let mut at = At { frame, link: link.v };
    let mut seen = HashSet::new();
    loop {
        if !seen.insert(at) {
            tell("comfy-cycle", "is linked in a circle that no node breaks".into());
            return Source::Nothing;
        }
        match walk.step(at) {
            Ok(Step::On(next)) => at = next,
            Ok(Step::Done(source)) => return source,
            Err(message) => {
                tell("comfy-link", message);
                return Source::Nothing;
            }
        }
    }
}

struct Walk<'w, 'j> {
    workflow: &'w Workflow<'j>,
    frames: &'w Frames<'j>,
    /// Type of the input that asks.
    wanted: &'j str,
    span: Span,
}

impl<'j> Walk<'_, 'j> {
    fn graph(&self, frame: usize) -> &Graph<'j> {
        &self.workflow.graphs[self.frames.list[frame].graph]
    }

    fn step(&self, at: At) -> Result<Step<'j>, String> {
        let graph = self.graph(at.frame);
        let Some(link) = graph.by_link.get(&at.link).map(|index| &graph.links[*index]) else {
            return Err(format!("has link {}, which is not there", at.link));
        };
        let slot = usize::try_from(link.origin_slot).unwrap_or(usize::MAX);
        if link.origin == INPUTS && self.frames.list[at.frame].parent.is_some() {
            return Ok(self.outside(at.frame, slot));
        }
        let Some(index) = graph.by_id.get(&link.origin).copied() else {
            return Err(format!("is linked to node #{}, which is not there", link.origin));
        };
        let node = &graph.nodes[index];
        Ok(match node.mode {
            Mode::Never => Step::Done(Source::Nothing),
            Mode::Bypass => self.past(at.frame, node, slot),
            Mode::Always => match self.frames.list[at.frame].children.get(&index) {
                Some(child) => self.inside(*child, slot, node)?,
                None if self.workflow.definitions.contains_key(node.class) => {
                    // It was refused when it was opened.
                    Step::Done(Source::Nothing)
                }
                None => self.node(at.frame, node, slot),
            },
        })
    }

    /// At a node that is no subgraph.
    fn node(&self, frame: usize, node: &Node<'j>, slot: usize) -> Step<'j> {
        let on = |slot: Option<&Slot>| match slot.and_then(|slot| slot.link) {
            Some(link) => Step::On(At { frame, link: link.v }),
            None => Step::Done(Source::Nothing),
        };
        match node.class {
            class if is_reroute(class) => on(node.inputs.first()),
            "PrimitiveNode" => match node.values {
                Values::Listed([value, ..]) => Step::Done(Source::Value(value)),
                Values::Named([(_, value), ..]) => Step::Done(Source::Value(value)),
                _ => Step::Done(Source::Stored),
            },
            "GetNode" => match self.set_node(frame, node) {
                Some((frame, set)) => match set.inputs.first().and_then(|slot| slot.link) {
                    Some(link) => Step::On(At { frame, link: link.v }),
                    None => Step::Done(Source::Nothing),
                },
                None => Step::Done(Source::Nothing),
            },
            "SetNode" => on(node.inputs.first()),
            class if is_virtual(class) => Step::Done(Source::Nothing),
            _ => {
                let id = Arc::from(format!("{}{}", self.frames.list[frame].prefix, node.id));
                let slot = slot as u64;
                Step::Done(Source::Node { id, slot, span: self.span })
            }
        }
    }

    /// The node that sets what a `GetNode` gets: of the same name, in this graph or one around it.
    fn set_node(&self, frame: usize, get: &Node<'j>) -> Option<(usize, &Node<'j>)> {
        let name = get.first_text()?;
        let mut at = Some(frame);
        while let Some(frame) = at {
            let graph = self.graph(frame);
            if let Some(set) = graph.setters.get(name) {
                return Some((frame, &graph.nodes[*set]));
            }
            at = self.frames.list[frame].parent.map(|(parent, _)| parent);
        }
        None
    }

    /// Past a bypassed node: which of its inputs stands for the output that is asked for.
    fn past(&self, frame: usize, node: &Node<'j>, slot: usize) -> Step<'j> {
        let wanted = self.wanted;
        let same = || node.inputs.get(slot);
        let input = if wanted == "*" || wanted.is_empty() {
            same().or_else(|| node.inputs.first())
        } else {
            let gives = node.outputs.get(slot).map_or("*", |output| output.ty);
            let fits = |input: &&Slot| types_meet(input.ty, gives) && types_meet(input.ty, wanted);
            same()
                .filter(fits)
                .or_else(|| node.inputs.iter().find(|input| input.ty == wanted))
                .or_else(|| node.inputs.iter().find(|input| types_meet(input.ty, wanted)))
        };
        match input.and_then(|input| input.link) {
            Some(link) => Step::On(At { frame, link: link.v }),
            None => Step::Done(Source::Nothing),
        }
    }

    /// From inside a subgraph to what its instance has at an input.
    fn outside(&self, frame: usize, slot: usize) -> Step<'j> {
        let within = &self.frames.list[frame];
        let (Some((parent, node)), Some(input)) =
            (within.parent, self.graph(frame).inputs.get(slot))
        else {
            return Step::Done(Source::Nothing);
        };
        let node = &self.graph(parent).nodes[node];
        let given = node.inputs.iter().find(|given| given.name == input.name);
        if let Some(link) = given.and_then(|given| given.link) {
            return Step::On(At { frame: parent, link: link.v });
        }
        match within.values.get(&slot) {
            Some(value) => Step::Done(Source::Value(value)),
            None => Step::Done(self.first_widget(frame, slot).unwrap_or(Source::Stored)),
        }
    }

    /// The widget that an input of a definition goes to, the first of several.
    fn first_widget(&self, frame: usize, slot: usize) -> Option<Source<'j>> {
        let graph = self.graph(frame);
        let links = graph.from_inputs.get(&(slot as i64))?.iter().map(|at| &graph.links[*at]);
        links
            .filter_map(|link| {
                let node = *graph.by_id.get(&link.target)?;
                let taken = |s: &&Slot| s.link.is_some_and(|taken| taken.v == link.id);
                let widget = graph.nodes[node].inputs.iter().find(taken)?.widget?;
                Some(Source::Widget { frame, node, widget })
            })
            .next()
    }

    /// From an output of an instance to what makes it inside.
    fn inside(&self, child: usize, slot: usize, node: &Node) -> Result<Step<'j>, String> {
        let graph = self.graph(child);
        let Some(output) = graph.outputs.get(slot) else {
            return Err(format!(
                "is linked to output {slot} of node #{}, which has {} outputs",
                node.id,
                graph.outputs.len()
            ));
        };
        let listed = output.links.iter().find(|id| graph.by_link.contains_key(id)).copied();
        let ends = || graph.to_outputs.get(&(slot as i64)).copied();
        let link = listed.or_else(ends);
        Ok(match link {
            Some(link) => Step::On(At { frame: child, link }),
            None => Step::Done(Source::Nothing),
        })
    }
}
