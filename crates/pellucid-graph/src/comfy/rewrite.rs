//! What a rewrite works with: the inputs that were given, and the nodes it makes.

use std::sync::Arc;

use pellucid_source::{Number, Span};

use super::trouble::wrong;
use super::{Bundle, ComfyTrouble, Literal, Named, Origin, Stands, Wired};
use crate::document::WireName;

/// An input of a node as given, checked against its declaration and converted to its type.
#[derive(Clone, Debug)]
pub struct GivenInput {
    /// ComfyUI's name of it.
    pub name: String,
    /// What was given.
    pub stands: Stands,
    /// ComfyUI's type of it: that of the output it comes from, or of the input for a literal.
    pub ty: String,
}

/// One ComfyUI node on its way to nodes of ours.
pub struct Rewrite<'a> {
    /// Id of the ComfyUI node.
    pub id: Arc<str>,
    /// Where its class is written.
    pub span: Span,
    /// Its name for nodes that stand for it: from its title, in `snake_case`.
    pub name: String,
    /// What was given to it; what was left out is not here.
    pub inputs: Vec<GivenInput>,
    /// What stands for each output slot so far.
    pub outputs: Vec<Stands>,
    /// Nodes made so far.
    pub nodes: Vec<MadeNode>,
    /// Files to write.
    pub saved: Vec<Saved>,
    /// What is the same for all nodes of the workflow.
    pub scope: &'a mut dyn RewriteScope,
}

/// What a rewrite needs of the workflow as a whole.
pub trait RewriteScope {
    /// The name itself, or one like it that no node has yet.
    fn unique(&mut self, name: &str) -> String;
}

/// A node that was made.
#[derive(Clone, Debug)]
pub struct MadeNode {
    /// Its name, unique.
    pub name: String,
    /// What it is an instance of.
    pub kind: String,
    /// Wires by input.
    pub inputs: Vec<(String, Vec<Wired>)>,
    /// Literals by param.
    pub params: Vec<(String, Literal)>,
}

/// A file to write.
#[derive(Clone, Debug)]
pub struct Saved {
    /// What to write.
    pub from: Wired,
    /// As what.
    pub save: SaveAs,
}

/// As what a value is saved.
#[derive(Clone, Debug)]
pub enum SaveAs {
    /// A PNG, 8 bits rounded down, numbered behind its prefix.
    Image {
        /// Folders and first part of the name.
        prefix: Literal,
    },
    /// A latent, numbered behind its prefix.
    Latent {
        /// Folders and first part of the name.
        prefix: Literal,
    },
    /// A look at a picture, a matte or a text: written, and written over the next time.
    Preview {
        /// The suffix to write it with.
        suffix: &'static str,
    },
}

