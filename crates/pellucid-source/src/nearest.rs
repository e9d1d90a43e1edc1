//! What a misspelt name was probably meant to be.

/// Names longer than this, in characters, are not compared: no list of ours has them.
const LONGEST: usize = 64;

/// The candidate that `name` is most probably a slip of.
///
/// Case, `_`, `-` and blanks do not count. A slip is a letter too many, too few, changed, or two swapped;
/// about one slip in three letters is forgiven. The first of equally near candidates wins.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = letters(name)?;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let Some(other) = letters(candidate) else { continue };
        let longer = name.len().max(other.len());
        let forgiven = (longer + 1) / 3;
        if name.len().abs_diff(other.len()) > forgiven {
            continue;
        }
        let slips = slips(&name, &other);
        if slips <= forgiven && best.is_none_or(|(fewest, _)| slips < fewest) {
            best = Some((slips, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The hint "did you mean `square`?", if a candidate is near.
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(name, candidates).map(|meant| format!("did you mean `{}`?", crate::printable(meant)))
}

/// What counts of a name; nothing when it is too long to be compared.
fn letters(name: &str) -> Option<Vec<char>> {
    let counts = |character: &char| !matches!(character, '_' | '-' | ' ');
    let letters: Vec<char> =
        name.chars().flat_map(char::to_lowercase).filter(counts).take(LONGEST + 1).collect();
    (letters.len() <= LONGEST).then_some(letters)
}

/// The optimal string alignment distance: Levenshtein's with swaps of neighbours.
fn slips(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let kinds = ["load_image", "square", "decode_layer", "ksampler"];
        for (name, meant) in [
            ("sqare", "square"),
            ("sqaure", "square"),
            ("LoadImage", "load_image"),
            ("load-image", "load_image"),
            ("KSampler", "ksampler"),
            ("decode_layers", "decode_layer"),
        ] {
            assert_eq!(nearest(name, kinds), Some(meant), "{name}");
        }
    }

    #[test]
    fn nothing_is_better_than_something_far_off() {
        assert_eq!(nearest("blur", ["square", "ksampler"]), None);
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(nearest("ab", ["cd"]), None);
        assert_eq!(nearest("x", []), None);
    }

    #[test]
    fn two_letters_may_differ_in_one() {
        assert_eq!(nearest("bf", ["fg", "bg"]), Some("bg"));
    }

    #[test]
    fn the_first_of_equally_near_names_wins() {
        assert_eq!(nearest("mask", ["mast", "task"]), Some("mast"));
    }

    #[test]
    fn a_swap_is_one_slip() {
        let word = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(slips(&word("abcd"), &word("acbd")), 1);
        assert_eq!(slips(&word("kitten"), &word("sitting")), 3);
        assert_eq!(slips(&word(""), &word("abc")), 3);
    }

    #[test]
    fn endless_names_are_not_compared() {
        let endless = "a".repeat(1 << 20);
        assert_eq!(nearest(&endless, [endless.as_str(), "a"]), None);
    }

    #[test]
    fn the_hint_asks() {
        assert_eq!(did_you_mean("sqare", ["square"]).as_deref(), Some("did you mean `square`?"));
    }
}
