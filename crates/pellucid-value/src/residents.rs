//! Things that take long to load and stay loaded: networks. Bounded by bytes; what is in use stays.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is loaded, by a name that stands for its whole content. One a session.
pub struct Residents {
    limit: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<String, Entry>,
    clock: u64,
}

struct Entry {
    slot: Slot,
    bytes: u64,
    used: u64,
}

/// Locked while its content is loaded, so that others who want the same wait for it.
type Slot = Arc<Mutex<Option<Arc<dyn Any + Send + Sync>>>>;

impl Residents {
    /// Keeps about this many bytes loaded; what is in use counts and is never dropped.
    pub fn new(limit: u64) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// What goes by this name, loaded by `load` if it is not there. Before it is loaded, what was
    /// not used for longest is dropped until `bytes` more fit.
    ///
    /// # Errors
    /// Those of `load`.
    pub fn get<T: Any + Send + Sync, E>(
        &self,
        name: &str,
        bytes: u64,
        load: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let slot = self.slot(name, bytes);
        let mut content = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let known = content.as_ref().and_then(|known| Arc::clone(known).downcast::<T>().ok());
        if let Some(known) = known {
            return Ok(known);
        }
        match load() {
            Ok(loaded) => {
                let loaded = Arc::new(loaded);
                *content = Some(Arc::clone(&loaded) as Arc<dyn Any + Send + Sync>);
                Ok(loaded)
            }
            Err(error) => {
                self.lock().entries.remove(name);
                Err(error)
            }
        }
    }

    /// Bytes of all that is loaded.
    pub fn bytes(&self) -> u64 {
        self.lock().entries.values().map(|entry| entry.bytes).sum()
    }

    fn slot(&self, name: &str, bytes: u64) -> Slot {
        let mut state = self.lock();
        state.clock += 1;
        let clock = state.clock;
        if let Some(entry) = state.entries.get_mut(name) {
            entry.used = clock;
            return Arc::clone(&entry.slot);
        }
        state.make_room(self.limit, bytes);
        let slot = Slot::default();
        let entry = Entry { slot: Arc::clone(&slot), bytes, used: clock };
        state.entries.insert(name.to_owned(), entry);
        slot
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn make_room(&mut self, limit: u64, bytes: u64) {
        let mut held: u64 = self.entries.values().map(|entry| entry.bytes).sum();
        let mut idle: Vec<(u64, String)> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.is_idle())
            .map(|(name, entry)| (entry.used, name.clone()))
            .collect();
        idle.sort();
        for (_, name) in idle {
            if held.saturating_add(bytes) <= limit {
                return;
            }
            held -= self.entries.remove(&name).map_or(0, |entry| entry.bytes);
        }
    }
}

impl Entry {
    /// True when nobody else holds the content or waits for it.
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.slot) == 1
            && self.slot.try_lock().is_ok_and(|content| {
                content.as_ref().is_none_or(|content| Arc::strong_count(content) == 1)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(residents: &Residents, name: &str, bytes: u64) -> Arc<String> {
        residents.get::<_, ()>(name, bytes, || Ok(name.to_owned())).unwrap()
    }

    #[test]
    fn what_is_loaded_is_not_loaded_again() {
        let residents = Residents::new(100);
        let first = load(&residents, "a", 10);
        let again = residents.get::<String, ()>("a", 10, || panic!("it is there"));
        assert!(Arc::ptr_eq(&first, &again.unwrap()));
    }

    #[test]
    fn the_longest_unused_makes_room_and_what_is_held_stays() {
        let residents = Residents::new(100);
        let held = load(&residents, "held", 40);
        load(&residents, "old", 40);
        load(&residents, "new", 40);
        assert_eq!(residents.bytes(), 80);
        let again = residents.get::<String, ()>("held", 40, || panic!("it is held"));
        assert!(Arc::ptr_eq(&held, &again.unwrap()));
        load(&residents, "huge", 1000);
        assert_eq!(residents.bytes(), 1040);
    }

    #[test]
    fn what_failed_to_load_is_tried_again() {
        let residents = Residents::new(100);
        let failed = residents.get::<String, ()>("a", 10, || Err(()));
        assert!(failed.is_err());
        assert_eq!(residents.bytes(), 0);
        assert_eq!(*load(&residents, "a", 10), "a");
    }
}
