//! Results kept elsewhere, as a trait: the host implements it on disk.

use pellucid_value::Value;

use crate::Key;

/// Results kept beyond the life of the process.
pub trait Store: Send + Sync {
    /// True when a result is likely there.
    fn has(&self, key: Key) -> bool;

    /// The result; `Ok(None)` when it is not there.
    ///
    /// # Errors
    /// A sentence when it is there and damaged: it is to be made again.
    fn get(&self, key: Key) -> Result<Option<Vec<Value>>, String>;

    /// Keeps a result.
    ///
    /// # Errors
    /// A sentence when it cannot be kept; nothing is half-written.
    fn put(&self, key: Key, values: &[Value]) -> Result<(), String>;
}
