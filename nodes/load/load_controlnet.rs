//! Opens a ControlNet.

use std::sync::Arc;

use pellucid_diffusion::{controlnet_fact, inspection};
use pellucid_graph::comfy::{ComfyClass, file, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{ControlNet, Value};

use crate::networks::{checked_file, failed, refused, tell_unexpected, weight_file};

/// Where ControlNets lie.
const PLACE: FilePlace = FilePlace::Weights("controlnet");

const FILE: Param<FileRef> =
    Param::file("file", PLACE, "The ControlNet, looked up in `controlnet` of the model folders.");
const CONTROLNET: Out<Arc<ControlNet>> = Out::new("controlnet", "The ControlNet.");

/// The record of `load_controlnet`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "load_controlnet".into(),
        family: "load".into(),
        docs: "Opens a ControlNet for SD1.5 or SDXL, in the layout of its authors or of diffusers."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![FILE.decl()],
        outputs: vec![CONTROLNET.decl()],
        comfy: vec![control_net_loader(), diff_control_net_loader()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn control_net_loader() -> ComfyClass {
    ComfyClass::new("ControlNetLoader", "Load ControlNet Model")
        .input(file("control_net_name", PLACE).to(FILE))
        .output(output("CONTROL_NET").from(CONTROLNET))
}

/// The model matters only to files that hold differences from it, which are refused.
fn diff_control_net_loader() -> ComfyClass {
    ComfyClass::new("DiffControlNetLoader", "Load ControlNet Model (diff)")
        .input(socket("model", "MODEL"))
        .input(file("control_net_name", PLACE).to(FILE))
        .output(output("CONTROL_NET").from(CONTROLNET))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let file = checked_file(cx, FILE)?;
    let fact = controlnet_fact(&file).map_err(refused(FILE))?;
    let found = inspection(&file).map_err(refused(FILE))?;
    tell_unexpected(cx, FILE, &file, &found.unexpected);
    Ok(Checked::Facts(vec![CONTROLNET.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let file = weight_file(cx, FILE)?;
    let fact = controlnet_fact(&file).map_err(failed)?;
    Ok(vec![CONTROLNET.put(ControlNet { fact, files: [file].into(), sort: None }.into())])
}
