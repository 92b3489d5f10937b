//! Text to tokens, each with its place. Never fails: what is open or empty is told apart by the
//! parser, so that completion reads unfinished input with the same eyes.

use std::ops::Range;

use super::{Domain, keys};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    Not,
    And,
    Or,
    /// `where`, and the rest of the line.
    Where(String),
    Item(Item),
    Keyed(Keyed),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Bare,
    /// In double quotes.
    Quoted,
    /// Between slashes.
    Regex,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) at: Range<usize>,
    pub(super) form: Form,
    /// Without quotes, slashes and what escapes them.
    pub(super) text: String,
    pub(super) closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// Longer ones first: the first that fits is taken.
const COMPARISONS: [(&str, Comparison); 4] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (">", Comparison::Above),
    ("<", Comparison::Below),
];

/// `key:value`, with one value or several between commas.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Keyed {
    pub(super) key: String,
    pub(super) key_at: Range<usize>,
    pub(super) comparison: Option<Comparison>,
    /// At least one; what is missing is an empty bare item.
    pub(super) items: Vec<Item>,
}

pub(super) type Placed = (Range<usize>, Token);

pub(super) fn tokens(text: &str, domain: Domain) -> Vec<Placed> {
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    while let Some(c) = lexer.skip_space() {
        let start = lexer.at;
        let token = lexer.token(c, domain);
        out.push((start..lexer.at, token));
    }
    out
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || c == '(' || c == ')'
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) -> Option<char> {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.peek()
    }

    fn token(&mut self, c: char, domain: Domain) -> Token {
        let single = match c {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '!' => Some(Token::Not),
            '-' => self.dash(),
            _ => None,
        };
        if let Some(token) = single {
            self.at += 1;
            return token;
        }
        if c == '"' || c == '/' {
            return Token::Item(self.item(ends_word));
        }
        if let Some(key) = self.key(domain) {
            return Token::Keyed(self.keyed(key));
        }
        let item = self.item(ends_word);
        match item.text.to_ascii_lowercase().as_str() {
            "and" => Token::And,
            "or" => Token::Or,
            "where" if domain == Domain::Sessions => {
                let condition = self.rest().trim().to_owned();
                self.at = self.text.len();
                Token::Where(condition)
            }
            _ => Token::Item(item),
        }
    }

    /// A dash negates what it touches. Alone, as between two words of a name, it is itself.
    fn dash(&self) -> Option<Token> {
        match self.rest()[1..].chars().next() {
            Some('-') => None,
            Some(next) if next.is_whitespace() => Some(Token::Item(Item {
                at: self.at..self.at + 1,
                form: Form::Quoted,
                text: "-".to_owned(),
                closed: true,
            })),
            _ => Some(Token::Not),
        }
    }

    /// The key in front of a colon, if this is one: `14:02`, `std::io` and `https://…` are words.
    fn key(&self, domain: Domain) -> Option<&'a str> {
        let rest = self.rest();
        let end = rest.find(|c: char| ends_word(c) || c == ':' || c == '"')?;
        let after = rest[end..].strip_prefix(':')?;
        let key = &rest[..end];
        let is_name = key.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let known = keys::find(domain, key).is_some();
        let is_other = after.starts_with(':') || after.starts_with("//");
        (is_name && (known || !is_other)).then_some(key)
    }

    fn keyed(&mut self, key: &str) -> Keyed {
        let key_at = self.at..self.at + key.len();
        self.at = key_at.end + 1;
        let found = COMPARISONS.iter().find(|(symbol, _)| self.rest().starts_with(symbol));
        self.at += found.map_or(0, |(symbol, _)| symbol.len());
        let mut items = Vec::new();
        loop {
            items.push(self.item(|c| ends_word(c) || c == ','));
            if self.peek() != Some(',') {
                break;
            }
            self.at += 1;
        }
        Keyed { key: key.to_owned(), key_at, comparison: found.map(|(_, kind)| *kind), items }
    }

    fn item(&mut self, ends: impl Fn(char) -> bool) -> Item {
        let start = self.at;
        let (form, text, closed) = match self.peek() {
            Some('"') => self.enclosed('"', Form::Quoted),
            Some('/') => self.enclosed('/', Form::Regex),
            _ => {
                let end = self.rest().find(ends).unwrap_or(self.rest().len());
                let text = self.rest()[..end].to_owned();
                self.at += end;
                (Form::Bare, text, true)
            }
        };
        Item { at: start..self.at, form, text, closed }
    }

    /// What stands up to the next `mark` that no backslash escapes. In quotes a backslash escapes
    /// itself too; in a regular expression it keeps its meaning before everything but the mark.
    fn enclosed(&mut self, mark: char, form: Form) -> (Form, String, bool) {
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        let mut closed = None;
        while let Some((at, c)) = chars.next() {
            if c == mark {
                closed = Some(at + 1);
                break;
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next() {
                Some((_, next)) if next == mark => text.push(mark),
                Some((_, '\\')) if form == Form::Quoted => text.push('\\'),
                Some((_, next)) => text.extend(['\\', next]),
                None => text.push('\\'),
            }
        }
        self.at += closed.unwrap_or(self.rest().len());
        (form, text, closed.is_some())
    }
}
