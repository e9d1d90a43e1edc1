//! Words without quotes.

use super::{Stuck, boxed, is_word, run};
use crate::escape::tick;
use crate::{Trouble, nearest};

impl Stuck<'_> {
    /// A word stands where a value should.
    pub(super) fn bare_word(&self) -> Box<Trouble> {
        let line = run(self.rest(), |character| !",:{}[]\"\n\r#".contains(character));
        let line = &self.rest()[..line];
        let text = line.split("//").next().unwrap_or(line).trim_end();
        let span = self.span(text.len());
        let word = text.to_lowercase();
        let meant = match word.as_str() {
            "nan" | "inf" | "infinity" => return self.not_finite(span),
            "true" => "write `true`".to_owned(),
            "false" => "write `false`".to_owned(),
            "null" | "none" | "nil" | "undefined" => "write `null`".to_owned(),
            "yes" | "on" => format!("write `true`, or {} as text", tick(&format!("\"{text}\""))),
            "no" | "off" => format!("write `false`, or {} as text", tick(&format!("\"{text}\""))),
            _ => match nearest(&word, ["true", "false", "null"]) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("put text in double quotes: {}", tick(&format!("\"{text}\""))),
            },
        };
        boxed(Trouble::new(span, format!("{} is not a value", tick(text))).hint(meant))
    }

    /// A word or a number stands where a key should.
    pub(super) fn bare_key(&self, message: &str) -> Box<Trouble> {
        let len = run(self.rest(), |c| is_word(c) || matches!(c, '-' | '.' | '+'));
        let span = self.span(len);
        let hint = format!("write {}", tick(&format!("\"{}\"", span.of(self.text))));
        boxed(Trouble::new(span, message).hint(hint))
    }
}
