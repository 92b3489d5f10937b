//! Tokens to a tree, by the precedence that the contract documents: `OR`, `AND`, `NOT`, `IN`,
//! `IS NULL`, equality and `LIKE`, order, sums, products, signs.

use super::FilterError;
use super::lexer::{Placed, Token, tokens};
use crate::api::Decimal;

/// Parentheses, `NOT`s and signs inside each other.
const MAX_DEPTH: usize = 64;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Any other number, as it is written.
    Number(Decimal),
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Literal(Literal),
    /// Keys from the outermost inwards.
    Field(Vec<String>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// Flat, so that a long chain is not a deep tree.
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Box<Expr>, Comparison, Box<Expr>),
    Like(Box<Expr>, Box<Expr>),
    Calculate(Box<Expr>, Vec<(Arithmetic, Expr)>),
    IsNull(Box<Expr>),
    InList(Box<Expr>, Vec<Literal>),
    InField(Box<Expr>, Vec<String>),
}

pub(super) fn parse(text: &str) -> Result<Expr, FilterError> {
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0, depth: 0 };
    let expr = parser.or()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Ends with [`Token::End`].
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
}

type Parsed<T> = Result<T, FilterError>;

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].1
    }

    fn at(&self) -> usize {
        self.tokens[self.next].0
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        if token != Token::End {
            self.next += 1;
        }
        token
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_symbol(symbol);
        self.next += usize::from(found);
        found
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek().is(keyword);
        self.next += usize::from(found);
        found
    }

    fn unexpected(&self, expected: &str) -> FilterError {
        let found = self.peek().shown();
        FilterError::new(self.text, self.at(), format!("expected {expected}, found {found}"))
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            let problem = format!("more than {MAX_DEPTH} levels inside each other");
            return Err(FilterError::new(self.text, self.at(), problem));
        }
        self.depth += 1;
        let parsed = inner(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn or(&mut self) -> Parsed<Expr> {
        let first = self.and()?;
        let mut all = vec![first];
        while self.take_keyword("OR") {
            all.push(self.and()?);
        }
        Ok(single(all, Expr::Or))
    }

    fn and(&mut self) -> Parsed<Expr> {
        let first = self.not()?;
        let mut all = vec![first];
        while self.take_keyword("AND") {
            all.push(self.not()?);
        }
        Ok(single(all, Expr::And))
    }

    fn not(&mut self) -> Parsed<Expr> {
        if self.take_keyword("NOT") {
            let inner = self.deeper(Self::not)?;
            return Ok(Expr::Not(Box::new(inner)));
        }
        self.membership()
    }

    fn membership(&mut self) -> Parsed<Expr> {
        let wanted = self.null_check()?;
        if !self.take_keyword("IN") {
            return Ok(wanted);
        }
        if self.take_symbol("(") {
            let mut list = vec![self.literal()?];
            while self.take_symbol(",") {
                list.push(self.literal()?);
            }
            if !self.take_symbol(")") {
                return Err(self.unexpected("a comma or the end of the list"));
            }
            return Ok(Expr::InList(Box::new(wanted), list));
        }
        match self.field()? {
            Some(path) => Ok(Expr::InField(Box::new(wanted), path)),
            None => Err(self.unexpected("a list in parentheses or a name")),
        }
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let is_negative = self.take_symbol("-");
        let literal = match self.peek() {
            Token::Integer(number) if is_negative => Literal::Integer(-number),
            Token::Number(number) if is_negative => Literal::Number(number.clone().negated()),
            Token::Integer(number) => Literal::Integer(*number),
            Token::Number(number) => Literal::Number(number.clone()),
            Token::Text(text) if !is_negative => Literal::Text(text.clone()),
            Token::Name(name) if name == "true" && !is_negative => Literal::Boolean(true),
            Token::Name(name) if name == "false" && !is_negative => Literal::Boolean(false),
            token if token.is("NULL") && !is_negative => Literal::Null,
            _ => return Err(self.unexpected("a literal value")),
        };
        self.advance();
        Ok(literal)
    }

    fn null_check(&mut self) -> Parsed<Expr> {
        let value = self.equality()?;
        if !self.take_keyword("IS") {
            return Ok(value);
        }
        let is_negated = self.take_keyword("NOT");
        if !self.take_keyword("NULL") {
            return Err(self.unexpected("NULL"));
        }
        let check = Expr::IsNull(Box::new(value));
        Ok(if is_negated { Expr::Not(Box::new(check)) } else { check })
    }

    fn equality(&mut self) -> Parsed<Expr> {
        let mut left = self.order()?;
        let mut links = 0;
        loop {
            let comparison = match self.peek() {
                Token::Symbol("=" | "==") => Some(Comparison::Equal),
                Token::Symbol("!=" | "<>") => Some(Comparison::Unequal),
                token if token.is("LIKE") => None,
                _ => return Ok(left),
            };
            self.check_links(&mut links)?;
            self.advance();
            let right = Box::new(self.order()?);
            left = match comparison {
                Some(comparison) => Expr::Compare(Box::new(left), comparison, right),
                None => Expr::Like(Box::new(left), right),
            };
        }
    }

    fn order(&mut self) -> Parsed<Expr> {
        let mut left = self.sum()?;
        let mut links = 0;
        loop {
            let comparison = match self.peek() {
                Token::Symbol("<") => Comparison::Less,
                Token::Symbol("<=") => Comparison::LessOrEqual,
                Token::Symbol(">") => Comparison::Greater,
                Token::Symbol(">=") => Comparison::GreaterOrEqual,
                _ => return Ok(left),
            };
            self.check_links(&mut links)?;
            self.advance();
            let right = Box::new(self.sum()?);
            left = Expr::Compare(Box::new(left), comparison, right);
        }
    }

    /// A chain of comparisons nests to the left, so its length is depth as well.
    fn check_links(&self, links: &mut usize) -> Parsed<()> {
        *links += 1;
        if *links > MAX_DEPTH {
            return Err(self.unexpected("no more comparisons in one chain"));
        }
        Ok(())
    }

    fn sum(&mut self) -> Parsed<Expr> {
        let first = self.product()?;
        let mut rest = Vec::new();
        loop {
            let operator = match self.peek() {
                Token::Symbol("+") => Arithmetic::Add,
                Token::Symbol("-") => Arithmetic::Subtract,
                _ => return Ok(calculation(first, rest)),
            };
            self.advance();
            rest.push((operator, self.product()?));
        }
    }

    fn product(&mut self) -> Parsed<Expr> {
        let first = self.sign()?;
        let mut rest = Vec::new();
        loop {
            let operator = match self.peek() {
                Token::Symbol("*") => Arithmetic::Multiply,
                Token::Symbol("/") => Arithmetic::Divide,
                Token::Symbol("%") => Arithmetic::Remainder,
                _ => return Ok(calculation(first, rest)),
            };
            self.advance();
            rest.push((operator, self.sign()?));
        }
    }

    fn sign(&mut self) -> Parsed<Expr> {
        if self.take_symbol("-") {
            return Ok(Expr::Negate(Box::new(self.primary()?)));
        }
        self.take_symbol("+");
        self.primary()
    }

    fn primary(&mut self) -> Parsed<Expr> {
        if self.take_symbol("(") {
            let inner = self.deeper(Self::or)?;
            if !self.take_symbol(")") {
                return Err(self.unexpected("a closing parenthesis"));
            }
            return Ok(inner);
        }
        if let Some(path) = self.field()? {
            return Ok(Expr::Field(path));
        }
        if self.peek().is_symbol("-") {
            return Err(self.unexpected("a value"));
        }
        self.literal().map(Expr::Literal).map_err(|_| self.unexpected("a value"))
    }

    /// The keys of a name, or `None` when something else comes next.
    fn field(&mut self) -> Parsed<Option<Vec<String>>> {
        const RESERVED: [&str; 7] = ["AND", "OR", "NOT", "IN", "IS", "LIKE", "NULL"];
        let path = match self.peek() {
            Token::Name(name) if name == "true" || name == "false" => return Ok(None),
            token if RESERVED.iter().any(|word| token.is(word)) => return Ok(None),
            Token::Name(name) => vec![name.clone()],
            Token::Path(path) if path.split('.').any(str::is_empty) => {
                return Err(self.unexpected("keys joined by dots in the quotes"));
            }
            Token::Path(path) => path.split('.').map(str::to_owned).collect(),
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(path))
    }
}

fn single(mut all: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match all.pop() {
        Some(only) if all.is_empty() => only,
        Some(last) => {
            all.push(last);
            join(all)
        }
        None => join(all),
    }
}

fn calculation(first: Expr, rest: Vec<(Arithmetic, Expr)>) -> Expr {
    if rest.is_empty() { first } else { Expr::Calculate(Box::new(first), rest) }
}
