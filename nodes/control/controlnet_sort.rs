//! Tells a union ControlNet what sort of picture it is given.

use std::sync::Arc;

use pellucid_graph::comfy::{ComfyClass, combo_as, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Run, RunFn,
};
use pellucid_value::{ControlNet, Value};

const CONTROLNET_IN: In<Arc<ControlNet>> =
    In::new("controlnet", "A union ControlNet, one that serves several sorts of pictures.");
const SORT: Choice<Option<u32>> =
    Choice::new("sort", &SORTS, "What the pictures that it is given show.").meanings(meaning);
const CONTROLNET: Out<Arc<ControlNet>> =
    Out::new("controlnet", "The same ControlNet, for pictures of that sort.");

/// The sorts of xinsir's union ControlNets by their numbers; the first of these know six.
const SORTS: &[(&str, Option<u32>)] = &[
    ("auto", None),
    ("pose", Some(0)),
    ("depth", Some(1)),
    ("soft_edge", Some(2)),
    ("line", Some(3)),
    ("normal", Some(4)),
    ("segmentation", Some(5)),
    ("tile", Some(6)),
    ("repaint", Some(7)),
];

fn meaning(word: &str) -> &'static str {
    match word {
        "auto" => "It is not told.",
        "pose" => "The bones of bodies, as OpenPose draws them.",
        "depth" => "Nearness; see `depth_estimate`.",
        "soft_edge" => "Soft edges and scribbles.",
        "line" => "Thin edges and drawn lines; see `edges_canny`.",
        "normal" => "The directions that surfaces face, as colours.",
        "segmentation" => "Areas of one colour for each sort of thing.",
        "tile" => "A picture to be drawn again with more detail.",
        _ => "A picture with a part cut out.",
    }
}

/// The record of `controlnet_sort`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "controlnet_sort".into(),
        family: "control".into(),
        docs: "Tells a union ControlNet what sort of picture `apply_controlnet` will give it. Others know only one.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![CONTROLNET_IN.decl()],
        params: vec![SORT.decl()],
        outputs: vec![CONTROLNET.decl()],
        comfy: vec![set_union_controlnet_type()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn set_union_controlnet_type() -> ComfyClass {
    const TYPES: &[(&str, &str)] = &[
        ("auto", "auto"),
        ("openpose", "pose"),
        ("depth", "depth"),
        ("hed/pidi/scribble/ted", "soft_edge"),
        ("canny/lineart/anime_lineart/mlsd", "line"),
        ("normal", "normal"),
        ("segment", "segmentation"),
        ("tile", "tile"),
        ("repaint", "repaint"),
    ];
    ComfyClass::new("SetUnionControlNetType", "SetUnionControlNetType")
        .input(socket("control_net", "CONTROL_NET").to(CONTROLNET_IN))
        .input(combo_as("type", TYPES).to(SORT))
        .output(output("CONTROL_NET").from(CONTROLNET))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(CONTROLNET_IN);
    let Some(sorts) = fact.sorts else {
        let message =
            "this ControlNet serves one sort of picture; telling it which changes nothing";
        cx.warn(NodeError::at(CONTROLNET_IN, message).hint("give it the picture it was made for"));
        return Ok(Checked::Facts(vec![CONTROLNET.fact(fact)]));
    };
    if let Some(sort) = cx.choice(SORT).filter(|sort| *sort >= sorts) {
        let known: Vec<String> = SORTS
            .iter()
            .filter(|(_, number)| number.is_none_or(|number| number < sorts))
            .map(|(word, _)| format!("`{word}`"))
            .collect();
        let message = format!("this ControlNet knows {sorts} sorts, not number {sort}");
        return Err(NodeError::at(SORT, message).hint(format!("choose {}", known.join(", "))));
    }
    Ok(Checked::Facts(vec![CONTROLNET.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let told = ControlNet { sort: cx.choice(SORT), ..(*cx.input(CONTROLNET_IN)).clone() };
    Ok(vec![CONTROLNET.put(told.into())])
}
