//! Makes a layer of a picture.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, OptIn, Out, Param, Params, Run,
    RunFn,
};
use pellucid_pixel::batch::repeated;
use pellucid_pixel::{
    Image, ImageFact, Layer, LayerContent, LayerMask, Layers, Matte, MatteFact, Mode,
};
use pellucid_value::{LayerFact, LayerFactContent, LayersFact, Value};

use crate::limits::admit;
use crate::sizes::{Sized, meet};

const IMAGE: In<Image> = In::new("image", "The picture of the layer.");
const MASK: OptIn<Matte> =
    OptIn::new("mask", "A matte of the size of the picture, multiplied into its alpha.");
const NAME: Param<String> =
    Param::text("name", "layer", "What the layer is called in files and by `pick`.");
const X: Param<i32> =
    Param::<i32>::int("x", 0, "Where the left edge of the picture lies on the canvas, in pixels.")
        .range(-1_000_000, 1_000_000);
const Y: Param<i32> =
    Param::<i32>::int("y", 0, "Where the top edge of the picture lies on the canvas, in pixels.")
        .range(-1_000_000, 1_000_000);
const WIDTH: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "width",
    "Width of the canvas in pixels; that of the picture when left out.",
)
.range(1, 65535);
const HEIGHT: Param<Option<u32>> = Param::<Option<u32>>::int_or_unset(
    "height",
    "Height of the canvas in pixels; that of the picture when left out.",
)
.range(1, 65535);
const MODE: Choice<Mode> =
    Choice::new("mode", &Mode::NAMES, "How the layer meets what is below.").meanings(meaning);
const OPACITY: Param<f64> =
    Param::float("opacity", 1.0, "Scales the alpha of the layer, 0 to 1.").range(0.0, 1.0);
const VISIBLE: Param<bool> =
    Param::bool("visible", true, "A layer that is not is kept in files and left out of pictures.");
const CLIPPED: Param<bool> = Param::bool(
    "clipped",
    false,
    "Shown only inside the nearest layer below that is not clipped itself.",
);
const LAYERS: Out<Arc<Layers>> = Out::new("layers", "A stack of this layer alone.");

/// The record of `layer`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "layer".into(),
        family: "layers".into(),
        docs: "Makes a layer of a picture: a stack of one, to be put on others with `stack`. The \
               picture keeps its alpha state and its colour."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IMAGE.decl(), MASK.decl()],
        params: vec![
            NAME.decl(),
            X.decl(),
            Y.decl(),
            WIDTH.decl(),
            HEIGHT.decl(),
            MODE.decl(),
            OPACITY.decl(),
            VISIBLE.decl(),
            CLIPPED.decl(),
        ],
        outputs: vec![LAYERS.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

/// What a mode does, in one line.
pub fn meaning(word: &str) -> &'static str {
    Mode::from_name(word).map_or("", Mode::formula)
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (image, mask) = (cx.fact(IMAGE), cx.given(MASK));
    let batch = batch(image, mask)?;
    let (width, height) = canvas(image, cx.params());
    let (width, height) = admit(width.into(), height.into(), WIDTH)?;
    let placed = LayerFactContent::Image(ImageFact { batch, ..image }, cx.param(X), cx.param(Y));
    let layer = LayerFact { name: cx.param(NAME).as_str().into(), content: placed };
    let fact = LayersFact { width, height, batch, layers: [layer].into() };
    Ok(Checked::Facts(vec![LAYERS.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, mask) = (cx.input(IMAGE), cx.given(MASK));
    let batch = batch(image.fact, mask.as_ref().map(|mask| mask.fact))?;
    let (width, height) = canvas(image.fact, cx.params());
    let (x, y) = (cx.param(X), cx.param(Y));
    let layer = Layer {
        name: cx.param(NAME),
        content: LayerContent::Image { image: repeated(&image, batch), x, y },
        mode: cx.choice(MODE),
        opacity: cx.param(OPACITY) as f32,
        visible: cx.param(VISIBLE),
        clipped: cx.param(CLIPPED),
        mask: mask.map(|matte| LayerMask { matte, x, y, outside: 0.0 }),
    };
    Ok(vec![LAYERS.put(Arc::new(Layers { width, height, layers: vec![layer] }))])
}

fn canvas(image: ImageFact, params: Params) -> (u32, u32) {
    (params.get(WIDTH).unwrap_or(image.width), params.get(HEIGHT).unwrap_or(image.height))
}

/// The batch of picture and mask; one picture with many masks is repeated.
fn batch(image: ImageFact, mask: Option<MatteFact>) -> Result<u32, NodeError> {
    let of_image = Sized { name: "image", size: image.size(), batch: image.batch };
    let Some(mask) = mask else { return Ok(image.batch) };
    let of_mask = Sized { name: "mask", size: mask.size(), batch: mask.batch };
    meet(of_image, &[(of_mask, MASK.into())])
}
