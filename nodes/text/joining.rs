//! What kinds that join two conditionings have in common.

use std::sync::Arc;

use pellucid_graph::{Check, In, NodeError, Out};
use pellucid_value::{Conditioning, ConditioningFact};

pub const A: In<Arc<Conditioning>> = In::new("a", "The first.");
pub const B: In<Arc<Conditioning>> = In::new("b", "The second.");
pub const CONDITIONING: Out<Arc<Conditioning>> = Out::new("conditioning", "Both as one.");

/// Both facts, when they can be joined.
///
/// # Errors
/// When they are for different lines of models.
pub fn checked_pair(cx: &Check) -> Result<(ConditioningFact, ConditioningFact), NodeError> {
    let (a, b) = (cx.fact(A), cx.fact(B));
    if a.family != b.family {
        let message = format!("b is encoded for {}, but a for {}", b.family, a.family);
        return Err(NodeError::at(B, message).hint("encode both with the same text encoders"));
    }
    if a.width != b.width {
        let message = format!("tokens of b are {} wide, those of a {}", b.width, a.width);
        return Err(NodeError::at(B, message).hint("encode both with the same text encoders"));
    }
    Ok((a, b))
}
