//! Numbers that other languages would take.

use super::{Stuck, boxed, run};
use crate::escape::tick;
use crate::read::number_end;
use crate::{Span, Trouble};

impl Stuck<'_> {
    /// What starts like a number here is none.
    pub(super) fn not_a_number(&self) -> Box<Trouble> {
        let len =
            run(self.rest(), |c| c.is_alphanumeric() || matches!(c, '_' | '+' | '-' | '.' | '%'));
        let span = self.span(len);
        let token = span.of(self.text);
        let unsigned = token.trim_start_matches(['+', '-']);
        if ["inf", "infinity", "nan"].contains(&unsigned.to_lowercase().as_str()) {
            return self.not_finite(span);
        }
        if unsigned.is_empty() || !token.contains(|c: char| c.is_ascii_digit()) {
            return self.no_digits(span);
        }
        let (message, hint) = explain(token);
        boxed(Trouble::new(span, message).hint(hint))
    }

    /// A word for infinity or for no number at all.
    pub(super) fn not_finite(&self, span: Span) -> Box<Trouble> {
        let word = tick(span.of(self.text));
        let trouble = Trouble::new(span, format!("{word} is not a number that JSON can hold"));
        boxed(trouble.hint("write a finite number, or leave it out"))
    }

    /// Signs, points and letters without any digit.
    fn no_digits(&self, span: Span) -> Box<Trouble> {
        let token = span.of(self.text);
        let trouble = Trouble::new(span, format!("{} is not a value", tick(token)));
        let spaced = self.text[span.end as usize..].trim_start_matches(' ');
        let digits = run(spaced, |c| c.is_ascii_digit() || c == '.');
        boxed(match (matches!(token, "-" | "+"), digits) {
            (true, 1..) => trouble.hint("write the sign right before the digits"),
            (true, 0) => trouble.hint("write digits behind the sign"),
            _ => trouble
                .hint(format!("put text in double quotes: {}", tick(&format!("\"{token}\"")))),
        })
    }
}

/// What is wrong with a token that has a digit in it, and what to write instead.
fn explain(token: &str) -> (String, String) {
    let shown = tick(token);
    let unsigned = token.trim_start_matches(['+', '-']);
    if let Some(value) = other_radix(unsigned) {
        let sign = if token.starts_with('-') { "-" } else { "" };
        let message = format!("{shown} is not written in decimal digits");
        return (message, format!("write `{sign}{value}`"));
    }
    if let Some(right) = rewritten(token) {
        return (fault(token, &shown), format!("write {}", tick(&right)));
    }
    if let Some(number) = token.strip_suffix('%').filter(|number| is_number(number)) {
        return (format!("{shown} has a percent sign"), format!("write {}", tick(number)));
    }
    let mantissa = token.trim_end_matches(['+', '-']).trim_end_matches(['e', 'E']);
    if mantissa.len() < token.len() && is_number(mantissa) {
        let message = format!("{shown} has no digits in its exponent");
        return (message, format!("write {}", tick(&format!("{mantissa}e0"))));
    }
    if unsigned.len() + 1 < token.len() && is_number(unsigned) {
        return (format!("{shown} has more than one sign"), "keep one sign".to_owned());
    }
    let quoted = tick(&format!("\"{token}\""));
    (format!("{shown} is not a number"), format!("put it in double quotes if it is text: {quoted}"))
}

/// The fault that [`rewritten`] mends.
fn fault(token: &str, shown: &str) -> String {
    let unsigned = token.trim_start_matches(['+', '-']);
    let what = if token.starts_with('+') {
        "starts with a plus sign"
    } else if unsigned.starts_with('.') {
        "has no digit before its point"
    } else if token.contains('_') {
        "has `_` among its digits"
    } else if unsigned.len() > 1 && unsigned.starts_with('0') && !unsigned.starts_with("0.") {
        "starts with a needless zero"
    } else {
        "has no digit behind its point"
    };
    format!("{shown} {what}")
}

/// The token as JSON writes that number, if it is only its writing that is wrong.
fn rewritten(token: &str) -> Option<String> {
    let plain: String = token.chars().filter(|&character| character != '_').collect();
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    let (sign, size) = plain.strip_prefix('-').map_or(("", plain), |size| ("-", size));
    let whole = run(size, |character| character.is_ascii_digit());
    let (whole, rest) = size.split_at(whole);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) if !fraction.starts_with(|c: char| c.is_ascii_digit()) => {
            format!(".0{fraction}")
        }
        _ => rest.to_owned(),
    };
    let right = format!("{sign}{whole}{rest}");
    is_number(&right).then_some(right)
}

/// The value of an unsigned token that is hexadecimal, octal or binary.
fn other_radix(unsigned: &str) -> Option<u128> {
    let (prefix, digits) = (unsigned.get(..2)?, unsigned.get(2..)?);
    let radix = match prefix {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => return None,
    };
    u128::from_str_radix(&digits.replace('_', ""), radix).ok()
}

fn is_number(text: &str) -> bool {
    number_end(text.as_bytes(), 0) == Some(text.len())
}
