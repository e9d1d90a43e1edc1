//! Makes a matte of where a picture has a colour.

use pellucid_graph::comfy::{ComfyClass, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::channel::matte_from_colour;
use pellucid_pixel::{Alpha, Image, ImageFact, Matte, MatteFact};
use pellucid_value::Value;

const IN: In<Image> = In::new("image", "The picture.");
const COLOUR: Param<[f32; 4]> =
    Param::colour("colour", [0.0, 0.0, 0.0, 1.0], "The colour; its alpha does not matter.");
const OUT: Out<Matte> = Out::new("matte", "1 where the picture has the colour, else 0.");

/// The record of `matte_from_colour`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "matte_from_colour".into(),
        family: "matte".into(),
        docs: "Makes a matte of where a picture has exactly one colour of 8 bits a channel: \
               straight, as the picture is encoded. For colours that are only near there is \
               `color_key`."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![COLOUR.decl()],
        outputs: vec![OUT.decl()],
        comfy: vec![image_color_to_mask()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_color_to_mask() -> ComfyClass {
    ComfyClass::new("ImageColorToMask", "ImageColorToMask")
        .input(socket("image", "IMAGE").to(IN))
        .input(int("color", 0, 0..=0xFF_FFFF).as_colour().to(COLOUR))
        .output(output("MASK").from(OUT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    if fact.alpha == Alpha::Premultiplied {
        cx.needs(fact.bytes());
    }
    let ImageFact { width, height, batch, .. } = fact;
    Ok(Checked::Facts(vec![OUT.fact(MatteFact { width, height, batch })]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let [r, g, b, _] = cx.param(COLOUR).map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8);
    Ok(vec![OUT.put(matte_from_colour(&cx.input(IN), [r, g, b]))])
}
