//! Takes one layer out of those drawn together.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_value::{Latent, LatentFact, Value};

const LATENT_IN: In<Latent> = In::new("latent", "Latents of several frames.");
const FRAME: Param<u32> =
    Param::<u32>::int("frame", 0, "Which frame, from 0: foreground, background, blend.")
        .range(0, 15);
const LATENT: Out<Latent> = Out::new("latent", "That frame of every picture.");

/// The record of `latent_frame`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "latent_frame".into(),
        family: "layer_diffusion".into(),
        docs: "Takes one layer out of those that were drawn together.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![LATENT_IN.decl()],
        params: vec![FRAME.decl()],
        outputs: vec![LATENT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (latent, frame) = (cx.fact(LATENT_IN), cx.param(FRAME));
    if frame >= latent.frames {
        let message = format!("the latent has {} frames; there is no frame {frame}", latent.frames);
        return Err(NodeError::at(FRAME, message).hint("count from 0"));
    }
    Ok(Checked::Facts(vec![LATENT.fact(LatentFact { frames: 1, masked: false, ..latent })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    Ok(vec![LATENT.put(frame(&cx.input(LATENT_IN), cx.param(FRAME)))])
}

/// One frame of every picture.
pub(super) fn frame(latent: &Latent, frame: u32) -> Latent {
    let fact = latent.fact();
    let size = (fact.channels * fact.height * fact.width) as usize;
    let items = latent.samples.data.chunks_exact(size * fact.frames as usize);
    let data = items.flat_map(|item| &item[frame as usize * size..][..size]).copied().collect();
    Latent::new(LatentFact { frames: 1, masked: false, ..fact }, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_taken_of_every_picture() {
        let fact = LatentFact { frames: 2, channels: 1, ..LatentFact::for_picture(2, 8, 8) };
        let latent = Latent::new(fact, vec![1.0, 2.0, 3.0, 4.0]);
        assert_eq!(*frame(&latent, 1).samples.data, [2.0, 4.0]);
    }
}
