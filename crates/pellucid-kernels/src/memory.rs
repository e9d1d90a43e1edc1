//! How a process keeps the memory that it has freed.

/// Keeps freed memory for the next large tensor instead of giving it back to the system: the process stays about as
/// large as it once had to be.
///
/// A network's feature maps are hundreds of megabytes that live for milliseconds. By default glibc asks the system
/// for each, which clears every page anew: a third of the time of decoding a large layer. To be called once, before
/// there are threads; with other C libraries it does nothing.
pub fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (setting, value) in [
        // Threads' own heaps end at 64 MiB; what is larger would bypass them.
        (libc::M_ARENA_MAX, 1),
        // No block of its own for anything, whatever its size; a threshold for that is refused by glibc up to 2.34.
        (libc::M_MMAP_MAX, 0),
        (libc::M_TRIM_THRESHOLD, libc::c_int::MAX),
    ] {
        #[expect(unsafe_code, reason = "the C library has no other way to be told")]
        // SAFETY: `mallopt` takes two numbers, touches no memory of ours, and refuses what it does not know.
        unsafe {
            libc::mallopt(setting, value);
        }
    }
}
