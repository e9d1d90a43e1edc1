//! A pickle as data: the stack machine of Python's pickle without the calls.
//!
//! What a pickle would call is kept as a name and never run. Objects live in one list and refer to
//! each other by number, so neither depth nor sharing costs anything.

/// An object by its place in [`Pickle::objects`].
pub(super) type Id = usize;

/// The objects of a pickle.
pub(super) struct Pickle {
    /// All of them.
    pub(super) objects: Vec<Object>,
    /// The one that the pickle is.
    pub(super) root: Id,
}

/// A Python object.
#[derive(Debug)]
pub(super) enum Object {
    /// `None`, a float, a set: nothing that is looked at.
    Opaque,
    Integer(i64),
    Text(String),
    /// A tuple or a list.
    List(Vec<Id>),
    /// A dictionary, ordered or not.
    Dict(Vec<(Id, Id)>),
    /// A class or a function, `module name`.
    Global(String),
    /// What a function would have made of arguments.
    Call {
        function: Id,
        arguments: Id,
    },
    /// Something that stands elsewhere in the file.
    Persistent(Id),
}

/// Reads a pickle; or says why it cannot be.
pub(super) fn read(bytes: &[u8]) -> Result<Pickle, String> {
    let mut machine = Machine {
        rest: bytes,
        objects: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: std::collections::BTreeMap::new(),
    };
    while machine.step().ok_or("the pickle is cut off or not well-formed")?? {}
    let root = machine.stack.pop().ok_or("the pickle holds nothing")?;
    Ok(Pickle { objects: machine.objects, root })
}

struct Machine<'a> {
    rest: &'a [u8],
    objects: Vec<Object>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: std::collections::BTreeMap<u64, Id>,
}

impl Machine<'_> {
    /// Does one instruction; false at the end, `None` if the pickle is not well-formed.
    fn step(&mut self) -> Option<Result<bool, String>> {
        let code = self.take(1)?[0];
        match code {
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'.' => return Some(Ok(false)),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.stack.pop()?),
            b'N' | 0x8f => self.push(Object::Opaque),
            b'G' => {
                self.take(8)?;
                self.push(Object::Opaque);
            }
            0x88 | 0x89 => self.push(Object::Integer(i64::from(code == 0x88))),
            b'K' => self.integer(1)?,
            b'M' => self.integer(2)?,
            b'J' => {
                let bytes = self.take(4)?.try_into().ok()?;
                self.push(Object::Integer(i64::from(i32::from_le_bytes(bytes))));
            }
            0x8a => {
                let size = self.number(1)?;
                let number = self.long(size)?;
                self.push(Object::Integer(number));
            }
            b'X' | b'T' | b'B' => self.text(4)?,
            0x8c | b'U' | b'C' => self.text(1)?,
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Object::Global(format!("{module} {name}")));
            }
            0x93 => {
                let (name, module) = (self.stack.pop()?, self.stack.pop()?);
                let global = match (self.objects.get(module)?, self.objects.get(name)?) {
                    (Object::Text(module), Object::Text(name)) => format!("{module} {name}"),
                    _ => return None,
                };
                self.push(Object::Global(global));
            }
            b')' | b']' => self.push(Object::List(Vec::new())),
            b't' | b'l' => {
                let items = self.marked()?;
                self.push(Object::List(items));
            }
            0x85..=0x87 => {
                let count = usize::from(code - 0x84);
                let items = self.stack.split_off(self.stack.len().checked_sub(count)?);
                self.push(Object::List(items));
            }
            b'}' => self.push(Object::Dict(Vec::new())),
            b'd' => {
                let pairs = pairs(&self.marked()?)?;
                self.push(Object::Dict(pairs));
            }
            b's' => {
                let (value, key) = (self.stack.pop()?, self.stack.pop()?);
                self.extend_dict(vec![(key, value)])?;
            }
            b'u' => {
                let pairs = pairs(&self.marked()?)?;
                self.extend_dict(pairs)?;
            }
            b'a' => {
                let item = self.stack.pop()?;
                self.extend_list(vec![item])?;
            }
            b'e' => {
                let items = self.marked()?;
                self.extend_list(items)?;
            }
            0x90 => drop(self.marked()?),
            b'q' => self.remember(1)?,
            b'r' => self.remember(4)?,
            0x94 => {
                let place = self.memo.len() as u64;
                self.memo.insert(place, *self.stack.last()?);
            }
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            b'Q' => {
                let id = self.stack.pop()?;
                self.push(Object::Persistent(id));
            }
            b'R' | 0x81 => self.call()?,
            // The state of an object: of those that are looked at, none has any that matters.
            b'b' => drop(self.stack.pop()?),
            other => {
                return Some(Err(format!("the pickle has an unknown instruction {other:#04x}")));
            }
        }
        Some(Ok(true))
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self, size: usize) -> Option<usize> {
        let bytes = self.take(size)?;
        Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    /// A signed number of any length; those beyond 64 bits are none of a tensor's.
    fn long(&mut self, size: usize) -> Option<i64> {
        let bytes = self.take(size)?;
        let sign = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
        let mut wide = [sign; 8];
        for (to, from) in wide.iter_mut().zip(bytes) {
            *to = *from;
        }
        Some(i64::from_le_bytes(wide))
    }

    fn line(&mut self) -> Option<String> {
        let end = self.rest.iter().position(|&byte| byte == b'\n')?;
        let line = String::from_utf8_lossy(self.take(end)?).into_owned();
        self.take(1)?;
        Some(line)
    }

    fn push(&mut self, object: Object) {
        self.stack.push(self.objects.len());
        self.objects.push(object);
    }

    fn integer(&mut self, size: usize) -> Option<()> {
        let number = self.number(size)?;
        self.push(Object::Integer(i64::try_from(number).ok()?));
        Some(())
    }

    fn text(&mut self, size: usize) -> Option<()> {
        let length = self.number(size)?;
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.push(Object::Text(text));
        Some(())
    }

    fn marked(&mut self) -> Option<Vec<Id>> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len())?;
        Some(self.stack.split_off(mark))
    }

    /// Objects that a call would have made may be filled like a dictionary; that is of no use.
    fn extend_dict(&mut self, pairs: Vec<(Id, Id)>) -> Option<()> {
        let top = *self.stack.last()?;
        if let Object::Dict(known) = self.objects.get_mut(top)? {
            known.extend(pairs);
        }
        Some(())
    }

    fn extend_list(&mut self, items: Vec<Id>) -> Option<()> {
        let top = *self.stack.last()?;
        if let Object::List(known) = self.objects.get_mut(top)? {
            known.extend(items);
        }
        Some(())
    }

    fn remember(&mut self, size: usize) -> Option<()> {
        let place = self.number(size)? as u64;
        self.memo.insert(place, *self.stack.last()?);
        Some(())
    }

    fn recall(&mut self, size: usize) -> Option<()> {
        let place = self.number(size)? as u64;
        self.stack.push(*self.memo.get(&place)?);
        Some(())
    }

    fn call(&mut self) -> Option<()> {
        let (arguments, function) = (self.stack.pop()?, self.stack.pop()?);
        let is_dict = matches!(
            self.objects.get(function)?,
            Object::Global(name) if name == "collections OrderedDict"
        );
        self.push(if is_dict {
            Object::Dict(Vec::new())
        } else {
            Object::Call { function, arguments }
        });
        Some(())
    }
}

fn pairs(items: &[Id]) -> Option<Vec<(Id, Id)>> {
    let (pairs, rest) = items.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|&[key, value]| (key, value)).collect())
}
