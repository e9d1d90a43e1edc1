//! When a patched model stops being asked.

/// Before which noise level a patch is in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StopAt {
    /// The lowest noise level at which the patched model is asked; 0 for always.
    pub sigma: f64,
}

impl StopAt {
    /// Whether the patched model, with its concatenated channels, is asked at this noise level.
    pub fn is_patched(self, sigma: f64) -> bool {
        sigma >= self.sigma
    }
}
