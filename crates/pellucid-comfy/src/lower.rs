//! From checked ComfyUI nodes to nodes of ours.

use std::collections::{HashMap, HashSet};

use pellucid_graph::Site;
use pellucid_graph::comfy::{
    ComfyInput, ComfyTrouble, Literal, MadeNode, Rewrite, Saved, Stands, Translation, Wired,
};
use pellucid_source::{Diagnostic, FileId, Json};

use crate::check::{LinkEnd, given};
use crate::linked_size;
use crate::names::{Names, snake_case};
use crate::need::Needed;
use crate::prompt::Declared;
use crate::{Prompt, PromptNode};

/// Nodes of ours, and what stands for every output of ComfyUI's.
#[derive(Default)]
pub(crate) struct Lowered {
    /// Nodes, each with the index of the one it stands for.
    pub nodes: Vec<(usize, MadeNode)>,
    /// Files to write, each with the index of the node that does.
    pub saved: Vec<(usize, Saved)>,
    /// By index of the node: what stands for its outputs; nothing when it was refused.
    pub outputs: HashMap<usize, Vec<Stands>>,
}

/// Makes nodes of ours for all that is needed. `declared` is parallel to the prompt's nodes.
pub(crate) fn lower(
    prompt: &Prompt,
    declared: &[Option<Declared>],
    needed: &Needed,
    file: FileId,
    findings: &mut Vec<Diagnostic>,
) -> Lowered {
    let index: HashMap<&str, usize> =
        prompt.nodes.iter().enumerate().map(|(at, node)| (&*node.id, at)).collect();
    let mut lowered = Lowered::default();
    let mut names = Names::default();
    for &at in needed.order.iter().filter(|at| !needed.refused[**at]) {
        let (node, Some(declared_here)) = (&prompt.nodes[at], declared[at]) else { continue };
        let end = |id: &str, slot: u64| {
            let Some(source) = index.get(id) else { return LinkEnd::NoNode };
            let Some(class) = declared[*source].map(|d| d.class) else { return LinkEnd::Refused };
            let slot = usize::try_from(slot).unwrap_or(usize::MAX);
            let Some(output) = class.outputs.get(slot) else {
                return LinkEnd::NoSlot(class.outputs.len());
            };
            match lowered.outputs.get(source) {
                Some(outputs) => match outputs.get(slot) {
                    Some(stands) => LinkEnd::Value(stands, &output.ty),
                    None => LinkEnd::Refused,
                },
                None => LinkEnd::Refused,
            }
        };
        let Some(inputs) = given(declared_here, node, file, end, findings) else { continue };
        let mut cx = Rewrite {
            id: node.id.clone(),
            span: node.span,
            name: name_of(node, declared_here),
            inputs,
            outputs: Vec::new(),
            nodes: Vec::new(),
            saved: Vec::new(),
            scope: &mut names,
        };
        let done = match (&declared_here.class.rewrite, declared_here.kind) {
            (Some(rewrite), _) => rewrite(&mut cx),
            (None, Some(kind)) => plain(&mut cx, declared_here, kind),
            (None, None) => Err(ComfyTrouble::new("this class has no equal here")),
        };
        let Rewrite { nodes, saved, mut outputs, .. } = cx;
        match done {
            Ok(()) => {
                while outputs.len() < declared_here.class.outputs.len() {
                    outputs.push(Stands::Nothing("this output has no equal here".into()));
                }
                lowered.outputs.insert(at, outputs);
                lowered.nodes.extend(nodes.into_iter().map(|made| (at, made)));
                lowered.saved.extend(saved.into_iter().map(|saved| (at, saved)));
            }
            Err(trouble) => findings.push(refusal(node, trouble, file)),
        }
    }
    // Files are written in the order of the nodes that do.
    lowered.saved.sort_by_key(|(at, _)| *at);
    drop_unused(&mut lowered);
    lowered
}

