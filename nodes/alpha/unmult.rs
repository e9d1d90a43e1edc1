//! Takes a solid backing out of a picture.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::alpha::{self, remove_matte, unmult_colour};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::Value;

use crate::colours::colour_in;

const IN: In<Image> = In::new("image", "A picture with the backing in its colour.");
const BACKING: Choice<Backing> =
    Choice::new("backing", &BACKINGS, "What the picture was made over.");
const COLOUR: Param<[f32; 4]> = Param::colour(
    "colour",
    [0.5, 0.5, 0.5, 1.0],
    "The backing when `backing` is `colour`; its alpha is not used.",
);
const ALPHA: Choice<Known> = Choice::new(
    "alpha",
    &ALPHAS,
    "`find` works out the least alpha that explains the picture; `keep` takes the alpha it has \
     for right and cleans colour only.",
);
const OUT: Out<Image> = Out::new("image", "The picture without its backing, straight.");

#[derive(Clone, Copy)]
enum Backing {
    Black,
    White,
    Colour,
}

#[derive(Clone, Copy)]
enum Known {
    Find,
    Keep,
}

const BACKINGS: &[(&str, Backing)] =
    &[("black", Backing::Black), ("white", Backing::White), ("colour", Backing::Colour)];
const ALPHAS: &[(&str, Known)] = &[("find", Known::Find), ("keep", Known::Keep)];

/// The record of `unmult`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "unmult".into(),
        family: "alpha".into(),
        docs:
            "Takes a solid backing k out of a picture: fire on black, ink on white. `find` gives \
               alpha too: over black a = max(r, g, b), over white a = 1 - min(r, g, b), over a \
               colour the greatest of (c - k) / (1 - k) above it and (k - c) / k below it; alpha \
               that is there is first laid over the backing. Colour is \
               C = clamp((c - (1 - a) k) / a). Over k the result is the picture."
                .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![BACKING.decl(), COLOUR.decl(), ALPHA.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = ImageFact { alpha: Alpha::Straight, ..cx.fact(IN) };
    cx.needs(2 * fact.bytes());
    Ok(Checked::Facts(vec![OUT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IN);
    let [r, g, b, _] = colour_in(image.fact.encoding, cx.param(COLOUR));
    let result = match (cx.choice(ALPHA), cx.choice(BACKING)) {
        (Known::Find, Backing::Black) => alpha::unmult(&image, alpha::Backing::Black),
        (Known::Find, Backing::White) => alpha::unmult(&image, alpha::Backing::White),
        (Known::Find, Backing::Colour) => unmult_colour(&image, [r, g, b]),
        (Known::Keep, Backing::Black) => remove_matte(&image, [0.0; 3]),
        (Known::Keep, Backing::White) => remove_matte(&image, [1.0; 3]),
        (Known::Keep, Backing::Colour) => remove_matte(&image, [r, g, b]),
    };
    Ok(vec![OUT.put(result)])
}
