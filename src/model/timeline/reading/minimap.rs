//! The whole session as one line of text: activity over time, errors, compactions, pending calls.

use crate::api::EventKind;

use super::Store;

const LEVELS: [char; 5] = ['▁', '▂', '▃', '▄', '▅'];

/// Cells in which the session is counted once; a line of any width is made of them.
const FINE: usize = 1_024;

/// Cells from the oldest to the newest unit, as wide as they were asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Minimap {
    width: Option<usize>,
    line: String,
    counted: Option<Counted>,
}

/// What happened over time, from the earliest to the latest moment.
#[derive(Debug, Clone)]
struct Counted {
    /// How many rows it is made of.
    rows: usize,
    cells: Vec<Cell>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    units: usize,
    errors: usize,
    compactions: usize,
    mark: Option<char>,
}

impl Cell {
    fn put(&mut self, mark: char) {
        if self.mark.is_none_or(|known| rank(mark) > rank(known)) {
            self.mark = Some(mark);
        }
    }
}

impl Minimap {
    pub(super) fn line(&self) -> &str {
        &self.line
    }

    pub(super) fn rows(&self) -> usize {
        self.counted.as_ref().map_or(0, |counted| counted.rows)
    }

    /// The session must be counted anew.
    pub(super) fn forget(&mut self) {
        self.width = None;
        self.counted = None;
    }

    /// Draws it as wide as that, unless it is.
    pub(super) fn draw(&mut self, store: &Store, width: usize) {
        if self.width == Some(width) {
            return;
        }
        self.width = Some(width);
        if self.counted.is_none() {
            self.counted = Counted::of(store);
        }
        self.line = self.counted.as_ref().map_or_else(String::new, |counted| counted.line(width));
    }
}

impl Counted {
    fn of(store: &Store) -> Option<Self> {
        let (first, last) = time_range(store)?;
        let mut cells = vec![Cell::default(); FINE];
        for (row, record) in store.records().iter().enumerate().filter(|(_, r)| !r.joined()) {
            let at = store.recorded_ms(row).and_then(|at| cell(at, first, last, FINE));
            let Some(cell) = at.and_then(|at| cells.get_mut(at)) else { continue };
            cell.units += 1;
            if store.is_error_row(row, record.partner()) {
                cell.errors += 1;
            } else if record.kind() == EventKind::Compaction {
                cell.compactions += 1;
            } else if store.is_pending_row(row) {
                cell.put('!');
            }
        }
        Some(Self { rows: store.event_count(), cells })
    }

    /// A mark wins over activity: `!` waits for you, `x` failed, `=` compacted.
    fn line(&self, width: usize) -> String {
        let mut cells = vec![Cell::default(); width];
        for (at, fine) in self.cells.iter().enumerate() {
            let Some(cell) = cells.get_mut(at * width.saturating_sub(1) / (FINE - 1)) else {
                continue;
            };
            cell.units += fine.units;
            cell.errors += fine.errors;
            cell.compactions += fine.compactions;
            if let Some(mark) = fine.mark {
                cell.put(mark);
            }
        }
        mark_most(&mut cells, 'x', |cell| cell.errors);
        mark_most(&mut cells, '=', |cell| cell.compactions);
        let most = cells.iter().map(|cell| cell.units).max().unwrap_or(0).max(LEVELS.len());
        let level = |units: usize| (units * (LEVELS.len() - 1)).div_ceil(most);
        let draw = |cell: &Cell| {
            cell.mark.unwrap_or_else(|| LEVELS[level(cell.units).min(LEVELS.len() - 1)])
        };
        cells.iter().map(draw).collect()
    }
}

fn mark_most(cells: &mut [Cell], mark: char, count: impl Fn(&Cell) -> usize) {
    let counts: Vec<usize> = cells.iter().map(count).collect();
    for (cell, worth) in cells.iter_mut().zip(worth_marking(&counts)) {
        if worth {
            cell.put(mark);
        }
    }
}

/// Cells in which that happened; in a session where it did nearly everywhere only those with far
/// more than most, because a mark on every cell says nothing.
fn worth_marking(counts: &[usize]) -> Vec<bool> {
    let marked = counts.iter().filter(|count| **count > 0).count();
    let mut least = 1;
    if marked * 4 > counts.len() {
        let mut sorted: Vec<usize> = counts.to_vec();
        sorted.sort_unstable();
        least = sorted[counts.len() - counts.len() / 8 - 1].max(1) + 1;
    }
    counts.iter().map(|count| *count >= least).collect()
}

/// The earliest and the latest time here. Events are in the service's order, which need not be
/// that of the clock.
fn time_range(store: &Store) -> Option<(i64, i64)> {
    let mut times = (0..store.event_count()).filter_map(|row| store.recorded_ms(row));
    let first = times.next()?;
    Some(times.fold((first, first), |(low, high), at| (low.min(at), high.max(at))))
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
