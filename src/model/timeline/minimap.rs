//! The whole session as one line of text: activity over time, errors, compactions, pending calls.

use crate::api::Timestamp;

use super::Unit;
use super::unit::{Kind, State};

const LEVELS: [char; 5] = ['▁', '▂', '▃', '▄', '▅'];

/// `width` cells from the oldest to the newest unit. A mark wins over activity: `!` waits for
/// you, `x` failed, `=` compacted.
pub(super) fn draw<'a>(units: impl Iterator<Item = &'a Unit> + Clone, width: usize) -> String {
    let mut times = units.clone().filter_map(|unit| unit.at.map(Timestamp::as_millisecond));
    let Some(first) = times.next() else {
        return String::new();
    };
    // Units are in the service's order, which need not be that of the clock.
    let last = times.fold(first, i64::max);
    let span = u64::try_from(last - first).unwrap_or(0).max(1);
    let mut counts = vec![0_usize; width];
    let mut marks = vec![None::<char>; width];
    for unit in units {
        let Some(at) = unit.at else { continue };
        let offset = u64::try_from(at.as_millisecond() - first).unwrap_or(0).min(span);
        let place = u128::from(offset) * (width.saturating_sub(1) as u128) / u128::from(span);
        let Some(place) = usize::try_from(place).ok().filter(|place| *place < width) else {
            continue;
        };
        counts[place] += 1;
        let mark = match (unit.state, unit.kind) {
            (State::YourTurn, _) => '!',
            _ if unit.is_error() => 'x',
            (_, Kind::Compaction) => '=',
            _ => continue,
        };
        if marks[place].is_none_or(|known| rank(mark) > rank(known)) {
            marks[place] = Some(mark);
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(LEVELS.len());
    let cell = |(count, mark): (&usize, &Option<char>)| {
        mark.unwrap_or_else(|| {
            LEVELS[(count * (LEVELS.len() - 1)).div_ceil(most).min(LEVELS.len() - 1)]
        })
    };
    counts.iter().zip(&marks).map(cell).collect()
}

fn rank(mark: char) -> u8 {
    match mark {
        '!' => 3,
        'x' => 2,
        _ => 1,
    }
}