/// A node's name: its title where it has one of its own, else what it does.
fn name_of(node: &PromptNode, declared: Declared) -> String {
    let own = |title: &&String| **title != node.class && **title != declared.class.title;
    let title = node.title.as_ref().filter(own).and_then(|title| snake_case(title));
    let kind = declared.kind.filter(|_| declared.class.rewrite.is_none()).map(str::to_owned);
    title.or(kind).or_else(|| snake_case(&declared.class.title)).unwrap_or_else(|| "node".into())
}

fn refusal(node: &PromptNode, trouble: ComfyTrouble, file: FileId) -> Diagnostic {
    let finding = node.error(file, trouble.code, trouble.input.as_deref(), trouble.message);
    Diagnostic { hint: trouble.hint, ..finding }
}

/// One node of the kind, every input where the declaration says.
fn plain(cx: &mut Rewrite, declared: Declared, kind: &str) -> Result<(), ComfyTrouble> {
    let (mut wires, mut params) = (Vec::<(String, Wired)>::new(), Vec::new());
    let (mut kind, mut sides) = (kind, [].as_slice());
    if let Some(like) = &declared.class.sized_like
        && let Some(picture) = linked_size::picture(cx)?
    {
        wires.push((like.input.clone(), picture));
        (kind, sides) = (&like.kind, linked_size::SIDES.as_slice());
    }
    let inputs = declared.class.inputs.iter();
    for input in inputs.filter(|input| !sides.contains(&&*input.name)) {
        match &input.to {
            Some(Site::Input(name)) => {
                wires.extend(cx.wire_if_given(&input.name)?.map(|wire| (name.clone(), wire)));
            }
            Some(Site::Param(name)) => {
                let literal = cx.literal_if_given(&input.name)?;
                params.extend(literal.map(|l| (name.clone(), translated(input, l))));
            }
            Some(Site::Node) | None => {}
        }
    }
    let mut node = cx.node(kind);
    for (name, wire) in wires {
        node = node.wire(&*name, wire);
    }
    for (name, literal) in params {
        node = node.set(&*name, literal);
    }
    for (name, value) in &declared.class.constants {
        node = node.set(&**name, value.clone());
    }
    let made = node.add();
    for (slot, output) in declared.class.outputs.iter().enumerate() {
        if let Some(from) = &output.from {
            cx.output(slot, made.out(&**from));
        }
    }
    Ok(())
}

fn translated(input: &ComfyInput, literal: Literal) -> Literal {
    let json = match (&input.translation, &literal.json) {
        (Translation::Words(table), Json::Text(word)) => {
            let ours = table.iter().find(|(theirs, _)| theirs == word).map(|(_, ours)| ours);
            Json::Text(ours.unwrap_or(word).clone())
        }
        (Translation::Is(yes), Json::Text(word)) => Json::Bool(**word == **yes),
        (Translation::Flag { yes, no }, Json::Bool(flag)) => {
            if *flag {
                yes.clone()
            } else {
                no.clone()
            }
        }
        (Translation::Colour, Json::Number(number)) => {
            let colour = number.as_u64().unwrap_or_default() & 0xff_ffff;
            Json::Text(format!("#{colour:06x}"))
        }
        (_, json) => json.clone(),
    };
    Literal { json, ..literal }
}

/// Leaves out nodes that no file needs: a rewrite makes nodes for outputs that nobody takes.
fn drop_unused(lowered: &mut Lowered) {
    let by_name: HashMap<&str, usize> =
        lowered.nodes.iter().enumerate().map(|(at, (_, node))| (&*node.name, at)).collect();
    let mut used = HashSet::new();
    let mut waiting: Vec<&str> =
        lowered.saved.iter().map(|(_, saved)| &*saved.from.wire.node).collect();
    while let Some(name) = waiting.pop() {
        let Some(at) = by_name.get(name).filter(|at| used.insert(**at)) else { continue };
        let wires = lowered.nodes[*at].1.inputs.iter().flat_map(|(_, wires)| wires);
        waiting.extend(wires.map(|wire| &*wire.wire.node));
    }
    let mut at = 0;
    lowered.nodes.retain(|_| {
        at += 1;
        used.contains(&(at - 1))
    });
}
