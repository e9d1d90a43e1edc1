//! One way to be wrong, and what must be found.

use std::fs;

use pellucid_graph::{CheckFn, Checked, Cost, Kinds, NodeKind, Out, RunFn};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_tests::Folder;

/// A node of the name `a`: 4x4 pixels, opaque.
pub const A: &str = r#""a": { "kind": "solid", "params": { "width": 4, "height": 4 } }"#;
/// A node of the name `b`: 4x4 pixels, straight alpha.
pub const B: &str =
    r##""b": { "kind": "solid", "params": { "width": 4, "height": 4, "colour": "#ff880080" } }"##;

/// What one finding must be.
pub struct Want {
    pub code: &'static str,
    /// The very text it points at.
    pub at: Option<&'static str>,
    /// The end of the name of the file it points into.
    pub file: Option<&'static str>,
    /// A part of the message.
    pub says: &'static str,
    /// A part of the hint.
    pub hint: &'static str,
}

/// A folder of files, a run in it, and the errors it must give, in order.
pub struct Case {
    pub name: String,
    pub graph: String,
    pub out: String,
    pub set: Vec<String>,
    pub only: Vec<String>,
    pub wants: Vec<Want>,
    /// True when the graph cannot be read at all, so that there is nowhere to point.
    pub placeless: bool,
    files: Vec<(String, Vec<u8>)>,
    prepare: Option<fn(&Folder)>,
}

/// A case with this graph.
pub fn case(name: impl Into<String>, graph: impl Into<Vec<u8>>) -> Case {
    Case {
        name: name.into(),
        graph: "graph.json".into(),
        out: "out".into(),
        set: Vec::new(),
        only: Vec::new(),
        wants: Vec::new(),
        placeless: false,
        files: vec![("graph.json".into(), graph.into())],
        prepare: None,
    }
}

/// A graph with these nodes that writes `a.image`.
pub fn nodes(nodes: &str) -> String {
    graph(nodes, r#""o.png": "a.image""#)
}

/// A graph with these nodes and outputs.
pub fn graph(nodes: &str, outputs: &str) -> String {
    format!("{{ \"nodes\": {{ {nodes} }}, \"outputs\": {{ {outputs} }} }}")
}

impl Case {
    /// One more error: its code, the text it points at, parts of message and hint.
    pub fn finds(
        mut self,
        code: &'static str,
        at: &'static str,
        says: &'static str,
        hint: &'static str,
    ) -> Self {
        self.wants.push(Want { code, at: Some(at), file: None, says, hint });
        self
    }

    /// One more error, whose place has no text worth writing down.
    pub fn finds_somewhere(
        mut self,
        code: &'static str,
        says: &'static str,
        hint: &'static str,
    ) -> Self {
        self.wants.push(Want { code, at: None, file: None, says, hint });
        self
    }

    /// The last error points into this file.
    pub fn inside(mut self, file: &'static str) -> Self {
        self.wants.last_mut().expect("an error comes first").file = Some(file);
        self
    }

    /// The only error is about the graph file itself, which has no text to point at.
    pub fn finds_no_text(
        mut self,
        code: &'static str,
        says: &'static str,
        hint: &'static str,
    ) -> Self {
        self.placeless = true;
        self.finds_somewhere(code, says, hint)
    }

    pub fn file(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.into(), bytes.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.files.retain(|(n, _)| n != name);
        self
    }

    /// What bytes cannot make: links, pipes, folders.
    pub fn prepared(mut self, prepare: fn(&Folder)) -> Self {
        self.prepare = Some(prepare);
        self
    }

    pub fn set(mut self, text: &str) -> Self {
        self.set.push(text.into());
        self
    }

    pub fn only(mut self, output: &str) -> Self {
        self.only.push(output.into());
        self
    }

    /// The file to run in place of `graph.json`.
    pub fn at(mut self, graph: &str) -> Self {
        self.graph = graph.into();
        self
    }

    pub fn out(mut self, out: &str) -> Self {
        self.out = out.into();
        self
    }

    pub fn lay_out(&self, folder: &Folder) {
        for (name, bytes) in &self.files {
            folder.write(name, bytes);
        }
        if let Some(prepare) = self.prepare {
            prepare(folder);
        }
        fs::create_dir_all(folder.path("outside")).expect("a folder");
    }
}

/// The kinds of this program and some that only misbehave, or give what no file format takes.
pub fn kinds() -> Kinds {
    let mut kinds = pellucid_tests::kinds();
    kinds.add(made("twins", 2, |fact| Ok(Image::filled(fact, [0.5; 4]))));
    kinds.add(made("panics", 1, |_| panic!("on purpose")));
    kinds.add(made("breaks_its_word", 1, |fact| {
        Ok(Image::filled(ImageFact { width: fact.width + 1, ..fact }, [0.5; 4]))
    }));
    kinds
}

type Make = fn(ImageFact) -> Result<Image, pellucid_graph::NodeError>;

fn made(name: &str, batch: u32, make: Make) -> NodeKind {
    const IMAGE: Out<Image> = Out::new("image", "A picture.");
    let fact = ImageFact { batch, ..ImageFact::new(4, 4, Alpha::Opaque) };
    NodeKind {
        name: name.into(),
        family: "test".into(),
        docs: "Misbehaves.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Boxed(std::sync::Arc::new(move |_| {
            Ok(Checked::Facts(vec![IMAGE.fact(fact)]))
        })),
        run: RunFn::Boxed(std::sync::Arc::new(move |_| Ok(vec![IMAGE.put(make(fact)?)]))),
    }
}
