//! Encodes pictures with a hole to draw in.

use std::sync::Arc;

use pellucid_diffusion::encode_image;
use pellucid_graph::comfy::{ComfyClass, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::{Image, Matte, MatteFact};
use pellucid_value::{Latent, LatentFact, Vae, Value};

use super::decode_latent::refuse_no_vae;
use super::encode_image::{encoded_fact, needs_encoder};
use crate::networks::{computing, failed, steps};

const IMAGE: In<Image> = In::new("image", "The pictures; their colour counts, not their alpha.");
const VAE: In<Arc<Vae>> = In::new("vae", "The autoencoder.");
const MASK: In<Matte> = In::new("mask", "Where to draw anew; any size.");
const GROW: Param<u32> =
    Param::<u32>::int("grow", 6, "Pixels to grow the hole by in which is drawn.").range(0, 64);
const LATENT: Out<Latent> = Out::new("latent", "The latents, to be drawn in only there.");

/// The record of `encode_for_inpaint`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "encode_for_inpaint".into(),
        family: "latent".into(),
        docs: "Encodes pictures with grey where the mask is, and says to draw there: for models made to fill holes, drawn with full noise. For others, `encode_image` and `mask_latent` keep more of what was there.".into(),
        revision: 1,
        cost: Cost::Device,
        inputs: vec![IMAGE.decl(), VAE.decl(), MASK.decl()],
        params: vec![GROW.decl()],
        outputs: vec![LATENT.decl()],
        comfy: vec![comfy_class()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn comfy_class() -> ComfyClass {
    ComfyClass::new("VAEEncodeForInpaint", "VAE Encode (for Inpainting)")
        .input(socket("pixels", "IMAGE").to(IMAGE))
        .input(socket("vae", "VAE").to(VAE))
        .input(socket("mask", "MASK").to(MASK))
        .input(int("grow_mask_by", 6, 0..=64).to(GROW))
        .output(output("LATENT").from(LATENT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (image, vae, mask) = (cx.fact(IMAGE), cx.fact(VAE), cx.fact(MASK));
    refuse_no_vae(&vae, VAE)?;
    if mask.batch != 1 && mask.batch != image.batch {
        let message = format!("{} masks for {} pictures", mask.batch, image.batch);
        return Err(NodeError::at(MASK, message).hint("use one mask, or one for each picture"));
    }
    needs_encoder(cx, &vae, image.width, image.height);
    let fact = encoded_fact(&image, &vae, (IMAGE, "picture"))?;
    let fact = LatentFact { masked: true, ..fact };
    Ok(Checked::Facts(vec![LATENT.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (image, vae, mask) = (cx.input(IMAGE), cx.input(VAE), cx.input(MASK));
    let size = (image.fact.width as usize, image.fact.height as usize);
    let holes: Vec<Vec<f32>> = (0..mask.fact.batch)
        .map(|frame| {
            let from = (mask.fact.width as usize, mask.fact.height as usize);
            let scaled = pellucid_diffusion::bilinear(mask.frame(frame), from, size);
            scaled.into_iter().map(f32::round_ties_even).collect()
        })
        .collect();
    let mut pixels = image.pixels.to_vec();
    let frame_len = size.0 * size.1;
    for (index, pixel) in pixels.iter_mut().enumerate() {
        let hole = holes[(index / frame_len) % holes.len()][index % frame_len];
        for channel in &mut pixel[..3] {
            *channel = (*channel - 0.5) * (1.0 - hole) + 0.5;
        }
    }
    let grey = Image::new(image.fact, pixels);
    let computing = computing(cx)?;
    let latent =
        encode_image(&computing, &vae, &grey, None, None, &mut steps(cx)).map_err(failed)?;
    let grown: Vec<f32> =
        holes.iter().flat_map(|hole| grown(hole, size, cx.param(GROW) as usize)).collect();
    let fact =
        MatteFact { batch: mask.fact.batch, ..MatteFact::new(image.fact.width, image.fact.height) };
    let mask = Some(cut(&Matte::new(fact, grown)));
    Ok(vec![LATENT.put(Latent { mask, ..latent })])
}

/// A hole grown by a square of that side: 1 where any of it is under the square.
fn grown(hole: &[f32], (width, height): (usize, usize), by: usize) -> Vec<f32> {
    if by == 0 {
        return hole.to_vec();
    }
    // A square of even side reaches further to the left and up.
    let (before, after) = (by.div_ceil(2) - usize::from(by % 2 == 1), (by - 1) / 2);
    let spread = |line: &dyn Fn(usize) -> f32, at: usize, len: usize| {
        let (from, to) = (at.saturating_sub(before), (at + after).min(len - 1));
        (from..=to).map(line).fold(0.0f32, f32::max)
    };
    let mut across = vec![0.0; hole.len()];
    for y in 0..height {
        let line = |x: usize| hole[y * width + x];
        for x in 0..width {
            across[y * width + x] = spread(&line, x, width);
        }
    }
    let mut both = vec![0.0; hole.len()];
    for x in 0..width {
        let line = |y: usize| across[y * width + x];
        for y in 0..height {
            both[y * width + x] = spread(&line, y, height);
        }
    }
    both
}

/// The middle of a mask, cut as the picture is cut before it is encoded.
fn cut(mask: &Matte) -> Matte {
    let (width, height) = (mask.fact.width / 8 * 8, mask.fact.height / 8 * 8);
    let (left, top) = ((mask.fact.width - width) / 2, (mask.fact.height - height) / 2);
    let mut values = Vec::new();
    for frame in 0..mask.fact.batch {
        let frame = mask.frame(frame);
        for y in top..top + height {
            let start = (y * mask.fact.width + left) as usize;
            values.extend_from_slice(&frame[start..start + width as usize]);
        }
    }
    Matte::new(MatteFact { width, height, ..mask.fact }, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_grows_to_all_sides() {
        let mut hole = vec![0.0; 25];
        hole[12] = 1.0;
        assert_eq!(grown(&hole, (5, 5), 3).iter().sum::<f32>(), 9.0);
        assert_eq!(grown(&hole, (5, 5), 1).iter().sum::<f32>(), 1.0);
        assert_eq!(grown(&hole, (5, 5), 2).iter().sum::<f32>(), 4.0);
    }
}
