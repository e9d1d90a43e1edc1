//! Numbers of files that go on from those that are there, as ComfyUI numbers what it saves.

use std::fs;
use std::path::{Path, PathBuf};

use pellucid_comfy::Moment;
use pellucid_value::Fact;

/// A name with a place for a number, where one file after the other goes.
pub(super) struct Series {
    dir: PathBuf,
    /// The name up to the number, for every picture the same; may hold `%batch_num%`.
    before: String,
    digits: usize,
    after: String,
}

impl Series {
    /// The series of an output's name below `out`. `%width%`, `%height%` and parts of the time become
    /// numbers.
    pub fn of(name: &str, out: &Path, fact: &Fact, now: &Moment) -> Option<Self> {
        let name = expanded(name, fact, now);
        let start = name.find('#')?;
        let digits = name[start..].chars().take_while(|c| *c == '#').count();
        let (folder, before) = name[..start].rsplit_once('/').unwrap_or(("", &name[..start]));
        let after = name[start + digits..].to_owned();
        Some(Self { dir: out.join(folder), before: before.to_owned(), digits, after })
    }

    /// The file of a number; `index` counts the pictures of a batch.
    pub fn path(&self, number: u64, index: u32) -> PathBuf {
        let (before, digits) = (&self.before, self.digits);
        let name = format!("{before}{number:0digits$}{}", self.after);
        self.dir.join(name.replace("%batch_num%", &index.to_string()))
    }

    /// The numbers of the files that are there, whatever their suffix, sorted.
    pub fn numbers(&self) -> Vec<u64> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(&self.before)) else {
                continue;
            };
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = rest.split_at(digits);
            let ends = self.after.chars().next().is_none_or(|c| rest.starts_with(c));
            numbers.extend(number.parse::<u64>().ok().filter(|_| ends));
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

fn expanded(name: &str, fact: &Fact, now: &Moment) -> String {
    if !name.contains('%') {
        return name.to_owned();
    }
    let (width, height) = size(fact);
    let two = |part: u32| format!("{part:02}");
    [
        ("%width%", width.to_string()),
        ("%height%", height.to_string()),
        ("%year%", now.year.to_string()),
        ("%month%", two(now.month)),
        ("%day%", two(now.day)),
        ("%hour%", two(now.hour)),
        ("%minute%", two(now.minute)),
        ("%second%", two(now.second)),
    ]
    .into_iter()
    .fold(name.to_owned(), |name, (pattern, value)| name.replace(pattern, &value))
}

/// Width and height of pictures; 0 for what has none, as in ComfyUI.
fn size(fact: &Fact) -> (u32, u32) {
    match fact {
        Fact::Image(fact) => (fact.width, fact.height),
        Fact::Matte(fact) => (fact.width, fact.height),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use pellucid_pixel::{Alpha, ImageFact};

    use super::*;

    const NOW: Moment = Moment { year: 2026, month: 3, day: 7, hour: 9, minute: 5, second: 1 };

    fn series(name: &str, out: &Path) -> Series {
        let fact = Fact::Image(ImageFact::new(64, 32, Alpha::Opaque));
        Series::of(name, out, &fact, &NOW).unwrap()
    }

    #[test]
    fn numbers_are_those_of_files_of_the_prefix_with_any_suffix() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a_00003_.png", "a_7_.latent", "a_b_00009_.png", "ab_00011_.png", "a_12.png"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let a = series("a_#####_.png", dir.path());
        assert_eq!(a.numbers(), [3, 7]);
        assert_eq!(a.path(8, 0), dir.path().join("a_00008_.png"));
        assert_eq!(series("x/a_#####_.png", dir.path()).numbers(), [] as [u64; 0]);
    }

    #[test]
    fn names_say_sizes_times_and_numbers_in_the_batch() {
        let name = "%year%-%month%/%width%x%height%_%batch_num%_###_.png";
        let path = series(name, Path::new("out")).path(4, 1);
        assert_eq!(path, Path::new("out/2026-03/64x32_1_004_.png"));
    }
}
