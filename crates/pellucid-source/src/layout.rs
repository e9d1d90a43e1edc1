//! The canonical layout of JSON: what a formatter writes.

use crate::escape::{json_len, push_json_text};
use crate::{Json, Member};

/// How a tree is laid out. Paths are the keys from the root to the object meant, with `[]` for each list on
/// the way; the root's is empty.
pub struct Style<'a> {
    /// The most characters that a line has, as long as breaking can help.
    pub width: usize,
    /// The rank of a key in the object at a path: lower ranks come first, equal ones stay as written.
    pub rank: &'a dyn Fn(&[&str], &str) -> usize,
    /// Whether each member of the object or list at a path gets a line of its own however short they are.
    pub spread: &'a dyn Fn(&[&str]) -> bool,
}

impl Default for Style<'_> {
    /// 100 characters, keys as written, and only the root always spread.
    fn default() -> Self {
        Self { width: 100, rank: &|_, _| 0, spread: &|_| false }
    }
}

/// The tree as text, with a line break at its end.
///
/// The root is spread over lines, two blanks a level. A list or an object further in is on one line where that
/// fits, else spread as well. Numbers stay as they were written; text is escaped only where JSON asks for it.
/// Laying out what was laid out changes nothing.
pub fn layout(json: &Json, style: &Style) -> String {
    let mut page = Page { text: String::new(), style, path: Vec::new() };
    page.spread(json, 0);
    page.text.push('\n');
    page.text
}

struct Page<'a> {
    text: String,
    style: &'a Style<'a>,
    path: Vec<&'a str>,
}

impl<'a> Page<'a> {
    /// Writes a value; `column` is where the line stands and `after` what has to follow on it.
    fn value(&mut self, json: &'a Json, level: usize, column: usize, after: usize) {
        let room = self.style.width.checked_sub(column + after);
        let fits = room.and_then(|room| self.room_after(json, room)).is_some();
        if fits && !self.is_spread(json) { self.inline(json) } else { self.spread(json, level) }
    }

    fn spread(&mut self, json: &'a Json, level: usize) {
        match json {
            Json::Object(members) if !members.is_empty() => {
                self.text.push('{');
                let last = members.len() - 1;
                for (index, (key, value)) in self.ordered(members).into_iter().enumerate() {
                    let start = self.new_line(level + 1);
                    push_json_text(&mut self.text, &key.v);
                    self.text.push_str(": ");
                    let column = self.column(start);
                    self.path.push(&key.v);
                    self.value(&value.v, level + 1, column, usize::from(index < last));
                    self.path.pop();
                    self.comma(index < last);
                }
                self.new_line(level);
                self.text.push('}');
            }
            Json::Array(values) if !values.is_empty() => {
                self.text.push('[');
                self.path.push("[]");
                let last = values.len() - 1;
                for (index, value) in values.iter().enumerate() {
                    let start = self.new_line(level + 1);
                    let column = self.column(start);
                    self.value(&value.v, level + 1, column, usize::from(index < last));
                    self.comma(index < last);
                }
                self.path.pop();
                self.new_line(level);
                self.text.push(']');
            }
            _ => self.inline(json),
        }
    }

    fn inline(&mut self, json: &'a Json) {
        match json {
            Json::Null => self.text.push_str("null"),
            Json::Bool(true) => self.text.push_str("true"),
            Json::Bool(false) => self.text.push_str("false"),
            Json::Number(number) => self.text.push_str(&number.text),
            Json::Text(text) => push_json_text(&mut self.text, text),
            Json::Array(values) => {
                self.text.push('[');
                self.path.push("[]");
                for (index, value) in values.iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { "" });
                    self.inline(&value.v);
                }
                self.path.pop();
                self.text.push(']');
            }
            Json::Object(members) if members.is_empty() => self.text.push_str("{}"),
            Json::Object(members) => {
                self.text.push('{');
                for (index, (key, value)) in self.ordered(members).into_iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { " " });
                    push_json_text(&mut self.text, &key.v);
                    self.text.push_str(": ");
                    self.path.push(&key.v);
                    self.inline(&value.v);
                    self.path.pop();
                }
                self.text.push_str(" }");
            }
        }
    }

    fn ordered(&self, members: &'a [Member]) -> Vec<&'a Member> {
        let mut ordered: Vec<&Member> = members.iter().collect();
        ordered.sort_by_cached_key(|(key, _)| (self.style.rank)(&self.path, &key.v));
        ordered
    }

    fn is_spread(&self, json: &Json) -> bool {
        matches!(json, Json::Array(_) | Json::Object(_)) && (self.style.spread)(&self.path)
    }

    /// What is left of `room` characters when the value is on the line; nothing if it does not fit or has
    /// something spread in it. Looks no further than `room`, so that deep trees stay cheap.
    fn room_after(&mut self, json: &'a Json, room: usize) -> Option<usize> {
        match json {
            Json::Null | Json::Bool(true) => room.checked_sub(4),
            Json::Bool(false) => room.checked_sub(5),
            Json::Number(number) => room.checked_sub(number.text.len()),
            Json::Text(text) => text_room(text, room),
            Json::Array(values) => {
                self.path.push("[]");
                let left = values.iter().enumerate().try_fold(room, |room, (index, value)| {
                    self.part_room(&value.v, room.checked_sub(if index > 0 { 2 } else { 0 })?)
                });
                self.path.pop();
                left?.checked_sub(2)
            }
            Json::Object(members) => {
                let mut room = room.checked_sub(if members.is_empty() { 2 } else { 4 })?;
                for (index, (key, value)) in members.iter().enumerate() {
                    room = room.checked_sub(if index > 0 { 4 } else { 2 })?;
                    room = text_room(&key.v, room)?;
                    self.path.push(&key.v);
                    let left = self.part_room(&value.v, room);
                    self.path.pop();
                    room = left?;
                }
                Some(room)
            }
        }
    }

    fn part_room(&mut self, part: &'a Json, room: usize) -> Option<usize> {
        if self.is_spread(part) && !is_empty(part) {
            return None;
        }
        self.room_after(part, room)
    }

    /// Starts a line and gives the byte where it starts.
    fn new_line(&mut self, level: usize) -> usize {
        self.text.push('\n');
        let start = self.text.len();
        self.text.extend(std::iter::repeat_n(' ', 2 * level));
        start
    }

    fn column(&self, start: usize) -> usize {
        self.text[start..].chars().count()
    }

    fn comma(&mut self, wanted: bool) {
        if wanted {
            self.text.push(',');
        }
    }
}

fn is_empty(json: &Json) -> bool {
    match json {
        Json::Array(values) => values.is_empty(),
        Json::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// What is left of `room` characters behind a text in quotes.
fn text_room(text: &str, room: usize) -> Option<usize> {
    let room = room.checked_sub(2)?;
    text.chars().try_fold(room, |room, character| room.checked_sub(json_len(character)))
}

#[cfg(test)]
mod tests;
