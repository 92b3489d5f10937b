//! A tree over a context, in three-valued logic: whatever is compared with `null`, or with what it has
//! no order with, is unknown, and what is unknown is not true.

use std::cmp::Ordering;

use jiff::SignedDuration;
use serde_json::Value as Json;

use super::Value;
use super::functions::number;
use super::parser::{Arithmetic, Comparison, Expr, Step};
use crate::api::Timestamp;

pub(super) fn evaluate(expr: &Expr, context: &Json, now: Timestamp) -> Value {
    let of = |inner: &Expr| evaluate(inner, context, now);
    match expr {
        Expr::Constant(value) => value.clone(),
        Expr::Get(path, default) => match (find(path, context), default) {
            (Value::Null, Some(default)) => of(default),
            (found, _) => found,
        },
        Expr::Call(function, arguments) => {
            let values: Vec<_> = arguments.iter().map(of).collect();
            function.call(&values, now)
        }
        Expr::If(parts) => {
            let [condition, then, otherwise] = &**parts;
            of(if of(condition) == Value::Boolean(true) { then } else { otherwise })
        }
        Expr::Not(inner) => truth(&of(inner)).map_or(Value::Null, |truth| Value::Boolean(!truth)),
        Expr::Negate(inner) => match of(inner) {
            Value::Number(number) => Value::Number(-number),
            Value::Duration(length) => Value::Duration(-length),
            _ => Value::Null,
        },
        Expr::And(all) => settle(all.iter().map(|one| truth(&of(one))), false),
        Expr::Or(all) => settle(all.iter().map(|one| truth(&of(one))), true),
        Expr::Compare(left, comparison, right) => {
            compare(&of(left), *comparison, &of(right)).map_or(Value::Null, Value::Boolean)
        }
        Expr::Calculate(first, rest) => rest
            .iter()
            .fold(of(first), |left, (operator, right)| calculate(&left, *operator, &of(right))),
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(truth) => Some(*truth),
        _ => None,
    }
}

/// `and` is settled by one false, `or` by one true; otherwise one unknown leaves it open.
fn settle(truths: impl Iterator<Item = Option<bool>>, settles: bool) -> Value {
    let mut outcome = Value::Boolean(!settles);
    for truth in truths {
        match truth {
            Some(found) if found == settles => return Value::Boolean(settles),
            Some(_) => {}
            None => outcome = Value::Null,
        }
    }
    outcome
}

fn find(path: &[Step], context: &Json) -> Value {
    let found = path.iter().try_fold(context, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    });
    match found {
        None | Some(Json::Null) => Value::Null,
        Some(Json::Bool(truth)) => Value::Boolean(*truth),
        Some(Json::Number(digits)) => digits.as_f64().map_or(Value::Null, number),
        Some(Json::String(text)) => Value::Text(text.clone()),
        Some(compound) => Value::Compound(compound.to_string()),
    }
}

fn compare(left: &Value, comparison: Comparison, right: &Value) -> Option<bool> {
    let order = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => return None,
        (Value::Number(left), Value::Number(right))
        | (Value::Duration(left), Value::Duration(right)) => left.partial_cmp(right),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Moment(left), Value::Moment(right)) => Some(left.cmp(right)),
        (Value::Boolean(left), Value::Boolean(right)) => {
            return match comparison {
                Comparison::Equal => Some(left == right),
                Comparison::Unequal => Some(left != right),
                _ => None,
            };
        }
        _ => None,
    };
    match (comparison, order) {
        (Comparison::Equal, None) => Some(false),
        (Comparison::Unequal, None) => Some(true),
        (_, None) => None,
        (Comparison::Equal, Some(order)) => Some(order == Ordering::Equal),
        (Comparison::Unequal, Some(order)) => Some(order != Ordering::Equal),
        (Comparison::Less, Some(order)) => Some(order == Ordering::Less),
        (Comparison::LessOrEqual, Some(order)) => Some(order != Ordering::Greater),
        (Comparison::Greater, Some(order)) => Some(order == Ordering::Greater),
        (Comparison::GreaterOrEqual, Some(order)) => Some(order != Ordering::Less),
    }
}

fn calculate(left: &Value, operator: Arithmetic, right: &Value) -> Value {
    use Arithmetic::{Add, Divide, Multiply, Remainder, Subtract};
    let duration =
        |length: f64| if length.is_finite() { Value::Duration(length) } else { Value::Null };
    match (left, operator, right) {
        (Value::Number(left), _, Value::Number(right)) => number(match operator {
            Add => left + right,
            Subtract => left - right,
            Multiply => left * right,
            Divide => left / right,
            Remainder => left % right,
        }),
        (Value::Moment(left), Subtract, Value::Moment(right)) => {
            duration(left.duration_since(*right).as_secs_f64())
        }
        (Value::Moment(moment), Add | Subtract, Value::Duration(length)) => {
            let length = if operator == Add { *length } else { -length };
            let moved = SignedDuration::try_from_secs_f64(length).ok();
            let moved = moved.and_then(|length| moment.checked_add(length).ok());
            moved.map_or(Value::Null, Value::Moment)
        }
        (Value::Duration(left), Add, Value::Duration(right)) => duration(left + right),
        (Value::Duration(left), Subtract, Value::Duration(right)) => duration(left - right),
        (Value::Duration(left), Divide, Value::Duration(right)) => number(left / right),
        (Value::Duration(length), Multiply, Value::Number(times))
        | (Value::Number(times), Multiply, Value::Duration(length)) => duration(length * times),
        (Value::Duration(length), Divide, Value::Number(parts)) => duration(length / parts),
        _ => Value::Null,
    }
}
