//! What holds for every text and every tree: checked on random ones, with serde_json as the other opinion.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed, and one that skips says so"
)]

use pellucid_source::{
    Diagnostic, FileId, Json, Number, Sources, Span, Spanned, Style, decode, duplicate_keys,
    layout, lossy_text, read, render, to_json,
};
use proptest::prelude::*;

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

fn number() -> impl Strategy<Value = Number> {
    let written = "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?";
    written.prop_map(|text: String| Number { text: text.into() })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c_]{0,3}",
        "[ -~]{0,40}",
        any::<String>(),
        "[\\x00-\\x1f\"\\\\\u{2028}\u{10ffff}é]{0,6}",
    ]
}

fn tree() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        number().prop_map(Json::Number),
        text().prop_map(Json::Text),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(|v| v.into_iter().collect()),
            prop::collection::vec((text(), inner), 0..8).prop_map(|v| v.into_iter().collect()),
        ]
    })
}

/// Texts made of JSON's tokens and of pieces of them, in any order: most are wrong in some small way.
fn nearly_json() -> impl Strategy<Value = String> {
    const PIECES: [&str; 56] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\": ",
        "1",
        "-",
        ".",
        "5",
        "0",
        "e",
        "E+",
        "true",
        "false",
        "null",
        "tru",
        "NaN",
        "\"",
        "\\",
        "\\u",
        "d83d",
        "\\ud83d\\udc00",
        "\\n",
        "\n",
        "\t",
        " ",
        "\r",
        "'",
        "/",
        "//",
        "/*",
        "*/",
        "#",
        "+",
        "%",
        "\u{a0}",
        "\u{200b}",
        "\u{feff}",
        "é",
        "柴",
        "🔥",
        "“",
        "，",
        "x",
        "_",
        "\0",
        "\u{1b}",
    ];
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24).prop_map(|v| v.concat())
}

/// Laid out trees with a few characters taken out, put in or cut off.
fn damaged() -> impl Strategy<Value = String> {
    let hurt = prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, any::<char>()), 1..4);
    (tree(), hurt).prop_map(|(json, hurt)| {
        let mut text: Vec<char> = layout(&json, &Style::default()).chars().collect();
        for (index, how, character) in hurt {
            let at = index.index(text.len() + 1);
            match how {
                0 => text.insert(at, character),
                1 if at < text.len() => drop(text.remove(at)),
                _ => text.truncate(at),
            }
        }
        text.into_iter().collect()
    })
}

/// Everything that must hold of any text whatsoever.
fn check_any_text(text: &str) {
    let theirs = serde_json::from_str::<serde_json::Value>(text);
    match read(text) {
        Ok(json) => {
            check_places(&json, text);
            duplicate_keys(&json);
            match theirs {
                Ok(value) => assert!(same(&json.v.to_value(), &value), "{text:?}"),
                // serde_json refuses what no f64 can hold.
                Err(error) => {
                    assert!(error.to_string().contains("out of range"), "{error}: {text:?}")
                }
            }
        }
        Err(trouble) => {
            assert!(theirs.is_err(), "{trouble}: {text:?}");
            assert!(trouble.hint.is_some(), "{trouble}");
            let spans = trouble.related.iter().map(|(span, _)| *span).chain([trouble.span]);
            spans.for_each(|span| check_span(span, text));
            check_shown(&trouble.at(FileId(0)), text);
        }
    }
}

fn check_span(span: Span, text: &str) {
    let part = text.get(span.start as usize..span.end as usize);
    assert!(part.is_some(), "{span:?} cuts a character or leaves {text:?}");
}

fn check_shown(d: &Diagnostic, text: &str) {
    let mut sources = Sources::default();
    sources.add("g.json", text);
    let shown = render(d, &sources, false);
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    assert!(shown.lines().count() <= 8, "{shown}");
    assert!(to_json(d, &sources)["line"].is_number());
}

/// Whether each span covers just the text of its value.
fn check_places(json: &Spanned<Json>, text: &str) {
    check_span(json.span, text);
    let part = json.span.of(text);
    match &json.v {
        Json::Number(number) => assert_eq!(&*number.text, part),
        Json::Text(value) => {
            assert_eq!(serde_json::from_str::<String>(part).ok().as_ref(), Some(value))
        }
        Json::Array(values) => {
            assert!(part.starts_with('[') && part.ends_with(']'));
            values.iter().for_each(|value| check_places(value, text));
        }
        Json::Object(members) => {
            assert!(part.starts_with('{') && part.ends_with('}'));
            for (key, value) in members {
                let written = serde_json::from_str::<String>(key.span.of(text));
                assert_eq!(written.ok().as_ref(), Some(&key.v));
                check_places(value, text);
            }
        }
        Json::Null | Json::Bool(_) => assert_eq!(part, json.v.to_value().to_string()),
    }
}

