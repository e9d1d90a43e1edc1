//! Measurements: numbers about a picture, never a picture.

pub mod backgrounds;
pub mod halo;
pub mod histogram;
pub mod hygiene;
pub mod matting;
pub mod recomposition;
pub mod statistics;

pub use backgrounds::{BACKGROUNDS, BackgroundScores, score_over_backgrounds};
pub use halo::{Halo, HaloSettings, halo};
pub use histogram::{Channel, Histogram, HistogramSettings, histogram};
pub use hygiene::{Hygiene, HygieneLevels, hygiene};
pub use matting::{MattingScores, score_matte};
pub use recomposition::{Recomposition, recomposition};
pub use statistics::{AlphaStatistics, alpha_statistics, matte_statistics};
