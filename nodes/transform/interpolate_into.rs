//! Scales into a frame, every channel by itself: stretched, whole, filling or padded, on condition.

use pellucid_graph::comfy::{ComfyClass, ComfyInput, combo_as, flag, int, output, socket};
use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::interpolate::{Scheme, interpolate, interpolate_matte};
use pellucid_pixel::resize::{clamped, clamped_matte};
use pellucid_pixel::transform::{Rect, crop, crop_matte, surround, surround_matte};
use pellucid_pixel::{Alpha, Edge, Image, ImageFact, Matte};
use pellucid_value::{Raster, Value};

use super::interpolating::FILTER;
use super::scaling::size_of;
use crate::frames::{each_raster, image_part, raster_bytes};
use crate::limits::admit;

/// How a picture meets its frame.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Stretch,
    Whole,
    Fill,
    Pad,
}

/// When it is scaled at all.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Condition {
    Always,
    Bigger,
    Smaller,
    BiggerArea,
    SmallerArea,
}

const METHODS: &[(&str, Method)] = &[
    ("stretch", Method::Stretch),
    ("whole", Method::Whole),
    ("fill", Method::Fill),
    ("pad", Method::Pad),
];
const CONDITIONS: &[(&str, Condition)] = &[
    ("always", Condition::Always),
    ("if_bigger", Condition::Bigger),
    ("if_smaller", Condition::Smaller),
    ("if_bigger_area", Condition::BiggerArea),
    ("if_smaller_area", Condition::SmallerArea),
];

const IN: In<Raster> = In::new("image", "An image or a matte.");
const WIDTH: Param<u32> = Param::<u32>::int(
    "width",
    512,
    "Width of the frame in pixels; 0 is that of the picture, or none where proportions are kept.",
)
.required()
.range(0, 65535);
const HEIGHT: Param<u32> = Param::<u32>::int(
    "height",
    512,
    "Height of the frame in pixels; 0 is that of the picture, or none where proportions are kept.",
)
.required()
.range(0, 65535);
const METHOD: Choice<Method> = Choice::new(
    "method",
    &METHODS,
    "How the picture meets the frame: `stretch` fills it whatever becomes of the proportions, \
     `whole` is as large as it can be and as small as the picture then, `fill` covers it and is \
     cut, `pad` is whole with black around it (clear where there is alpha).",
);
const CONDITION: Choice<Condition> = Choice::new(
    "condition",
    &CONDITIONS,
    "When it is scaled at all; `if_bigger` when one side is, `if_smaller` when one side is.",
);
const MULTIPLE: Param<u32> = Param::<u32>::int(
    "multiple",
    1,
    "The frame is made smaller to multiples of this, and what is more in the end is cut off.",
)
.range(0, 4096);
const OUT: Out<Raster> =
    Out::new("image", "The picture, held to 0..1: opaque as it was, or straight.");
const OUT_WIDTH: Out<f64> = Out::new("width", "Its width in pixels.");
const OUT_HEIGHT: Out<f64> = Out::new("height", "Its height in pixels.");

/// The record of `interpolate_into`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "interpolate_into".into(),
        family: "transform".into(),
        docs: "Scales into a frame as `interpolate` does: stretched, whole, filling it or padded, \
               and only when the picture is larger or smaller where that is asked for. For \
               pictures to be looked at there is `fit`."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![
            WIDTH.decl(),
            HEIGHT.decl(),
            FILTER.decl(),
            METHOD.decl(),
            CONDITION.decl(),
            MULTIPLE.decl(),
        ],
        outputs: vec![OUT.decl(), OUT_WIDTH.decl(), OUT_HEIGHT.decl()],
        comfy: vec![image_resize(), image_resize_of_old()],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn image_resize() -> ComfyClass {
    let methods = [
        ("stretch", "stretch"),
        ("keep proportion", "whole"),
        ("fill / crop", "fill"),
        ("pad", "pad"),
    ];
    let conditions = [
        ("always", "always"),
        ("downscale if bigger", "if_bigger"),
        ("upscale if smaller", "if_smaller"),
        ("if bigger area", "if_bigger_area"),
        ("if smaller area", "if_smaller_area"),
    ];
    with_outputs(
        sized()
            .input(combo_as("method", &methods).to(METHOD))
            .input(combo_as("condition", &conditions).to(CONDITION))
            .input(int("multiple_of", 0, 0..=4096).to(MULTIPLE)),
    )
}

/// The class before it had methods.
fn image_resize_of_old() -> ComfyClass {
    let keep = flag("keep_proportion", false).as_values("whole", "stretch");
    with_outputs(sized().input(keep.to(METHOD)))
}

fn sized() -> ComfyClass {
    ComfyClass::new("ImageResize+", "Image Resize")
        .input(socket("image", "IMAGE").to(IN))
        .input(int("width", 512, 0..=16384).to(WIDTH))
        .input(int("height", 512, 0..=16384).to(HEIGHT))
        .input(interpolation())
}

