//! Keys that an object repeats.

use std::collections::HashMap;

use crate::{Json, Member, Span, Spanned};

/// Every repeated key of the whole tree, in the order of the text: where the key stands first, where it stands
/// again, and the key.
pub fn duplicate_keys(json: &Spanned<Json>) -> Vec<(Span, Span, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![&json.v];
    while let Some(json) = waiting.pop() {
        match json {
            Json::Array(values) => waiting.extend(values.iter().map(|value| &value.v)),
            Json::Object(members) => {
                repeated(members, &mut found);
                waiting.extend(members.iter().map(|(_, value)| &value.v));
            }
            _ => {}
        }
    }
    found.sort_by_key(|&(first, again, _)| (again, first));
    found
}

/// Below this many keys, comparing each with each is faster than hashing.
const FEW: usize = 8;

fn repeated(members: &[Member], found: &mut Vec<(Span, Span, String)>) {
    let mut add =
        |first: Span, again: &Spanned<String>| found.push((first, again.span, again.v.clone()));
    if members.len() <= FEW {
        for (index, (key, _)) in members.iter().enumerate() {
            if let Some((first, _)) = members[..index].iter().find(|(first, _)| first.v == key.v) {
                add(first.span, key);
            }
        }
        return;
    }
    let mut firsts: HashMap<&str, Span> = HashMap::with_capacity(members.len());
    for (key, _) in members {
        if let Some(&first) = firsts.get(key.v.as_str()) {
            add(first, key);
        } else {
            firsts.insert(&key.v, key.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    fn repeats(text: &str) -> Vec<(u32, u32, String)> {
        let found = duplicate_keys(&read(text).unwrap());
        found.into_iter().map(|(first, again, key)| (first.start, again.start, key)).collect()
    }

    #[test]
    fn keys_are_repeated_within_one_object_only() {
        assert_eq!(repeats(r#"{"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]}"#), []);
        assert_eq!(repeats(r#"[{"a": 1, "b": 2, "a": 3}]"#), [(2, 18, "a".to_owned())]);
    }

    #[test]
    fn every_repeat_points_at_the_first_and_comes_in_the_order_of_the_text() {
        let text = r#"{"x": {"b":1,"b":1}, "a":1, "a":1, "a":1}"#;
        let keys: Vec<_> = repeats(text).into_iter().map(|(f, a, _)| (f, a)).collect();
        assert_eq!(keys, [(7, 13), (21, 28), (21, 35)]);
    }

    #[test]
    fn keys_are_compared_by_what_their_escapes_mean() {
        assert_eq!(repeats(r#"{"\u0061": 1, "a": 2}"#).len(), 1);
    }

    #[test]
    fn large_objects_are_searched_like_small_ones() {
        let members: Vec<_> = (0..1000).map(|n| format!("\"k{}\": 0", n % 998)).collect();
        let found = repeats(&format!("{{{}}}", members.join(",")));
        let keys: Vec<_> = found.iter().map(|(_, _, key)| key.as_str()).collect();
        assert_eq!(keys, ["k0", "k1"]);
    }
}
