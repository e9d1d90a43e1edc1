//! Each way to write JSON wrong: what is said, of which part of the text, and what would put it right.

use crate::{Limits, Span, Trouble, read, read_within};

/// Reads a text in which the part at fault stands between `⟦` and `⟧`, and compares what is said.
fn check(marked: &str, message: &str, hint: &str) -> Box<Trouble> {
    let (text, span) = unmarked(marked);
    let trouble = read(&text).expect_err(marked);
    assert_eq!(trouble.message, message, "{marked}");
    assert_eq!(trouble.hint.as_deref(), Some(hint), "{marked}");
    assert_eq!(trouble.span, span, "{marked}: {:?}", trouble.span.of(&text));
    trouble
}

fn check_all(cases: &[(&str, &str, &str)]) {
    for (marked, message, hint) in cases {
        check(marked, message, hint);
    }
}

fn unmarked(marked: &str) -> (String, Span) {
    let start = marked.find('⟦').expect(marked);
    let text = marked.replace('⟦', "");
    let end = text.find('⟧').expect(marked);
    (text.replace('⟧', ""), Span::new(start, end))
}

#[test]
fn commas() {
    let first_comma = "remove it";
    check_all(&[
        ("{\"a\": 1⟦,⟧}", "an object ends in a trailing comma", "remove it"),
        ("{\"a\": 1⟦,⟧\n  }", "an object ends in a trailing comma", "remove it"),
        ("[1, 2⟦,⟧ ]", "a list ends in a trailing comma", "remove it"),
        ("[1,⟦,⟧2]", "there are two commas in a row", "remove one of them"),
        ("{\"a\": 1,⟦,⟧}", "there are two commas in a row", "remove one of them"),
        ("[⟦,⟧1]", "a list cannot start with a comma", first_comma),
        ("{⟦,⟧\"a\": 1}", "an object cannot start with a comma", first_comma),
        ("[1⟦⟧ 2]", "a comma is missing here", "write `,` after `1`"),
        ("{\"a\": \"x\"⟦⟧\n \"b\": 2}", "a comma is missing here", "write `,` after `\"x\"`"),
        ("[{\"a\": [1]}⟦⟧ {}]", "a comma is missing here", "write `,` after `}`"),
        ("[1⟦⟧ 'x']", "a comma is missing here", "write `,` after `1`"),
        ("{\"a\": 1⟦;⟧ \"b\": 2}", "`;` stands where a `,` should", "write `,`"),
        ("{\"a\": 1⟦，⟧ \"b\": 2}", "`，` is not the same character as `,`", "write `,`"),
        ("{}⟦,⟧", "a comma follows the end of the file's value", "remove it"),
    ]);
}

#[test]
fn colons() {
    let between = "write `:` between key and value";
    check_all(&[
        ("{\"a\"⟦⟧ 1}", "there is no `:` after the key `\"a\"`", between),
        ("{\"a\"⟦⟧ \"b\"}", "there is no `:` after the key `\"a\"`", between),
        ("{\"a\" ⟦=⟧ 1}", "`=` stands where a `:` should", "write `:`"),
        ("{\"a\" ⟦=>⟧ 1}", "`=>` stands where a `:` should", "write `:`"),
        ("{\"a\"⟦：⟧ 1}", "`：` is not the same character as `:`", "write `:`"),
        ("{⟦\"a\"⟧}", "the key `\"a\"` has no value", "write `:` and a value behind it"),
        ("{⟦\"a\"⟧, 1}", "the key `\"a\"` has no value", "write `:` and a value behind it"),
        ("{\"a\"⟦:⟧ }", "there is no value after this `:`", "write a value, or leave the key out"),
        ("{\"a\"⟦:⟧,}", "there is no value after this `:`", "write a value, or leave the key out"),
        ("{⟦:⟧ 1}", "there is no key before this `:`", "write a key in double quotes"),
        ("{\"a\": \"b\"⟦:⟧ 1}", "a second `:` follows a value", "write `,` and a key before it"),
        ("[\"a\"⟦:⟧ 1]", "a list has no keys", "write `{` and `}` around keys and values"),
        ("⟦\"a\"⟧: 1", "the file starts with a key", "write `{` before it and `}` at the end"),
    ]);
}

