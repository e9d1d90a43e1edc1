//! Puts the layers of a stack in another order.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::Layers;
use pellucid_source::did_you_mean;
use pellucid_value::{LayerFact, LayersFact, Value};

use super::entries::by_index;

const IN: In<Arc<Layers>> = In::new("layers", "The stack of layers.");
const NAMES: Param<Option<String>> = Param::text_or_unset(
    "names",
    "The new order, bottom first: names separated by commas. Entries that are not named stay \
     above, in their order.",
);
const INDICES: Param<Vec<f64>> = Param::numbers(
    "indices",
    &[],
    "The new order, bottom first, by index: 0 is the bottom entry now, -1 the top one. Entries \
     that are not named stay above, in their order.",
)
.count(0, 65536);
const MOVE: Param<Option<String>> =
    Param::text_or_unset("move", "The name of one entry that goes elsewhere.");
const TO: Param<i32> =
    Param::<i32>::int("to", -1, "Where the entry of `move` goes: 0 is the bottom, -1 the top.")
        .range(-1_000_000, 1_000_000);
const OUT: Out<Arc<Layers>> = Out::new("layers", "The same layers in the new order.");

/// The record of `reorder`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "reorder".into(),
        family: "layers".into(),
        docs: "Puts the entries of a stack in another order: by a list of names or of indices, or \
               by moving one. Groups are moved as a whole."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![NAMES.decl(), INDICES.decl(), MOVE.decl(), TO.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let stack = cx.fact(IN);
    let order = order(&stack.layers, cx.params())?;
    if order.iter().copied().eq(0..stack.layers.len()) {
        return Ok(Checked::Forward("layers"));
    }
    let layers = order.iter().map(|index| stack.layers[*index].clone()).collect();
    Ok(Checked::Facts(vec![OUT.fact(LayersFact { layers, ..stack })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let stack = cx.input(IN);
    let order = order(&LayersFact::of(&stack).layers, cx.params())?;
    let layers = order.iter().map(|index| stack.layers[*index].clone()).collect();
    Ok(vec![OUT.put(Arc::new(Layers { layers, width: stack.width, height: stack.height }))])
}

/// The indices of all entries in their new order, bottom first.
fn order(layers: &[LayerFact], params: Params) -> Result<Vec<usize>, NodeError> {
    let (names, indices, one) = (params.get(NAMES), params.get(INDICES), params.get(MOVE));
    match (names, indices.as_slice(), one) {
        (Some(names), [], None) => by_names(layers, &names),
        (None, [_, ..], None) => by_indices(layers.len(), &indices),
        (None, [], Some(name)) => moved(layers, &name, params.get(TO)),
        (None, [], None) => Err(NodeError::at(NAMES, "no new order is given")
            .hint("give `names`, `indices`, or an entry to `move`")),
        _ => Err(NodeError::at(NAMES, "more than one new order is given")
            .hint("give one of `names`, `indices` and `move`")),
    }
}

fn by_names(layers: &[LayerFact], names: &str) -> Result<Vec<usize>, NodeError> {
    let mut order: Vec<usize> = Vec::new();
    for name in names.split(',').map(str::trim) {
        let matches = |index: &usize| &*layers[*index].name == name && !order.contains(index);
        let index = (0..layers.len()).find(matches).ok_or_else(|| unknown(layers, name, NAMES))?;
        order.push(index);
    }
    Ok(with_the_rest(order, layers.len()))
}

fn by_indices(count: usize, indices: &[f64]) -> Result<Vec<usize>, NodeError> {
    let mut order: Vec<usize> = Vec::new();
    for index in indices {
        let whole = *index as i32;
        if f64::from(whole) != *index {
            return Err(
                NodeError::at(INDICES, format!("{index} is no index")).hint("write whole numbers")
            );
        }
        let place = by_index(count, whole, INDICES)?;
        if order.contains(&place) {
            return Err(NodeError::at(INDICES, format!("entry {whole} is given twice"))
                .hint("give every entry once"));
        }
        order.push(place);
    }
    Ok(with_the_rest(order, count))
}

fn moved(layers: &[LayerFact], name: &str, to: i32) -> Result<Vec<usize>, NodeError> {
    let from = layers.iter().position(|layer| &*layer.name == name);
    let from = from.ok_or_else(|| unknown(layers, name, MOVE))?;
    let to = by_index(layers.len(), to, TO)?;
    let mut order: Vec<usize> = (0..layers.len()).filter(|index| *index != from).collect();
    order.insert(to, from);
    Ok(order)
}

fn with_the_rest(mut order: Vec<usize>, count: usize) -> Vec<usize> {
    let mut given = vec![false; count];
    order.iter().for_each(|index| given[*index] = true);
    order.extend((0..count).filter(|index| !given[*index]));
    order
}

fn unknown(layers: &[LayerFact], name: &str, param: Param<Option<String>>) -> NodeError {
    let taken = layers.iter().any(|layer| &*layer.name == name);
    let name = name.escape_debug().to_string();
    if taken {
        let message = format!("`{name}` is named more often than there are such layers");
        return NodeError::at(param, message).hint("name every layer once");
    }
    let names = layers.iter().map(|layer| &*layer.name);
    let error = NodeError::at(param, format!("there is no layer `{name}` in the stack"));
    match did_you_mean(&name, names) {
        Some(hint) => error.hint(hint),
        None => error.hint("layers inside groups cannot be moved alone"),
    }
}

#[cfg(test)]
mod tests {
    use pellucid_pixel::{Alpha, ImageFact};
    use pellucid_value::LayerFactContent;

    use super::*;

    fn stack(names: &[&str]) -> Vec<LayerFact> {
        let fact = ImageFact::new(1, 1, Alpha::Opaque);
        let content = LayerFactContent::Image(fact, 0, 0);
        names.iter().map(|n| LayerFact { name: (*n).into(), content: content.clone() }).collect()
    }

    #[test]
    fn entries_that_are_not_named_stay_above() {
        let layers = stack(&["a", "b", "c", "d"]);
        assert_eq!(by_names(&layers, "d, b"), Ok(vec![3, 1, 0, 2]));
        assert_eq!(by_indices(4, &[-1.0, 1.0]), Ok(vec![3, 1, 0, 2]));
    }

    #[test]
    fn equal_names_are_taken_bottom_first() {
        let layers = stack(&["a", "b", "a"]);
        assert_eq!(by_names(&layers, "b,a,a"), Ok(vec![1, 0, 2]));
        assert!(by_names(&layers, "a,a,a").is_err());
    }

    #[test]
    fn a_moved_entry_lands_where_it_was_sent() {
        let layers = stack(&["a", "b", "c"]);
        assert_eq!(moved(&layers, "a", -1), Ok(vec![1, 2, 0]));
        assert_eq!(moved(&layers, "c", 0), Ok(vec![2, 0, 1]));
        assert_eq!(moved(&layers, "b", 1), Ok(vec![0, 1, 2]));
        assert!(moved(&layers, "d", 0).is_err() && moved(&layers, "a", 3).is_err());
    }

    #[test]
    fn an_index_is_whole_and_given_once() {
        assert!(by_indices(3, &[0.5]).is_err());
        assert!(by_indices(3, &[0.0, -3.0]).is_err());
    }
}
