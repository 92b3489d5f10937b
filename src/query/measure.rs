//! Amounts with units, and the bounds that a query sets on them.

use std::fmt;
use std::ops::Range;

use super::keys::Unit;
use super::lexer::{Comparison, Form, Item};
use super::mistake::{Mistake, shown};

/// Between includes both ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bounds<T> {
    Above(T),
    AtLeast(T),
    Below(T),
    AtMost(T),
    Between(T, T),
}

impl<T: PartialOrd + Copy> Bounds<T> {
    pub(super) fn contain(self, value: T) -> bool {
        match self {
            Self::Above(bound) => value > bound,
            Self::AtLeast(bound) => value >= bound,
            Self::Below(bound) => value < bound,
            Self::AtMost(bound) => value <= bound,
            Self::Between(from, to) => from <= value && value <= to,
        }
    }

    fn compared(comparison: Comparison, bound: T) -> Self {
        match comparison {
            Comparison::Above => Self::Above(bound),
            Comparison::AtLeast => Self::AtLeast(bound),
            Comparison::Below => Self::Below(bound),
            Comparison::AtMost => Self::AtMost(bound),
        }
    }

    /// Writes them as a query does, each amount by `amount`.
    pub(super) fn write(
        self,
        f: &mut fmt::Formatter<'_>,
        amount: impl Fn(T) -> String,
    ) -> fmt::Result {
        match self {
            Self::Above(bound) => write!(f, ">{}", amount(bound)),
            Self::AtLeast(bound) => write!(f, ">={}", amount(bound)),
            Self::Below(bound) => write!(f, "<{}", amount(bound)),
            Self::AtMost(bound) => write!(f, "<={}", amount(bound)),
            Self::Between(from, to) => write!(f, "{}..{}", amount(from), amount(to)),
        }
    }

    /// Reads `>5`, `1..5`, `1..` and `..5`, each amount by `amount`.
    pub(super) fn read(
        comparison: Option<Comparison>,
        item: &Item,
        sample: &str,
        amount: impl Fn(&str, Range<usize>) -> Result<T, Mistake>,
    ) -> Result<Self, Mistake> {
        let at = item.at.clone();
        if item.form != Form::Bare {
            return Err(Mistake::wrong(at, "an amount is written without quotes and slashes"));
        }
        if item.text.is_empty() {
            return Err(Mistake::incomplete(
                at,
                format!("here an amount is missing, as in {sample}"),
            ));
        }
        if let Some(comparison) = comparison {
            return Ok(Self::compared(comparison, amount(&item.text, at)?));
        }
        let Some((from, to)) = item.text.split_once("..") else {
            // May still become a range.
            amount(&item.text, at.clone())?;
            let what = format!("an amount is compared, as in {sample} or {0}..{0}", item.text);
            return Err(Mistake::incomplete(at, what));
        };
        let from_at = at.start..at.start + from.len();
        let to_at = at.end - to.len()..at.end;
        match (from.is_empty(), to.is_empty()) {
            (true, true) => Err(Mistake::incomplete(at, "a range needs an end, as in 1..5")),
            (true, false) => Ok(Self::AtMost(amount(to, to_at)?)),
            (false, true) => Ok(Self::AtLeast(amount(from, from_at)?)),
            (false, false) => {
                let (from, to) = (amount(from, from_at)?, amount(to, to_at)?);
                if from > to {
                    // `1s..5` on its way to `1s..50s`.
                    return Err(Mistake::incomplete(at, "this range ends before it begins"));
                }
                Ok(Self::Between(from, to))
            }
        }
    }
}

/// Largest first, as amounts are written.
fn scales(unit: Unit) -> &'static [(&'static str, u64)] {
    match unit {
        // As the screen shows sizes.
        Unit::Bytes => &[("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("k", 1 << 10), ("", 1)],
        Unit::Time => {
            &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)]
        }
        Unit::Percent => &[("%", 1)],
    }
}

/// `20k`, `1.5M`, `90m`, `1h30m`, `80%`.
pub(super) fn amount(text: &str, unit: Unit, at: Range<usize>) -> Result<u64, Mistake> {
    let mut total: u64 = 0;
    let mut rest = text;
    let too_big = || Mistake::wrong(at.clone(), format!("{} is too large", shown(text)));
    if text.is_empty() {
        return Err(Mistake::incomplete(at, "here an amount is missing"));
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        let end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (name, behind) = behind.split_at(end);
        // Only times are said in several units at once.
        let alone = unit == Unit::Time || (behind.is_empty() && rest.len() == text.len());
        let Some(scale) = scale(unit, name).filter(|_| alone) else {
            return Err(unit_mistake(text, number, name, unit, at));
        };
        let part = scaled(number, scale).ok_or_else(|| {
            let what = format!("{} is no number", shown(text));
            // `1.` on its way to `1.5k`.
            let open = name.is_empty() && behind.is_empty() && number.ends_with('.');
            let make = if open { Mistake::incomplete } else { Mistake::wrong };
            make(at.clone(), what)
        })?;
        total = u64::try_from(part)
            .ok()
            .and_then(|part| total.checked_add(part))
            .ok_or_else(too_big)?;
        rest = behind;
    }
    Ok(total)
}

fn scale(unit: Unit, name: &str) -> Option<u64> {
    if unit == Unit::Percent && name.is_empty() {
        return Some(1);
    }
    let fits = |(known, _): &&(&str, u64)| match unit {
        Unit::Bytes => known.eq_ignore_ascii_case(name),
        Unit::Time | Unit::Percent => *known == name,
    };
    scales(unit).iter().find(fits).map(|(_, scale)| *scale)
}

fn unit_mistake(text: &str, number: &str, name: &str, unit: Unit, at: Range<usize>) -> Mistake {
    let what = match unit {
        Unit::Bytes => "sizes are written with k, M or G",
        Unit::Time => "durations are written with ms, s, m, h or d",
        Unit::Percent => "this is a percentage, as in 80%",
    };
    let what = format!("\"{}\" is no amount: {what}", shown(text));
    if !number.is_empty() && name.is_empty() {
        Mistake::incomplete(at, what)
    } else {
        Mistake::wrong(at, what)
    }
}

/// `None` for what is no number. Exact: no floats.
fn scaled(number: &str, scale: u64) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let scale = u128::from(scale);
    let whole = whole.parse().unwrap_or(u128::MAX).saturating_mul(scale);
    // More digits than this are below any unit.
    let fraction = &fraction[..fraction.len().min(15)];
    let divisor = 10_u128.pow(u32::try_from(fraction.len()).unwrap_or(0));
    let part = fraction.parse().unwrap_or(0) * scale / divisor;
    Some(whole.saturating_add(part))
}

/// In the largest unit that says it exactly.
pub(super) fn written(amount: u64, unit: Unit) -> String {
    let fits = |(_, scale): &&(&str, u64)| amount > 0 && amount.is_multiple_of(*scale);
    let scales = scales(unit);
    let smallest = scales.last().copied().unwrap_or(("", 1));
    let (name, scale) = scales.iter().find(fits).copied().unwrap_or(smallest);
    format!("{}{name}", amount / scale)
}
