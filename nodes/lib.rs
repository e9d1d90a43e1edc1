//! The built-in node kinds, one file each, in family folders.
//!
//! A node file holds, in this order: its typed handles, `kind()` (the record that is at once
//! manual, JSON schema, error text and cache key), `check` (what the result will be, refusing
//! early), `run`, and unit tests of its mathematics. A new kind adds its file, its line in the
//! family's `mod` list, its line in [`KINDS`], and its graph in `tests/`.

use pellucid_graph::{Kinds, NodeKind};

mod alpha;
mod assert;
mod colour;
mod colours;
mod comfy;
mod control;
mod filter;
mod frames;
mod inspect;
mod joining;
mod key;
mod latent;
mod layer_diffusion;
mod layers;
mod limits;
mod load;
mod matte;
mod merge;
mod model;
mod networks;
mod reports;
mod sample;
mod sizes;
mod text;
mod transform;

pub use comfy::CLASSES;

/// Every built-in kind, by family.
pub const KINDS: &[fn() -> NodeKind] = &[
    load::batch::kind,
    load::checkerboard::kind,
    load::gradient::kind,
    load::load_checkpoint::kind,
    load::load_clip::kind,
    load::load_controlnet::kind,
    load::load_diffusion_model::kind,
    load::load_image::kind,
    load::load_images::kind,
    load::load_latent::kind,
    load::load_vae::kind,
    load::pick_frame::kind,
    load::pick_frames::kind,
    load::repeat_frames::kind,
    load::solid::kind,
    model::apply_lora::kind,
    model::free_u::kind,
    model::model_sampling::kind,
    model::rescale_cfg::kind,
    text::apply_clip_lora::kind,
    text::average_conditioning::kind,
    text::clip_skip::kind,
    text::combine_conditioning::kind,
    text::concat_conditioning::kind,
    text::conditioning_area::kind,
    text::conditioning_mask::kind,
    text::conditioning_window::kind,
    text::encode_prompt::kind,
    text::encode_prompt_sdxl::kind,
    text::zero_conditioning::kind,
    control::apply_controlnet::kind,
    control::controlnet_sort::kind,
    control::depth_estimate::kind,
    control::depth_from_alpha::kind,
    latent::batch_latents::kind,
    latent::composite_latents::kind,
    latent::decode_latent::kind,
    latent::empty_latent::kind,
    latent::encode_for_inpaint::kind,
    latent::encode_image::kind,
    latent::mask_latent::kind,
    latent::pick_latents::kind,
    latent::repeat_latents::kind,
    latent::scale_latent::kind,
    sample::ksampler::kind,
    sample::ksampler_advanced::kind,
    sample::sample_levels::kind,
    sample::schedule::kind,
    sample::schedule_exponential::kind,
    sample::schedule_flip::kind,
    sample::schedule_karras::kind,
    sample::schedule_split::kind,
    layer_diffusion::decode_joint::kind,
    layer_diffusion::decode_layer::kind,
    layer_diffusion::encode_condition::kind,
    layer_diffusion::encode_layer::kind,
    layer_diffusion::every_nth::kind,
    layer_diffusion::frames_from_batch::kind,
    layer_diffusion::harmlessness::kind,
    layer_diffusion::latent_frame::kind,
    layer_diffusion::layer_conditioned::kind,
    layer_diffusion::layer_foreground::kind,
    layer_diffusion::layer_given::kind,
    layer_diffusion::layer_joint::kind,
    layer_diffusion::load_layer_codec::kind,
    layer_diffusion::transparency::kind,
    merge::alpha_over::kind,
    merge::light_wrap::kind,
    merge::merge::kind,
    merge::mix::kind,
    merge::paste::kind,
    merge::transfer::kind,
    alpha::alpha_clean::kind,
    alpha::alpha_join::kind,
    alpha::alpha_levels::kind,
    alpha::alpha_report::kind,
    alpha::alpha_split::kind,
    alpha::bleed::kind,
    alpha::color_to_alpha::kind,
    alpha::defringe::kind,
    alpha::encode::kind,
    alpha::foreground_estimate::kind,
    alpha::pad_rgb::kind,
    alpha::premultiply::kind,
    alpha::triangulate::kind,
    alpha::unmult::kind,
    alpha::unpremultiply::kind,
    matte::matte_combine::kind,
    matte::matte_dilate::kind,
    matte::matte_erode::kind,
    matte::matte_feather::kind,
    matte::matte_feather_border::kind,
    matte::matte_from_channel::kind,
    matte::matte_from_colour::kind,
    matte::matte_invert::kind,
    matte::matte_paste::kind,
    matte::matte_shape::kind,
    matte::matte_solid::kind,
    matte::matte_threshold::kind,
    matte::matte_to_image::kind,
    transform::affine::kind,
    transform::crop::kind,
    transform::fit::kind,
    transform::flip::kind,
    transform::interpolate::kind,
    transform::interpolate_by::kind,
    transform::interpolate_into::kind,
    transform::interpolate_like::kind,
    transform::interpolate_to_area::kind,
    transform::offset::kind,
    transform::outpaint_pad::kind,
    transform::pad::kind,
    transform::resize::kind,
    transform::rotate::kind,
    transform::scale::kind,
    transform::stitch::kind,
    transform::upscale::kind,
    filter::blur::kind,
    filter::box_blur::kind,
    filter::drop_shadow::kind,
    filter::edges_canny::kind,
    filter::edges_soft::kind,
    filter::glow::kind,
    filter::median::kind,
    filter::sharpen::kind,
    filter::stroke::kind,
    filter::window_blur::kind,
    filter::window_sharpen::kind,
    colour::contrast::kind,
    colour::exposure::kind,
    colour::grade::kind,
    colour::greyscale::kind,
    colour::hue_saturation::kind,
    colour::invert::kind,
    colour::levels::kind,
    colour::match_colour::kind,
    key::chroma_key::kind,
    key::color_key::kind,
    key::despill::kind,
    key::difference_key::kind,
    key::guided_refine::kind,
    key::luma_key::kind,
    layers::flatten::kind,
    layers::group::kind,
    layers::layer::kind,
    layers::pick::kind,
    layers::reorder::kind,
    layers::stack::kind,
    inspect::backgrounds_psnr::kind,
    inspect::compare::kind,
    inspect::histogram::kind,
    inspect::hygiene::kind,
    inspect::image_size::kind,
    inspect::matte_scores::kind,
    inspect::recomposition::kind,
    assert::assert_alpha::kind,
    assert::assert_equal::kind,
    assert::assert_range::kind,
    assert::assert_size::kind,
];

/// The built-in kinds, and the classes of ComfyUI that they serve together.
pub fn kinds() -> Kinds {
    let mut kinds = Kinds::of(KINDS);
    kinds.add_classes(CLASSES);
    kinds.add_classes(layer_diffusion::CLASSES);
    kinds
}
