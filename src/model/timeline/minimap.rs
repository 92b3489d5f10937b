//! The whole session as one line of text: activity over time, errors, compactions, pending calls.

use crate::api::EventKind;

use super::Timeline;

const LEVELS: [char; 5] = ['▁', '▂', '▃', '▄', '▅'];

/// Cells from the oldest to the newest unit, as wide as they were asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Minimap {
    width: Option<usize>,
    line: String,
    /// How many rows it is drawn of.
    rows: usize,
    /// The earliest and the latest time on it.
    range: Option<(i64, i64)>,
}

impl Minimap {
    pub(super) fn width(&self) -> Option<usize> {
        self.width
    }

    pub(super) fn line(&self) -> &str {
        &self.line
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// It must be drawn anew.
    pub(super) fn forget(&mut self) {
        self.width = None;
    }

    /// A mark wins over activity: `!` waits for you, `x` failed, `=` compacted.
    pub(super) fn draw(timeline: &Timeline, width: usize) -> Self {
        let Some((first, last)) = timeline.time_range() else {
            return Self { width: Some(width), ..Self::default() };
        };
        let mut counts = vec![0_usize; width];
        let mut errors = vec![0_usize; width];
        let mut marks = vec![None::<char>; width];
        for (row, record) in timeline.records.iter().enumerate() {
            if record.joined() {
                continue;
            }
            let at = timeline.derived.since.and_then(|since| record.at(since));
            let Some(cell) = at.and_then(|at| cell(at, first, last, width)) else { continue };
            counts[cell] += 1;
            let mark = if timeline.is_error_row(row, record.partner()) {
                errors[cell] += 1;
                continue;
            } else if record.kind() == EventKind::Compaction {
                '='
            } else if timeline.is_pending_row(row) {
                '!'
            } else {
                continue;
            };
            if marks[cell].is_none_or(|known| rank(mark) > rank(known)) {
                marks[cell] = Some(mark);
            }
        }
        for (cell, worth) in worth_marking(&errors).into_iter().enumerate() {
            if worth && marks[cell].is_none_or(|known| rank('x') > rank(known)) {
                marks[cell] = Some('x');
            }
        }
        let most = counts.iter().copied().max().unwrap_or(0).max(LEVELS.len());
        let draw = |(count, mark): (&usize, &Option<char>)| {
            mark.unwrap_or_else(|| {
                LEVELS[(count * (LEVELS.len() - 1)).div_ceil(most).min(LEVELS.len() - 1)]
            })
        };
        let line = counts.iter().zip(&marks).map(draw).collect();
        Self { width: Some(width), line, rows: timeline.records.len(), range: Some((first, last)) }
    }
}

/// Cells with errors; in a session with errors nearly everywhere only those with far more than
/// most, because a mark on every cell says nothing.
fn worth_marking(errors: &[usize]) -> Vec<bool> {
    let marked = errors.iter().filter(|count| **count > 0).count();
    let mut least = 1;
    if marked * 4 > errors.len() {
        let mut sorted: Vec<usize> = errors.to_vec();
        sorted.sort_unstable();
        least = sorted[errors.len() - errors.len() / 8 - 1].max(1) + 1;
    }
    errors.iter().map(|count| *count >= least).collect()
}

/// Where a time lies on a line of this many cells.
fn cell(at: i64, first: i64, last: i64, width: usize) -> Option<usize> {
    let span = u64::try_from(last - first).unwrap_or(0).max(1);
    let offset = u64::try_from(at - first).unwrap_or(0).min(span);
    let cell = u128::from(offset) * (width.saturating_sub(1) as u128) / u128::from(span);
    usize::try_from(cell).ok().filter(|cell| *cell < width)
}

fn rank(mark: char) -> u8 {
    match mark {
        '!' => 3,
        'x' => 2,
        _ => 1,
    }
}

impl Timeline {
    /// The earliest and the latest time here. Events are in the service's order, which need not be
    /// that of the clock.
    fn time_range(&self) -> Option<(i64, i64)> {
        let since = self.derived.since?;
        let mut times = self.records.iter().filter_map(|record| record.at(since));
        let first = times.next()?;
        Some(times.fold((first, first), |(low, high), at| (low.min(at), high.max(at))))
    }

    /// The cell of the minimap where the cursor is.
    pub fn minimap_here(&self) -> Option<usize> {
        let (first, last) = self.minimap.range?;
        let row = self.scroll.cursor.as_ref().and_then(|id| self.row_of(id))?;
        let rows = self.records.get(..=row.min(self.records.len().checked_sub(1)?))?;
        let at = rows.iter().rev().find_map(|record| record.at(self.derived.since?))?;
        cell(at, first, last, self.minimap.line.chars().count())
    }
}