#[test]
fn keys_that_are_not_text() {
    check_all(&[
        ("{⟦kind⟧: 1}", "a key is not in double quotes", "write `\"kind\"`"),
        ("{⟦true⟧: 1}", "a key is not in double quotes", "write `\"true\"`"),
        ("{\"a\": 1, ⟦füße-x⟧: 1}", "a key is not in double quotes", "write `\"füße-x\"`"),
        ("{⟦12⟧: 1}", "a key is text, but this is a number", "write `\"12\"`"),
        ("{⟦{⟧}: 1}", "a key is text, but this is an object", "write a key and `:` before it"),
        ("{⟦[⟧1]: 1}", "a key is text, but this is a list", "write a key and `:` before it"),
        ("{⟦*⟧: 1}", "`*` cannot start a key", "write a key in double quotes"),
    ]);
}

#[test]
fn comments() {
    let hint = "remove it, or say it in a `\"note\"`";
    for marked in [
        "{ ⟦// a note⟧  \n \"a\": 1 }",
        "{ \"a\" ⟦/* b */⟧ : 1 }",
        "{ \"a\": ⟦/* two\nlines */⟧ 1 }",
        "[1 ⟦# three⟧\n]",
        "⟦// first⟧\n{}",
        "{}\n⟦# last⟧\n",
        "[⟦/* never closed⟧\n1]",
        "[1, ⟦//⟧\n]",
    ] {
        check(marked, "JSON has no comments", hint);
    }
}

