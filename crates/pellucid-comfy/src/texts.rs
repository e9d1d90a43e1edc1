//! What ComfyUI's frontend does to texts before it sends them.

use crate::Moment;

/// Braces deeper than this are left as they are.
const MAX_DEPTH: usize = 64;

/// A prompt without comments, with one choice taken of every `{a|b|c}` and with `\{ \} \|` as plain
/// signs.
///
/// ComfyUI draws the choices anew each time. Here `seed` decides, a text that says where the prompt
/// stands (node and input): the same workflow gives the same picture, and two prompts choose apart.
pub(crate) fn dynamic_prompt(text: &str, seed: &str) -> String {
    if !text.contains(['{', '\\', '/']) {
        return text.to_owned();
    }
    let mut dice = Dice(hash(seed));
    let chosen = chosen(&without_comments(text), &mut dice, 0);
    plain_signs(&chosen)
}

/// Draws by splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let unit = (z ^ (z >> 31)) >> 11;
        let index = (unit as f64 / (1u64 << 53) as f64 * count as f64) as usize;
        index.min(count.saturating_sub(1))
    }
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The text without `/* … */` and `// …` up to the end of the line. A comment that is not closed is
/// none.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // No comment closes any more: looked for once, so that many openings stay cheap.
    let mut closes = true;
    while let Some(at) = rest.find('/') {
        let (before, comment) = rest.split_at(at);
        out.push_str(before);
        if comment.starts_with("//") {
            let end = comment.find(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(comment.len());
            rest = &comment[end..];
            continue;
        }
        let end = if closes && comment.starts_with("/*") { comment[2..].find("*/") } else { None };
        closes &= end.is_some() || !comment.starts_with("/*");
        match end {
            Some(end) => rest = &comment[end + 4..],
            None => {
                out.push('/');
                rest = &comment[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The text with a choice taken of every pair of braces. Escapes are kept.
fn chosen(text: &str, dice: &mut Dice, depth: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = unescaped_brace(rest).filter(|_| depth < MAX_DEPTH) {
        out.push_str(&rest[..open]);
        let (options, end) = options(&rest[open + 1..]);
        let option = options[dice.below(options.len())];
        out.push_str(&chosen(option, dice, depth + 1));
        rest = &rest[open + 1 + end..];
    }
    out.push_str(rest);
    out
}

fn unescaped_brace(text: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '{' => return Some(at),
            _ => {}
        }
    }
    None
}

/// The options of a choice whose opening brace is before `text`, at least one, and where the text goes
/// on behind it. Without a closing brace it goes to the end.
fn options(text: &str) -> (Vec<&str>, usize) {
    let (mut options, mut start, mut depth) = (Vec::new(), 0, 0usize);
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '{' => depth += 1,
            '}' if depth == 0 => {
                options.push(&text[start..at]);
                return (options, at + 1);
            }
            '}' => depth -= 1,
            '|' if depth == 0 => {
                options.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    options.push(&text[start..]);
    (options, text.len())
}

fn plain_signs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let escaped = letter == '\\' && matches!(letters.peek(), Some('{' | '}' | '|'));
        if !escaped {
            out.push(letter);
        }
    }
    out
}

/// The first part of a file's name with `%date:yyyy-MM-dd%` and `%Node.widget%` replaced; `value` gives
/// the value of a widget by the names of its node and its own. What is not understood stays, such as
/// `%width%`, which is known only when the file is written.
pub(crate) fn file_prefix(
    text: &str,
    now: &Moment,
    value: impl Fn(&str, &str) -> Option<String>,
) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('%') {
        let Some(len) = rest[open + 1..].find('%').filter(|len| *len > 0) else {
            // Two signs side by side: the second may open a pattern.
            out.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            continue;
        };
        let pattern = &rest[open + 1..open + 1 + len];
        let replaced = match pattern.split('.').collect::<Vec<_>>()[..] {
            [node, widget] => value(node, widget).map(|value| without_path_signs(&value)),
            _ => pattern.strip_prefix("date:").map(|format| date(format, now)),
        };
        out.push_str(&rest[..open]);
        match replaced {
            Some(replaced) => out.push_str(&replaced),
            None => out.push_str(&rest[open..open + len + 2]),
        }
        rest = &rest[open + len + 2..];
    }
    out.push_str(rest);
    out
}

fn without_path_signs(text: &str) -> String {
    let bad = |c: char| "/?<>\\:*|\"".contains(c) || c.is_ascii_control();
    text.chars().map(|c| if bad(c) { '_' } else { c }).collect()
}

/// A moment by a pattern of `yyyy yy MM M dd d hh h mm m ss s`.
fn date(format: &str, now: &Moment) -> String {
    let mut out = String::new();
    let mut rest = format;
    while let Some(letter) = rest.chars().next() {
        let run = rest.chars().take_while(|c| *c == letter).count();
        let (used, text) = match (letter, run) {
            ('y', 4..) => (4, now.year.to_string()),
            ('y', 3) => (3, "yyy".to_owned()),
            ('y', 2) => (2, format!("{:02}", now.year % 100)),
            ('M' | 'd' | 'h' | 'm' | 's', run) => {
                let used = run.min(2);
                let part = match letter {
                    'M' => now.month,
                    'd' => now.day,
                    'h' => now.hour,
                    'm' => now.minute,
                    _ => now.second,
                };
                (used, format!("{part:0used$}"))
            }
            (letter, _) => (1, letter.to_string()),
        };
        out.push_str(&text);
        rest = rest.char_indices().nth(used).map_or("", |(at, _)| &rest[at..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_choices_are_taken_and_escapes_become_signs() {
        let text = "a {b|b} \\{c\\} // com\n/* x */ end";
        assert_eq!(dynamic_prompt(text, "6.text"), "a b {c} \n end");
    }

    #[test]
    fn choices_nest_and_depend_on_the_place_only() {
        let text = "{{a|b}|{c|d}} {x|y|z}";
        let drawn: Vec<_> = (0..200).map(|i| dynamic_prompt(text, &i.to_string())).collect();
        for (first, second) in ["a", "b", "c", "d"].iter().zip(["x", "y", "z", "x"]) {
            assert!(drawn.iter().any(|d| d.starts_with(first)), "{first}");
            assert!(drawn.iter().any(|d| d.ends_with(second)), "{second}");
        }
        assert!(drawn.iter().all(|d| d.len() == 3), "{drawn:?}");
        assert_eq!(dynamic_prompt(text, "6.text"), dynamic_prompt(text, "6.text"));
    }

    #[test]
    fn other_escapes_and_open_braces_and_comments_stay_whole() {
        assert_eq!(dynamic_prompt("\\(big\\) {a", "s"), "\\(big\\) a");
        assert_eq!(dynamic_prompt("a /* open", "s"), "a /* open");
        assert_eq!(dynamic_prompt("a} b", "s"), "a} b");
        assert_eq!(dynamic_prompt("end \\", "s"), "end \\");
    }

    #[test]
    fn bombs_of_braces_and_comments_end_soon() {
        dynamic_prompt(&"{".repeat(200_000), "s");
        dynamic_prompt(&"{a|b}".repeat(100_000), "s");
        dynamic_prompt(&"/*".repeat(200_000), "s");
    }

    #[test]
    fn file_names_say_dates_and_values() {
        let now = Moment { year: 2026, month: 3, day: 7, hour: 9, minute: 5, second: 59 };
        let value = |node: &str, widget: &str| {
            (node == "KSampler" && widget == "seed").then(|| "7/8".to_owned())
        };
        let prefix = |text: &str| file_prefix(text, &now, value);
        assert_eq!(prefix("%date:yyyy-MM-dd%/%KSampler.seed%"), "2026-03-07/7_8");
        assert_eq!(prefix("%date:yy M d hhmmss%"), "26 3 7 090559");
        assert_eq!(prefix("%width%x%height% %Other.x% 100%"), "%width%x%height% %Other.x% 100%");
        assert_eq!(prefix("%%date:yyyy%"), "%2026");
    }
}
