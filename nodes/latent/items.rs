//! The items of a batch of latents.

use pellucid_pixel::{Matte, MatteFact};
use pellucid_value::{Array, Latent};

/// The items of these numbers, in this order; their noise stays that of where they came from.
pub fn picked(latent: &Latent, items: &[usize]) -> Latent {
    let fact = latent.fact();
    let item = latent.samples.data.len() / fact.batch.max(1) as usize;
    let numbers = |index: usize| &latent.samples.data[index * item..(index + 1) * item];
    let data: Vec<f32> = items.iter().flat_map(|&index| numbers(index)).copied().collect();
    let mut shape = latent.samples.shape.to_vec();
    shape[0] = items.len();
    Latent {
        samples: Array::new(&shape, data),
        mask: latent.mask.as_ref().map(|mask| frames(mask, items)),
        batch_index: None,
    }
}

/// The masks of these items; one for all stays one for all.
fn frames(mask: &Matte, items: &[usize]) -> Matte {
    let batch = mask.fact.batch as usize;
    if batch == 1 {
        return mask.clone();
    }
    let frame = |index: &usize| mask.frame((index % batch) as u32).iter().copied();
    let fact = MatteFact { batch: items.len() as u32, ..mask.fact };
    Matte::new(fact, items.iter().flat_map(frame).collect())
}

/// The place in the batch that the noise of every item is drawn for.
pub fn places(latent: &Latent) -> Vec<u64> {
    match &latent.batch_index {
        Some(index) => index.to_vec(),
        None => (0..u64::from(latent.fact().batch)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_value::LatentFact;

    #[test]
    fn items_come_in_the_order_asked_for() {
        let fact = LatentFact { channels: 1, ..LatentFact::for_picture(3, 8, 8) };
        let latent = Latent::new(fact, vec![1.0, 2.0, 3.0]);
        assert_eq!(*picked(&latent, &[2, 0]).samples.data, [3.0, 1.0]);
        assert_eq!(places(&latent), [0, 1, 2]);
    }
}
