//! Pictures put together into one batch.

use pellucid_pixel::{Alpha, ImageFact};

/// The fact of a batch of pictures of one size: encoded as the first, opaque where all are,
/// straight where one is (so that no hidden colour is lost), else premultiplied.
pub fn joined(facts: &[ImageFact]) -> Option<ImageFact> {
    let first = facts.first()?;
    let any = |alpha| facts.iter().any(|fact| fact.alpha == alpha);
    let alpha = if any(Alpha::Straight) {
        Alpha::Straight
    } else if any(Alpha::Premultiplied) {
        Alpha::Premultiplied
    } else {
        Alpha::Opaque
    };
    let batch = facts.iter().fold(0, |sum: u32, fact| sum.saturating_add(fact.batch));
    Some(ImageFact { batch, alpha, ..*first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_straight_picture_makes_the_batch_straight() {
        let fact = |alpha| ImageFact::new(2, 2, alpha);
        let all = [Alpha::Opaque, Alpha::Premultiplied, Alpha::Straight].map(fact);
        let alpha = |n: usize| joined(&all[..n]).map(|fact| (fact.batch, fact.alpha));
        assert_eq!(alpha(1), Some((1, Alpha::Opaque)));
        assert_eq!(alpha(2), Some((2, Alpha::Premultiplied)));
        assert_eq!(alpha(3), Some((3, Alpha::Straight)));
        assert_eq!(joined(&[]), None);
    }
}
