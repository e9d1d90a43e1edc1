//! Alpha, and the colour that hides under it.

pub mod alpha_clean;
pub mod alpha_join;
pub mod alpha_levels;
pub mod alpha_report;
pub mod alpha_split;
pub mod bleed;
pub mod color_to_alpha;
pub mod defringe;
pub mod encode;
pub mod foreground_estimate;
pub mod pad_rgb;
pub mod premultiply;
pub mod triangulate;
pub mod unmult;
pub mod unpremultiply;
