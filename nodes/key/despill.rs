//! Takes the light of a screen out of colour.

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::Image;
use pellucid_pixel::key::{Despill, DespillMethod, SpillScreen, despill};
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const SCREEN: Choice<SpillScreen> =
    Choice::new("screen", &SpillScreen::NAMES, "The channel that spills.");
const METHOD: Choice<DespillMethod> =
    Choice::new("method", &DespillMethod::NAMES, "What that channel is limited to.")
        .meanings(meaning);
const MIX: Param<f64> =
    Param::float("mix", 0.5, "Share of red in the limit; `mix` only.").range(0.0, 1.0);
const EXPAND: Param<f64> =
    Param::float("expand", 0.0, "How much the other channel is held back; `mix` only.")
        .range(0.0, 1.0);
const LUMINANCE: Param<bool> = Param::bool(
    "luminance",
    false,
    "Puts the brightness that was taken back as grey: 0.59 of green, 0.11 of blue.",
);
const OUT: Out<Image> = Out::new("image", "The picture without spill; alpha is unchanged.");

/// The record of `despill`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "despill".into(),
        family: "key".into(),
        docs: "Takes the light of a green or blue screen out of colour: where the screen's \
               channel is above its limit, it is lowered to it. For green the limit is \
               mix * r + (1 - mix) * (1 - expand) * b, or the mean or the greater of the two; for \
               blue g takes the place of b."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![SCREEN.decl(), METHOD.decl(), MIX.decl(), EXPAND.decl(), LUMINANCE.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn meaning(word: &str) -> &'static str {
    match word {
        "mix" => "mix * red + (1 - mix) * (1 - expand) * the other channel",
        "average" => "the mean of red and the other channel",
        "max" => "the greater of red and the other channel",
        _ => "",
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    Ok(Checked::Facts(vec![OUT.fact(cx.fact(IN))]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let settings = Despill {
        screen: cx.choice(SCREEN),
        method: cx.choice(METHOD),
        mix: cx.param(MIX) as f32,
        expand: cx.param(EXPAND) as f32,
        luminance: cx.param(LUMINANCE),
    };
    Ok(vec![OUT.put(despill(&cx.input(IN), &settings))])
}
