//! Memory that was freed is used again. Without the usual harness, which starts threads first.

/// Pages that this process was given so far.
fn pages() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a process can read its state");
    // The tenth field; the second, the program's name, ends with the last bracket.
    let fields = stat.rsplit(')').next().into_iter().flat_map(str::split_whitespace);
    fields.skip(7).find_map(|field| field.parse().ok()).expect("a number of pages")
}

/// Writes to all of 200 MiB.
fn touch() {
    drop(std::hint::black_box(vec![1u8; 200 << 20]));
}

fn main() {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return;
    }
    pellucid_kernels::memory::keep_freed();
    let asked = |work: fn()| {
        let before = pages();
        // Networks run on threads.
        std::thread::spawn(work).join().expect("nothing panics");
        pages() - before
    };
    let (first, second) = (asked(touch), asked(touch));
    assert!(first > 10 * second.max(1), "{first} pages, then {second}");
}
