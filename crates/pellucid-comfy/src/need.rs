//! What the output nodes need, in running order.

use std::collections::HashMap;
use std::sync::Arc;

use pellucid_source::{Diagnostic, FileId};

use crate::prompt::Declared;
use crate::{Prompt, PromptNode, PromptValue};

/// Nodes by index, each after those it takes from.
pub(crate) struct Needed {
    pub order: Vec<usize>,
    /// Nodes on a cycle, about which a finding was made.
    pub refused: Vec<bool>,
}

/// Finds what the output nodes need. `declared` is parallel to the nodes.
pub(crate) fn needed(
    prompt: &Prompt,
    declared: &[Option<Declared>],
    file: FileId,
    findings: &mut Vec<Diagnostic>,
) -> Needed {
    let index: HashMap<&str, usize> =
        prompt.nodes.iter().enumerate().map(|(i, node)| (&*node.id, i)).collect();
    let mut walk = Walk {
        prompt,
        sources: prompt
            .nodes
            .iter()
            .zip(declared)
            .map(|(node, declared)| sources(node, *declared, &index))
            .collect(),
        state: vec![State::New; prompt.nodes.len()],
        needed: Needed { order: Vec::new(), refused: vec![false; prompt.nodes.len()] },
        file,
        findings,
    };
    for at in 0..prompt.nodes.len() {
        if declared[at].is_some_and(|declared| declared.class.is_output) {
            walk.from(at);
        }
    }
    walk.needed
}

/// The nodes that a node takes from, by inputs that its class declares.
fn sources(
    node: &PromptNode,
    declared: Option<Declared>,
    index: &HashMap<&str, usize>,
) -> Vec<usize> {
    let Some(declared) = declared else { return Vec::new() };
    let given = declared.class.inputs.iter().filter_map(|input| node.input(&input.name));
    let source = |source: &Arc<str>| index.get(&**source).copied();
    given
        .filter_map(|given| match &given.value {
            PromptValue::Link { node, .. } => source(node),
            PromptValue::Literal(_) => None,
        })
        .collect()
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

struct Walk<'a> {
    prompt: &'a Prompt,
    sources: Vec<Vec<usize>>,
    state: Vec<State>,
    needed: Needed,
    file: FileId,
    findings: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    /// Depth first, with a stack of its own: chains may be as long as the file.
    fn from(&mut self, start: usize) {
        if self.state[start] != State::New {
            return;
        }
        let mut path = vec![(start, 0)];
        self.state[start] = State::Open;
        while let Some((at, next)) = path.last_mut() {
            let at = *at;
            let source = self.sources[at].get(*next).copied();
            *next += 1;
            match source {
                None => {
                    self.state[at] = State::Done;
                    self.needed.order.push(at);
                    path.pop();
                }
                Some(source) => match self.state[source] {
                    State::New => {
                        self.state[source] = State::Open;
                        path.push((source, 0));
                    }
                    State::Open => self.tell_cycle(&path, source),
                    State::Done => {}
                },
            }
        }
    }

    fn tell_cycle(&mut self, path: &[(usize, usize)], start: usize) {
        let from = path.iter().position(|(at, _)| *at == start).unwrap_or(0);
        let ring: Vec<usize> = path[from..].iter().map(|(at, _)| *at).collect();
        let told = ring.iter().any(|at| self.needed.refused[*at]);
        ring.iter().for_each(|at| self.needed.refused[*at] = true);
        if told {
            return;
        }
        let ids = ring.iter().chain([&start]).map(|at| format!("#{}", self.prompt.nodes[*at].id));
        let ids: Vec<String> = ids.collect();
        let node = &self.prompt.nodes[start];
        let message = "it takes its own result as an input";
        let finding = node.error(self.file, "comfy-cycle", None, message);
        self.findings.push(finding.hint(format!("take out a link of {}", ids.join(" < "))));
    }
}
