//! Checking and planning graphs of 10,000 nodes: from the text to the fate of every node.

use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;

use pellucid_host::{MemoryWorld, Options, Session};
use pellucid_tests::kinds;

fn main() {
    divan::main();
}

/// A ladder: every merge takes from two nodes before it, with params and a graph param.
fn graph(nodes: usize) -> String {
    let mut text = String::from(
        "{\"pellucid\":1,\"params\":{\"o\":{\"type\":\"float\",\"default\":0.5}},\"nodes\":{\
         \"n0\":{\"kind\":\"solid\",\"params\":{\"width\":64,\"height\":64}},\
         \"n1\":{\"kind\":\"solid\",\"params\":{\"width\":64,\"height\":64,\"colour\":\"#10203040\"}}",
    );
    for n in 2..nodes {
        let (bg, fg) = (n - 1, n - 2);
        write!(
            text,
            ",\n\"n{n}\":{{\"kind\":\"merge\",\"inputs\":{{\"bg\":\"n{bg}.image\",\"fg\":\"n{fg}.image\"}},\
             \"params\":{{\"mode\":\"screen\",\"opacity\":{{\"param\":\"o\"}},\"seed\":{n}}}}}"
        )
        .expect("writing to a string");
    }
    write!(text, "}},\"outputs\":{{\"end.png\":\"n{}.image\"}}}}", nodes - 1).expect("a string");
    text
}

fn session(nodes: usize) -> Session {
    let world = MemoryWorld::new(Default::default());
    world.put("graph.json", graph(nodes));
    let options = Options { threads: 2, ..Options::new("graph.json", kinds()) };
    Session::within(options, Arc::new(world), Arc::new(|_| {})).expect("a session")
}

#[divan::bench(args = [1_000, 10_000])]
fn check(bencher: divan::Bencher, nodes: usize) {
    let session = session(nodes);
    assert!(session.check().is_sound());
    bencher.bench_local(|| black_box(session.check()));
}

#[divan::bench(args = [1_000, 10_000])]
fn check_key_and_plan(bencher: divan::Bencher, nodes: usize) {
    let session = session(nodes);
    bencher.bench_local(|| black_box(session.explain()));
}

/// The peer: the same text through serde_json into its own tree, which knows no places.
#[divan::bench(args = [10_000])]
fn peer_serde_json_parse_only(bencher: divan::Bencher, nodes: usize) {
    let text = graph(nodes);
    bencher
        .bench_local(|| black_box(serde_json::from_str::<serde_json::Value>(&text).expect("JSON")));
}
