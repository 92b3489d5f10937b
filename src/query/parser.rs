//! Tokens to a tree. `or` binds less than standing side by side.

use std::ops::Range;

use super::keys::Key;
use super::lexer::{Form, Item, Keyed, Placed, Token, tokens};
use super::mistake::Mistake;
use super::pattern::Phrase;
use super::tree::{Expr, Term};
use super::{Domain, MAX_BYTES, MAX_PARTS, value};

/// Parentheses inside each other.
const MAX_DEPTH: usize = 32;

/// What of a text runs where.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) here: Expr,
    /// The regular expression of `name:/re/`.
    pub(super) server_filter: Option<String>,
    /// The condition of `where`.
    pub(super) server_where: Option<String>,
}

pub(super) fn parse(text: &str, domain: Domain) -> Result<Parsed, Mistake> {
    if text.len() > MAX_BYTES {
        let what = format!("a filter has at most {MAX_BYTES} bytes");
        return Err(Mistake::wrong(MAX_BYTES..text.len(), what));
    }
    let is_control = |c: char| c.is_control() && !c.is_whitespace();
    if let Some((at, c)) = text.char_indices().find(|(_, c)| is_control(*c)) {
        let what = "a control character has no place in a filter";
        return Err(Mistake::wrong(at..at + c.len_utf8(), what));
    }
    let parser = Parser {
        text,
        domain,
        tokens: tokens(text, domain),
        next: 0,
        depth: 0,
        parts: 0,
        server_filter: None,
    };
    parser.whole().map_err(|mistake| mistake.in_input_of(text.len()))
}

