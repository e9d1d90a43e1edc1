//! Tells how large a picture is.

use pellucid_graph::comfy::{ComfyClass, output, socket};
use pellucid_graph::{Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_value::{Raster, Value};

const IN: In<Raster> = In::new("image", "An image or a matte.");
const OUT: Out<Raster> =
    Out::new("image", "The picture as it came, for kinds that take a size from one.");
const WIDTH: Out<f64> = Out::new("width", "Width in pixels.");
const HEIGHT: Out<f64> = Out::new("height", "Height in pixels.");
const BATCH: Out<f64> = Out::new("batch", "How many pictures there are.");

/// The record of `image_size`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "image_size".into(),
        family: "inspect".into(),
        docs: "Tells how large a picture is, and how many there are.".into(),
        revision: 2,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![],
        outputs: vec![OUT.decl(), WIDTH.decl(), HEIGHT.decl(), BATCH.decl()],
        comfy: vec![get_image_size()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn get_image_size() -> ComfyClass {
    ComfyClass::new("GetImageSize", "Get Image Size")
        .input(socket("image", "IMAGE").to(IN))
        .output(output("INT").named("width").from(WIDTH))
        .output(output("INT").named("height").from(HEIGHT))
        .output(output("INT").named("batch_size").from(BATCH))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = OUT.fact(cx.fact(IN));
    Ok(Checked::Facts(vec![fact, WIDTH.fact(()), HEIGHT.fact(()), BATCH.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    let (width, height, batch) = match &raster {
        Raster::Image(image) => (image.fact.width, image.fact.height, image.fact.batch),
        Raster::Matte(matte) => (matte.fact.width, matte.fact.height, matte.fact.batch),
    };
    let numbers = [WIDTH.put(width.into()), HEIGHT.put(height.into()), BATCH.put(batch.into())];
    Ok([OUT.put(raster)].into_iter().chain(numbers).collect())
}
