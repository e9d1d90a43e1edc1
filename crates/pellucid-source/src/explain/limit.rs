//! Texts that may well be JSON, but more of it than is read.

use super::{Stuck, boxed};
use crate::{Span, Trouble};

impl Stuck<'_> {
    /// The text has more bytes than are read.
    pub fn too_large(&self, limit: usize) -> Box<Trouble> {
        let (size, limit) = (in_mib(self.text.len()), in_mib(limit));
        let message = format!("the file is {size} large, but at most {limit} are read");
        boxed(
            Trouble::new(Span::empty(0), message)
                .hint("keep pictures and weights in files of their own"),
        )
    }

    /// The bracket here is deeper than is read.
    pub fn too_deep(&self, limit: usize) -> Box<Trouble> {
        let message = format!("lists and objects are nested more than {limit} deep");
        let trouble = Trouble::new(self.next_span(), message).hint("take some brackets away");
        match self.open.first() {
            Some(&first) => {
                let first = Span { start: first, end: first + 1 };
                boxed(trouble.related(first, "the outermost is opened here"))
            }
            None => boxed(trouble),
        }
    }

    /// The value here is one more than are read.
    pub fn too_many_values(&self, limit: usize) -> Box<Trouble> {
        let message = format!("there are more than {limit} values in the file");
        boxed(Trouble::new(self.next_span(), message).hint("keep data in files of their own"))
    }

    /// The number from here to `end` has more characters than are read.
    pub fn long_number(&self, end: usize, limit: usize) -> Box<Trouble> {
        let count = end - self.at;
        let message = format!("a number has {count} characters, but at most {limit} are read");
        boxed(
            Trouble::new(Span::new(self.at, end), message)
                .hint("write it shorter, with an exponent"),
        )
    }
}

fn in_mib(bytes: usize) -> String {
    if bytes < 1 << 20 {
        format!("{bytes} bytes")
    } else {
        format!("{} MiB", bytes.div_ceil(1 << 20))
    }
}
