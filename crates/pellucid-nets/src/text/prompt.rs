//! The weights syntax of prompts: `(more)`, `(much more:1.5)`, `\(no syntax\)`.

/// A piece of a prompt and the weight of its tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The text, escapes resolved.
    pub text: String,
    /// The weight; 1 is plain.
    pub weight: f64,
}

/// Splits a prompt at its parentheses.
///
/// A pair of parentheses multiplies the weight by 1.1; a number after the last colon in it sets the
/// weight instead. `\(` and `\)` are plain parentheses. Square brackets mean nothing.
pub fn weighted_segments(prompt: &str) -> Vec<Segment> {
    let hidden: Vec<char> = hide_escapes(prompt);
    let mut segments = Vec::new();
    split_into(&mut segments, &hidden, 1.0);
    for segment in &mut segments {
        segment.text = segment.text.chars().map(shown).collect();
    }
    segments
}

/// Stand-ins for escaped parentheses, from the planes that no text uses.
const CLOSE: char = '\u{10fffd}';
const OPEN: char = '\u{10fffc}';

fn hide_escapes(prompt: &str) -> Vec<char> {
    prompt.replace("\\)", &CLOSE.to_string()).replace("\\(", &OPEN.to_string()).chars().collect()
}

fn shown(character: char) -> char {
    match character {
        OPEN => '(',
        CLOSE => ')',
        other => other,
    }
}

/// A piece of the prompt that is still to be looked at.
enum Piece<'a> {
    Plain(&'a [char], f64),
    Group(&'a [char], f64),
}

/// Nested groups wait on a stack of their own, so no prompt is too deep.
fn split_into(segments: &mut Vec<Segment>, text: &[char], weight: f64) {
    let mut waiting = vec![Piece::Group(text, weight)];
    while let Some(piece) = waiting.pop() {
        match piece {
            Piece::Plain(text, weight) => {
                segments.push(Segment { text: text.iter().collect(), weight });
            }
            Piece::Group(text, weight) => {
                let pieces = groups(text).into_iter().rev();
                waiting.extend(pieces.map(|group| as_piece(group, weight)));
            }
        }
    }
}

/// What stands in a pair of parentheses with its own weight, or a plain piece with that around it.
fn as_piece(text: &[char], weight: f64) -> Piece<'_> {
    match text {
        ['(', inside @ .., ')'] => match number_after_last_colon(inside) {
            Some((inside, number)) => Piece::Group(inside, number),
            None => Piece::Group(inside, weight * 1.1),
        },
        plain => Piece::Plain(plain, weight),
    }
}

/// Cuts a text into closed groups, parentheses included, and what is between them.
fn groups(text: &[char]) -> Vec<&[char]> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0i64);
    for (index, character) in text.iter().enumerate() {
        match character {
            '(' => {
                if depth == 0 && start < index {
                    found.push(&text[start..index]);
                    start = index;
                }
                depth += 1;
            }
            ')' => {
                depth -= 1;
                if depth == 0 {
                    found.push(&text[start..=index]);
                    start = index + 1;
                }
            }
            _ => {}
        }
    }
    if start < text.len() {
        found.push(&text[start..]);
    }
    found
}

fn number_after_last_colon(inside: &[char]) -> Option<(&[char], f64)> {
    let colon = inside.iter().rposition(|&c| c == ':').filter(|&index| index > 0)?;
    let tail: String = inside[colon + 1..].iter().collect();
    Some((&inside[..colon], python_float(&tail)?))
}

/// What Python's `float` takes: blanks around, single underscores between digits, `inf`, `nan`.
fn python_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let digit =
        |index: Option<usize>| index.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    let underscores = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_');
    for (index, _) in underscores {
        if !digit(index.checked_sub(1)) || !digit(Some(index + 1)) {
            return None;
        }
    }
    text.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(prompt: &str) -> Vec<(String, f64)> {
        weighted_segments(prompt).into_iter().map(|s| (s.text, s.weight)).collect()
    }

    #[test]
    fn a_number_replaces_the_weight_of_the_groups_around() {
        assert_eq!(found("((a:1.2) b)"), [("a".into(), 1.2), (" b".into(), 1.1)]);
    }

    #[test]
    fn a_stray_closing_parenthesis_stops_later_groups() {
        assert_eq!(found("a) b (c"), [("a) b (c".into(), 1.0)]);
    }

    #[test]
    fn two_thousand_parentheses_are_no_trouble() {
        let deep = format!("{}x{}", "(".repeat(2000), ")".repeat(2000));
        assert_eq!(found(&deep).len(), 1);
    }

    #[test]
    fn floats_are_read_as_python_reads_them() {
        for (text, expected) in [(" 1.4 ", 1.4), ("1e1", 10.0), ("1_0", 10.0), ("+2", 2.0)] {
            assert_eq!(python_float(text), Some(expected));
        }
        for text in ["", "_1", "1_", "1__0", "1 0", "0x1", "e"] {
            assert_eq!(python_float(text), None, "{text}");
        }
        assert_eq!(python_float("-Infinity"), Some(f64::NEG_INFINITY));
    }
}