struct Parser<'a> {
    text: &'a str,
    domain: Domain,
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
    /// Words and values seen.
    parts: usize,
    server_filter: Option<(Range<usize>, String)>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    /// The place of the next token; the end of the text behind the last one.
    fn at(&self) -> Range<usize> {
        let end = self.text.len();
        self.tokens.get(self.next).map_or(end..end, |(at, _)| at.clone())
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    /// Something is missing where the next token stands.
    fn missing(&self, what: impl Into<String>) -> Mistake {
        match self.peek() {
            None => Mistake::incomplete(self.at(), what),
            Some(_) => Mistake::wrong(self.at(), what),
        }
    }

    fn whole(mut self) -> Result<Parsed, Mistake> {
        let only_where = matches!(self.peek(), None | Some(Token::Where(_)));
        let here = if only_where { Expr::everything() } else { self.or()? };
        let at = self.at();
        let server_where = match self.peek() {
            None => None,
            Some(Token::Where(condition)) if condition.is_empty() => {
                let what = "where needs a condition on the metadata, as in where tier = 'gold'";
                return Err(Mistake::incomplete(at.start..self.text.len(), what));
            }
            Some(Token::Where(condition)) => Some(condition.clone()),
            Some(Token::Close) => {
                return Err(Mistake::wrong(at, "this parenthesis was never opened"));
            }
            Some(_) => return Err(Mistake::wrong(at, "this has no meaning here")),
        };
        let server_filter = self.server_filter.map(|(_, pattern)| pattern);
        Ok(Parsed { here, server_filter, server_where })
    }

    fn or(&mut self) -> Result<Expr, Mistake> {
        let first = self.and()?;
        let mut branches = vec![first];
        while self.take(&Token::Or) {
            branches.push(self.and()?);
        }
        if let Some((at, _)) = self.server_filter.as_ref().filter(|_| branches.len() > 1)
            && self.depth == 0
        {
            let what = "name:/…/ runs on the server before everything else: put what has or in it \
                        in parentheses";
            return Err(Mistake::wrong(at.clone(), what));
        }
        Ok(Expr::any(branches))
    }

    fn and(&mut self) -> Result<Expr, Mistake> {
        let mut parts = Vec::new();
        let mut dangling: Option<&str> = None;
        let start = self.next;
        loop {
            match self.peek() {
                Some(Token::And) if self.next > start && dangling.is_none() => {
                    self.next += 1;
                    dangling = Some("something has to follow and");
                }
                Some(Token::Not | Token::Open | Token::Item(_) | Token::Keyed(_)) => {
                    parts.extend(self.unary()?);
                    dangling = None;
                }
                _ => break,
            }
        }
        let lacks = match self.peek() {
            _ if dangling.is_some() => dangling,
            _ if self.next > start => None,
            Some(Token::Or | Token::And) => Some("a condition has to stand before this word"),
            _ => Some("here a condition is missing"),
        };
        match lacks {
            Some(what) => Err(self.missing(what)),
            None => Ok(Expr::all(parts)),
        }
    }

    /// `None` is a condition that the server takes over.
    fn unary(&mut self) -> Result<Option<Expr>, Mistake> {
        let mut negated = false;
        let start = self.next;
        while self.take(&Token::Not) {
            negated = !negated;
        }
        let at = self.at();
        let inner = match self.peek().cloned() {
            Some(Token::Open) => Some(self.group(at)?),
            Some(Token::Item(item)) => {
                self.next += 1;
                Some(Expr::Term(self.phrase(item)?))
            }
            Some(Token::Keyed(keyed)) => {
                self.next += 1;
                let plain = self.next == start + 1 && self.depth == 0;
                self.keyed(keyed, at, plain)?.map(Expr::Term)
            }
            _ => return Err(self.missing("what is to be negated has to follow")),
        };
        Ok(inner.map(|inner| if negated { Expr::not(inner) } else { inner }))
    }

    fn group(&mut self, at: Range<usize>) -> Result<Expr, Mistake> {
        if self.depth == MAX_DEPTH {
            let what = format!("more than {MAX_DEPTH} parentheses inside each other");
            return Err(Mistake::wrong(at, what));
        }
        self.next += 1;
        if self.peek() == Some(&Token::Close) {
            let what = "nothing stands between these parentheses";
            return Err(Mistake::incomplete(at.start..self.at().end, what));
        }
        self.depth += 1;
        let inner = self.or()?;
        self.depth -= 1;
        match self.peek() {
            Some(Token::Close) => {
                self.next += 1;
                Ok(inner)
            }
            Some(Token::Where(_)) => {
                Err(Mistake::wrong(self.at(), "where stands outside of all parentheses"))
            }
            _ => Err(Mistake::incomplete(
                at.start..self.text.len(),
                "this parenthesis is not closed yet",
            )),
        }
    }

    fn phrase(&mut self, item: Item) -> Result<Term, Mistake> {
        self.check(&item)?;
        if item.text.is_empty() {
            return Err(Mistake::incomplete(item.at, "here is nothing to look for"));
        }
        Phrase::parse(item).map(Term::Phrase)
    }

    /// `plain` says that nothing stands around it that a server could not do.
    fn keyed(
        &mut self,
        keyed: Keyed,
        at: Range<usize>,
        plain: bool,
    ) -> Result<Option<Term>, Mistake> {
        let (key, path) = value::key(&keyed, self.domain)?;
        for item in &keyed.items {
            self.check(item)?;
        }
        if is_for_server(key, &keyed) {
            self.send(keyed, at, plain)?;
            return Ok(None);
        }
        value::term(key, path, keyed, self.domain).map(Some)
    }

    fn send(&mut self, keyed: Keyed, at: Range<usize>, plain: bool) -> Result<(), Mistake> {
        if !plain {
            let what = "name:/…/ runs on the server, so that it stands alone: not in parentheses, \
                        not negated";
            return Err(Mistake::wrong(at, what));
        }
        if self.server_filter.is_some() || keyed.items.len() > 1 {
            return Err(Mistake::wrong(at, "the server takes only one name:/…/"));
        }
        let pattern = keyed.items.into_iter().next().map(|item| item.text).unwrap_or_default();
        if pattern.is_empty() {
            return Err(Mistake::incomplete(at, "this regular expression is empty"));
        }
        self.server_filter = Some((at, pattern));
        Ok(())
    }

    /// What is wrong with an item whatever it means.
    fn check(&mut self, item: &Item) -> Result<(), Mistake> {
        self.parts += 1;
        let at = item.at.clone();
        if self.parts > MAX_PARTS {
            let what = format!("a filter has at most {MAX_PARTS} words and values");
            return Err(Mistake::wrong(at, what));
        }
        if !item.closed {
            let what = match item.form {
                Form::Regex => "this regular expression is not closed yet",
                _ => "this quote is not closed yet",
            };
            return Err(Mistake::incomplete(at, what));
        }
        let behind = self.text[at.end..].chars().next();
        let goes_on = behind.is_some_and(|c| !c.is_whitespace() && !"(),".contains(c));
        if item.form == Form::Regex && goes_on {
            let what = "a regular expression ends here; a path is put in quotes";
            return Err(Mistake::wrong(at, what));
        }
        Ok(())
    }
}

fn is_for_server(key: &Key, keyed: &Keyed) -> bool {
    use super::keys::{Name, Shape};

    let regex = keyed.items.iter().any(|item| item.form == Form::Regex);
    key.shape == Shape::Name(Name::Session) && regex
}
