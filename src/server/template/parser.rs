//! A template cut into nodes.

use super::TemplateError;
use super::expression::{Expr, Path};

/// Blocks, brackets and texts inside each other.
const MAX_DEPTH: usize = 48;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Text(String),
    Reference {
        path: Path,
        /// As it is written, for a name that is no variable.
        source: String,
        quiet: bool,
        line: usize,
    },
    Set {
        name: String,
        value: Expr,
        line: usize,
    },
    /// The first branch whose condition is true, else the last one.
    If {
        branches: Vec<(Expr, Vec<Node>)>,
        otherwise: Vec<Node>,
        line: usize,
    },
    Foreach {
        name: String,
        list: Expr,
        body: Vec<Node>,
        /// Where the list is empty.
        otherwise: Vec<Node>,
        line: usize,
    },
    Break,
    Stop,
}

/// Directives of Velocity that are not known here: what they reach for is not the template's.
const UNKNOWN: [&str; 5] = ["include", "parse", "macro", "evaluate", "define"];

pub(super) type Parsed<T> = Result<T, TemplateError>;

pub(super) fn parse(template: &str) -> Parsed<Vec<Node>> {
    let mut parser = Parser { chars: template.chars().collect(), at: 0, depth: 0 };
    let (nodes, end) = parser.block()?;
    match end {
        End::Template => Ok(nodes),
        End::Word(word, at) => Err(parser.error_at(at, format!("#{word} has nothing to end"))),
    }
}

/// What a block ended with.
enum End {
    Template,
    /// `end`, `else` or `elseif`, and where it stands.
    Word(&'static str, usize),
}

pub(super) struct Parser {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    depth: usize,
}

impl Parser {
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn has(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, c)| self.chars.get(self.at + ahead) == Some(&c))
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.has(text);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    pub(super) fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// A name at this place, without moving.
    fn name_here(&self, at: usize) -> Option<String> {
        let first = self.chars.get(at).filter(|c| c.is_ascii_alphabetic() || **c == '_')?;
        let rest = self.chars[at + 1..].iter();
        let rest = rest.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        // A dash may be part of a name, and never its end.
        let name: String = std::iter::once(first).chain(rest).collect();
        Some(name.trim_end_matches('-').to_owned())
    }

    pub(super) fn name(&mut self) -> Option<String> {
        let name = self.name_here(self.at)?;
        self.at += name.chars().count();
        Some(name)
    }

    pub(super) fn line_of(&self, at: usize) -> usize {
        self.chars.iter().take(at).filter(|c| **c == '\n').count() + 1
    }

    pub(super) fn line(&self) -> usize {
        self.line_of(self.at)
    }

