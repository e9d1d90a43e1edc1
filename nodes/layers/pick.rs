//! Takes the picture of one layer.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::transform::{Rect, crop, crop_fact};
use pellucid_pixel::{
    Alpha, Edge, Image, ImageFact, Layer, LayerContent, Layers, Mode, flatten, layers_batch,
};
use pellucid_value::{LayerFactContent, LayersFact, Value};

use super::entries::{by_index, by_name, common_batch, fact_at, layer_at};
use crate::limits::admit;

/// What of a layer is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Canvas,
    AsIs,
    Seen,
}

const TAKEN: &[(&str, Taken)] =
    &[("canvas", Taken::Canvas), ("as_is", Taken::AsIs), ("seen", Taken::Seen)];

const IN: In<Arc<Layers>> = In::new("layers", "The stack of layers.");
const NAME: Param<Option<String>> = Param::text_or_unset(
    "name",
    "The name of the layer or group; the first from the bottom, groups being searched last.",
);
const INDEX: Param<Option<i32>> = Param::<Option<i32>>::int_or_unset(
    "index",
    "Instead of a name: 0 is the bottom entry of the stack, -1 the top one.",
)
.range(-1_000_000, 1_000_000);
const TAKE: Choice<Taken> =
    Choice::new("take", &TAKEN, "What of the layer is taken.").meanings(meaning);
const OUT: Out<Image> = Out::new("image", "The picture of the layer.");

/// The record of `pick`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "pick".into(),
        family: "layers".into(),
        docs: "Takes the picture of one layer out of a stack, by name or by index, whether it is \
               visible or not. A group is merged first."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![NAME.decl(), INDEX.decl(), TAKE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn meaning(word: &str) -> &'static str {
    match word {
        "canvas" => "its pixels, without mask and opacity, in their place on the canvas",
        "as_is" => "its pixels, without mask, opacity and place; a group has the whole canvas",
        "seen" => "what it alone shows on the canvas, with mask and opacity",
        _ => "",
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let stack = cx.fact(IN);
    let path = path(&stack, cx.params())?;
    let layer = fact_at(&stack.layers, &path).ok_or_else(lost)?;
    let (width, height) = (stack.width, stack.height);
    let flat = |batch| ImageFact { batch, ..ImageFact::new(width, height, Alpha::Premultiplied) };
    let fact = match (&layer.content, cx.choice(TAKE)) {
        (LayerFactContent::Image(fact, ..), Taken::AsIs) => *fact,
        (LayerFactContent::Image(fact, x, y), Taken::Canvas) => {
            crop_fact(fact, canvas(*x, *y, (width, height)), Edge::Transparent)
        }
        (LayerFactContent::Image(fact, ..), Taken::Seen) => flat(fact.batch),
        (LayerFactContent::Group(_), _) => {
            let only = LayersFact { layers: [layer.clone()].into(), ..stack.clone() };
            flat(common_batch(&[only], IN)?)
        }
    };
    admit(fact.width.into(), fact.height.into(), IN)?;
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let stack = cx.input(IN);
    let path = path(&LayersFact::of(&stack), cx.params())?;
    let layer = layer_at(&stack.layers, &path).ok_or_else(lost)?;
    let size = (stack.width, stack.height);
    cx.step(0, 1)?;
    let picked = match (&layer.content, cx.choice(TAKE)) {
        (LayerContent::Image { image, .. }, Taken::AsIs) => image.clone(),
        (LayerContent::Image { image, x, y }, Taken::Canvas) => {
            crop(image, canvas(*x, *y, size), Edge::Transparent)
        }
        (_, Taken::Seen) => alone(layer.clone(), size)?,
        (LayerContent::Group { .. }, _) => {
            alone(Layer { mask: None, opacity: 1.0, ..layer.clone() }, size)?
        }
    };
    Ok(vec![OUT.put(picked)])
}

/// The canvas as a rectangle of a picture placed on it.
fn canvas(x: i32, y: i32, (width, height): (u32, u32)) -> Rect {
    Rect { x: -i64::from(x), y: -i64::from(y), width, height }
}

/// What an entry shows where nothing else is.
fn alone(layer: Layer, (width, height): (u32, u32)) -> Result<Image, NodeError> {
    let layer = Layer { visible: true, clipped: false, mode: Mode::Normal, ..layer };
    let only = Layers { width, height, layers: vec![layer] };
    if layers_batch(&only).is_none() {
        let message = "masks and pictures of the layer are batches of different sizes";
        return Err(NodeError::new(message).about(IN));
    }
    Ok(flatten(&only))
}

fn path(stack: &LayersFact, params: Params) -> Result<Vec<usize>, NodeError> {
    match (params.get(NAME), params.get(INDEX)) {
        (Some(name), None) => by_name(&stack.layers, &name, NAME),
        (None, Some(index)) => Ok(vec![by_index(stack.layers.len(), index, INDEX)?]),
        (Some(_), Some(_)) => Err(NodeError::at(INDEX, "both a name and an index are given")
            .hint("leave one of them out")),
        (None, None) => {
            Err(NodeError::at(NAME, "neither a name nor an index is given")
                .hint("give one of them"))
        }
    }
}

fn lost() -> NodeError {
    NodeError::new("the layer is gone").about(IN)
}
