//! A tree over metadata, in three-valued logic: true, false, and unknown where a value is missing,
//! of another type, or beyond what 64 bits can calculate with.
//!
//! Numbers that are written somewhere compare to their last digit; what is calculated is a 64-bit
//! integer or a double, and compares as one.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::like::like;
use super::parser::{Arithmetic, Comparison, Expr, Literal};
use crate::api::{Decimal, Object};

#[derive(Debug, Clone, PartialEq)]
enum Value<'a> {
    /// Missing, `null`, or an outcome that nobody knows.
    Unknown,
    Boolean(bool),
    Integer(i64),
    /// Any other number, as it is written.
    Written(Decimal),
    /// A number that was calculated.
    Real(f64),
    Text(&'a str),
    /// An array or an object, which compares with nothing.
    Compound,
}

pub(super) fn is_true(expr: &Expr, metadata: &Object) -> bool {
    truth(&evaluate(expr, metadata)) == Some(true)
}

/// A pattern out of metadata can be as long as metadata, and as often in the filter as its name fits.
const MAX_FOUND_PATTERN_BYTES: usize = 1_000;

fn is_bearable(pattern: &Expr, found: &str) -> bool {
    matches!(pattern, Expr::Literal(_)) || found.len() <= MAX_FOUND_PATTERN_BYTES
}

fn truth(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Boolean(truth) => Some(*truth),
        _ => None,
    }
}

fn decided<'a>(truth: Option<bool>) -> Value<'a> {
    truth.map_or(Value::Unknown, Value::Boolean)
}

fn evaluate<'a>(expr: &'a Expr, metadata: &'a Object) -> Value<'a> {
    let of = |inner: &'a Expr| evaluate(inner, metadata);
    match expr {
        Expr::Literal(literal) => constant(literal),
        Expr::Field(path) => field(path, metadata).map_or(Value::Unknown, of_json),
        Expr::Not(inner) => decided(truth(&of(inner)).map(|truth| !truth)),
        Expr::Negate(inner) => match of(inner) {
            Value::Written(number) => Value::Written(number.negated()),
            other => calculate(Value::Integer(0), Arithmetic::Subtract, &other),
        },
        Expr::And(all) => decided(settle(all.iter().map(|one| truth(&of(one))), false)),
        Expr::Or(all) => decided(settle(all.iter().map(|one| truth(&of(one))), true)),
        Expr::Compare(left, comparison, right) => {
            decided(compare(&of(left), *comparison, &of(right)))
        }
        Expr::Like(text, pattern) => match (of(text), of(pattern)) {
            (Value::Text(text), Value::Text(found)) if is_bearable(pattern, found) => {
                Value::Boolean(like(text, found))
            }
            _ => Value::Unknown,
        },
        Expr::Calculate(first, rest) => rest
            .iter()
            .fold(of(first), |left, (operator, right)| calculate(left, *operator, &of(right))),
        Expr::IsNull(inner) => Value::Boolean(of(inner) == Value::Unknown),
        Expr::InList(wanted, list) => member(&of(wanted), list.iter().map(constant)),
        Expr::InField(wanted, path) => match field(path, metadata) {
            Some(Json::Array(items)) => member(&of(wanted), items.iter().map(of_json)),
            _ => Value::Unknown,
        },
    }
}

/// `AND` is settled by one false, `OR` by one true; otherwise one unknown leaves it open.
fn settle(truths: impl Iterator<Item = Option<bool>>, settles: bool) -> Option<bool> {
    let mut outcome = Some(!settles);
    for truth in truths {
        match truth {
            Some(found) if found == settles => return Some(settles),
            Some(_) => {}
            None => outcome = None,
        }
    }
    outcome
}

fn constant(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Null => Value::Unknown,
        Literal::Boolean(truth) => Value::Boolean(*truth),
        Literal::Integer(number) => Value::Integer(*number),
        Literal::Number(number) => Value::Written(number.clone()),
        Literal::Text(text) => Value::Text(text),
    }
}

