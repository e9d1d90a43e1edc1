//! Numbers as they were written, and what they are as machine numbers.

use std::fmt;

use serde_json::Value;

/// A JSON number, kept as text so that nothing is rounded before its meaning is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    /// The number exactly as written, in JSON's grammar.
    pub text: Box<str>,
}

impl Number {
    /// The nearest `f64`, or nothing when the number is beyond the range of `f64`.
    pub fn as_f64(&self) -> Option<f64> {
        self.text.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The number, if it is whole and in range; `1e3` and `1.0` are whole.
    pub fn as_i64(&self) -> Option<i64> {
        let (negative, size) = self.whole()?;
        let size = i128::from(size);
        i64::try_from(if negative { -size } else { size }).ok()
    }

    /// The number, if it is whole, not negative and in range; `1e3` and `1.0` are whole.
    pub fn as_u64(&self) -> Option<u64> {
        let (negative, size) = self.whole()?;
        (!negative || size == 0).then_some(size)
    }

    /// Whether it was written without point and exponent.
    pub fn is_plain_integer(&self) -> bool {
        !self.text.contains(['.', 'e', 'E'])
    }

    pub(crate) fn to_value(&self) -> Value {
        let plain = self.is_plain_integer() && &*self.text != "-0";
        if let Some(number) = self.as_u64().filter(|_| plain) {
            return number.into();
        }
        if let Some(number) = self.as_i64().filter(|_| plain) {
            return number.into();
        }
        let limit = if self.text.starts_with('-') { f64::MIN } else { f64::MAX };
        self.as_f64().unwrap_or(limit).into()
    }

    /// Sign and size of a whole number of at most 64 bits.
    fn whole(&self) -> Option<(bool, u64)> {
        let (negative, size) = match self.text.strip_prefix('-') {
            Some(size) => (true, size),
            None => (false, &*self.text),
        };
        let (mantissa, exponent) = match size.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, saturating_exponent(exponent)?),
            None => (size, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_end_matches('0');
        let dropped = (digits.len() - significant.len()) as i64;
        let significant = significant.trim_start_matches('0');
        if significant.is_empty() {
            return Some((negative, 0));
        }
        let zeros = exponent.saturating_sub(fraction.len() as i64).saturating_add(dropped);
        let zeros = u32::try_from(zeros).ok().filter(|&zeros| zeros < 20)?;
        let size = significant.parse::<u64>().ok()?.checked_mul(10_u64.checked_pow(zeros)?)?;
        Some((negative, size))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self { text: number.to_string().into() }
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self { text: number.to_string().into() }
    }
}

impl TryFrom<f64> for Number {
    type Error = NotFinite;

    /// The shortest text that reads back as the same `f64`.
    fn try_from(number: f64) -> Result<Self, NotFinite> {
        let number = serde_json::Number::from_f64(number).ok_or(NotFinite)?;
        Ok(Self { text: number.to_string().into() })
    }
}

/// JSON has no infinity and no NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFinite;

impl fmt::Display for NotFinite {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the number is not finite, and JSON has no word for that")
    }
}

impl std::error::Error for NotFinite {}

/// An exponent held to ±2^62, far beyond what any digits could make up for.
fn saturating_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(i64::MAX).min(1 << 62);
    Some(if negative { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number { text: text.into() }
    }

    #[test]
    fn whole_numbers_are_whole_however_they_are_written() {
        for text in ["1000", "1e3", "1E+3", "1000.0", "10000e-1", "0.001e6", "1000.000e0"] {
            assert_eq!(number(text).as_i64(), Some(1000), "{text}");
            assert_eq!(number(text).as_u64(), Some(1000), "{text}");
        }
        assert_eq!(number("-1e3").as_i64(), Some(-1000));
        assert_eq!(number("-1e3").as_u64(), None);
    }

    #[test]
    fn zero_is_zero_with_any_sign_and_exponent() {
        for text in ["0", "-0", "0.0", "-0.000e99999999999999999999", "0e-5"] {
            assert_eq!(number(text).as_i64(), Some(0), "{text}");
            assert_eq!(number(text).as_u64(), Some(0), "{text}");
        }
    }

    #[test]
    fn fractions_and_numbers_out_of_range_are_not_integers() {
        for text in ["1.5", "1e-1", "0.1", "1e99999999999999999999", "1e-99999999999999999999"] {
            assert_eq!(number(text).as_i64(), None, "{text}");
            assert_eq!(number(text).as_u64(), None, "{text}");
        }
        assert_eq!(number("18446744073709551615").as_u64(), Some(u64::MAX));
        assert_eq!(number("18446744073709551615").as_i64(), None);
        assert_eq!(number("18446744073709551616").as_u64(), None);
        assert_eq!(number("-9223372036854775808").as_i64(), Some(i64::MIN));
        assert_eq!(number("-9223372036854775809").as_i64(), None);
        assert_eq!(number("1e19").as_u64(), Some(10_000_000_000_000_000_000));
        assert_eq!(number("1e20").as_u64(), None);
    }

    #[test]
    fn a_float_beyond_range_is_no_float() {
        assert_eq!(number("1e999").as_f64(), None);
        assert_eq!(number("-1e999").as_f64(), None);
        assert_eq!(number("1e-999").as_f64(), Some(0.0));
        assert_eq!(number("0.1").as_f64(), Some(0.1));
    }

    #[test]
    fn a_number_made_from_a_float_reads_back_as_that_float() {
        for float in [0.1, 1.0, -0.0, 1e300, 5e-324, 123_456_789.123] {
            let text = Number::try_from(float).unwrap();
            assert_eq!(text.as_f64().map(f64::to_bits), Some(float.to_bits()));
        }
        assert_eq!(Number::try_from(f64::NAN), Err(NotFinite));
    }

    #[test]
    fn as_a_value_integers_stay_exact_and_huge_numbers_stay_huge() {
        assert_eq!(number("18446744073709551615").to_value(), Value::from(u64::MAX));
        assert_eq!(number("-7").to_value(), Value::from(-7));
        assert_eq!(number("1.0").to_value(), Value::from(1.0));
        assert_eq!(number("-1e999").to_value(), Value::from(f64::MIN));
    }
}