/// Equal but for the last bits of floats, which serde_json rounds in its fast way.
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Number(a), Number(b)) if a.is_f64() || b.is_f64() => {
            a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a == b || ((a - b) / b).abs() < 1e-14)
        }
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Object(a), Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn bare(json: &Json) -> Json {
    match json {
        Json::Array(values) => values.iter().map(|value| bare(&value.v)).collect(),
        Json::Object(members) => {
            members.iter().map(|(key, value)| (key.v.clone(), bare(&value.v))).collect()
        }
        _ => json.clone(),
    }
}

/// The tree as it is when every object has its keys in the order of `rank`.
fn ranked(json: &Json) -> Json {
    match json {
        Json::Array(values) => values.iter().map(|value| ranked(&value.v)).collect(),
        Json::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(key, value)| (key.v.clone(), ranked(&value.v))).collect();
            members.sort_by_key(|(key, _)| rank(&[], key));
            members.into_iter().collect()
        }
        _ => json.clone(),
    }
}

fn rank(_: &[&str], key: &str) -> usize {
    key.len() % 3
}

fn spread(path: &[&str]) -> bool {
    path.last().is_some_and(|key| key.starts_with('a'))
}

fn style(width: usize) -> Style<'static> {
    Style { width, rank: &rank, spread: &spread }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn reading_what_was_laid_out_gives_the_tree_back(json in tree()) {
        let text = layout(&json, &Style::default());
        let again = read(&text).unwrap();
        prop_assert_eq!(bare(&again.v), bare(&json));
        check_places(&again, &text);
    }

    #[test]
    fn laying_out_changes_the_order_of_keys_and_nothing_else(json in tree(), width in 0..120_usize) {
        let again = read(&layout(&json, &style(width))).unwrap();
        prop_assert_eq!(bare(&again.v), ranked(&json));
    }

    #[test]
    fn laying_out_twice_is_laying_out_once(json in tree(), width in 0..120_usize) {
        let once = layout(&json, &style(width));
        let twice = layout(&read(&once).unwrap().v, &style(width));
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn only_what_cannot_be_broken_is_wider_than_the_page(json in tree()) {
        for line in layout(&json, &Style::default()).lines().filter(|l| l.chars().count() > 100) {
            let brackets = line.trim_start().trim_end_matches([',', '{', '[']);
            let key = brackets.strip_suffix(": ").unwrap_or(brackets);
            let parts = read(key).is_ok_and(|v| matches!(v.v, Json::Text(_) | Json::Number(_)))
                || read(&format!("{{{brackets}}}")).is_ok_and(|v| {
                    let members = v.v.as_object().unwrap();
                    members.len() == 1 && members[0].1.v.as_array().is_none_or(<[_]>::is_empty)
                });
            prop_assert!(parts, "{}", line);
        }
    }

    #[test]
    fn texts_near_json_are_judged_as_serde_json_judges_them(text in nearly_json()) {
        check_any_text(&text);
    }

    #[test]
    fn damaged_files_are_judged_as_serde_json_judges_them(text in damaged()) {
        check_any_text(&text);
    }

    #[test]
    fn any_text_is_read_or_explained(text in any::<String>()) {
        check_any_text(&text);
    }

    #[test]
    fn any_bytes_are_decoded_or_explained(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        match decode(&bytes) {
            Ok(text) => check_any_text(text),
            Err(trouble) => {
                prop_assert!(trouble.span.start <= trouble.span.end);
                prop_assert!(trouble.span.end as usize <= bytes.len());
                check_shown(&trouble.at(FileId(0)), &lossy_text(&bytes));
            }
        }
    }

    #[test]
    fn a_number_is_what_it_is_when_written_out(number in number()) {
        let float: f64 = number.text.parse().unwrap();
        prop_assert_eq!(number.as_f64(), Some(float).filter(|float| float.is_finite()));
        let whole = written_out(&number.text);
        prop_assert_eq!(number.as_i64(), whole.and_then(|whole| i64::try_from(whole).ok()));
        prop_assert_eq!(number.as_u64(), whole.and_then(|whole| u64::try_from(whole).ok()));
    }
}

/// The whole number that a text is, by moving its point as its exponent says.
fn written_out(text: &str) -> Option<i128> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or((1, whole), |whole| (-1, whole));
    // The exponents drawn have two digits, so a hundred zeros on each side are enough.
    let zeros = "0".repeat(100);
    let digits = format!("{zeros}{whole}{fraction}{zeros}");
    let point = (100 + whole.len() as i32 + exponent) as usize;
    let (whole, fraction) = digits.split_at(point);
    let is_whole = fraction.bytes().all(|digit| digit == b'0');
    let whole = whole.trim_start_matches('0');
    let size = if whole.is_empty() { 0 } else { whole.parse::<i128>().ok()? };
    is_whole.then_some(sign * size)
}