#[test]
fn quotes_of_other_languages() {
    let put = "put it in double quotes: `\"`";
    check_all(&[
        ("[⟦'a'⟧]", "text is in single quotes", "write `\"a\"`"),
        ("{⟦'a'⟧: 1}", "text is in single quotes", "write `\"a\"`"),
        (r#"[⟦'it\'s "x"'⟧]"#, "text is in single quotes", r#"write `"it's \"x\""`"#),
        ("[⟦'⟧a\n']", "text is in single quotes", put),
        ("[⟦`a`⟧]", "text is in backticks", "write `\"a\"`"),
        ("[⟦“hi”⟧]", "text is in curly quotes", "write `\"hi\"`"),
        ("[⟦„hi“⟧]", "text is in curly quotes", "write `\"hi\"`"),
        ("[⟦‘hi’⟧]", "text is in curly quotes", "write `\"hi\"`"),
        ("[⟦«hi»⟧]", "text is in angle quotes", "write `\"hi\"`"),
    ]);
    let long = format!("[⟦'{}'⟧]", "x".repeat(99));
    check(&long, "text is in single quotes", put);
}

#[test]
fn words() {
    let finite = "write a finite number, or leave it out";
    check_all(&[
        ("[⟦NaN⟧]", "`NaN` is not a number that JSON can hold", finite),
        ("[⟦Infinity⟧]", "`Infinity` is not a number that JSON can hold", finite),
        ("[⟦-Infinity⟧]", "`-Infinity` is not a number that JSON can hold", finite),
        ("[⟦-inf⟧]", "`-inf` is not a number that JSON can hold", finite),
        ("{\"a\": ⟦undefined⟧}", "`undefined` is not a value", "write `null`"),
        ("[⟦None⟧]", "`None` is not a value", "write `null`"),
        ("[⟦True⟧]", "`True` is not a value", "write `true`"),
        ("[⟦FALSE⟧, 1]", "`FALSE` is not a value", "write `false`"),
        ("[⟦yes⟧]", "`yes` is not a value", "write `true`, or `\"yes\"` as text"),
        ("[⟦off⟧]", "`off` is not a value", "write `false`, or `\"off\"` as text"),
        ("[⟦flase⟧]", "`flase` is not a value", "did you mean `false`?"),
        ("[⟦truee⟧]", "`truee` is not a value", "did you mean `true`?"),
        ("[⟦True⟧ // why\n]", "`True` is not a value", "write `true`"),
        (
            "{\"p\": ⟦burning firewood⟧, \"b\": 1}",
            "`burning firewood` is not a value",
            "put text in double quotes: `\"burning firewood\"`",
        ),
        ("[⟦柴火⟧]", "`柴火` is not a value", "put text in double quotes: `\"柴火\"`"),
    ]);
}

#[test]
fn numbers_of_other_languages() {
    let as_text = "put it in double quotes if it is text: ";
    check_all(&[
        ("[⟦007⟧]", "`007` starts with a needless zero", "write `7`"),
        ("[⟦-01.50⟧]", "`-01.50` starts with a needless zero", "write `-1.50`"),
        ("[⟦00⟧]", "`00` starts with a needless zero", "write `0`"),
        ("{\"a\": ⟦+5⟧}", "`+5` starts with a plus sign", "write `5`"),
        ("[⟦.5⟧]", "`.5` has no digit before its point", "write `0.5`"),
        ("[⟦-.5⟧]", "`-.5` has no digit before its point", "write `-0.5`"),
        ("[⟦5.⟧]", "`5.` has no digit behind its point", "write `5.0`"),
        ("[⟦5.e3⟧]", "`5.e3` has no digit behind its point", "write `5.0e3`"),
        ("[⟦0x1F⟧]", "`0x1F` is not written in decimal digits", "write `31`"),
        ("[⟦-0b101⟧]", "`-0b101` is not written in decimal digits", "write `-5`"),
        ("[⟦1_000⟧]", "`1_000` has `_` among its digits", "write `1000`"),
        ("[⟦1e⟧]", "`1e` has no digits in its exponent", "write `1e0`"),
        ("[⟦1.5e+⟧]", "`1.5e+` has no digits in its exponent", "write `1.5e0`"),
        ("[⟦50%⟧]", "`50%` has a percent sign", "write `50`"),
        ("[⟦--5⟧]", "`--5` has more than one sign", "keep one sign"),
        ("[⟦-⟧]", "`-` is not a value", "write digits behind the sign"),
        ("[⟦-⟧ 5]", "`-` is not a value", "write the sign right before the digits"),
        ("[⟦-x⟧]", "`-x` is not a value", "put text in double quotes: `\"-x\"`"),
        ("[⟦1.2.3⟧]", "`1.2.3` is not a number", &format!("{as_text}`\"1.2.3\"`")),
        ("[⟦512x512⟧]", "`512x512` is not a number", &format!("{as_text}`\"512x512\"`")),
        ("[⟦2024-01-31⟧]", "`2024-01-31` is not a number", &format!("{as_text}`\"2024-01-31\"`")),
    ]);
}

#[test]
fn characters_that_text_cannot_have() {
    let line = "close it with `\"`; inside text, a line break is written `\\n`";
    check_all(&[
        ("{\"a\": ⟦\"x,⟧\n \"b\": 1}", "text is not closed on its line", line),
        ("[⟦\"x⟧\r\n\"]", "text is not closed on its line", line),
        ("[\"x⟦\t⟧y\"]", "there is a tab inside text", "write it as `\\t`"),
        (
            "[\"é⟦\u{1}⟧\"]",
            "there is a control character (U+0001) inside text",
            "delete it, or write it as `\\u0001`",
        ),
        (
            "{\"a\": \"say ⟦\"⟧hi\" to\"}",
            "text ends here, but a word follows at once",
            "write a quote inside text as `\\\"`",
        ),
        (
            "{\"a⟦\"⟧b\": 1}",
            "text ends here, but a word follows at once",
            "write a quote inside text as `\\\"`",
        ),
        ("[\"a\" ⟦+⟧ \"b\"]", "text cannot be joined with `+`", "write it as one text"),
    ]);
}

#[test]
fn escapes() {
    let path = "write a backslash as `\\\\`; a path may have `/`";
    let four = "write four, as in `\\u00e9`, or a backslash as `\\\\`";
    let halves = "write the character itself, or both halves";
    check_all(&[
        (r#"["C:⟦\m⟧odels"]"#, r"`\m` is not an escape", path),
        (r#"["⟦\é⟧"]"#, r"`\é` is not an escape", path),
        (r#"["⟦\'⟧"]"#, r"`\'` is not an escape", "write `'` without a backslash"),
        (r#"["⟦\0⟧"]"#, r"`\0` is not an escape", r"write `\u0000`"),
        (r#"["⟦\x41⟧"]"#, r"`\x41` is not an escape", r"write `\u0041`"),
        (r#"["⟦\u12⟧G4"]"#, r"`\u12` does not have four hexadecimal digits", four),
        (r#"["⟦\u⟧sers"]"#, r"`\u` does not have four hexadecimal digits", four),
        (r#"["⟦\u{1F600}⟧"]"#, r"`\u{1F600}` is not an escape", r"write `\ud83d\ude00`"),
        (r#"["⟦\ud83d⟧"]"#, r"`\ud83d` is half a character, and no second half follows", halves),
        (
            r#"["⟦\ud83d⟧\u0041"]"#,
            r"`\ud83d` is half a character, and no second half follows",
            halves,
        ),
        (
            r#"["x⟦\udc00⟧"]"#,
            r"`\udc00` is half a character, and no first half comes before",
            halves,
        ),
        (
            "[\"a⟦\\⟧\nb\"]",
            "a backslash does not carry text over to the next line",
            "write the text on one line, and its line breaks as `\\n`",
        ),
    ]);
}

#[test]
fn brackets() {
    let trouble = check("{\"a\": 1⟦]⟧", "`]` cannot close an object", "close it with `}` first");
    assert_eq!(trouble.related, [(Span::new(0, 1), "opened here".to_owned())]);
    let trouble = check("{\"a\": [⟦}⟧", "`}` cannot close a list", "close it with `]` first");
    assert_eq!(trouble.related, [(Span::new(6, 7), "opened here".to_owned())]);
    let trouble = check("{\"a\": [1]}⟦}⟧", "this `}` closes nothing", "remove it");
    assert_eq!(trouble.related, [(Span::new(9, 10), "all is closed here".to_owned())]);
    check("⟦]⟧", "this `]` closes nothing", "remove it");
    check("{\"a\": [1, ⟦}⟧", "`}` cannot close a list", "close it with `]` first");
}

#[test]
fn more_behind_the_end() {
    let message = "there is more after the end of the file's value";
    let trouble = check("{ }\n⟦{⟧ }", message, "keep one value in the file");
    assert_eq!(trouble.related, [(Span::new(2, 3), "the value ends here".to_owned())]);
    check("[] ⟦word⟧ s", message, "keep one value in the file");
    check("1 ⟦2⟧", message, "keep one value in the file");
}

#[test]
fn files_that_end_early() {
    let inside = "the file ends inside an object";
    let trouble = check("{\"a\": 1⟦⟧\n\n", inside, "close it with `}`");
    assert_eq!(trouble.related, [(Span::new(0, 1), "opened here".to_owned())]);
    check("{⟦⟧", inside, "close it with `}`");
    check("{\"a\"⟦⟧", inside, "close it with `}`");
    check("{\"a\":⟦⟧ ", inside, "complete it and close it with `}`");
    check("[1,⟦⟧", "the file ends inside a list", "complete it and close it with `]`");
    let trouble = check(
        "{\"a\": [1, {\"b\":⟦⟧",
        inside,
        "complete it and close all that is open with `} ] }`",
    );
    assert_eq!(trouble.related, [(Span::new(10, 11), "opened here".to_owned())]);
    let deep = format!("{}⟦⟧", "[".repeat(30));
    check(&deep, "the file ends inside a list", "close it with `]`, and the 29 around it");
    for marked in ["[⟦\"abc⟧", "[⟦\"abc\\⟧", "{⟦\"a\\u00⟧", "{\"a\": ⟦\"⟧"] {
        check(marked, "the file ends inside text", "close it with `\"`");
    }
    check("[⟦nul⟧", "`nul` is not a value", "did you mean `null`?");
}

#[test]
fn a_bracket_left_open_further_up_is_found_by_the_indentation() {
    let text = r#"{
  "nodes": {
    "a": { "kind": "x", "inputs": { "i": "b}" },
    "b": { "kind": "y" }
  }
}⟦⟧
"#;
    let trouble = check(text, "the file ends inside an object", "write the `}` that is missing");
    let (span, message) = &trouble.related[0];
    assert_eq!(span.start as usize, text.find("{ \"kind\": \"x\"").unwrap());
    assert_eq!(message, "by the indentation, this is the one left open");
}

#[test]
fn empty_files() {
    let hint = "start with `{ \"pellucid\": 1, \"nodes\": {} }`";
    check("⟦⟧", "the file is empty", hint);
    check("⟦⟧ \r\n\t ", "there is nothing but blanks in the file", hint);
}

#[test]
fn characters_that_cannot_be_seen() {
    let space = "replace it with an ordinary space";
    check_all(&[
        ("{⟦\u{a0}⟧\"a\": 1}", "a no-break space (U+00A0) stands between the values", space),
        ("[1⟦\u{a0}\u{a0}⟧]", "a no-break space (U+00A0) stands between the values", space),
        ("[true⟦\u{3000}⟧]", "a wide space (U+3000) stands between the values", space),
        ("[⟦\u{2028}⟧1]", "a line separator (U+2028) stands between the values", space),
        ("[⟦\u{200b}⟧1]", "a zero-width character (U+200B) stands between the values", "delete it"),
        ("[1]⟦\u{feff}⟧", "a byte order mark (U+FEFF) stands between the values", "delete it"),
        ("[1⟦\u{c}⟧]", "a control character (U+000C) stands between the values", "delete it"),
        ("{}⟦\0\0\0⟧", "a control character (U+0000) stands between the values", "delete it"),
        (
            "⟦\u{feff}⟧{}",
            "the file starts with a byte order mark (U+FEFF)",
            "save it as UTF-8 without a byte order mark",
        ),
    ]);
}

#[test]
fn characters_without_meaning() {
    let value = "write text in double quotes, a number, `true`, `false`, `null`, `{` or `[`";
    check_all(&[
        ("[⟦@⟧]", "`@` cannot start a value", value),
        ("⟦,⟧", "`,` cannot start a value", value),
        ("{\"a\": 1 ⟦@⟧}", "`@` cannot follow a value", "write `,` or `}`"),
        ("[1 ⟦@⟧]", "`@` cannot follow a value", "write `,` or `]`"),
        ("[1 ⟦🔥⟧]", "`🔥` cannot follow a value", "write `,` or `]`"),
    ]);
}

#[test]
fn nesting_is_read_to_its_limit_and_refused_beyond() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&nested(128)).is_ok());
    for depth in [129, 1_000_000] {
        let trouble = read(&nested(depth)).unwrap_err();
        assert_eq!(trouble.message, "lists and objects are nested more than 128 deep");
        assert_eq!(trouble.hint.as_deref(), Some("take some brackets away"));
        assert_eq!(trouble.span, Span::new(128, 129));
        assert_eq!(trouble.related[0].0, Span::new(0, 1));
    }
}

#[test]
fn numbers_are_read_to_their_limit_and_refused_beyond() {
    let digits = |count: usize| format!("[{}]", "9".repeat(count));
    assert!(read(&digits(1000)).is_ok());
    let trouble = read(&digits(1001)).unwrap_err();
    assert_eq!(trouble.message, "a number has 1001 characters, but at most 1000 are read");
    assert_eq!(trouble.hint.as_deref(), Some("write it shorter, with an exponent"));
    assert_eq!(trouble.span, Span::new(1, 1002));
}

#[test]
fn size_is_limited_in_bytes_and_in_values() {
    let limits = Limits { bytes: 7, values: 3, ..Limits::default() };
    assert!(read_within("[1, 2]", &limits).is_ok());
    let trouble = read_within("[1, 2]  ", &limits).unwrap_err();
    assert_eq!(trouble.message, "the file is 8 bytes large, but at most 7 bytes are read");
    let trouble = read_within("[1,2,3]", &limits).unwrap_err();
    assert_eq!(trouble.message, "there are more than 3 values in the file");
    assert_eq!(trouble.span, Span::new(5, 6));
}

#[test]
fn what_a_message_repeats_of_a_file_is_short_and_harmless() {
    let trouble = read(&format!("[{}\u{1b}]", "x".repeat(1 << 20))).unwrap_err();
    assert!(trouble.message.len() < 120 && !trouble.message.contains('\u{1b}'), "{trouble}");
    assert!(trouble.hint.is_some_and(|hint| hint.len() < 120));
}
