//! UI format: read, open subgraphs, name widget values, follow links.

mod frames;
mod notes;
mod read;
mod source;
mod widgets;

use std::collections::HashMap;
use std::sync::Arc;

use pellucid_graph::comfy::{ComfyClass, ComfyType};
use pellucid_source::{Diagnostic, FileId, Json, Spanned};

use crate::prompt::Classes;
use crate::{Moment, Prompt, PromptInput, PromptNode, PromptValue, texts};
use frames::{Frames, frames};
use read::{Mode, Node, Workflow};
use source::Source;

/// Classes that ComfyUI's editor resolves itself and never runs.
pub(super) fn is_virtual(class: &str) -> bool {
    is_reroute(class) || matches!(class, "PrimitiveNode" | "GetNode" | "SetNode") || is_note(class)
}

pub(super) fn is_reroute(class: &str) -> bool {
    matches!(class, "Reroute" | "Reroute (rgthree)")
}

/// Classes that only say or steer something in the editor.
pub(super) fn is_note(class: &str) -> bool {
    matches!(
        class,
        "Note"
            | "MarkdownNote"
            | "Label (rgthree)"
            | "Bookmark (rgthree)"
            | "Fast Groups Bypasser (rgthree)"
            | "Fast Groups Muter (rgthree)"
            | "Fast Bypasser (rgthree)"
            | "Fast Muter (rgthree)"
    )
}

/// Reads a workflow in UI format and flattens it to what ComfyUI would run.
pub(crate) fn read(
    json: &Spanned<Json>,
    file: FileId,
    classes: &Classes,
    now: &Moment,
    findings: &mut Vec<Diagnostic>,
) -> Prompt {
    let workflow = read::workflow(json, file, findings);
    let frames = frames(&workflow, file, findings);
    let mut flat = Flat { workflow: &workflow, frames: &frames, classes, file, findings };
    let mut prompt = Prompt { nodes: Vec::new(), notes: notes::notes(&workflow, &frames) };
    let mut called = Vec::new();
    for (frame, node) in frames.nodes(&workflow) {
        if let Some(made) = flat.node(frame, node) {
            called.push(node.called);
            prompt.nodes.push(made);
        }
    }
    name_files(&mut prompt, &called, now);
    prompt
}

/// Replaces dates and values in the first parts of file names. `called` is each node's "Node name for
/// S&R".
pub(crate) fn name_files(prompt: &mut Prompt, called: &[Option<&str>], now: &Moment) {
    let (mut by_name, mut by_title) = (HashMap::new(), HashMap::new());
    for (at, node) in prompt.nodes.iter().enumerate() {
        by_title.entry(node.title.as_deref().unwrap_or(&node.class)).or_insert(at);
        if let Some(called) = called.get(at).copied().flatten() {
            by_name.entry(called).or_insert(at);
        }
    }
    let value = |node: &str, widget: &str| {
        let at = by_name.get(node).or_else(|| by_title.get(node)).copied()?;
        match &prompt.nodes[at].input(widget)?.value {
            PromptValue::Literal(json) => match &json.v {
                Json::Text(text) => Some(text.clone()),
                Json::Number(number) => Some(number.text.to_string()),
                Json::Bool(flag) => Some(flag.to_string()),
                _ => None,
            },
            PromptValue::Link { .. } => None,
        }
    };
    let mut renamed = Vec::new();
    for (at, node) in prompt.nodes.iter().enumerate() {
        for (slot, input) in node.inputs.iter().enumerate() {
            let PromptValue::Literal(json) = &input.value else { continue };
            let Json::Text(text) = &json.v else { continue };
            if input.name == "filename_prefix" && text.contains('%') {
                renamed.push((at, slot, texts::file_prefix(text, now, value)));
            }
        }
    }
    for (at, slot, text) in renamed {
        if let PromptValue::Literal(json) = &mut prompt.nodes[at].inputs[slot].value {
            json.v = Json::Text(text);
        }
    }
}

struct Flat<'a> {
    workflow: &'a Workflow<'a>,
    frames: &'a Frames<'a>,
    classes: &'a Classes<'a>,
    file: FileId,
    findings: &'a mut Vec<Diagnostic>,
}

