//! Makes and shapes mattes.

pub mod matte_combine;
pub mod matte_dilate;
pub mod matte_erode;
pub mod matte_feather;
pub mod matte_feather_border;
pub mod matte_from_channel;
pub mod matte_from_colour;
pub mod matte_invert;
pub mod matte_paste;
pub mod matte_shape;
pub mod matte_solid;
pub mod matte_threshold;
pub mod matte_to_image;