    fn error_at(&self, at: usize, problem: String) -> TemplateError {
        TemplateError { line: self.line_of(at), problem }
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> TemplateError {
        self.error_at(self.at, problem.into())
    }

    pub(super) fn want(&mut self, symbol: &str, of: &str) -> Parsed<()> {
        self.skip_space();
        if self.take(symbol) {
            return Ok(());
        }
        let found = self.peek().map_or_else(|| "the end".to_owned(), String::from);
        Err(self.error(format!("expected {symbol} of {of}, found {found}")))
    }

    pub(super) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(format!("more than {MAX_DEPTH} levels inside each other")));
        }
        self.depth += 1;
        let parsed = inner(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn block(&mut self) -> Parsed<(Vec<Node>, End)> {
        let mut nodes = Vec::new();
        let mut text = String::new();
        loop {
            let start = self.at;
            let Some(c) = self.peek() else {
                flush(&mut nodes, &mut text);
                return Ok((nodes, End::Template));
            };
            match c {
                '\\' if matches!(self.chars.get(start + 1), Some('$' | '#')) => {
                    text.extend(self.chars.get(start + 1));
                    self.at += 2;
                }
                '$' => {
                    if let Some(node) = self.reference()? {
                        flush(&mut nodes, &mut text);
                        nodes.push(node);
                    } else {
                        text.push('$');
                        self.at = start + 1;
                    }
                }
                '#' if self.take("#[[") => text.push_str(&self.until("]]#", start)?),
                '#' if self.take("#*") => {
                    self.until("*#", start)?;
                }
                '#' if self.take("##") => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                '#' => match self.directive()? {
                    Some(Directive::Ends(word)) => {
                        self.close_line(start, &mut text);
                        flush(&mut nodes, &mut text);
                        return Ok((nodes, End::Word(word, start)));
                    }
                    Some(Directive::Node(node)) => {
                        flush(&mut nodes, &mut text);
                        nodes.push(node);
                    }
                    Some(Directive::Opens(open)) => {
                        self.close_line(start, &mut text);
                        flush(&mut nodes, &mut text);
                        nodes.push(self.deeper(|parser| parser.opened(open, start))?);
                    }
                    Some(Directive::Set(node)) => {
                        self.close_line(start, &mut text);
                        flush(&mut nodes, &mut text);
                        nodes.push(node);
                    }
                    None => {
                        text.push('#');
                        self.at = start + 1;
                    }
                },
                other => {
                    text.push(other);
                    self.at += 1;
                }
            }
        }
    }

    /// A directive that has a line for itself takes it along.
    fn close_line(&mut self, start: usize, text: &mut String) {
        let before = self.chars[..start].iter().rev().take_while(|c| **c != '\n');
        let is_blank = |c: &char| matches!(c, ' ' | '\t' | '\r');
        if !before.clone().all(is_blank) {
            return;
        }
        let after = self.chars[self.at..].iter().take_while(|c| is_blank(c)).count();
        match self.chars.get(self.at + after) {
            Some('\n') => self.at += after + 1,
            None => self.at += after,
            Some(_) => return,
        }
        text.truncate(text.trim_end_matches([' ', '\t', '\r']).len());
    }

    fn until(&mut self, end: &str, start: usize) -> Parsed<String> {
        let from = self.at;
        while self.at < self.chars.len() {
            if self.has(end) {
                let inside = self.chars[from..self.at].iter().collect();
                self.take(end);
                return Ok(inside);
            }
            self.at += 1;
        }
        Err(self.error_at(start, format!("a block is never closed with {end}")))
    }

    /// A reference at `$`, or nothing where none begins here.
    pub(super) fn reference(&mut self) -> Parsed<Option<Node>> {
        let (start, line) = (self.at, self.line());
        self.at += 1;
        let quiet = self.take("!");
        let braces = self.take("{");
        let Some(root) = self.name() else {
            self.at = start;
            return Ok(None);
        };
        let path = self.path(root, braces)?;
        if braces && !self.take("}") {
            self.at = start;
            return Ok(None);
        }
        let source = self.chars[start..self.at].iter().collect();
        Ok(Some(Node::Reference { path, source, quiet, line }))
    }

    /// For a text inside of this one: as deep, and with nothing around it.
    pub(super) fn inside(&self, text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0, depth: self.depth }
    }

    /// Text and references up to the end.
    pub(super) fn pieces(&mut self) -> Parsed<Vec<Node>> {
        let (mut nodes, mut text) = (Vec::new(), String::new());
        while let Some(c) = self.peek() {
            let node = if c == '$' { self.reference()? } else { None };
            if let Some(node) = node {
                flush(&mut nodes, &mut text);
                nodes.push(node);
            } else {
                text.push(c);
                self.at += 1;
            }
        }
        flush(&mut nodes, &mut text);
        Ok(nodes)
    }

    fn directive(&mut self) -> Parsed<Option<Directive>> {
        let start = self.at;
        self.at += 1;
        let braces = self.take("{");
        let known = ["set", "if", "elseif", "else", "end", "foreach", "break", "stop"].into_iter();
        let mut known = known.chain(UNKNOWN);
        let Some(word) = known.find(|word| self.word_is(word)) else {
            self.at = start;
            return Ok(None);
        };
        self.at += word.len();
        if braces && !self.take("}") {
            self.at = start;
            return Ok(None);
        }
        let takes_arguments = !matches!(word, "else" | "end" | "break" | "stop");
        if takes_arguments {
            let ahead = self.chars[self.at..].iter().take_while(|c| **c == ' ').count();
            if self.chars.get(self.at + ahead) != Some(&'(') {
                // Words that begin with a sign: `#if` in a sentence, `#include`.
                self.at = start;
                return Ok(None);
            }
            self.at += ahead + 1;
        }
        Ok(Some(match word {
            "set" => Directive::Set(self.set(start)?),
            "if" => Directive::Opens(Open::If(self.condition("#if")?)),
            "foreach" => {
                self.skip_space();
                let name = self.variable("#foreach")?;
                self.skip_space();
                self.want("in", "#foreach")?;
                let list = self.expression()?;
                self.want(")", "#foreach")?;
                Directive::Opens(Open::Foreach(name, list))
            }
            "break" => Directive::Node(Node::Break),
            "stop" => Directive::Node(Node::Stop),
            "elseif" | "else" | "end" => Directive::Ends(word),
            other => return Err(self.error_at(start, format!("#{other} is not known here"))),
        }))
    }

    fn word_is(&self, word: &str) -> bool {
        // `#else0` is `#else` and a 0, as Velocity reads it; `#ending` is neither.
        let after = self.chars.get(self.at + word.len());
        self.has(word) && after.is_none_or(|c| !c.is_ascii_alphabetic() && *c != '_')
    }

    fn condition(&mut self, of: &str) -> Parsed<Expr> {
        let condition = self.expression()?;
        self.want(")", of)?;
        Ok(condition)
    }

    fn variable(&mut self, of: &str) -> Parsed<String> {
        let found = if self.take("$") {
            let braces = self.take("{");
            let name = self.name();
            if !braces || self.take("}") { name } else { None }
        } else {
            None
        };
        found.ok_or_else(|| self.error(format!("{of} needs a variable, as in {of}($x …)")))
    }

    fn set(&mut self, start: usize) -> Parsed<Node> {
        let line = self.line_of(start);
        self.skip_space();
        let name = self.variable("#set")?;
        self.want("=", "#set")?;
        let value = self.expression()?;
        self.want(")", "#set")?;
        Ok(Node::Set { name, value, line })
    }

    fn opened(&mut self, open: Open, start: usize) -> Parsed<Node> {
        let line = self.line_of(start);
        match open {
            Open::Foreach(name, list) => {
                let (body, end) = self.block()?;
                let otherwise = match end {
                    End::Word("else", _) => self.last(start, "#foreach")?,
                    End::Word("end", _) => Vec::new(),
                    _ => return Err(self.error_at(start, "#foreach is never ended".to_owned())),
                };
                Ok(Node::Foreach { name, list, body, otherwise, line })
            }
            Open::If(condition) => {
                let mut branches = Vec::new();
                let mut condition = condition;
                loop {
                    let (body, end) = self.block()?;
                    branches.push((condition, body));
                    let otherwise = match end {
                        End::Word("elseif", _) => {
                            condition = self.condition("#elseif")?;
                            continue;
                        }
                        End::Word("else", _) => self.last(start, "#if")?,
                        End::Word("end", _) => Vec::new(),
                        _ => return Err(self.error_at(start, "#if is never ended".to_owned())),
                    };
                    return Ok(Node::If { branches, otherwise, line });
                }
            }
        }
    }

    /// The block behind `#else`, which only `#end` ends.
    fn last(&mut self, start: usize, of: &str) -> Parsed<Vec<Node>> {
        match self.block()? {
            (nodes, End::Word("end", _)) => Ok(nodes),
            _ => Err(self.error_at(start, format!("{of} is never ended"))),
        }
    }
}

enum Open {
    If(Expr),
    Foreach(String, Expr),
}

enum Directive {
    Opens(Open),
    Ends(&'static str),
    Set(Node),
    Node(Node),
}

fn flush(nodes: &mut Vec<Node>, text: &mut String) {
    if !text.is_empty() {
        nodes.push(Node::Text(std::mem::take(text)));
    }
}
