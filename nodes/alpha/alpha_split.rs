//! Takes colour and alpha apart.

use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::alpha::split;
use pellucid_pixel::{Alpha, Image, ImageFact, Matte, MatteFact};
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const COLOUR: Out<Image> =
    Out::new("image", "Straight colour as an opaque picture, with what hides under alpha 0.");
const MATTE: Out<Matte> = Out::new("matte", "Alpha; 1 everywhere for an opaque picture.");

/// The record of `alpha_split`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "alpha_split".into(),
        family: "alpha".into(),
        docs: "Takes a picture apart into straight colour and alpha. `alpha_join` puts them \
               together again."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![],
        outputs: vec![COLOUR.decl(), MATTE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let ImageFact { width, height, batch, .. } = fact;
    if fact.alpha == Alpha::Premultiplied {
        cx.needs(fact.bytes());
    }
    Ok(Checked::Facts(vec![
        COLOUR.fact(ImageFact { alpha: Alpha::Opaque, ..fact }),
        MATTE.fact(MatteFact { width, height, batch }),
    ]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IN);
    let matte = split(&image);
    Ok(vec![COLOUR.put(without_alpha(&image)), MATTE.put(matte)])
}

fn without_alpha(image: &Image) -> Image {
    if image.fact.alpha == Alpha::Opaque {
        return image.clone();
    }
    let fact = ImageFact { alpha: Alpha::Opaque, ..image.fact };
    image.straight().map(fact, |[r, g, b, _]| [r, g, b, 1.0])
}
