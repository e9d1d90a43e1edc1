//! What the kinds that interpolate have in common: scheme, cut, frames.

use pellucid_graph::{Check, Checked, Choice, NodeError, Out, Run, Site};
use pellucid_pixel::Edge;
use pellucid_pixel::interpolate::{
    Scheme, centre_crop, interpolate, interpolate_fact, interpolate_matte,
};
use pellucid_pixel::transform::{Rect, crop, crop_fact, crop_matte};
use pellucid_value::{Raster, RasterFact};

use super::scaling::size_of;
use crate::frames::{each_raster, raster_bytes};

/// How values between pixels are found.
pub const FILTER: Choice<Scheme> = Choice::new(
    "filter",
    &Scheme::NAMES,
    "How values between pixels are found; a picture that shrinks is smoothed by `area` and \
     `lanczos_8bit` alone.",
)
.meanings(meaning);

/// What is cut off first.
pub const CROP: Choice<bool> = Choice::new(
    "crop",
    &CROPS,
    "What is cut off first: nothing, or all round the `centre` what does not fit the new \
     proportions.",
);

/// The words for [`FILTER`] in ComfyUI, in its order, for scaling nodes.
pub const METHODS: &[(&str, &str)] = &[
    ("nearest-exact", "nearest_exact"),
    ("bilinear", "bilinear"),
    ("area", "area"),
    ("bicubic", "bicubic"),
    ("lanczos", "lanczos_8bit"),
];

/// The words for [`CROP`] in ComfyUI.
pub const COMFY_CROPS: &[(&str, &str)] = &[("disabled", "none"), ("center", "centre")];

const CROPS: &[(&str, bool)] = &[("none", false), ("centre", true)];

fn meaning(word: &str) -> &'static str {
    match word {
        "bilinear" => "linear between the two nearest pixels",
        "bicubic" => "cubic of four pixels, a = -0.75; overshoots at hard edges",
        "area" => "the mean of all pixels that a new one touches",
        "nearest_exact" => "the pixel under the centre",
        "nearest" => "the pixel under the top left corner",
        "lanczos_8bit" => {
            "three lobes on values cut down to 8 bits, colour weighted by alpha, as Pillow does"
        }
        _ => "",
    }
}

/// A picture on its way to another size.
#[derive(Clone, Copy)]
pub struct Interpolation {
    /// The new size.
    pub to: (u32, u32),
    /// How.
    pub by: Scheme,
    /// Cut to the new proportions first.
    pub crop: bool,
}

impl Interpolation {
    /// What `check` of a kind answers whose input `image` becomes this.
    ///
    /// # Errors
    /// At `site`, when cutting leaves nothing.
    pub fn check(
        self,
        cx: &Check,
        fact: RasterFact,
        out: Out<Raster>,
        site: impl Into<Site>,
    ) -> Result<Checked, NodeError> {
        if fact.size() == self.to && self.by.keeps_values() {
            return Ok(Checked::Forward("image"));
        }
        let rect = self.rect(fact.size()).map_err(|error| error.about(site))?;
        let (width, height) = self.to;
        let sized = match fact {
            RasterFact::Image(fact) => {
                let cut = crop_fact(&fact, rect, Edge::Clamp);
                RasterFact::Image(interpolate_fact(&cut, width, height, self.by))
            }
            RasterFact::Matte(_) => fact.sized(width, height),
        };
        // A cut copy in a state that may be mixed, rows scaled in one direction, the result.
        cx.needs(2 * raster_bytes(fact) + 2 * raster_bytes(sized));
        Ok(Checked::Facts(vec![out.fact(sized)]))
    }

    /// Every frame at the new size.
    ///
    /// # Errors
    /// When the work is no longer wanted.
    pub fn run(self, cx: &Run, raster: &Raster) -> Result<Raster, NodeError> {
        let rect = self.rect(size_of(raster))?;
        let (width, height) = self.to;
        each_raster(
            cx,
            raster,
            |frame| interpolate(&crop(frame, rect, Edge::Clamp), width, height, self.by),
            |frame| {
                interpolate_matte(&crop_matte(frame, rect, Edge::Clamp), width, height, self.by)
            },
        )
    }

    fn rect(self, from: (u32, u32)) -> Result<Rect, NodeError> {
        if !self.crop {
            return Ok(Rect { x: 0, y: 0, width: from.0, height: from.1 });
        }
        centre_crop(from, self.to).ok_or_else(|| {
            let message = format!(
                "cut to the proportions of {}x{}, nothing is left of a picture of {}x{}",
                self.to.0, self.to.1, from.0, from.1
            );
            NodeError::at(Site::Node, message).hint("do not cut, or choose other proportions")
        })
    }
}

/// A side times a factor, rounded half to even, at least 1.
pub fn rounded(side: f64) -> u64 {
    side.round_ties_even().max(1.0) as u64
}
