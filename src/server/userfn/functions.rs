//! The functions that the vendor's reference lists, but `datetime_parse`, whose patterns are Java's.

use super::Value;
use crate::api::Timestamp;

type Numeric = fn(f64) -> f64;
type Numeric2 = fn(f64, f64) -> f64;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Function {
    Now,
    ParseTime,
    UnixTime,
    /// Between numbers and durations, by the seconds in the unit.
    Unit(f64),
    Of(Named<Numeric>),
    OfTwo(Named<Numeric2>),
}

/// A function with the name that it is told apart by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<F>(&'static str, F);

impl<F> PartialEq for Named<F> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

const OF_ONE: [(&str, Numeric); 14] = [
    ("abs", f64::abs),
    ("sqrt", f64::sqrt),
    ("trunc", f64::trunc),
    ("sign", |x| if x == 0.0 { 0.0 } else { x.signum() }),
    ("radians", f64::to_radians),
    ("degrees", f64::to_degrees),
    ("ln", f64::ln),
    ("log10", f64::log10),
    ("sin", f64::sin),
    ("sind", |x| x.to_radians().sin()),
    ("cos", f64::cos),
    ("cosd", |x| x.to_radians().cos()),
    ("tan", f64::tan),
    ("tand", |x| x.to_radians().tan()),
];

const OF_TWO: [(&str, Numeric2); 4] =
    [("power", f64::powf), ("min", f64::min), ("max", f64::max), ("log", |base, x| x.log(base))];

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "now" => Self::Now,
            "iso_datetime_parse" => Self::ParseTime,
            "to_unix_timestamp" => Self::UnixTime,
            "seconds" => Self::Unit(1.0),
            "minutes" => Self::Unit(60.0),
            "hours" => Self::Unit(3_600.0),
            name => {
                if let Some((name, function)) = OF_ONE.iter().find(|(known, _)| *known == name) {
                    Self::Of(Named(name, *function))
                } else {
                    let (name, function) = OF_TWO.iter().find(|(known, _)| *known == name)?;
                    Self::OfTwo(Named(name, *function))
                }
            }
        })
    }

    pub(super) fn arity(self) -> usize {
        match self {
            Self::Now => 0,
            Self::OfTwo(_) => 2,
            Self::ParseTime | Self::UnixTime | Self::Unit(_) | Self::Of(_) => 1,
        }
    }

    pub(super) fn call(self, arguments: &[Value], now: Timestamp) -> Value {
        match (self, arguments) {
            (Self::Now, _) => Value::Moment(now),
            (Self::ParseTime, [Value::Text(text)]) => {
                text.parse().map_or(Value::Null, Value::Moment)
            }
            (Self::UnixTime, [Value::Moment(moment)]) => number(moment.as_duration().as_secs_f64()),
            (Self::Unit(seconds), [Value::Number(count)]) => Value::Duration(count * seconds),
            (Self::Unit(seconds), [Value::Duration(length)]) => number(length / seconds),
            (Self::Of(function), [Value::Number(x)]) => number(function.1(*x)),
            (Self::OfTwo(function), [Value::Number(x), Value::Number(y)]) => {
                number(function.1(*x, *y))
            }
            _ => Value::Null,
        }
    }
}

/// A number, unless it is none.
pub(super) fn number(number: f64) -> Value {
    if number.is_finite() { Value::Number(number) } else { Value::Null }
}
