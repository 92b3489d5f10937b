//! Nodes filled in with values.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::TemplateError;
use super::expression::{Expr, Operator, Path, Step};
use super::methods;
use super::parser::{Node, Parsed};

/// Bytes that a rendered template, and every value in it, may have.
const MAX_BYTES: usize = 1 << 20;
/// Nodes and values that are worked out; loops inside loops would never end.
const MAX_WORK: usize = 100_000;
/// Numbers in a range.
const MAX_RANGE: i64 = 10_000;

/// What a node leads on to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Stop,
}

struct Filling<'a> {
    context: &'a Value,
    /// Set in the template; the latest of a name counts.
    variables: Vec<(String, Value)>,
    out: String,
    work: usize,
    line: usize,
}

pub(super) fn fill(nodes: &[Node], context: &Value) -> Parsed<String> {
    let variables = Vec::new();
    let mut filling = Filling { context, variables, out: String::new(), work: 0, line: 1 };
    filling.nodes(nodes)?;
    Ok(filling.out)
}

impl Filling<'_> {
    fn error(&self, problem: impl Into<String>) -> TemplateError {
        TemplateError { line: self.line, problem: problem.into() }
    }

    fn work(&mut self) -> Parsed<()> {
        self.work += 1;
        if self.work > MAX_WORK {
            return Err(self.error("the template takes too long: its loops are too large"));
        }
        Ok(())
    }

    fn push(&mut self, text: &str) -> Parsed<()> {
        self.out.push_str(text);
        self.check(self.out.len())
    }

    fn check(&self, bytes: usize) -> Parsed<()> {
        if bytes > MAX_BYTES {
            return Err(self.error(format!("the text is larger than {} KiB", MAX_BYTES >> 10)));
        }
        Ok(())
    }

    fn nodes(&mut self, nodes: &[Node]) -> Parsed<Flow> {
        for node in nodes {
            self.work()?;
            let flow = self.node(node)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, node: &Node) -> Parsed<Flow> {
        match node {
            Node::Text(text) => self.push(text)?,
            Node::Reference { path, source, quiet, line } => {
                self.line = *line;
                if self.is_variable(&path.root) {
                    match self.value(path)? {
                        Value::Null if *quiet => {}
                        Value::Null => {
                            return Err(self.error(format!("nothing is at {source}")));
                        }
                        value => self.push(&shown(&value))?,
                    }
                } else if !quiet {
                    self.push(source)?;
                }
            }
            Node::Set { name, value, line } => {
                self.line = *line;
                if self.context.get(name).is_some() || name == "foreach" {
                    return Err(self.error(format!("${name} cannot be set")));
                }
                let value = self.expr(value)?;
                self.set(name, value);
            }
            Node::If { branches, otherwise, line } => {
                for (condition, body) in branches {
                    self.line = *line;
                    if is_true(&self.expr(condition)?) {
                        return self.nodes(body);
                    }
                }
                return self.nodes(otherwise);
            }
            Node::Foreach { name, list, body, otherwise, line } => {
                self.line = *line;
                let items = match self.expr(list)? {
                    Value::Array(items) => items,
                    Value::Object(fields) => fields.into_iter().map(|(_, value)| value).collect(),
                    Value::Null => Vec::new(),
                    other => {
                        let found = shown(&other);
                        return Err(self.error(format!("#foreach needs a list, found {found}")));
                    }
                };
                if items.is_empty() {
                    return self.nodes(otherwise);
                }
                return self.each(name, items, body);
            }
            Node::Break => return Ok(Flow::Break),
            Node::Stop => return Ok(Flow::Stop),
        }
        Ok(Flow::On)
    }

    fn each(&mut self, name: &str, items: Vec<Value>, body: &[Node]) -> Parsed<Flow> {
        let last = items.len().saturating_sub(1);
        let mut flow = Flow::On;
        for (index, item) in items.into_iter().enumerate() {
            let foreach = Map::from_iter([
                ("index".to_owned(), index.into()),
                ("count".to_owned(), (index + 1).into()),
                ("hasNext".to_owned(), (index < last).into()),
                ("first".to_owned(), (index == 0).into()),
                ("last".to_owned(), (index == last).into()),
            ]);
            let place = self.variables.len();
            self.variables.push((name.to_owned(), item));
            self.variables.push(("foreach".to_owned(), Value::Object(foreach)));
            flow = self.nodes(body)?;
            // What the body has set stays behind the loop; these two do not.
            self.variables.drain(place..place + 2);
            if flow != Flow::On {
                break;
            }
        }
        Ok(if flow == Flow::Break { Flow::On } else { flow })
    }

    fn is_variable(&self, name: &str) -> bool {
        self.variables.iter().any(|(known, _)| known == name) || self.context.get(name).is_some()
    }

    fn set(&mut self, name: &str, value: Value) {
        match self.variables.iter_mut().rev().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.variables.push((name.to_owned(), value)),
        }
    }

    /// Null where the path leads nowhere.
    fn value(&mut self, path: &Path) -> Parsed<Value> {
        self.work()?;
        let set = self.variables.iter().rev().find(|(known, _)| *known == path.root);
        let mut found = set.map(|(_, value)| value).or_else(|| self.context.get(&path.root));
        let mut steps = path.steps.iter().peekable();
        // As far as names lead nothing is copied.
        while let Some(Step::Property(name)) =
            steps.next_if(|next| matches!(next, Step::Property(_)))
        {
            found = found.and_then(|value| value.get(name));
        }
        let mut value = found.cloned().unwrap_or(Value::Null);
        self.work += weight(&value);
        for step in steps {
            if value.is_null() {
                break;
            }
            value = match step {
                Step::Property(name) => property(value, name),
                Step::Index(index) => match self.expr(index)? {
                    Value::String(name) => property(value, &name),
                    index => element(value, &index),
                },
                Step::Method(name, arguments) => {
                    let arguments = arguments.iter().map(|argument| self.expr(argument));
                    let arguments = arguments.collect::<Parsed<Vec<_>>>()?;
                    methods::call(value, name, &arguments).map_err(|why| self.error(why))?
                }
            };
        }
        Ok(value)
    }

    fn expr(&mut self, expr: &Expr) -> Parsed<Value> {
        self.work()?;
        let value = match expr {
            Expr::Literal(value) => value.clone(),
            Expr::Reference(path) => self.value(path)?,
            Expr::Text(nodes) => {
                let before = std::mem::take(&mut self.out);
                let filled = self.nodes(nodes);
                let text = std::mem::replace(&mut self.out, before);
                filled?;
                Value::String(text)
            }
            Expr::List(items) => {
                let items = items.iter().map(|item| self.expr(item));
                Value::Array(items.collect::<Parsed<_>>()?)
            }
            Expr::Range(first, last) => {
                let (first, last) = (self.whole(first)?, self.whole(last)?);
                if first.abs_diff(last) > MAX_RANGE.unsigned_abs() {
                    return Err(self.error(format!("a range has more than {MAX_RANGE} numbers")));
                }
                let numbers: Vec<Value> = if first <= last {
                    (first..=last).map(Value::from).collect()
                } else {
                    (last..=first).rev().map(Value::from).collect()
                };
                self.work += numbers.len();
                Value::Array(numbers)
            }
            Expr::Map(entries) => {
                let mut fields = Map::new();
                for (key, value) in entries {
                    let key = shown(&self.expr(key)?);
                    fields.insert(key, self.expr(value)?);
                }
                Value::Object(fields)
            }
            Expr::Not(inner) => (!is_true(&self.expr(inner)?)).into(),
            Expr::Negate(inner) => {
                let value = self.expr(inner)?;
                self.calculate(&0.into(), Operator::Subtract, &value)?
            }
            Expr::Binary(left, Operator::Or, right) => {
                (is_true(&self.expr(left)?) || is_true(&self.expr(right)?)).into()
            }
            Expr::Binary(left, Operator::And, right) => {
                (is_true(&self.expr(left)?) && is_true(&self.expr(right)?)).into()
            }
            Expr::Binary(left, operator, right) => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                self.binary(&left, *operator, &right)?
            }
        };
        Ok(value)
    }

    fn whole(&mut self, expr: &Expr) -> Parsed<i64> {
        let value = self.expr(expr)?;
        value.as_i64().ok_or_else(|| self.error(format!("a range needs numbers, found {value}")))
    }

    fn binary(&mut self, left: &Value, operator: Operator, right: &Value) -> Parsed<Value> {
        let is = |wanted: &[Ordering]| {
            order(left, right).is_some_and(|found| wanted.contains(&found)).into()
        };
        Ok(match operator {
            Operator::Equal => equal(left, right).into(),
            Operator::Unequal => (!equal(left, right)).into(),
            Operator::Less => is(&[Ordering::Less]),
            Operator::LessOrEqual => is(&[Ordering::Less, Ordering::Equal]),
            Operator::Greater => is(&[Ordering::Greater]),
            Operator::GreaterOrEqual => is(&[Ordering::Greater, Ordering::Equal]),
            _ => self.calculate(left, operator, right)?,
        })
    }

    /// Whole numbers stay whole, as in Java; `+` joins as soon as one side is a text.
    fn calculate(&mut self, left: &Value, operator: Operator, right: &Value) -> Parsed<Value> {
        if operator == Operator::Add && (left.is_string() || right.is_string()) {
            let joined = shown(left) + &shown(right);
            self.check(joined.len())?;
            self.work += joined.len() / 64;
            return Ok(Value::String(joined));
        }
        let wrong = || format!("{left} and {right} cannot be calculated with");
        if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
            let whole = match operator {
                Operator::Add => left.checked_add(right),
                Operator::Subtract => left.checked_sub(right),
                Operator::Multiply => left.checked_mul(right),
                Operator::Divide => left.checked_div(right),
                _ => left.checked_rem(right),
            };
            return whole.map(Value::from).ok_or_else(|| self.error(wrong()));
        }
        let (Some(left), Some(right)) = (left.as_f64(), right.as_f64()) else {
            return Err(self.error(wrong()));
        };
        let number = match operator {
            Operator::Add => left + right,
            Operator::Subtract => left - right,
            Operator::Multiply => left * right,
            Operator::Divide => left / right,
            _ => left % right,
        };
        Number::from_f64(number).map(Value::Number).ok_or_else(|| self.error(wrong()))
    }
}

/// What copying a value costs, in nodes.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() / 256,
        Value::Array(items) => items.len() / 8,
        _ => 0,
    }
}

fn property(value: Value, name: &str) -> Value {
    match value {
        Value::Object(mut fields) => fields.shift_remove(name).unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

/// From the end where the index is negative.
fn element(value: Value, index: &Value) -> Value {
    let Value::Array(mut items) = value else { return Value::Null };
    let Some(index) = index.as_i64() else { return Value::Null };
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let index = if index < 0 { count + index } else { index };
    match usize::try_from(index) {
        Ok(index) if index < items.len() => items.swap_remove(index),
        _ => Value::Null,
    }
}

/// As it stands in a text. Lists and objects are JSON, which models read better than Java's way.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Nothing, `false`, and what is empty is not.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// Numbers by their value, whatever they are written like.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Number(_) | Value::Bool(_), Value::String(text))
        | (Value::String(text), Value::Number(_) | Value::Bool(_)) => {
            let other = if left.is_string() { right } else { left };
            *text == shown(other)
        }
        _ => left == right,
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    }
}
