//! Readable names for nodes.

use std::collections::HashMap;

use pellucid_graph::comfy::RewriteScope;

/// Names longer than this are cut.
const LONGEST: usize = 40;

/// Names that are taken.
#[derive(Default)]
pub(crate) struct Names {
    /// How many nodes were named after a word.
    taken: HashMap<String, u32>,
}

impl RewriteScope for Names {
    fn unique(&mut self, name: &str) -> String {
        let mut number = self.taken.get(name).copied().unwrap_or(0) + 1;
        let mut unique = if number == 1 { name.to_owned() } else { format!("{name}_{number}") };
        while number > 1 && self.taken.contains_key(&unique) {
            number += 1;
            unique = format!("{name}_{number}");
        }
        self.taken.insert(name.to_owned(), number);
        if unique != name {
            self.taken.insert(unique.clone(), 1);
        }
        unique
    }
}

/// A title in `snake_case`; nothing when it has no letter or digit.
pub(crate) fn snake_case(title: &str) -> Option<String> {
    let mut name = String::new();
    let (mut lower, mut upper) = (false, false);
    let mut letters = title.chars().peekable();
    while let Some(c) = letters.next() {
        if !c.is_alphanumeric() {
            (lower, upper) = (false, false);
            if !name.is_empty() && !name.ends_with('_') {
                name.push('_');
            }
            continue;
        }
        // A hump begins a word: `loadImage`, and `VAEDecode` at its D.
        let ends_capitals = upper && letters.peek().is_some_and(|next| next.is_lowercase());
        let begins =
            c.is_uppercase() && (lower || ends_capitals && !name.ends_with("_k") && name != "k");
        if begins {
            name.push('_');
        }
        name.extend(c.to_lowercase());
        (lower, upper) = (c.is_lowercase() || c.is_numeric(), c.is_uppercase());
        if name.chars().count() >= LONGEST {
            break;
        }
    }
    let name = name.trim_matches('_');
    match name {
        "" => None,
        "inputs" => Some("inputs_node".into()),
        name => Some(name.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_words_with_lines_between() {
        for (title, name) in [
            ("CLIP Text Encode (Prompt)", "clip_text_encode_prompt"),
            ("KSampler", "ksampler"),
            ("VAEDecode", "vae_decode"),
            ("KSamplerAdvanced", "ksampler_advanced"),
            ("  Été à Paris! ", "été_à_paris"),
            ("inputs", "inputs_node"),
            ("2x upscale", "2x_upscale"),
        ] {
            assert_eq!(snake_case(title).as_deref(), Some(name), "{title}");
        }
        assert_eq!(snake_case("…!"), None);
    }

    #[test]
    fn names_are_never_given_twice() {
        let mut names = Names::default();
        let given: Vec<_> = ["a", "a_2", "a", "a", "a_2"].iter().map(|n| names.unique(n)).collect();
        let mut sorted = given.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), given.len(), "{given:?}");
        assert_eq!(given[0], "a");
    }
}
