//! What drawing with models promises, whatever the models are: the same bits every time, nothing
//! computed twice, and everything that is wired to a sampler counts.

mod extremes;
mod layers;
mod matters;
mod previews;
mod same_bits;
mod scene;
mod sizes;
mod work;
