//! Results kept in memory, bounded by age and bytes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use pellucid_value::Value;

use crate::Key;

/// The outputs of a node.
pub type Values = Arc<[Value]>;

/// Results kept in memory. A buffer that several results share is counted once.
#[derive(Default)]
pub(crate) struct MemoryCache {
    entries: HashMap<Key, Entry>,
    buffers: HashMap<usize, Buffer>,
    bytes: u64,
    round: u64,
    clock: u64,
}

struct Entry {
    values: Values,
    round: u64,
    used: u64,
}

struct Buffer {
    bytes: u64,
    holders: u32,
}

impl MemoryCache {
    /// The result, which counts as used now.
    pub fn get(&mut self, key: Key) -> Option<Values> {
        self.clock += 1;
        let entry = self.entries.get_mut(&key)?;
        entry.round = self.round;
        entry.used = self.clock;
        Some(Arc::clone(&entry.values))
    }

    pub fn contains(&self, key: Key) -> bool {
        self.entries.contains_key(&key)
    }

    pub fn insert(&mut self, key: Key, values: Values) {
        self.remove(key);
        self.clock += 1;
        let mut bytes = self.bytes;
        for value in values.iter() {
            value.buffers(&mut |id, size| {
                let buffer = self.buffers.entry(id).or_insert(Buffer { bytes: size, holders: 0 });
                if buffer.holders == 0 {
                    bytes += size;
                }
                buffer.holders += 1;
            });
        }
        self.bytes = bytes;
        self.entries.insert(key, Entry { values, round: self.round, used: self.clock });
    }

    fn remove(&mut self, key: Key) {
        let Some(entry) = self.entries.remove(&key) else { return };
        for value in entry.values.iter() {
            value.buffers(&mut |id, _| {
                if let Some(buffer) = self.buffers.get_mut(&id) {
                    buffer.holders -= 1;
                    if buffer.holders == 0 {
                        self.bytes -= buffer.bytes;
                        self.buffers.remove(&id);
                    }
                }
            });
        }
    }

    /// Bytes of all buffers.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Starts a new round, and forgets what has not been used for `max_age` of them.
    pub fn next_round(&mut self, max_age: u64, held: &HashSet<Key>) {
        self.round += 1;
        let oldest = self.round.saturating_sub(max_age);
        let old = self.entries.iter().filter(|(key, e)| e.round < oldest && !held.contains(key));
        let mut old: Vec<Key> = old.map(|(key, _)| *key).collect();
        old.sort_unstable();
        old.into_iter().for_each(|key| self.remove(key));
    }

    /// Forgets what was used longest ago until at most `budget` bytes are kept. What is held
    /// stays.
    pub fn shrink(&mut self, budget: u64, held: &dyn Fn(Key) -> bool) {
        if self.bytes <= budget {
            return;
        }
        let mut by_use: Vec<(u64, Key)> =
            self.entries.iter().map(|(key, entry)| (entry.used, *key)).collect();
        by_use.sort_unstable();
        for (_, key) in by_use {
            if self.bytes <= budget {
                return;
            }
            if !held(key) {
                self.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pellucid_pixel::{Alpha, Image, ImageFact};

    use super::*;

    fn image() -> Value {
        Value::Image(Image::filled(ImageFact::new(10, 10, Alpha::Opaque), [0.0; 4]))
    }

    #[test]
    fn a_shared_buffer_is_counted_once() {
        let mut cache = MemoryCache::default();
        let value = image();
        cache.insert(Key(1), vec![value.clone(), value.clone()].into());
        cache.insert(Key(2), vec![value].into());
        assert_eq!(cache.bytes(), 1600);
        cache.remove(Key(1));
        assert_eq!(cache.bytes(), 1600);
        cache.remove(Key(2));
        assert_eq!(cache.bytes(), 0);
    }

    #[test]
    fn the_least_recently_used_goes_first_and_the_held_stays() {
        let mut cache = MemoryCache::default();
        (1..=4).for_each(|key| cache.insert(Key(key), vec![image()].into()));
        cache.get(Key(1));
        cache.shrink(3200, &|key| key == Key(2));
        let kept: Vec<u128> = (1..=4).filter(|key| cache.contains(Key(*key))).collect();
        assert_eq!(kept, [1, 2]);
    }

    #[test]
    fn what_nobody_used_for_some_rounds_is_forgotten() {
        let mut cache = MemoryCache::default();
        cache.insert(Key(1), vec![image()].into());
        cache.insert(Key(2), vec![image()].into());
        for _ in 0..3 {
            cache.next_round(3, &HashSet::new());
            cache.get(Key(2));
        }
        assert!(cache.contains(Key(1)));
        cache.next_round(3, &HashSet::new());
        assert!(!cache.contains(Key(1)) && cache.contains(Key(2)));
    }
}
