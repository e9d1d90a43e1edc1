//! Random numbers that depend on a seed and a place alone, so that any draw can be made again.

/// SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The stream of a seed and of what is drawn for: a purpose, a step, an index.
    pub fn new(seed: u64, place: &[u64]) -> Self {
        let mut random = Self { state: seed ^ 0x243f_6a88_85a3_08d3 };
        for part in place {
            // Another multiplier than the stream's own step: neighbours must not be one stream, shifted.
            random.state = random.next() ^ part.wrapping_add(1).wrapping_mul(0xd6e8_feb8_6659_fd93);
        }
        random.next();
        random
    }

    /// 64 random bits.
    #[expect(clippy::should_implement_trait, reason = "an endless stream needs no Option")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from 0 to 1, 1 excluded.
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Evenly from `low` to `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `count`; 0 for a count of 0.
    pub fn below(&mut self, count: usize) -> usize {
        (((self.next() >> 32) * count as u64) >> 32) as usize
    }

    /// True with a probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// One of several.
    ///
    /// # Panics
    /// When there are none: a bug of the caller.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// From a normal distribution of mean 0 and deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.unit()).cos()
    }

    /// `count` numbers from [`Random::normal`].
    pub fn normals(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.normal()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_its_seed_and_place_alone() {
        let draw = |seed, place: &[u64]| Random::new(seed, place).next();
        assert_eq!(draw(1, &[2, 3]), draw(1, &[2, 3]));
        assert_ne!(draw(1, &[2, 3]), draw(1, &[3, 2]));
        assert_ne!(draw(1, &[2, 3]), draw(2, &[2, 3]));
        let mut first = Random::new(1, &[0]);
        let early: Vec<u64> = (0..50).map(|_| first.next()).collect();
        for index in 1..50 {
            assert!(!early.contains(&draw(1, &[index])), "stream {index} is stream 0, shifted");
        }
    }

    #[test]
    fn normals_have_mean_zero_and_deviation_one() {
        let draws = Random::new(5, &[]).normals(20_000);
        let mean = draws.iter().sum::<f32>() / draws.len() as f32;
        let variance = draws.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / draws.len() as f32;
        // Four standard errors of 20,000 draws.
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }
}
