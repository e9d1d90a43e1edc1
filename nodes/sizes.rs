//! Refusals that many nodes share: sizes and batches that do not go together.

use pellucid_graph::{NodeError, Site};

/// What is compared: the name of the socket, width and height, batch.
#[derive(Clone, Copy)]
pub struct Sized<'a> {
    /// The socket's name.
    pub name: &'a str,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Pictures.
    pub batch: u32,
}

/// Refuses `other` when it is not as large as `first`, with an action.
///
/// # Errors
/// At `site`, the handle of `other`.
pub fn same_size(
    first: Sized<'_>,
    other: Sized<'_>,
    site: impl Into<Site>,
) -> Result<(), NodeError> {
    if first.size == other.size {
        return Ok(());
    }
    let message = format!(
        "{} is {}x{}, but {} is {}x{}",
        other.name, other.size.0, other.size.1, first.name, first.size.0, first.size.1
    );
    Err(NodeError::at(site, message)
        .hint(format!("put a `fit` or `resize` node in front of {}", other.name)))
}

/// The batch of a result of two inputs: equal ones, or one against many.
///
/// # Errors
/// At `site`, the handle of `other`.
pub fn common_batch(
    first: Sized<'_>,
    other: Sized<'_>,
    site: impl Into<Site>,
) -> Result<u32, NodeError> {
    match (first.batch, other.batch) {
        (a, b) if a == b => Ok(a),
        (1, n) | (n, 1) => Ok(n),
        (a, b) => {
            let message = format!("{} is a batch of {b}, but {} of {a}", other.name, first.name);
            Err(NodeError::at(site, message).hint("give both the same number of pictures, or one"))
        }
    }
}

/// The batch of a result of pictures of one size, the first against every other.
///
/// # Errors
/// At the site of the one that does not go with those before it.
pub fn meet(first: Sized<'_>, others: &[(Sized<'_>, Site)]) -> Result<u32, NodeError> {
    others.iter().try_fold(first.batch, |batch, (other, site)| {
        same_size(first, *other, site.clone())?;
        common_batch(Sized { batch, ..first }, *other, site.clone())
    })
}
