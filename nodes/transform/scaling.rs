//! What the kinds that scale have in common: filter, light, overshoot.

use pellucid_graph::{Check, Choice, NodeError, Param, Params, Run};
use pellucid_pixel::resize::{
    Filter, Resize, clamped, clamped_matte, resize, resize_fact, resize_matte,
};
use pellucid_pixel::{Image, Matte};
use pellucid_value::{Raster, RasterFact};

use crate::frames::{each_raster, raster_bytes};

/// The kernel.
pub const FILTER: Choice<Filter> = Choice::new(
    "filter",
    &Filter::NAMES,
    "The kernel: `lanczos3` is sharpest, `mitchell` a compromise, `triangle` and `box` never \
     overshoot, `nearest` mixes nothing.",
);

/// Mixing in linear light.
pub const LINEAR_LIGHT: Param<bool> = Param::bool(
    "linear_light",
    false,
    "Mix sRGB-encoded colour as linear light; the result is encoded as before.",
);

/// What becomes of overshoot.
pub const CLAMP: Param<bool> = Param::bool(
    "clamp",
    false,
    "Cut off what sharp filters overshoot: alpha to 0..1, colour to 0..alpha. Files of whole \
     numbers cut it off anyway.",
);

/// How to scale, and what becomes of overshoot.
#[derive(Clone, Copy)]
pub struct Scaling {
    /// Filter and light.
    pub by: Resize,
    clamp: bool,
}

impl Scaling {
    /// The settings of a kind that declares [`FILTER`], [`LINEAR_LIGHT`] and [`CLAMP`].
    pub fn of(params: Params) -> Self {
        let by = Resize { filter: params.choice(FILTER), linear_light: params.get(LINEAR_LIGHT) };
        Self { by, clamp: params.get(CLAMP) }
    }

    /// An image that was scaled, without overshoot where that is asked for.
    pub fn settled(&self, image: Image) -> Image {
        if self.clamp { clamped(&image) } else { image }
    }

    /// A matte that was scaled, without overshoot where that is asked for.
    pub fn settled_matte(&self, matte: Matte) -> Matte {
        if self.clamp { clamped_matte(&matte) } else { matte }
    }
}

/// The fact of `fact` at another size, and the scratch memory it takes.
pub fn check_resized(cx: &Check, fact: RasterFact, (width, height): (u32, u32)) -> RasterFact {
    let sized = match fact {
        RasterFact::Image(fact) => RasterFact::Image(resize_fact(&fact, width, height)),
        RasterFact::Matte(_) => fact.sized(width, height),
    };
    // A copy that may be mixed, rows scaled in one direction, the result before it is settled.
    cx.needs(2 * raster_bytes(fact) + 2 * raster_bytes(sized));
    sized
}

/// Every frame at another size.
///
/// # Errors
/// When the work is no longer wanted.
pub fn resized(
    cx: &Run,
    raster: &Raster,
    (width, height): (u32, u32),
) -> Result<Raster, NodeError> {
    let how = Scaling::of(cx.params());
    each_raster(
        cx,
        raster,
        |frame| how.settled(resize(frame, width, height, how.by)),
        |frame| how.settled_matte(resize_matte(frame, width, height, how.by.filter)),
    )
}

/// The size of a raster.
pub fn size_of(raster: &Raster) -> (u32, u32) {
    match raster {
        Raster::Image(image) => image.fact.size(),
        Raster::Matte(matte) => matte.fact.size(),
    }
}