impl Rewrite<'_> {
    /// What was given to an input, if anything.
    pub fn given(&self, input: &str) -> Option<&Stands> {
        self.inputs.iter().find(|given| given.name == input).map(|given| &given.stands)
    }

    /// ComfyUI's type of what was given to an input; empty when nothing was.
    pub fn type_given(&self, input: &str) -> &str {
        self.inputs.iter().find(|given| given.name == input).map_or("", |given| &given.ty)
    }

    /// The wire at an input.
    ///
    /// # Errors
    /// When there is none.
    pub fn wire(&self, input: &str) -> Result<Wired, ComfyTrouble> {
        self.wire_if_given(input)?.ok_or_else(|| ComfyTrouble::missing(input))
    }

    /// The wire at an input that may be left out.
    ///
    /// # Errors
    /// When something else than a wire was given.
    pub fn wire_if_given(&self, input: &str) -> Result<Option<Wired>, ComfyTrouble> {
        match self.given(input) {
            None => Ok(None),
            Some(Stands::Wire(wire)) => Ok(Some(wire.clone())),
            Some(stands) => Err(ComfyTrouble::other(input, "the output of a node", stands)),
        }
    }

    /// The parts of what is at an input.
    ///
    /// # Errors
    /// When nothing or something else was given.
    pub fn bundle(&self, input: &str) -> Result<Bundle, ComfyTrouble> {
        match self.given(input) {
            None => Err(ComfyTrouble::missing(input)),
            Some(Stands::Bundle(bundle)) => Ok(bundle.clone()),
            Some(stands) => Err(ComfyTrouble::other(input, "a setup", stands)),
        }
    }

    /// The literal at an input, converted to the input's type.
    ///
    /// # Errors
    /// When nothing was given, or a wire, whose value is not known before it runs.
    pub fn literal(&self, input: &str) -> Result<Literal, ComfyTrouble> {
        self.literal_if_given(input)?.ok_or_else(|| ComfyTrouble::missing(input))
    }

    /// The literal at an input that may be left out.
    ///
    /// # Errors
    /// When something else than a literal was given.
    pub fn literal_if_given(&self, input: &str) -> Result<Option<Literal>, ComfyTrouble> {
        match self.given(input) {
            None => Ok(None),
            Some(Stands::Literal(literal)) => Ok(Some(literal.clone())),
            Some(stands) => Err(ComfyTrouble::other(input, "a literal", stands)),
        }
    }

    /// The text or the word at an input.
    ///
    /// # Errors
    /// As [`Rewrite::literal`].
    pub fn text(&self, input: &str) -> Result<String, ComfyTrouble> {
        let literal = self.literal(input)?;
        let text = literal.json.as_text().map(str::to_owned);
        text.ok_or_else(|| wrong(input, "text", &literal))
    }

    /// The number at an input.
    ///
    /// # Errors
    /// As [`Rewrite::literal`].
    pub fn float(&self, input: &str) -> Result<f64, ComfyTrouble> {
        let literal = self.literal(input)?;
        let number = literal.json.as_number().and_then(Number::as_f64);
        number.ok_or_else(|| wrong(input, "a number", &literal))
    }

    /// The whole number at an input.
    ///
    /// # Errors
    /// As [`Rewrite::literal`].
    pub fn int(&self, input: &str) -> Result<i128, ComfyTrouble> {
        let literal = self.literal(input)?;
        let number = literal.json.as_number().and_then(crate::literal::int_of);
        number.ok_or_else(|| wrong(input, "a whole number", &literal))
    }

    /// true or false at an input.
    ///
    /// # Errors
    /// As [`Rewrite::literal`].
    pub fn flag(&self, input: &str) -> Result<bool, ComfyTrouble> {
        let literal = self.literal(input)?;
        literal.json.as_bool().ok_or_else(|| wrong(input, "true or false", &literal))
    }

    /// A literal worked out from what was given to an input: it stands where that stands.
    pub fn derived(&self, input: &str, value: impl Into<Literal>) -> Literal {
        let Literal { json, .. } = value.into();
        let (span, origin) = match self.given(input) {
            Some(Stands::Literal(l)) => (l.span, l.origin.clone()),
            Some(Stands::Wire(w)) => (w.span, w.origin.clone()),
            _ => (None, Some(Origin { node: self.id.clone(), input: input.into() })),
        };
        Literal { json, span, origin }
    }

    /// Begins the node that stands for the ComfyUI node: it gets its name.
    pub fn node(&mut self, kind: &str) -> NodeBuilder<'_> {
        let name = self.scope.unique(&self.name);
        self.begin(name, kind)
    }

    /// Begins a node beside the one that stands for the ComfyUI node: its name says its kind.
    pub fn helper(&mut self, kind: &str) -> NodeBuilder<'_> {
        let name = self.scope.unique(&format!("{}_{kind}", self.name));
        self.begin(name, kind)
    }

    fn begin(&mut self, name: String, kind: &str) -> NodeBuilder<'_> {
        let node = MadeNode { name, kind: kind.into(), inputs: Vec::new(), params: Vec::new() };
        NodeBuilder { node, into: &mut self.nodes }
    }

    /// Says what stands for an output slot.
    pub fn output(&mut self, slot: usize, stands: impl Into<Stands>) {
        while self.outputs.len() <= slot {
            self.outputs.push(Stands::Nothing("this output has no equal here".into()));
        }
        self.outputs[slot] = stands.into();
    }

    /// Writes a file.
    pub fn save(&mut self, from: Wired, save: SaveAs) {
        self.saved.push(Saved { from, save });
    }
}

/// A node that is being made; [`NodeBuilder::add`] adds it.
#[must_use]
pub struct NodeBuilder<'a> {
    node: MadeNode,
    into: &'a mut Vec<MadeNode>,
}

/// A node that was added, to take wires from.
#[derive(Clone, Debug)]
pub struct Made {
    name: String,
}

impl NodeBuilder<'_> {
    /// The same node with a wire at an input; given again, the input takes both.
    pub fn wire(mut self, input: impl Named, wire: Wired) -> Self {
        let name = input.name();
        match self.node.inputs.iter_mut().find(|(input, _)| *input == name) {
            Some((_, wires)) => wires.push(wire),
            None => self.node.inputs.push((name, vec![wire])),
        }
        self
    }

    /// The same node with a wire at an input, if there is one.
    pub fn wire_if(self, input: impl Named, wire: Option<Wired>) -> Self {
        match wire {
            Some(wire) => self.wire(input, wire),
            None => self,
        }
    }

    /// The same node with a param set.
    pub fn set(mut self, param: impl Named, value: impl Into<Literal>) -> Self {
        self.node.params.push((param.name(), value.into()));
        self
    }

    /// The same node with a param set, if there is a value.
    pub fn set_if(self, param: impl Named, value: Option<Literal>) -> Self {
        match value {
            Some(value) => self.set(param, value),
            None => self,
        }
    }

    /// Adds the node.
    pub fn add(self) -> Made {
        let name = self.node.name.clone();
        self.into.push(self.node);
        Made { name }
    }
}

impl Made {
    /// One of its outputs.
    pub fn out(&self, output: impl Named) -> Wired {
        let wire = WireName { node: self.name.clone(), output: output.name() };
        Wired { wire, span: None, origin: None }
    }
}
