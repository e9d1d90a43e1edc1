//! Steers a prompt by a picture.

use std::sync::Arc;

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, Wired, float, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::{Alpha, Image};
use pellucid_value::{Conditioning, ConditioningFact, Control, ControlNet, Prompt, Value, Window};

const CONDITIONING_IN: In<Arc<Conditioning>> = In::new("conditioning", "The prompts to steer.");
const CONTROLNET: In<Arc<ControlNet>> = In::new("controlnet", "The ControlNet.");
const IMAGE: In<Image> = In::new(
    "image",
    "What it looks at: edges, depth or whatever it was made for. Cut and scaled to the size that is \
     drawn; colour counts, alpha does not.",
);
const STRENGTH: Param<f64> =
    Param::float("strength", 1.0, "A factor on what it adds; 0 is as if it were not there.")
        .range(0.0, 10.0);
const START: Param<f64> =
    Param::float("start", 0.0, "Where it begins, as a part of the way from noise to picture.")
        .range(0.0, 1.0);
const END: Param<f64> = Param::float("end", 1.0, "Where it ends.").range(0.0, 1.0);
const LAYER: Choice<&[u32]> =
    Choice::new("layer", &LAYERS, "Which of the layers that are drawn together it steers.")
        .meanings(meaning);
const ALSO_NEGATIVE: Param<bool> = Param::bool(
    "also_negative",
    false,
    "Whether it steers negative prompts too that have no ControlNet of their own.",
);
const CONDITIONING: Out<Arc<Conditioning>> = Out::new("conditioning", "The steered prompts.");

/// Frames by the order in which layers are drawn together: foreground, background, blend.
const LAYERS: &[(&str, &[u32])] =
    &[("all", &[]), ("first", &[0]), ("second", &[1]), ("third", &[2])];

fn meaning(word: &str) -> &'static str {
    match word {
        "all" => "All layers.",
        "first" => "The first frame: the foreground of three, or the new layer of two.",
        "second" => "The second frame: the background of three, or the blend of two.",
        _ => "The third frame: the blend of three.",
    }
}

/// The record of `apply_controlnet`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "apply_controlnet".into(),
        family: "control".into(),
        docs: "Steers prompts by a picture, through a ControlNet. Several may follow each other; what they add is summed.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![CONDITIONING_IN.decl(), CONTROLNET.decl(), IMAGE.decl()],
        params: vec![STRENGTH.decl(), START.decl(), END.decl(), LAYER.decl(), ALSO_NEGATIVE.decl()],
        outputs: vec![CONDITIONING.decl()],
        comfy: vec![apply_advanced(), apply()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

/// The same network for both prompts.
fn apply_advanced() -> ComfyClass {
    ComfyClass::new("ControlNetApplyAdvanced", "Apply ControlNet")
        .input(socket("positive", "CONDITIONING"))
        .input(socket("negative", "CONDITIONING"))
        .input(socket("control_net", "CONTROL_NET"))
        .input(socket("image", "IMAGE"))
        .input(float("strength", 1.0, 0.0..=10.0))
        .input(float("start_percent", 0.0, 0.0..=1.0))
        .input(float("end_percent", 1.0, 0.0..=1.0))
        .input(socket("vae", "VAE").optional())
        .output(output("CONDITIONING").named("positive"))
        .output(output("CONDITIONING").named("negative"))
        .rewrite(|cx| {
            for (slot, input) in ["positive", "negative"].into_iter().enumerate() {
                let steered = steer(cx, input, slot == 0)?;
                cx.output(slot, steered);
            }
            Ok(())
        })
}

fn steer(cx: &mut Rewrite, input: &str, first: bool) -> Result<Wired, ComfyTrouble> {
    let (prompt, net, image) = (cx.wire(input)?, cx.wire("control_net")?, cx.wire("image")?);
    let strength = cx.literal("strength")?;
    let (start, end) = (cx.literal("start_percent")?, cx.literal("end_percent")?);
    let node = if first { cx.node("apply_controlnet") } else { cx.helper("apply_controlnet") };
    let steered = node
        .wire(CONDITIONING_IN, prompt)
        .wire(CONTROLNET, net)
        .wire(IMAGE, image)
        .set(STRENGTH, strength)
        .set(START, start)
        .set(END, end)
        .add();
    Ok(steered.out(CONDITIONING))
}

fn apply() -> ComfyClass {
    ComfyClass::new("ControlNetApply", "Apply ControlNet (OLD)")
        .input(socket("conditioning", "CONDITIONING").to(CONDITIONING_IN))
        .input(socket("control_net", "CONTROL_NET").to(CONTROLNET))
        .input(socket("image", "IMAGE").to(IMAGE))
        .input(float("strength", 1.0, 0.0..=10.0).to(STRENGTH))
        .output(output("CONDITIONING").from(CONDITIONING))
        .always(ALSO_NEGATIVE, true)
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (prompts, net, image) = (cx.fact(CONDITIONING_IN), cx.fact(CONTROLNET), cx.fact(IMAGE));
    if net.family != prompts.family {
        let message = format!(
            "the ControlNet is for {}, but the prompt is encoded for {}",
            net.family, prompts.family
        );
        return Err(NodeError::at(CONTROLNET, message).hint("use a ControlNet of the model's line"));
    }
    if image.alpha == Alpha::Premultiplied {
        return Err(NodeError::at(IMAGE, "the picture's colour is premultiplied with its alpha")
            .hint("put `unpremultiply` or an `alpha_over` on a background in front"));
    }
    let (start, end) = (cx.param(START), cx.param(END));
    if start > end {
        let message = format!("it would begin at {start} and end at {end}");
        return Err(NodeError::at(END, message).hint("let it end after it begins"));
    }
    if cx.param(STRENGTH) == 0.0 {
        return Ok(Checked::Forward("conditioning"));
    }
    let control_bytes = prompts.control_bytes + net.bytes;
    Ok(Checked::Facts(vec![CONDITIONING.fact(ConditioningFact { control_bytes, ..prompts })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let control = Control {
        net: (*cx.input(CONTROLNET)).clone(),
        picture: cx.input(IMAGE),
        strength: cx.param(STRENGTH),
        window: Window { start: cx.param(START), end: cx.param(END) },
        frames: cx.choice(LAYER).into(),
        also_negative: cx.param(ALSO_NEGATIVE),
    };
    let steered = cx.input(CONDITIONING_IN).map(|prompt| Prompt {
        controls: prompt.controls.iter().cloned().chain([control.clone()]).collect(),
        ..prompt.clone()
    });
    Ok(vec![CONDITIONING.put(steered.into())])
}
