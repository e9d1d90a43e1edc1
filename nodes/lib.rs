//! The built-in node kinds, one file each, in family folders.
//!
//! A node file holds, in this order: its typed handles, `kind()` (the record that is at once
//! manual, JSON schema, error text and cache key), `check` (what the result will be, refusing
//! early), `run`, and unit tests of its mathematics. A new kind adds its file, its line in the
//! family's `mod` list, its line in [`KINDS`], and its graph in `tests/`.

use pellucid_graph::NodeKind;

mod colours;
mod filter;
mod frames;
mod joining;
mod layers;
mod limits;
mod load;
mod matte;
mod merge;
mod sizes;
mod transform;

/// Every built-in kind, by family.
pub const KINDS: &[fn() -> NodeKind] = &[
    load::batch::kind,
    load::checkerboard::kind,
    load::gradient::kind,
    load::load_image::kind,
    load::load_images::kind,
    load::pick_frame::kind,
    load::solid::kind,
    merge::alpha_over::kind,
    merge::light_wrap::kind,
    merge::merge::kind,
    merge::mix::kind,
    matte::matte_combine::kind,
    matte::matte_dilate::kind,
    matte::matte_erode::kind,
    matte::matte_feather::kind,
    matte::matte_from_channel::kind,
    matte::matte_invert::kind,
    matte::matte_shape::kind,
    matte::matte_threshold::kind,
    matte::matte_to_image::kind,
    transform::affine::kind,
    transform::crop::kind,
    transform::fit::kind,
    transform::flip::kind,
    transform::offset::kind,
    transform::pad::kind,
    transform::resize::kind,
    transform::rotate::kind,
    transform::scale::kind,
    filter::blur::kind,
    filter::box_blur::kind,
    filter::drop_shadow::kind,
    filter::edges_canny::kind,
    filter::edges_soft::kind,
    filter::glow::kind,
    filter::median::kind,
    filter::sharpen::kind,
    filter::stroke::kind,
    layers::flatten::kind,
    layers::group::kind,
    layers::layer::kind,
    layers::pick::kind,
    layers::reorder::kind,
    layers::stack::kind,
];
