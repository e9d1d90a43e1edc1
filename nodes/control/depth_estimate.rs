//! Estimates depth with a network.

use pellucid_diffusion::{depth_fact, depth_size, nearness};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, In, NodeError, NodeKind, Out, Param, Run,
    RunFn,
};
use pellucid_pixel::{Image, Matte, MatteFact};
use pellucid_value::Value;

use crate::networks::{checked_file, computing, failed, refused, steps, weight_file};

const IN: In<Image> = In::new("image", "The pictures; their alpha does not count.");
const FILE: Param<FileRef> = Param::file(
    "file",
    FilePlace::Weights("depth"),
    "The network, Depth Anything V2 small, base or large, looked up in `depth` of the model folders. Its variants that \
     tell metres look alike and give something else: the far is large in them.",
);
const SIDE: Param<u32> = Param::<u32>::int(
    "side",
    518,
    "The shorter side at which the network looks at a picture, in pixels, rounded to a multiple of 14. It was trained \
     at 518; more shows finer things and takes longer.",
)
.range(14, 4096);
const MATTE: Out<Matte> = Out::new(
    "matte",
    "Nearness, 0 for the farthest to 1 for the nearest of each picture, as depth ControlNets take it; see \
     `matte_to_image`.",
);

/// The record of `depth_estimate`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "depth_estimate".into(),
        family: "control".into(),
        docs: "Estimates how near everything in a picture is, with Depth Anything V2. For ControlNets that look at \
               depth; of a layer alone, `depth_from_alpha` guesses it without a network."
            .into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![IN.decl()],
        params: vec![FILE.decl(), SIDE.decl()],
        outputs: vec![MATTE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

/// The longest side a picture may be looked at with.
const LONGEST: u32 = 8192;

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let network = depth_fact(&checked_file(cx, FILE)?).map_err(refused(FILE))?;
    let [height, width] = depth_size(fact.height, fact.width, cx.param(SIDE));
    if height.max(width) > LONGEST {
        let message = format!("the picture would be looked at with {width}x{height} pixels");
        return Err(NodeError::at(SIDE, message).hint("make it smaller, or crop the picture"));
    }
    // Two maps of half of the features at full size, and as much for those that are smaller; colours beside them.
    let pixels = u64::from(height) * u64::from(width);
    cx.needs(network.bytes + pixels * u64::from(network.features) * 4 * 2);
    cx.needs(fact.len() as u64 * 12);
    let matte = MatteFact { batch: fact.batch, ..MatteFact::new(fact.width, fact.height) };
    Ok(Checked::Facts(vec![MATTE.fact(matte)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, file) = (cx.input(IN), weight_file(cx, FILE)?);
    let computing = computing(cx)?;
    let near = nearness(&computing, &file, &image, cx.param(SIDE), &mut steps(cx));
    Ok(vec![MATTE.put(near.map_err(failed)?)])
}
