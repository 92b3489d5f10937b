//! One pass over a text, with a loop in the place of recursion: depth costs nodes, not stack.

use memchr::memchr2;

use super::{IN_ARRAY, Kind, NONE, NOWHERE, Node};

/// What may come next.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Value,
    /// A value, or the end of an empty array.
    FirstItem,
    Key,
    /// A key, or the end of an empty object.
    FirstKey,
    /// A comma, or the end of what is open.
    Separator,
    /// The value is complete.
    End,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    /// Of them at most.
    most: usize,
    /// Containers that are so deep are not looked into.
    sealed: u32,
    /// What is open inside of one of these: whether it is an object.
    hidden: Vec<bool>,
    /// The innermost open container.
    open: u32,
    /// The key of the value that comes next.
    key: (u32, u32),
}

pub(super) fn scan(bytes: &[u8], sealed: u32, most: usize) -> Vec<Node> {
    // Offsets are 32 bits wide; nobody sends more.
    let bytes = &bytes[..bytes.len().min(u32::MAX as usize - 1)];
    let nodes = Vec::new();
    let hidden = Vec::new();
    let mut scanner =
        Scanner { bytes, at: 0, nodes, most, sealed, hidden, open: NONE, key: (0, 0) };
    scanner.run();
    scanner.close_all();
    scanner.nodes
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

impl Scanner<'_> {
    fn run(&mut self) {
        let mut expect = Expect::Value;
        loop {
            self.skip_white();
            let start = self.at;
            let Some(byte) = self.bytes.get(start).copied() else {
                if expect != Expect::End {
                    self.rest(Kind::Broken, start);
                }
                return;
            };
            let next = match (expect, byte) {
                (Expect::FirstItem, b']') | (Expect::FirstKey, b'}') => Some(self.close()),
                (Expect::Value | Expect::FirstItem, _) => {
                    if self.nodes.len() >= self.most {
                        return self.rest(Kind::Beyond, start);
                    }
                    self.value(byte)
                }
                (Expect::Key | Expect::FirstKey, b'"') => self.key(),
                (Expect::Separator, b',') => {
                    self.at += 1;
                    Some(if self.in_object() { Expect::Key } else { Expect::Value })
                }
                (Expect::Separator, b'}' | b']') => {
                    ((byte == b'}') == self.in_object()).then(|| self.close())
                }
                _ => None,
            };
            match next {
                Some(next) => expect = next,
                None => return self.rest(Kind::Broken, start),
            }
        }
    }

    fn skip_white(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    fn key(&mut self) -> Option<Expect> {
        let start = self.at;
        self.at = self.string_end(start)?;
        self.key = (narrow(start), narrow(self.at));
        self.skip_white();
        if self.bytes.get(self.at) != Some(&b':') {
            return None;
        }
        self.at += 1;
        Some(Expect::Value)
    }

    fn value(&mut self, first: u8) -> Option<Expect> {
        let start = self.at;
        let (kind, end) = match first {
            b'{' | b'[' => {
                let object = first == b'{';
                let kind = if object { Kind::Object } else { Kind::Array };
                if self.push(kind, start, start + 1) {
                    self.open = narrow(self.nodes.len() - 1);
                } else {
                    self.hidden.push(object);
                }
                self.at += 1;
                return Some(if object { Expect::FirstKey } else { Expect::FirstItem });
            }
            b'"' => (Kind::String, self.string_end(start)?),
            b'-' | b'0'..=b'9' => (Kind::Number, self.number_end(start)?),
            b't' => (Kind::Boolean, self.word_end(start, b"true")?),
            b'f' => (Kind::Boolean, self.word_end(start, b"false")?),
            b'n' => (Kind::Null, self.word_end(start, b"null")?),
            _ => return None,
        };
        self.push(kind, start, end);
        self.at = end;
        Some(self.after_value())
    }

    fn after_value(&self) -> Expect {
        if self.open == NONE { Expect::End } else { Expect::Separator }
    }

    fn in_object(&self) -> bool {
        let open = self.nodes.get(self.open as usize);
        self.hidden.last().copied().unwrap_or(open.is_some_and(|open| open.kind == Kind::Object))
    }

    /// Says whether it became a node: what is in sealed containers is only counted.
    fn push(&mut self, kind: Kind, start: usize, end: usize) -> bool {
        if let Some(open) = self.nodes.get_mut(self.open as usize)
            && open.depth >= self.sealed
            && !matches!(kind, Kind::Broken | Kind::Beyond)
        {
            open.children += u32::from(self.hidden.is_empty());
            return false;
        }
        let mut depth = 0;
        let mut key = (0, 0);
        if let Some(parent) = self.nodes.get_mut(self.open as usize) {
            depth = parent.depth + 1;
            key = if parent.kind == Kind::Object { self.key } else { (parent.children, IN_ARRAY) };
            parent.children += 1;
        }
        let next = narrow(self.nodes.len() + 1);
        let value = (narrow(start), narrow(end));
        self.nodes.push(Node { key, value, parent: self.open, next, children: 0, depth, kind });
        self.key = (0, 0);
        true
    }

    fn close(&mut self) -> Expect {
        self.at += 1;
        if self.hidden.pop().is_none() {
            self.leave();
        }
        self.after_value()
    }

    /// Ends the innermost container where the reading stands.
    fn leave(&mut self) {
        let next = narrow(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(self.open as usize) {
            node.value.1 = narrow(self.at);
            node.next = next;
            self.open = node.parent;
        }
    }

    fn close_all(&mut self) {
        while self.open != NONE {
            self.leave();
        }
    }

    /// Everything from `start` on is one node.
    fn rest(&mut self, kind: Kind, start: usize) {
        self.at = self.bytes.len();
        self.push(kind, start, self.at);
    }

    fn string_end(&self, start: usize) -> Option<usize> {
        let mut at = start + 1;
        loop {
            at += memchr2(b'"', b'\\', self.bytes.get(at..)?)?;
            if self.bytes[at] == b'"' {
                return Some(at + 1);
            }
            at += 2;
        }
    }

    fn word_end(&self, start: usize, word: &[u8]) -> Option<usize> {
        self.bytes.get(start..)?.starts_with(word).then_some(start + word.len())
    }

    fn number_end(&self, start: usize) -> Option<usize> {
        let digits = |from: usize| {
            let more = self.bytes.get(from..).unwrap_or_default();
            let count = more.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (count > 0).then_some(from + count)
        };
        let is = |at: usize, bytes: &[u8]| self.bytes.get(at).is_some_and(|b| bytes.contains(b));
        let first = start + usize::from(is(start, b"-"));
        let mut at = digits(first)?;
        if is(first, b"0") && at > first + 1 {
            return None;
        }
        if is(at, b".") {
            at = digits(at + 1)?;
        }
        if is(at, b"eE") {
            at = digits(at + 1 + usize::from(is(at + 1, b"+-")))?;
        }
        Some(at)
    }
}

/// Depths that are told apart when values are counted.
const DEPTHS: usize = 64;

/// From which depth on containers must not be looked into, so that about `most` values are left.
pub(super) fn sealed_depth(bytes: &[u8], most: usize) -> u32 {
    let mut counts = [0_usize; DEPTHS];
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += 1;
                while let Some(step) = memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
                    at += step;
                    if bytes[at] == b'"' {
                        break;
                    }
                    at += 2;
                }
            }
            b'{' | b'[' => {
                depth += 1;
                counts[depth.min(DEPTHS - 1)] += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => counts[depth.min(DEPTHS - 1)] += 1,
            _ => {}
        }
        at += 1;
    }
    let mut sum = 0;
    for (depth, count) in (0_u32..).zip(counts) {
        sum += count;
        if sum > most {
            return depth.saturating_sub(1).max(1);
        }
    }
    NOWHERE
}
