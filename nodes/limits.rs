//! How large a result may be.

use pellucid_graph::{NodeError, Site};

/// Pixels along one side.
pub const LONGEST_SIDE: u32 = 65535;

/// Pixels in one picture.
pub const MOST_PIXELS: u64 = 400_000_000;

/// A size that is not too large, which must be at least 1 by 1.
///
/// # Errors
/// At `site`, with both the size and the limit.
pub fn admit(width: u64, height: u64, site: impl Into<Site>) -> Result<(u32, u32), NodeError> {
    let longest = u64::from(LONGEST_SIDE);
    if width > longest || height > longest {
        let message =
            format!("the result would be {width}x{height}, but a side is at most {longest}");
        return Err(NodeError::at(site, message).hint("make it smaller"));
    }
    if width * height > MOST_PIXELS {
        let (size, most) = ((width * height) / 1_000_000, MOST_PIXELS / 1_000_000);
        let message = format!(
            "the result would be {width}x{height}, {size} megapixels, but {most} are the most"
        );
        return Err(NodeError::at(site, message).hint("make it smaller"));
    }
    Ok((width as u32, height as u32))
}
