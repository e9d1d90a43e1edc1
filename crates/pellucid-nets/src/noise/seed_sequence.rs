//! Seeds for the nodes of a tree, made from one seed (NumPy's `SeedSequence`, after O'Neill 2015).

/// A pool of well-mixed words that yields any number of seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedSequence {
    /// The mixed words.
    pub pool: Vec<u32>,
}

impl SeedSequence {
    /// Mixes `entropy` and the path `spawn_key` into a pool of `size` words, at least one.
    pub fn new(entropy: u64, spawn_key: &[u64], size: usize) -> Self {
        let size = size.max(1);
        let mut data = words(entropy);
        if !spawn_key.is_empty() {
            data.resize(data.len().max(size), 0);
            data.extend(spawn_key.iter().flat_map(|&key| words(key)));
        }
        let mut hash = Hash { running: 0x43B0_D7E5, step: 0x931E_8875 };
        let mut pool: Vec<u32> =
            (0..size).map(|i| hash.absorb(data.get(i).copied().unwrap_or(0))).collect();
        for from in 0..size {
            for to in (0..size).filter(|&to| to != from) {
                pool[to] = mix(pool[to], hash.absorb(pool[from]));
            }
        }
        for &word in data.iter().skip(size) {
            for slot in &mut pool {
                *slot = mix(*slot, hash.absorb(word));
            }
        }
        Self { pool }
    }

    /// `count` seeds; a longer list begins with a shorter one.
    pub fn generate_state(&self, count: usize) -> Vec<u32> {
        let mut hash = Hash { running: 0x8B51_F9DD, step: 0x58F3_8DED };
        self.pool.iter().cycle().take(count).map(|&word| hash.absorb(word)).collect()
    }
}

/// A multiplicative hash whose constant changes with every word.
struct Hash {
    running: u32,
    step: u32,
}

impl Hash {
    fn absorb(&mut self, word: u32) -> u32 {
        let word = word ^ self.running;
        self.running = self.running.wrapping_mul(self.step);
        let word = word.wrapping_mul(self.running);
        word ^ (word >> 16)
    }
}

fn mix(x: u32, y: u32) -> u32 {
    let mixed = x.wrapping_mul(0xCA01_F9DD).wrapping_sub(y.wrapping_mul(0x4973_F715));
    mixed ^ (mixed >> 16)
}

/// The 32-bit words of `value`, lowest first, without leading zeros but never none.
fn words(value: u64) -> Vec<u32> {
    let (low, high) = (value as u32, (value >> 32) as u32);
    if high == 0 { vec![low] } else { vec![low, high] }
}
