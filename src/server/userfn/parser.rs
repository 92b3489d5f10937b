//! Tokens to a tree.
//!
//! The vendor's list puts `||` and `&&` above `==`, and its examples set parentheses that only such an
//! order needs; everybody else's languages have it the other way round. An expression that the two
//! would read differently is refused.

use super::functions::Function;
use super::lexer::{Token, tokens};
use super::{SyntaxError, Value};

/// Expressions inside each other.
const MAX_DEPTH: usize = 64;

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

/// One step of a path into the context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Constant(Value),
    /// What the path leads to, or else the default.
    Get(Vec<Step>, Option<Box<Expr>>),
    Call(Function, Vec<Expr>),
    If(Box<[Expr; 3]>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// Flat, so that a long chain is not a deep tree.
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Box<Expr>, Comparison, Box<Expr>),
    Calculate(Box<Expr>, Vec<(Arithmetic, Expr)>),
}

pub(super) fn parse(text: &str) -> Parsed<Expr> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    let expr = parser.expr()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser {
    /// Ends with [`Token::End`].
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
}

type Parsed<T> = Result<T, SyntaxError>;

/// An operand, and where it stands if it is one that wants parentheses beside another operator.
type Operand = (Expr, Option<usize>);

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].1
    }

    fn at(&self) -> usize {
        self.tokens[self.next].0
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = match self.peek() {
            Token::Symbol(found) => *found == symbol,
            Token::Word(found) => found == symbol,
            _ => false,
        };
        self.next += usize::from(found);
        found
    }

    fn want(&mut self, symbol: &str) -> Parsed<()> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(symbol)) }
    }

    fn unexpected(&self, expected: &str) -> SyntaxError {
        let problem = format!("expected {expected}, found {}", self.peek().shown());
        SyntaxError { at: self.at(), problem }
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            let problem = format!("more than {MAX_DEPTH} levels inside each other");
            return Err(SyntaxError { at: self.at(), problem });
        }
        self.depth += 1;
        let parsed = inner(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn expr(&mut self) -> Parsed<Expr> {
        self.deeper(|parser| {
            if !parser.take("if") {
                return Ok(parser.or()?.0);
            }
            parser.want("(")?;
            let condition = parser.expr()?;
            parser.want(")")?;
            let then = parser.expr()?;
            parser.want("else")?;
            Ok(Expr::If(Box::new([condition, then, parser.expr()?])))
        })
    }

    fn or(&mut self) -> Parsed<Operand> {
        self.chain(["or", "||"], Self::and, Expr::Or)
    }

    fn and(&mut self) -> Parsed<Operand> {
        self.chain(["and", "&&"], Self::equality, Expr::And)
    }

    fn chain(
        &mut self,
        operator: [&str; 2],
        operand: fn(&mut Self) -> Parsed<Operand>,
        join: fn(Vec<Expr>) -> Expr,
    ) -> Parsed<Operand> {
        let start = self.at();
        let first = operand(self)?;
        if !operator.iter().any(|word| self.take(word)) {
            return Ok(first);
        }
        let mut all = vec![enclosed(first)?, enclosed(operand(self)?)?];
        while operator.iter().any(|word| self.take(word)) {
            all.push(enclosed(operand(self)?)?);
        }
        Ok((join(all), Some(start)))
    }

    fn equality(&mut self) -> Parsed<Operand> {
        let start = self.at();
        let left = self.order()?;
        let comparison = match self.peek() {
            Token::Symbol("==") => Comparison::Equal,
            Token::Symbol("!=") => Comparison::Unequal,
            _ => return Ok(left),
        };
        self.next += 1;
        let (left, right) = (enclosed(left)?, enclosed(self.order()?)?);
        Ok((Expr::Compare(Box::new(left), comparison, Box::new(right)), Some(start)))
    }

    fn order(&mut self) -> Parsed<Operand> {
        let left = self.sum()?;
        let comparison = match self.peek() {
            Token::Symbol("<") => Comparison::Less,
            Token::Symbol("<=") => Comparison::LessOrEqual,
            Token::Symbol(">") => Comparison::Greater,
            Token::Symbol(">=") => Comparison::GreaterOrEqual,
            _ => return Ok(left),
        };
        self.next += 1;
        let (left, right) = (enclosed(left)?, enclosed(self.sum()?)?);
        Ok((Expr::Compare(Box::new(left), comparison, Box::new(right)), None))
    }

    fn sum(&mut self) -> Parsed<Operand> {
        let operators = [("+", Arithmetic::Add), ("-", Arithmetic::Subtract)];
        self.calculation(&operators, Self::product)
    }

    fn product(&mut self) -> Parsed<Operand> {
        let operators =
            [("*", Arithmetic::Multiply), ("/", Arithmetic::Divide), ("%", Arithmetic::Remainder)];
        self.calculation(&operators, Self::sign)
    }

    fn calculation(
        &mut self,
        operators: &[(&str, Arithmetic)],
        operand: fn(&mut Self) -> Parsed<Operand>,
    ) -> Parsed<Operand> {
        let first = operand(self)?;
        let mut rest = Vec::new();
        while let Some((_, operator)) = operators.iter().find(|(symbol, _)| self.take(symbol)) {
            rest.push((*operator, enclosed(operand(self)?)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok((Expr::Calculate(Box::new(enclosed(first)?), rest), None))
    }

    fn sign(&mut self) -> Parsed<Operand> {
        let start = self.at();
        if self.take("-") {
            let (inner, loose) = self.deeper(Self::sign)?;
            return Ok((Expr::Negate(Box::new(enclosed((inner, loose))?)), None));
        }
        if self.take("!") || self.take("not") {
            let (inner, _) = self.deeper(Self::sign)?;
            return Ok((Expr::Not(Box::new(inner)), Some(start)));
        }
        Ok((self.primary()?, None))
    }

    fn primary(&mut self) -> Parsed<Expr> {
        if self.take("(") {
            let inner = self.expr()?;
            self.want(")")?;
            return Ok(inner);
        }
        let start = self.at();
        let constant = match self.peek().clone() {
            Token::Number(number) => Value::Number(number),
            Token::Text(text) => Value::Text(text),
            Token::Word(word) => match word.as_str() {
                "true" => Value::Boolean(true),
                "false" => Value::Boolean(false),
                "null" => Value::Null,
                name => {
                    let name = name.to_owned();
                    self.next += 1;
                    return self.call(&name, start);
                }
            },
            _ => return Err(self.unexpected("a value")),
        };
        self.next += 1;
        Ok(Expr::Constant(constant))
    }

    fn call(&mut self, name: &str, start: usize) -> Parsed<Expr> {
        let fail = |problem: String| SyntaxError { at: start, problem };
        let function = if name == "get" { None } else { Some(Function::named(name)) };
        if let Some(None) = function {
            let why =
                "is no function of this language; what a session has is got with get('$.session…')";
            return Err(fail(format!("{name} {why}")));
        }
        self.want("(")?;
        let first = self.at();
        let mut arguments = Vec::new();
        if !self.take(")") {
            arguments.push(self.expr()?);
            while self.take(",") {
                arguments.push(self.expr()?);
            }
            self.want(")")?;
        }
        if let Some(Some(function)) = function {
            return if arguments.len() == function.arity() {
                Ok(Expr::Call(function, arguments))
            } else {
                Err(fail(format!("{name} takes {} arguments", function.arity())))
            };
        }
        let mut arguments = arguments.into_iter();
        let (path, default) = (arguments.next(), arguments.next());
        let (Some(path), None) = (path, arguments.next()) else {
            return Err(fail("get takes a path and perhaps a default".to_owned()));
        };
        let steps = match path {
            Expr::Constant(Value::Text(path)) => steps(&path),
            _ => None,
        };
        let why = "must be a path like '$.session.metadata.tier', in quotes";
        let steps = steps.ok_or_else(|| SyntaxError { at: first, problem: why.to_owned() })?;
        Ok(Expr::Get(steps, default.map(Box::new)))
    }
}

/// The operand, unless it wants parentheses here.
fn enclosed((operand, loose): Operand) -> Parsed<Expr> {
    match loose {
        None => Ok(operand),
        Some(at) => {
            let problem =
                "put parentheses around this: what binds more tightly is told differently";
            Err(SyntaxError { at, problem: problem.to_owned() })
        }
    }
}

/// The steps of a JSONPath that leads to one place: names and indices.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut out = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            if name.is_empty() || name == "*" {
                return None;
            }
            out.push(Step::Key(name.to_owned()));
            rest = after;
        } else {
            let inner = rest.strip_prefix('[')?;
            let quote = inner.chars().next().filter(|c| ['\'', '"'].contains(c));
            if let Some(quote) = quote {
                let (name, after) = inner[1..].split_once(quote)?;
                out.push(Step::Key(name.to_owned()));
                rest = after.strip_prefix(']')?;
            } else {
                let (index, after) = inner.split_once(']')?;
                out.push(Step::Index(index.parse().ok()?));
                rest = after;
            }
        }
    }
    Some(out)
}
