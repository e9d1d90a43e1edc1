//! Batches made of pictures that need not be of one size, and lists of batches.

use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, int, output, socket};

/// `ImageBatch`: the second picture is cut and scaled to the size of the first.
pub fn image_batch() -> ComfyClass {
    ComfyClass::new("ImageBatch", "Batch Images")
        .input(socket("image1", "IMAGE"))
        .input(socket("image2", "IMAGE"))
        .output(output("IMAGE"))
        .rewrite(batch)
}

fn batch(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
    let (first, second) = (cx.wire("image1")?, cx.wire("image2")?);
    let sized = cx.helper("interpolate_like").wire("image", second).wire("like", first.clone());
    let sized = sized.set("filter", "bilinear").set("crop", "centre").add();
    let both = cx.node("batch").wire("images", first).wire("images", sized.out("image")).add();
    cx.output(0, both.out("image"));
    Ok(())
}

/// `RebatchImages`: makes a list of batches, for which there is no equal.
pub fn rebatch_images() -> ComfyClass {
    ComfyClass::new("RebatchImages", "Rebatch Images")
        .input(socket("images", "IMAGE"))
        .input(int("batch_size", 1, 1..=4096))
        .output(output("IMAGE"))
        .rewrite(|_| {
            let message = "a batch is not cut into a list of batches that run one by one";
            Err(ComfyTrouble::new(message)
                .hint("take the node out: a batch is worked on picture by picture anyway"))
        })
}