fn field<'a>(path: &[String], metadata: &'a Object) -> Option<&'a Json> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(metadata.get(first)?, |value, key| value.get(key))
}

fn of_json(json: &Json) -> Value<'_> {
    match json {
        Json::Null => Value::Unknown,
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Decimal::parse(number.as_str()).map_or(Value::Unknown, Value::Written),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(_) | Json::Object(_) => Value::Compound,
    }
}

fn member<'a>(wanted: &Value<'_>, items: impl Iterator<Item = Value<'a>>) -> Value<'a> {
    let mut outcome = Some(false);
    for item in items {
        match compare(wanted, Comparison::Equal, &item) {
            Some(true) => return Value::Boolean(true),
            // As in SQL, an unknown member may be the wanted one; one of another type is not.
            None if *wanted == Value::Unknown || item == Value::Unknown => outcome = None,
            Some(false) | None => {}
        }
    }
    decided(outcome)
}

fn compare(left: &Value<'_>, comparison: Comparison, right: &Value<'_>) -> Option<bool> {
    if let (Value::Boolean(left), Value::Boolean(right)) = (left, right) {
        return match comparison {
            Comparison::Equal => Some(left == right),
            Comparison::Unequal => Some(left != right),
            _ => None,
        };
    }
    let order = match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Real(left), Value::Real(right)) => left.partial_cmp(right)?,
        (Value::Written(left), Value::Written(right)) => left.exactly(right),
        (Value::Written(left), Value::Integer(right)) => left.exactly(&(*right).into()),
        (Value::Integer(left), Value::Written(right)) => Decimal::from(*left).exactly(right),
        (Value::Written(left), Value::Real(right)) => left.rounded().partial_cmp(right)?,
        (Value::Real(left), Value::Written(right)) => left.partial_cmp(&right.rounded())?,
        (Value::Integer(left), Value::Real(right)) => mixed(*left, *right)?,
        (Value::Real(left), Value::Integer(right)) => mixed(*right, *left)?.reverse(),
        _ => return None,
    };
    Some(match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::Unequal => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    })
}

/// Compares exactly: turning the integer into a double would lose its last bits.
#[expect(clippy::cast_precision_loss, reason = "only the bounds, which are exact, are cast")]
#[expect(clippy::cast_possible_truncation, reason = "the number is within the bounds")]
fn mixed(integer: i64, real: f64) -> Option<Ordering> {
    const BOUND: f64 = i64::MAX as f64;
    if real.is_nan() {
        return None;
    }
    if real >= BOUND {
        return Some(Ordering::Less);
    }
    if real < -BOUND {
        return Some(Ordering::Greater);
    }
    let whole = real.trunc();
    let by_fraction = || 0.0_f64.partial_cmp(&(real - whole)).unwrap_or(Ordering::Equal);
    Some(integer.cmp(&(whole as i64)).then_with(by_fraction))
}

/// What can be calculated with.
fn rounded(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Written(number) => Value::Real(number.rounded()),
        other => other,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a double is what arithmetic with doubles gives")]
fn calculate<'a>(left: Value<'a>, operator: Arithmetic, right: &Value<'_>) -> Value<'a> {
    let (left, right) = match (rounded(left), &rounded(right.clone())) {
        (Value::Integer(left), Value::Integer(right)) => {
            let outcome = match operator {
                Arithmetic::Add => left.checked_add(*right),
                Arithmetic::Subtract => left.checked_sub(*right),
                Arithmetic::Multiply => left.checked_mul(*right),
                Arithmetic::Divide => left.checked_div(*right),
                Arithmetic::Remainder => left.checked_rem(*right),
            };
            return outcome.map_or(Value::Unknown, Value::Integer);
        }
        (Value::Integer(left), Value::Real(right)) => (left as f64, *right),
        (Value::Real(left), Value::Integer(right)) => (left, *right as f64),
        (Value::Real(left), Value::Real(right)) => (left, *right),
        _ => return Value::Unknown,
    };
    let outcome = match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    };
    if outcome.is_finite() { Value::Real(outcome) } else { Value::Unknown }
}
