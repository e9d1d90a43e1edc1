//! A session that lives through a thousand random edits gives, after each, the very bits that a
//! fresh one gives.

use std::collections::BTreeMap;

use pellucid_graph::{Budget, Cancel};
use pellucid_host::Options;
use pellucid_tests::{Folder, read_pixels, told_findings};
use serde_json::{Map, Value, json};

/// A small generator of its own: the edits must be the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn unit(&mut self) -> f64 {
        (self.next() % 1000) as f64 / 1000.0
    }
}

/// Nodes in the order they were made; a node takes only from earlier ones, so that no edit makes
/// a circle. All pictures have one size.
struct Edited {
    random: Random,
    nodes: BTreeMap<usize, Value>,
    next: usize,
}

impl Edited {
    fn new(seed: u64) -> Self {
        let mut edited = Self { random: Random(seed), nodes: BTreeMap::new(), next: 0 };
        (0..6).for_each(|_| edited.add());
        edited
    }

    fn name(n: usize) -> String {
        format!("n{n}")
    }

    fn wire(&mut self, before: usize) -> Option<String> {
        let earlier: Vec<usize> = self.nodes.keys().copied().filter(|n| *n < before).collect();
        let from = *earlier.get(self.random.below(earlier.len().max(1)))?;
        Some(format!("{}.image", Self::name(from)))
    }

    fn node(&mut self, n: usize) -> Value {
        let kind = self.random.pick(&[
            "solid",
            "checkerboard",
            "blur",
            "merge",
            "merge",
            "invert",
            "offset",
        ]);
        let r = self.random.unit();
        match (kind, self.wire(n), self.wire(n)) {
            ("blur", Some(image), _) => {
                json!({ "kind": "blur", "inputs": { "image": image }, "params": { "sigma": r * 3.0 } })
            }
            ("merge", Some(bg), Some(fg)) => {
                let mode = self.random.pick(&["over", "multiply", "screen", "xor", "plus", "hue"]);
                json!({ "kind": "merge", "inputs": { "bg": bg, "fg": fg }, "params": { "mode": mode, "opacity": r } })
            }
            ("invert", Some(image), _) => json!({ "kind": "invert", "inputs": { "image": image } }),
            ("offset", Some(image), _) => json!({
                "kind": "offset", "inputs": { "image": image }, "params": { "x": (r * 9.0).floor() - 4.0 },
            }),
            ("checkerboard", ..) => json!({
                "kind": "checkerboard", "params": { "width": 17, "height": 13, "size": 1 + (r * 5.0) as u32 },
            }),
            _ => json!({
                "kind": "solid", "params": { "width": 17, "height": 13, "colour": [r, 1.0 - r, 0.5, 0.5 + r / 2.0] },
            }),
        }
    }

    fn add(&mut self) {
        let n = self.next;
        self.next += 1;
        let node = self.node(n);
        self.nodes.insert(n, node);
    }

    /// One edit as a person makes them: a node more, a node changed, a wire moved, one less.
    fn edit(&mut self) {
        let keys: Vec<usize> = self.nodes.keys().copied().collect();
        let at = keys[self.random.below(keys.len())];
        match self.random.below(10) {
            0..=2 if keys.len() < 14 => self.add(),
            3 if keys.len() > 4 => self.remove(at),
            _ => {
                let node = self.node(at);
                self.nodes.insert(at, node);
            }
        }
    }

    /// What took from the removed node takes from what it took from, or becomes another node.
    fn remove(&mut self, at: usize) {
        self.nodes.remove(&at);
        let gone = format!("{}.image", Self::name(at));
        let users: Vec<usize> = self
            .nodes
            .iter()
            .filter(|(_, node)| node.to_string().contains(&format!("\"{gone}\"")))
            .map(|(n, _)| *n)
            .collect();
        for user in users {
            let node = self.node(user);
            self.nodes.insert(user, node);
        }
    }

    fn graph(&self) -> Value {
        let nodes: Map<String, Value> =
            self.nodes.iter().map(|(n, node)| (Self::name(*n), node.clone())).collect();
        let last = *self.nodes.keys().next_back().unwrap();
        let middle = *self.nodes.keys().nth(self.nodes.len() / 2).unwrap();
        json!({
            "nodes": nodes,
            "outputs": {
                "last.safetensors": format!("{}.image", Self::name(last)),
                "middle.safetensors": format!("{}.image", Self::name(middle)),
            },
        })
    }
}

fn check(seed: u64, edits: usize) {
    let folder = Folder::new();
    let mut edited = Edited::new(seed);
    folder.write("graph.json", edited.graph().to_string());
    // Little room, so that results are forgotten and made again on the way.
    let budget = Budget { keep: 20_000, max_age: 3, ..Budget::default() };
    let living = folder.session(Options { budget, out: folder.path("living"), ..folder.options() });
    for edit in 0..edits {
        edited.edit();
        folder.write("graph.json", edited.graph().to_string());
        let report = living.session.run(&Cancel::default());
        assert!(report.is_ok(), "seed {seed} edit {edit}: {}", told_findings(&report));
        let fresh =
            folder.session(Options { threads: 1, out: folder.path("fresh"), ..folder.options() });
        assert!(fresh.session.run(&Cancel::default()).is_ok());
        for output in ["last", "middle"] {
            let read =
                |dir: &str| read_pixels(&folder.path(&format!("{dir}/{output}.safetensors")));
            let (living, fresh) = (read("living"), read("fresh"));
            assert_eq!(living.shape, fresh.shape, "seed {seed} edit {edit} {output}");
            let same =
                living.values.iter().zip(&fresh.values).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "seed {seed} edit {edit} {output}");
        }
    }
}

#[test]
fn a_thousand_random_edits_give_the_bits_of_a_fresh_run() {
    (0..10).for_each(|seed| check(seed, 100));
}