fn interpolation() -> ComfyInput {
    let words = [
        ("nearest", "nearest"),
        ("bilinear", "bilinear"),
        ("bicubic", "bicubic"),
        ("area", "area"),
        ("nearest-exact", "nearest_exact"),
        ("lanczos", "lanczos_8bit"),
    ];
    combo_as("interpolation", &words).to(FILTER)
}

fn with_outputs(class: ComfyClass) -> ComfyClass {
    class
        .output(output("IMAGE").from(OUT))
        .output(output("INT").named("width").from(OUT_WIDTH))
        .output(output("INT").named("height").from(OUT_HEIGHT))
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let fact = cx.fact(IN);
    let plan = plan(fact.size(), cx.params())?;
    let placed = image_part(fact.sized(plan.seen.width, plan.seen.height), |fact| ImageFact {
        alpha: state(fact.alpha),
        ..fact
    });
    let scaled = fact.sized(plan.scaled.0, plan.scaled.1);
    cx.needs(2 * raster_bytes(fact) + 2 * raster_bytes(scaled) + 3 * raster_bytes(placed));
    Ok(Checked::Facts(vec![OUT.fact(placed), OUT_WIDTH.fact(()), OUT_HEIGHT.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let raster = cx.input(IN);
    let plan = plan(size_of(&raster), cx.params())?;
    let by = cx.choice(FILTER);
    let placed =
        each_raster(cx, &raster, |frame| plan.image(frame, by), |frame| plan.matte(frame, by))?;
    let (width, height) = (f64::from(plan.seen.width), f64::from(plan.seen.height));
    Ok(vec![OUT.put(placed), OUT_WIDTH.put(width), OUT_HEIGHT.put(height)])
}

fn state(alpha: Alpha) -> Alpha {
    if alpha == Alpha::Opaque { Alpha::Opaque } else { Alpha::Straight }
}

/// What is done to a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Plan {
    /// The size it is scaled to, if it is.
    scaled: (u32, u32),
    scales: bool,
    /// What is seen in the end, as a rectangle of the scaled picture.
    seen: Rect,
}

impl Plan {
    fn image(&self, frame: &Image, by: Scheme) -> Image {
        let straight = frame.in_state(state(frame.fact.alpha));
        let (width, height) = self.scaled;
        let scaled = if self.scales { interpolate(&straight, width, height, by) } else { straight };
        let opaque = scaled.fact.alpha == Alpha::Opaque;
        let beside = if opaque { [0.0, 0.0, 0.0, 1.0] } else { [0.0; 4] };
        let seen = crop(&scaled, self.seen, Edge::Clamp);
        clamped(&surround(&seen, self.inner(), scaled.fact.alpha, beside))
    }

    fn matte(&self, frame: &Matte, by: Scheme) -> Matte {
        let (width, height) = self.scaled;
        let scaled =
            if self.scales { interpolate_matte(frame, width, height, by) } else { frame.clone() };
        let seen = crop_matte(&scaled, self.seen, Edge::Clamp);
        clamped_matte(&surround_matte(&seen, self.inner(), 0.0))
    }

    /// The scaled picture as a rectangle of what is seen.
    fn inner(&self) -> Rect {
        let (width, height) = self.scaled;
        Rect { x: -self.seen.x, y: -self.seen.y, width, height }
    }
}

fn plan(from: (u32, u32), params: Params) -> Result<Plan, NodeError> {
    let frame = (params.get(WIDTH), params.get(HEIGHT));
    let plan =
        planned(from, frame, params.get(MULTIPLE), params.choice(METHOD), params.choice(CONDITION));
    admit(plan.scaled.0.into(), plan.scaled.1.into(), WIDTH)?;
    admit(plan.seen.width.into(), plan.seen.height.into(), WIDTH)?;
    Ok(plan)
}

fn planned(
    from: (u32, u32),
    frame: (u32, u32),
    multiple: u32,
    method: Method,
    condition: Condition,
) -> Plan {
    let step = multiple.max(1);
    let frame = (frame.0 - frame.0 % step, frame.1 - frame.1 % step);
    let (scaled, seen) = met(from, frame, method);
    let whole = |(width, height): (u32, u32)| Rect { x: 0, y: 0, width, height };
    let plan = if is_met(condition, from, scaled) {
        Plan { scaled, scales: true, seen }
    } else {
        Plan { scaled: from, scales: false, seen: whole(from) }
    };
    let (x, width) = cut(plan.seen.width, step);
    let (y, height) = cut(plan.seen.height, step);
    Plan { seen: Rect { x: plan.seen.x + x, y: plan.seen.y + y, width, height }, ..plan }
}

/// The size to scale to, and what is seen of it.
fn met(from: (u32, u32), frame: (u32, u32), method: Method) -> ((u32, u32), Rect) {
    let or = |side: u32, own: u32| if side == 0 { own } else { side };
    let given = (or(frame.0, from.0), or(frame.1, from.1));
    let (scaled, frame) = match method {
        Method::Stretch => (given, given),
        Method::Fill => (by_ratio(from, given, f64::max), given),
        Method::Whole | Method::Pad => {
            let frame = unbounded(from, frame);
            let scaled = by_ratio(from, frame, f64::min);
            (scaled, if method == Method::Pad { frame } else { scaled })
        }
    };
    let offset = |scaled: u32, frame: u32| {
        let room = i64::from(scaled) - i64::from(frame);
        if method == Method::Pad { -(-room).div_euclid(2) } else { room.div_euclid(2) }
    };
    let (x, y) = (offset(scaled.0, frame.0), offset(scaled.1, frame.1));
    (scaled, Rect { x, y, width: frame.0, height: frame.1 })
}

/// A side of 0 does not limit a picture that grows, and is that of a picture that does not.
fn unbounded(from: (u32, u32), frame: (u32, u32)) -> (u32, u32) {
    const LARGEST: u32 = 16384;
    let free = |side: u32, own: u32, grows: bool| match (side, grows) {
        (0, true) => LARGEST,
        (0, false) => own,
        (side, _) => side,
    };
    let width = free(frame.0, from.0, from.1 < frame.1);
    (width, free(frame.1, from.1, from.0 < width))
}

fn by_ratio(from: (u32, u32), to: (u32, u32), of: fn(f64, f64) -> f64) -> (u32, u32) {
    let [w, h, to_w, to_h] = [from.0, from.1, to.0, to.1].map(f64::from);
    let ratio = of(to_w / w, to_h / h);
    let side = |side: f64| (side * ratio).round_ties_even().clamp(1.0, f64::from(u32::MAX)) as u32;
    (side(w), side(h))
}

fn is_met(condition: Condition, from: (u32, u32), to: (u32, u32)) -> bool {
    let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
    match condition {
        Condition::Always => true,
        Condition::Bigger => from.1 > to.1 || from.0 > to.0,
        Condition::Smaller => from.1 < to.1 || from.0 < to.0,
        Condition::BiggerArea => area(from) > area(to),
        Condition::SmallerArea => area(from) < area(to),
    }
}

/// Where the middle of a side begins that is a multiple of `step` long, and its length; a side
/// shorter than a step stays.
fn cut(side: u32, step: u32) -> (i64, u32) {
    let more = side % step;
    if more == side { (0, side) } else { (i64::from(more / 2), side - more) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(from: (u32, u32), frame: (u32, u32), method: Method) -> ((u32, u32), [i64; 4]) {
        let plan = planned(from, frame, 0, method, Condition::Always);
        let Rect { x, y, width, height } = plan.seen;
        (plan.scaled, [x, y, width.into(), height.into()])
    }

    #[test]
    fn a_picture_meets_its_frame() {
        assert_eq!(of((40, 20), (30, 30), Method::Stretch), ((30, 30), [0, 0, 30, 30]));
        assert_eq!(of((40, 20), (30, 30), Method::Whole), ((30, 15), [0, 0, 30, 15]));
        assert_eq!(of((40, 20), (30, 30), Method::Fill), ((60, 30), [15, 0, 30, 30]));
        // 15 rows to spare: 7 above, 8 below.
        assert_eq!(of((40, 20), (30, 30), Method::Pad), ((30, 15), [0, -7, 30, 30]));
    }

    #[test]
    fn a_side_of_0_is_free_or_as_it_is() {
        assert_eq!(of((40, 20), (0, 30), Method::Stretch), ((40, 30), [0, 0, 40, 30]));
        assert_eq!(of((40, 20), (0, 30), Method::Whole), ((60, 30), [0, 0, 60, 30]));
        assert_eq!(of((40, 20), (0, 10), Method::Whole), ((20, 10), [0, 0, 20, 10]));
        assert_eq!(of((40, 20), (80, 0), Method::Whole), ((80, 40), [0, 0, 80, 40]));
    }

    #[test]
    fn multiples_shrink_the_frame_and_cut_the_rest() {
        let plan = planned((41, 21), (33, 33), 8, Method::Whole, Condition::Always);
        assert_eq!(plan.scaled, (32, 16));
        let plan = planned((41, 21), (64, 64), 8, Method::Stretch, Condition::Bigger);
        assert_eq!((plan.scales, plan.seen), (false, Rect { x: 0, y: 2, width: 40, height: 16 }));
    }

    #[test]
    fn conditions_compare_sides_or_areas() {
        let (from, to) = ((40, 20), (30, 30));
        let met: Vec<bool> =
            CONDITIONS.iter().map(|(_, condition)| is_met(*condition, from, to)).collect();
        assert_eq!(met, [true, true, true, false, true]);
    }
}
