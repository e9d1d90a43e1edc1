//! Fills the colour that hides under alpha 0.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::alpha::{Bleed, BleedMethod, bleed_under_alpha};
use pellucid_pixel::{Alpha, Encoding, Image, ImageFact};
use pellucid_value::Value;

use crate::colours::colour_in;
use crate::frames::{each_image, frame_bytes};

const IN: In<Image> = In::new("image", "The picture.");
const METHOD: Choice<BleedMethod> =
    Choice::new("method", &BleedMethod::NAMES, "Where the colour comes from.").meanings(meaning);
const PASSES: Param<u32> =
    Param::<u32>::int("passes", 8, "How far `dilate` reaches, in pixels.").range(1, 4096);
const COLOUR: Param<[f32; 4]> =
    Param::colour("colour", [0.0, 0.0, 0.0, 1.0], "The colour of `solid`; its alpha is not used.");
const ABOVE: Param<f64> = Param::float(
    "above",
    0.0,
    "Pixels of more alpha than this keep their colour, and lend it to the others, 0 to 1.",
)
.range(0.0, 1.0);
const OUT: Out<Image> = Out::new("image", "The same picture with new colour under clear pixels.");

/// The record of `bleed`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "bleed".into(),
        family: "alpha".into(),
        docs: "Fills the colour of clear pixels from what is around them, so that whatever \
               filters straight colour later makes no dark or bright fringe. Alpha and the colour \
               of all other pixels are unchanged, bit for bit; the result is straight."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![METHOD.decl(), PASSES.decl(), COLOUR.decl(), ABOVE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn meaning(word: &str) -> &'static str {
    match word {
        "pyramid" => "visible colour diffused into what is clear, as LayerDiffusion does",
        "nearest" => "the colour of the nearest pixel that has one",
        "dilate" => "passes of a 3x3 mean of the pixels known so far",
        "solid" => "one colour",
        _ => "",
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    if fact.alpha == Alpha::Opaque {
        return Ok(Checked::Forward("image"));
    }
    cx.needs(fact.bytes() + 6 * frame_bytes(fact));
    Ok(Checked::Facts(vec![OUT.fact(ImageFact { alpha: Alpha::Straight, ..fact })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let image = cx.input(IN);
    let settings = settings(cx.params(), image.fact.encoding);
    Ok(vec![OUT.put(each_image(cx, &image, |frame| bleed_under_alpha(frame, &settings))?)])
}

fn settings(params: Params, encoding: Encoding) -> Bleed {
    let [r, g, b, _] = colour_in(encoding, params.get(COLOUR));
    Bleed {
        method: params.choice(METHOD),
        passes: params.get(PASSES),
        colour: [r, g, b],
        above: params.get(ABOVE) as f32,
    }
}
