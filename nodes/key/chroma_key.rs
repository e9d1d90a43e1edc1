//! Keys by how much the colour of a screen exceeds the others.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Param, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::key::{ChromaKey, Screen, chroma_key};
use pellucid_value::Value;

use super::keyed::{CUT, MATTE, facts, values};
use crate::colours::colour_in;

const IN: In<Image> = In::new("image", "The picture in front of its screen.");
const SCREEN: Choice<Screen> = Choice::new(
    "screen",
    &Screen::NAMES,
    "Which channel exceeds the others; `any` turns hues until the screen's falls on green.",
);
const COLOUR: Param<[f32; 4]> = Param::colour(
    "colour",
    [0.0, 0.69, 0.25, 1.0],
    "The screen's own colour; its alpha is not used.",
);
const LO: Param<f64> =
    Param::float("lo", 0.0, "Share of the screen's excess up to which a pixel is solid.")
        .range(0.0, 1.0);
const HI: Param<f64> =
    Param::float("hi", 1.0, "Share from which it is clear; at or below `lo` a hard cut.")
        .range(0.0, 1.0);

/// The record of `chroma_key`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "chroma_key".into(),
        family: "key".into(),
        docs: "Keeps what has less of the screen's colour than the screen (colour difference, \
               after Vlahos). With the excess m = g - max(r, b) for green and b - max(r, g) for \
               blue, the matte is 1 - clamp((m / m_screen - lo) / (hi - lo)). `despill` takes the \
               rest of the screen's light out."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![SCREEN.decl(), COLOUR.decl(), LO.decl(), HI.decl()],
        outputs: vec![MATTE.decl(), CUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    refuse_colourless(cx.choice(SCREEN), cx.param(COLOUR))?;
    cx.needs(fact.bytes());
    Ok(Checked::Facts(facts(fact, fact.batch)))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IN);
    let [r, g, b, _] = colour_in(image.fact.encoding, cx.param(COLOUR));
    let key = ChromaKey {
        screen: cx.choice(SCREEN),
        colour: [r, g, b],
        lo: cx.param(LO) as f32,
        hi: cx.param(HI) as f32,
    };
    let matte = chroma_key(&image, &key);
    values(&image, matte)
}

/// A screen without an excess of its channel keys nothing; both encodings order channels alike.
fn refuse_colourless(screen: Screen, [r, g, b, _]: [f32; 4]) -> Result<(), NodeError> {
    let (excess, name) = match screen {
        Screen::Green => (g - r.max(b), "greener than red and blue"),
        Screen::Blue => (b - r.max(g), "bluer than red and green"),
        Screen::Any => (r.max(g).max(b) - r.min(g).min(b), "of any hue"),
    };
    if excess > 0.0 {
        return Ok(());
    }
    let message = format!("the screen's colour {r}, {g}, {b} is not {name}, so it keys nothing");
    Err(NodeError::at(COLOUR, message).hint("pick the colour from the screen, or another `screen`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_that_would_key_nothing_is_refused() {
        let green = [0.1, 0.8, 0.2, 1.0];
        assert!(refuse_colourless(Screen::Green, green).is_ok());
        assert!(refuse_colourless(Screen::Any, green).is_ok());
        assert!(refuse_colourless(Screen::Blue, green).is_err());
        assert!(refuse_colourless(Screen::Any, [0.5, 0.5, 0.5, 1.0]).is_err());
    }
}
