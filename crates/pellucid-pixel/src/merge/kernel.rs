//! Which inner loop serves which mode, chosen once outside of all loops.

use super::blend::{Blend, Separable};
use super::plate::{AllChannels, AlphaMasked, Arithmetic, CurveOnAll};
use super::separable::Curve;
use super::span::{Formula, Premultiplied, SpanFn, Straight, span};
use super::{Mode, nonseparable as whole, plate, porter_duff as pd, separable as curve};

/// One mode's loops, by the form of the source pixels.
#[derive(Clone, Copy)]
pub(crate) struct Kernel {
    pub straight: SpanFn,
    pub premultiplied: SpanFn,
}

impl Kernel {
    /// The loops of a mode. `all_channels` asks for the colour formula on alpha too (else the
    /// union of alphas) and matters to plate and separable blend modes only. Dissolve's chance
    /// is not here: its source must be wholly clear or solid already.
    pub(crate) fn new(mode: Mode, all_channels: bool) -> Self {
        match mode {
            Mode::Normal | Mode::Dissolve => of::<pd::Over>(),
            Mode::Clear => of::<pd::Clear>(),
            Mode::Copy => of::<pd::Copy>(),
            Mode::Keep => of::<pd::Keep>(),
            Mode::Under => of::<pd::Under>(),
            Mode::In => of::<pd::In>(),
            Mode::Mask => of::<pd::Mask>(),
            Mode::Out => of::<pd::Out>(),
            Mode::Stencil => of::<pd::Stencil>(),
            Mode::Atop => of::<pd::Atop>(),
            Mode::DstAtop => of::<pd::DstAtop>(),
            Mode::Xor => of::<pd::Xor>(),
            Mode::Plus => of::<pd::Plus>(),
            Mode::DisjointOver => of::<pd::DisjointOver>(),
            Mode::ConjointOver => of::<pd::ConjointOver>(),
            Mode::Matte if all_channels => of::<plate::Matte>(),
            Mode::Matte => of::<pd::Over>(),
            Mode::Minus => arithmetic::<plate::Minus>(all_channels),
            Mode::From => arithmetic::<plate::From>(all_channels),
            Mode::Max => arithmetic::<plate::Max>(all_channels),
            Mode::Min => arithmetic::<plate::Min>(all_channels),
            Mode::Hypot => arithmetic::<plate::Hypot>(all_channels),
            Mode::PlateAverage => arithmetic::<plate::Average>(all_channels),
            Mode::PlateDifference => arithmetic::<plate::Difference>(all_channels),
            Mode::PlateDivide => arithmetic::<plate::Divide>(all_channels),
            Mode::PlateExclusion => arithmetic::<plate::Exclusion>(all_channels),
            Mode::PlateGeometric => arithmetic::<plate::Geometric>(all_channels),
            Mode::PlateMultiply => arithmetic::<plate::Multiply>(all_channels),
            Mode::PlateScreen => arithmetic::<plate::Screen>(all_channels),
            Mode::Multiply => separable::<curve::Multiply>(all_channels),
            Mode::Screen => separable::<curve::Screen>(all_channels),
            Mode::Overlay => separable::<curve::Overlay>(all_channels),
            Mode::Darken => separable::<curve::Darken>(all_channels),
            Mode::Lighten => separable::<curve::Lighten>(all_channels),
            Mode::ColorDodge => separable::<curve::ColorDodge>(all_channels),
            Mode::ColorBurn => separable::<curve::ColorBurn>(all_channels),
            Mode::HardLight => separable::<curve::HardLight>(all_channels),
            Mode::SoftLight => separable::<curve::SoftLight>(all_channels),
            Mode::Difference => separable::<curve::Difference>(all_channels),
            Mode::Exclusion => separable::<curve::Exclusion>(all_channels),
            Mode::LinearBurn => separable::<curve::LinearBurn>(all_channels),
            Mode::LinearDodge => separable::<curve::LinearDodge>(all_channels),
            Mode::LinearLight => separable::<curve::LinearLight>(all_channels),
            Mode::VividLight => separable::<curve::VividLight>(all_channels),
            Mode::PinLight => separable::<curve::PinLight>(all_channels),
            Mode::HardMix => separable::<curve::HardMix>(all_channels),
            Mode::Subtract => separable::<curve::Subtract>(all_channels),
            Mode::Divide => separable::<curve::Divide>(all_channels),
            Mode::GrainExtract => separable::<curve::GrainExtract>(all_channels),
            Mode::GrainMerge => separable::<curve::GrainMerge>(all_channels),
            Mode::Average => separable::<curve::Average>(all_channels),
            Mode::Negation => separable::<curve::Negation>(all_channels),
            Mode::GeometricMean => separable::<curve::GeometricMean>(all_channels),
            Mode::Parallel => separable::<curve::Parallel>(all_channels),
            Mode::Reflect => separable::<curve::Reflect>(all_channels),
            Mode::Glow => separable::<curve::Glow>(all_channels),
            Mode::SoftLightPegtop => separable::<curve::SoftLightPegtop>(all_channels),
            Mode::Hue => of::<Blend<whole::Hue>>(),
            Mode::Saturation => of::<Blend<whole::Saturation>>(),
            Mode::Color => of::<Blend<whole::Color>>(),
            Mode::Luminosity => of::<Blend<whole::Luminosity>>(),
            Mode::DarkerColor => of::<Blend<whole::DarkerColor>>(),
            Mode::LighterColor => of::<Blend<whole::LighterColor>>(),
        }
    }
}

fn of<F: Formula>() -> Kernel {
    Kernel { straight: span::<F, Straight>, premultiplied: span::<F, Premultiplied> }
}

fn arithmetic<A: Arithmetic>(all_channels: bool) -> Kernel {
    if all_channels { of::<AllChannels<A>>() } else { of::<AlphaMasked<A>>() }
}

fn separable<C: Curve>(all_channels: bool) -> Kernel {
    if all_channels { of::<CurveOnAll<C>>() } else { of::<Blend<Separable<C>>>() }
}
