//! References and expressions as they stand in a template.

use serde_json::Value;

use super::parser::{Node, Parsed, Parser};

/// A variable, and what of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    pub(super) root: String,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Property(String),
    Index(Expr),
    Method(String, Vec<Expr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Literal(Value),
    /// A text in double quotes, whose references are filled in.
    Text(Vec<Node>),
    Reference(Path),
    List(Vec<Expr>),
    /// Both ends belong to it.
    Range(Box<Expr>, Box<Expr>),
    Map(Vec<(Expr, Expr)>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(Box<Expr>, Operator, Box<Expr>),
}

/// Loosest first; each with the word that means the same.
const LEVELS: [&[(&str, &str, Operator)]; 6] = [
    &[("||", "or", Operator::Or)],
    &[("&&", "and", Operator::And)],
    &[("==", "eq", Operator::Equal), ("!=", "ne", Operator::Unequal)],
    &[
        ("<=", "le", Operator::LessOrEqual),
        (">=", "ge", Operator::GreaterOrEqual),
        ("<", "lt", Operator::Less),
        (">", "gt", Operator::Greater),
    ],
    &[("+", "", Operator::Add), ("-", "", Operator::Subtract)],
    &[("*", "", Operator::Multiply), ("/", "", Operator::Divide), ("%", "", Operator::Remainder)],
];

impl Parser {
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(|parser| parser.level(0))
    }

    fn level(&mut self, level: usize) -> Parsed<Expr> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.level(level + 1)?;
        // A chain is a tree as deep as it is long: it counts.
        let mut links = 0;
        loop {
            self.skip_space();
            let found = operators.iter().find(|(sign, word, _)| self.operator(sign, word));
            let Some((_, _, operator)) = found else {
                return Ok(left);
            };
            links += 1;
            if links > 200 {
                return Err(self.error("more than 200 operators in one expression"));
            }
            let right = self.level(level + 1)?;
            left = Expr::Binary(Box::new(left), *operator, Box::new(right));
        }
    }

    fn operator(&mut self, sign: &str, word: &str) -> bool {
        if self.take(sign) {
            return true;
        }
        let after = self.chars.get(self.at + word.len());
        let ends = after.is_none_or(|c| !c.is_ascii_alphanumeric() && *c != '_');
        !word.is_empty() && ends && self.take(word)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.skip_space();
        let is_not = !self.has("!=") && self.operator("!", "not");
        if is_not {
            return self.deeper(Self::unary).map(|inner| Expr::Not(Box::new(inner)));
        }
        if self.take("-") {
            return self.deeper(Self::unary).map(|inner| Expr::Negate(Box::new(inner)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Parsed<Expr> {
        self.skip_space();
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let inner = self.expression()?;
                self.want(")", "an expression")?;
                Ok(inner)
            }
            Some('$') => match self.reference()? {
                Some(Node::Reference { path, .. }) => Ok(Expr::Reference(path)),
                _ => Err(self.error("$ is followed by no name")),
            },
            Some('\'') => Ok(Expr::Literal(self.quoted('\'')?.into())),
            Some('"') => {
                let text = self.quoted('"')?;
                // What is inside has lines of its own; its errors are told at this one.
                let line = self.line();
                let nodes = self.deeper(|parser| {
                    let mut inner = parser.inside(&text);
                    inner.pieces().map_err(|error| super::TemplateError { line, ..error })
                })?;
                Ok(Expr::Text(nodes))
            }
            Some('[') => self.list(),
            Some('{') => self.map(),
            Some(c) if c.is_ascii_digit() => self.number(),
            _ => {
                let start = self.at;
                match self.name().as_deref() {
                    Some("true") => Ok(Expr::Literal(true.into())),
                    Some("false") => Ok(Expr::Literal(false.into())),
                    Some("null") => Ok(Expr::Literal(Value::Null)),
                    found => {
                        let found = found.map(str::to_owned);
                        self.at = start;
                        let next = || self.peek().map(String::from);
                        let found = found.or_else(next).unwrap_or_else(|| "the end".to_owned());
                        Err(self.error(format!("expected a value, found {found}")))
                    }
                }
            }
        }
    }

    /// A text between quotes; a doubled quote is one.
    fn quoted(&mut self, quote: char) -> Parsed<String> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            if c != quote {
                out.push(c);
            } else if self.peek() == Some(quote) {
                out.push(quote);
                self.at += 1;
            } else {
                return Ok(out);
            }
        }
        self.at = start;
        Err(self.error("a text is never closed"))
    }

    fn number(&mut self) -> Parsed<Expr> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let is_decimal = self.peek() == Some('.')
            && self.chars.get(self.at + 1).is_some_and(char::is_ascii_digit);
        if is_decimal {
            self.at += 1;
            while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                self.at += 1;
            }
        }
        let text: String = self.chars[start..self.at].iter().collect();
        let number = serde_json::from_str(&text);
        number.map(Expr::Literal).map_err(|_| self.error(format!("{text} is no number")))
    }

    fn list(&mut self) -> Parsed<Expr> {
        self.at += 1;
        self.skip_space();
        if self.take("]") {
            return Ok(Expr::List(Vec::new()));
        }
        let first = self.expression()?;
        self.skip_space();
        if self.take("..") {
            let last = self.expression()?;
            self.want("]", "a range")?;
            return Ok(Expr::Range(Box::new(first), Box::new(last)));
        }
        let mut all = vec![first];
        while self.take(",") {
            all.push(self.expression()?);
            self.skip_space();
        }
        self.want("]", "a list")?;
        Ok(Expr::List(all))
    }

    fn map(&mut self) -> Parsed<Expr> {
        self.at += 1;
        let mut all = Vec::new();
        self.skip_space();
        if self.take("}") {
            return Ok(Expr::Map(all));
        }
        loop {
            let key = self.expression()?;
            self.want(":", "a map")?;
            all.push((key, self.expression()?));
            self.skip_space();
            if !self.take(",") {
                self.want("}", "a map")?;
                return Ok(Expr::Map(all));
            }
        }
    }

    /// What follows a variable's name. A point that ends a sentence is none of it.
    pub(super) fn path(&mut self, root: String, braces: bool) -> Parsed<Path> {
        let mut steps = Vec::new();
        loop {
            let start = self.at;
            if self.take(".") {
                let Some(name) = self.name() else {
                    self.at = start;
                    break;
                };
                if self.take("(") {
                    steps.push(Step::Method(name, self.arguments()?));
                } else {
                    steps.push(Step::Property(name));
                }
            } else if self.has("[") && (braces || self.is_index()) {
                self.at += 1;
                let index = self.expression()?;
                self.want("]", "an index")?;
                steps.push(Step::Index(index));
            } else {
                break;
            }
        }
        Ok(Path { root, steps })
    }

    /// Whether a bracket behind a reference is an index, and no bracket of the text.
    fn is_index(&self) -> bool {
        let next = self.chars.get(self.at + 1);
        next.is_some_and(|c| c.is_ascii_digit() || matches!(c, '\'' | '"' | '$'))
    }

    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        let mut all = Vec::new();
        self.skip_space();
        if self.take(")") {
            return Ok(all);
        }
        loop {
            all.push(self.expression()?);
            self.skip_space();
            if !self.take(",") {
                self.want(")", "a method")?;
                return Ok(all);
            }
        }
    }
}
