//! Classes of ComfyUI that no kind serves alone: what writes files, what only hands on a literal,
//! and what exists to be unpacked by the class that takes it.
//!
//! The bundles and their parts:
//!
//! | type | made by | parts |
//! |---|---|---|
//! | SAMPLER | `KSamplerSelect`, `Sampler…` | `sampler` (a word), and what the class sets: `eta`, `s_noise`, `r`, `order`, … |
//! | NOISE | `RandomNoise` | `seed` |
//! | NOISE | `DisableNoise` | none |
//! | GUIDER | `BasicGuider` | `model`, `positive` |
//! | GUIDER | `CFGGuider` | `model`, `positive`, `negative`, `cfg` |
//! | UPSCALE_MODEL | `UpscaleModelLoader` | `file` |

use pellucid_graph::comfy::ComfyClass;

mod canny;
mod grow_mask;
mod guiders;
mod image_alpha;
mod image_batches;
mod image_blend;
mod image_rotate;
mod image_sharpen;
mod image_stitch;
mod load_pictures;
mod lora_loader;
mod noise;
mod previews;
mod primitives;
mod rebatch_latents;
mod sampler_classes;
mod save_image;
mod save_latent;
mod upscale_models;
pub(crate) mod words;

/// Every class of this folder.
pub const CLASSES: &[fn() -> ComfyClass] = &[
    canny::class,
    grow_mask::class,
    guiders::basic_guider,
    guiders::cfg_guider,
    image_alpha::join_image_with_alpha,
    image_alpha::porter_duff_image_composite,
    image_alpha::split_image_with_alpha,
    image_batches::image_batch,
    image_batches::rebatch_images,
    image_blend::class,
    image_rotate::class,
    image_sharpen::class,
    image_stitch::class,
    load_pictures::load_image,
    load_pictures::load_image_mask,
    load_pictures::load_image_output,
    lora_loader::class,
    noise::disable_noise,
    noise::random_noise,
    previews::mask_preview,
    previews::preview_any,
    previews::preview_image,
    primitives::primitive_boolean,
    primitives::primitive_float,
    primitives::primitive_int,
    primitives::primitive_string,
    primitives::primitive_string_multiline,
    rebatch_latents::class,
    sampler_classes::ksampler_select,
    sampler_classes::dpm_adaptive,
    sampler_classes::dpmpp_2m_sde,
    sampler_classes::dpmpp_2s_ancestral,
    sampler_classes::dpmpp_3m_sde,
    sampler_classes::dpmpp_sde,
    sampler_classes::er_sde,
    sampler_classes::euler_ancestral,
    sampler_classes::euler_ancestral_cfg_pp,
    sampler_classes::lms,
    sampler_classes::sa_solver,
    save_image::class,
    save_latent::class,
    upscale_models::image_upscale_with_model,
    upscale_models::upscale_model_loader,
];