impl<'a> Flat<'a> {
    /// The node as ComfyUI would run it; nothing for what it does not run.
    fn node(&mut self, frame: usize, node: &'a Node<'a>) -> Option<PromptNode> {
        let opened = self.workflow.definitions.contains_key(node.class);
        if node.mode != Mode::Always || is_virtual(node.class) || opened {
            return None;
        }
        let mut made = PromptNode {
            id: Arc::from(format!("{}{}", self.frames.list[frame].prefix, node.id)),
            span: node.span,
            class: node.class.to_owned(),
            title: node.title.map(str::to_owned),
            pack: node.pack.map(str::to_owned),
            inputs: Vec::new(),
        };
        let editions = self.classes.editions(node.class);
        let with = |class: Option<&ComfyClass>, flat: &mut Self| {
            let mut made = made.clone();
            made.inputs = flat.inputs(frame, node, &made, class);
            made
        };
        let best = match editions {
            [] => None,
            [only] => Some(only.class),
            several => {
                // Findings of editions that are not taken are nobody's concern.
                let told = self.findings.len();
                let misfit = |class: &ComfyClass, flat: &mut Self| {
                    let made = with(Some(class), flat);
                    let exact = widgets::fits_exactly(class, node);
                    flat.findings.truncate(told);
                    (crate::check::misfit(class, &made), !exact)
                };
                let fits: Vec<_> = several.iter().map(|e| misfit(e.class, self)).collect();
                let best = (0..fits.len()).min_by_key(|at| fits[*at]);
                best.map(|at| several[at].class)
            }
        };
        made = with(best, self);
        Some(made)
    }

    /// Widget values first, then what links say.
    fn inputs(
        &mut self,
        frame: usize,
        node: &'a Node<'a>,
        made: &PromptNode,
        class: Option<&ComfyClass>,
    ) -> Vec<PromptInput> {
        let mut inputs: Vec<PromptInput> = Vec::new();
        if let Some(class) = class {
            let mut values = widgets::values(class, node, made, self.file, self.findings);
            for (name, value) in self.frames.list[frame].overrides(&node.id) {
                match values.iter_mut().find(|(known, _)| known == name) {
                    Some((_, old)) => *old = value.clone(),
                    None => values.push((name.to_owned(), value.clone())),
                }
            }
            inputs.extend(values.into_iter().map(|(name, value)| PromptInput {
                name,
                span: value.span,
                value: PromptValue::Literal(value),
            }));
        }
        let mut at: HashMap<String, usize> =
            inputs.iter().enumerate().map(|(at, input)| (input.name.clone(), at)).collect();
        for slot in node.inputs.iter().filter(|slot| slot.link.is_some()) {
            let place = (self.file, made);
            let found =
                source::of_slot(self.workflow, self.frames, frame, slot, place, self.findings);
            let value = match found {
                Source::Stored | Source::Nothing => continue,
                Source::Widget { frame, node, widget } => {
                    match self.widget(frame, node, widget, made) {
                        Some(value) => PromptValue::Literal(value),
                        None => continue,
                    }
                }
                Source::Value(json) => PromptValue::Literal(json.clone()),
                Source::Node { id, slot: output, span } => {
                    PromptValue::Link { node: id, slot: output, span }
                }
            };
            let given = PromptInput { name: slot.name.to_owned(), span: slot.span, value };
            match at.get(slot.name) {
                Some(at) => inputs[*at] = given,
                None => {
                    at.insert(slot.name.to_owned(), inputs.len());
                    inputs.push(given);
                }
            }
        }
        if let Some(class) = class {
            choose(class, made, &mut inputs);
        }
        inputs
    }
}

impl Flat<'_> {
    /// The value that a node has for a widget; nothing when its class is not known.
    fn widget(
        &self,
        frame: usize,
        node: usize,
        widget: &str,
        asking: &PromptNode,
    ) -> Option<Spanned<Json>> {
        let node = &self.workflow.graphs[self.frames.list[frame].graph].nodes[node];
        let class = self.classes.editions(node.class).first()?.class;
        // What is wrong with the node's values is told where they are its own.
        let values = widgets::values(class, node, asking, self.file, &mut Vec::new());
        let set = self.frames.list[frame].overrides(&node.id);
        let set = set.filter(|(name, _)| *name == widget).map(|(_, value)| value.clone()).last();
        set.or_else(|| values.into_iter().find(|(name, _)| name == widget).map(|(_, value)| value))
    }
}

/// Takes comments out of prompts, and a choice of every `{a|b}`.
fn choose(class: &ComfyClass, made: &PromptNode, inputs: &mut [PromptInput]) {
    for input in inputs {
        let declared = class.inputs.iter().find(|declared| declared.name == input.name);
        let dynamic =
            declared.is_some_and(|d| matches!(d.ty, ComfyType::Text { dynamic: true, .. }));
        if let (true, PromptValue::Literal(Spanned { v: Json::Text(text), .. })) =
            (dynamic, &mut input.value)
        {
            *text = texts::dynamic_prompt(text, &format!("{}.{}", made.id, input.name));
        }
    }
}
