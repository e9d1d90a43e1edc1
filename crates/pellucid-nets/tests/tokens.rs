//! Prompts become the tokens that ComfyUI makes of them, exactly.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its material has failed")]

mod support;

use pellucid_nets::checkpoint::ClipKind;
use pellucid_nets::text::{
    Cleaning, FindInversion, NoInversions, Place, Token, Tokenizer, WINDOW, weighted_segments,
};
use serde_json::Value;

fn id(place: &Place) -> u64 {
    match place.token {
        Token::Id(id) => u64::from(id),
        Token::Vector(_) => panic!("no fixture here has vectors"),
    }
}

/// Window by window, the ids of a prompt.
fn ids(
    prompt: &str,
    kind: ClipKind,
    cleaning: Cleaning,
    inversions: Option<&dyn FindInversion>,
) -> Vec<Vec<u64>> {
    let tokens = Tokenizer { kind, cleaning, inversions }.tokenize(prompt).unwrap();
    tokens.windows.iter().map(|window| window.iter().map(id).collect()).collect()
}

fn padded(ids: &Value, padding: u64) -> Vec<Vec<u64>> {
    let window = |window: &Value| {
        let mut ids: Vec<u64> =
            window.as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
        ids.resize(WINDOW, padding);
        ids
    };
    ids.as_array().unwrap().iter().map(window).collect()
}

fn prompts() -> Option<Vec<Value>> {
    let path = support::shared("fixtures/units")?.join("04_tokenizer/tokens.json");
    let prompts: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(prompts.len(), 147, "a prompt is new or gone");
    Some(prompts)
}

#[test]
fn every_prompt_has_its_segments() {
    for case in prompts().unwrap_or_default() {
        let prompt = case["prompt"].as_str().unwrap();
        let expected: Vec<(String, f64)> = case["segments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (s[0].as_str().unwrap().to_owned(), number(&s[1])))
            .collect();
        let found: Vec<_> =
            weighted_segments(prompt).into_iter().map(|s| (s.text, s.weight)).collect();
        assert_eq!(found, expected, "{prompt:?}");
    }
}

/// JSON has no infinity; the fixtures write it as a text.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

#[test]
fn every_prompt_has_its_tokens_weights_and_words() {
    for case in prompts().unwrap_or_default() {
        let prompt = case["prompt"].as_str().unwrap();
        for (kind, padding) in [(ClipKind::L, 49407), (ClipKind::BigG, 0)] {
            let tokenizer =
                Tokenizer { kind, cleaning: Cleaning::Usual, inversions: Some(&NoInversions) };
            let found = tokenizer.tokenize(prompt).unwrap().windows;
            if case["error"].is_string() {
                // ComfyUI fails on `embedding:` without a name; here it is a prompt without text.
                assert_eq!(found.len(), 1);
                assert_eq!(found[0].iter().filter(|place| place.word > 0).count(), 0);
                continue;
            }
            let windows = case["l"].as_array().unwrap();
            assert_eq!(found.len(), windows.len(), "{prompt:?}");
            for (found, expected) in found.iter().zip(windows) {
                let length = expected["len"].as_u64().unwrap() as usize;
                let (text, rest) = found.split_at(length);
                let of = |key: &str| expected[key].as_array().unwrap().clone();
                assert!(text.iter().map(id).eq(of("ids").iter().map(|v| v.as_u64().unwrap())));
                assert!(text.iter().map(|p| p.weight).eq(of("w").iter().map(number)));
                assert!(
                    text.iter()
                        .map(|p| p.word as u64)
                        .eq(of("word").iter().map(|v| v.as_u64().unwrap())),
                    "{prompt:?}"
                );
                assert!(rest.iter().all(|p| (id(p), p.weight, p.word) == (padding, 1.0, 0)));
                assert_eq!(found.len(), WINDOW);
            }
        }
    }
}

#[test]
fn without_a_place_for_embeddings_their_names_are_text() {
    let mut seen = 0;
    let Some(prompts) = prompts() else { return };
    for case in prompts {
        if case["nodir_ids"].is_array() {
            let found = ids(case["prompt"].as_str().unwrap(), ClipKind::L, Cleaning::Usual, None);
            assert_eq!(found, padded(&case["nodir_ids"], 49407), "{}", case["prompt"]);
            seen += 1;
        }
    }
    assert!(seen >= 6, "only {seen} prompts");
}

#[test]
fn the_newer_tokenizer_is_followed_on_demand() {
    for case in prompts().unwrap_or_default() {
        if case["error"].is_string() {
            continue;
        }
        let windows = |key: &str| {
            let windows = case[key].as_array().unwrap().iter();
            Value::Array(windows.map(|window| window["ids"].clone()).collect())
        };
        let newer = &case["variants"]["tf5"]["g_ids"];
        let expected = if newer.is_array() { newer.clone() } else { windows("l") };
        let prompt = case["prompt"].as_str().unwrap();
        let found = ids(prompt, ClipKind::BigG, Cleaning::Fast, Some(&NoInversions));
        assert_eq!(found, padded(&expected, 0), "{prompt:?}");
    }
}
