//! Rules a graph states about its own values; one that does not hold ends the run with exit status
//! 5.

pub mod assert_alpha;
pub mod assert_equal;
pub mod assert_range;
pub mod assert_size;
