//! A table: a cursor on a row and a column, the part of it that is on the screen, and the order of
//! its rows.

use std::ops::Range;
use std::sync::Arc;

use super::file_view::{Places, Viewing};
use super::finding::Finding;
use crate::content::table::{MOST_SORTED, RowIndex, SortBy};
use crate::content::{Done, Job, Prepared, Table, Text};
use crate::text::width;
use crate::viewport::{Motion, Viewport};

/// Columns between two columns.
pub const GAP: usize = 2;
/// A column that is cut by the edge is shown from so much of it on.
const LEAST: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridCell {
    pub text: String,
    /// What is looked for is in it, and with `true` the reader is led to it.
    pub found: Option<bool>,
    pub selected: bool,
}

/// One row of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridRow {
    /// In the file, from one.
    pub number: usize,
    /// One for each column on the screen; rows may have less.
    pub cells: Vec<GridCell>,
    pub selected: bool,
    /// It has more or less fields than the first.
    pub ragged: bool,
}

#[derive(Debug, Clone)]
pub struct Grid {
    table: Arc<Table>,
    rows: Arc<RowIndex>,
    pub(super) viewport: Viewport,
    column: usize,
    left: usize,
    columns: usize,
    order: Option<(SortBy, Arc<[u32]>)>,
    /// The order that the reader wants; another one stands until it is there.
    wish: Option<SortBy>,
    asked: (bool, Option<SortBy>),
    /// A byte behind the rows that are known so far, where the reader wants to be.
    awaited: Option<usize>,
}

impl Grid {
    pub(super) fn of(table: &Arc<Table>) -> Self {
        Self {
            table: Arc::clone(table),
            rows: Arc::clone(table.first_rows()),
            viewport: Viewport::expecting(20),
            column: 0,
            left: 0,
            columns: 80,
            order: None,
            wish: None,
            asked: (false, None),
            awaited: None,
        }
    }

    pub fn table(&self) -> &Table {
        &self.table
    }

    pub fn rows(&self) -> &RowIndex {
        &self.rows
    }

    /// Rows below the header.
    pub fn row_count(&self) -> usize {
        self.rows.len() - self.table.head_rows().min(self.rows.len())
    }

    /// From nought, on the screen.
    pub fn cursor(&self) -> (usize, usize) {
        (self.viewport.at(), self.column)
    }

    /// The order that stands, and whether another one is being made.
    pub fn order(&self) -> (Option<SortBy>, bool) {
        let order = self.order.as_ref().map(|(by, _)| *by);
        (order, order != self.wish)
    }

    /// Columns of row numbers, with what is free around them.
    pub fn gutter(&self) -> usize {
        self.rows.len().max(1).ilog10() as usize + 3
    }

    fn fits(&self, column: usize) -> bool {
        let widths = self.table.columns().get(self.left..=column).unwrap_or_default();
        widths.iter().map(|column| column.width + GAP).sum::<usize>() <= self.columns + GAP
    }

    /// The columns on the screen and the room of each, the last one perhaps cut.
    pub fn shown(&self) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let mut left = self.columns;
        for (at, column) in self.table.columns().iter().enumerate().skip(self.left) {
            if left < column.width.min(LEAST) {
                break;
            }
            out.push((at, column.width.min(left)));
            left = left.saturating_sub(column.width + GAP);
        }
        out
    }

    /// To another column; false where the cursor is on it.
    fn step(&mut self, column: usize) -> bool {
        self.awaited = None;
        std::mem::replace(&mut self.column, column) != column
    }

    /// Puts rows in order, and the cursor stays on its row.
    fn take_order(&mut self, order: Option<(SortBy, Arc<[u32]>)>) {
        let here = self.in_file(self.viewport.at());
        self.order = order;
        let row = self.on_screen(here);
        self.viewport.show_from(row.saturating_sub(self.viewport.height() / 3));
        self.viewport.select(row);
    }

    /// The row in the file, the header left out, of one on the screen.
    fn in_file(&self, row: usize) -> usize {
        let order = self.order.as_ref().and_then(|(_, order)| order.get(row));
        order.map_or(row, |row| *row as usize)
    }

    fn on_screen(&self, row: usize) -> usize {
        let order = self.order.as_ref().map(|(_, order)| order);
        order.and_then(|order| order.iter().position(|at| *at as usize == row)).unwrap_or(row)
    }

    fn range(&self, text: &Text, row: usize) -> Range<usize> {
        self.rows.row(text.bytes(), self.in_file(row) + self.table.head_rows())
    }

    /// The cell under the cursor as it was meant.
    fn cell(&self, text: &Text) -> String {
        let row = self.range(text, self.viewport.at());
        let fields = self.table.fields(text, &row, self.column + 1);
        fields.get(self.column).map_or_else(String::new, |field| Table::value(text, field))
    }

    /// The rows on the screen.
    pub(super) fn rows_shown(&self, text: &Text, finding: &Finding) -> Vec<GridRow> {
        let shown = self.shown();
        let most = shown.last().map_or(0, |(at, _)| at + 1);
        let row = |at: usize| {
            let range = self.range(text, at);
            // One more tells whether the row is longer than the first.
            let all = self.table.columns().len() + self.table.columns_left_out() + 1;
            let fields = self.table.fields(text, &range, all.max(most));
            let found = finding.within(&range);
            let cell = |(column, room): &(usize, usize)| {
                let field = fields.get(*column)?;
                let within = |hit: &&(Range<usize>, bool)| {
                    hit.0.start <= field.range.end && field.range.start < hit.0.end.max(1)
                };
                let hits = found.iter().filter(within);
                Some(GridCell {
                    text: width::truncate(&Table::shown(text, field), *room).into_owned(),
                    found: hits.map(|(_, here)| *here).reduce(|one, other| one || other),
                    selected: at == self.viewport.at() && *column == self.column,
                })
            };
            GridRow {
                number: self.in_file(at) + 1,
                cells: shown.iter().map_while(cell).collect(),
                selected: at == self.viewport.at(),
                ragged: self.table.columns_left_out() == 0
                    && fields.len() != self.table.field_count(),
            }
        };
        self.viewport.seen(self.row_count()).map(row).collect()
    }
}

impl Viewing for Grid {
    fn settle(&mut self, _: &Prepared, columns: usize, height: usize, _wrap: bool) {
        self.columns = columns.saturating_sub(self.gutter()).max(1);
        // The names of the columns stay.
        self.viewport.settle(self.row_count(), height.saturating_sub(1).max(1));
        self.left = self.left.min(self.column);
        while self.left < self.column && !self.fits(self.column) {
            self.left += 1;
        }
    }

    fn go(&mut self, _: &Prepared, motion: Motion) {
        self.awaited = None;
        self.viewport.go(motion, self.row_count());
    }

    fn move_by(&mut self, _: &Prepared, by: isize) {
        self.awaited = None;
        let row = self.viewport.at().saturating_add_signed(by);
        self.viewport.select(row.min(self.row_count().saturating_sub(1)));
    }

    fn places(&self) -> Places {
        Places::Text
    }

    fn place(&self, file: &Prepared) -> Option<usize> {
        if self.awaited.is_some() {
            return self.awaited;
        }
        let text = file.text()?;
        let row = self.range(text, self.viewport.at());
        let fields = self.table.fields(text, &row, self.column + 1);
        Some(fields.get(self.column).map_or(row.start, |field| field.range.start))
    }

    fn go_to(&mut self, file: &Prepared, byte: usize) {
        let Some(text) = file.text() else { return };
        let Some(row) = self.rows.row_at(text.bytes(), byte) else {
            self.awaited = Some(byte).filter(|_| !self.rows.is_whole());
            return;
        };
        self.awaited = None;
        let fields = self.table.fields(text, &self.rows.row(text.bytes(), row), usize::MAX);
        let field = fields.iter().position(|field| byte <= field.range.end);
        self.column = field.unwrap_or(0).min(self.table.columns().len().saturating_sub(1));
        self.viewport.jump_to(self.on_screen(row.saturating_sub(self.table.head_rows())));
    }

    /// To a row of the file.
    fn go_to_number(&mut self, _: &Prepared, row: usize) {
        let row = row.saturating_sub(1).min(self.row_count().saturating_sub(1));
        self.viewport.select(self.on_screen(row));
    }

    fn out(&mut self, _: &Prepared) -> bool {
        self.step(self.column.saturating_sub(1))
    }

    fn inwards(&mut self, _: &Prepared) -> bool {
        self.step((self.column + 1).min(self.table.columns().len().saturating_sub(1)))
    }

    /// In the order of the column under the cursor, the other way round, and as in the file; false
    /// where there are too many rows for it.
    fn next_order(&mut self) -> bool {
        if self.row_count() > MOST_SORTED {
            return false;
        }
        let column = self.column;
        let up = SortBy { column, descending: false };
        self.wish = match self.wish {
            Some(by) if by == up => Some(SortBy { column, descending: true }),
            Some(by) if by.column == column => None,
            _ => Some(up),
        };
        if self.wish.is_none() {
            self.take_order(None);
        }
        true
    }

    fn string(&self, file: &Prepared) -> Option<String> {
        Some(self.cell(file.text()?))
    }

    fn value(&self, file: &Prepared) -> Option<(String, &'static str)> {
        Some((self.cell(file.text()?), "cell"))
    }

    fn wanted(&mut self, _: &Prepared, shown: bool) -> Option<Job> {
        if !shown {
            return None;
        }
        if !self.rows.is_whole() {
            return (!std::mem::replace(&mut self.asked.0, true)).then_some(Job::Rows);
        }
        let wish = self.wish.filter(|wish| self.order().0 != Some(*wish))?;
        let news = self.asked.1.replace(wish) != Some(wish);
        news.then(|| Job::Sort(Arc::clone(&self.rows), wish))
    }

    fn forget_asked(&mut self) {
        self.asked = (false, None);
    }

    fn take(&mut self, file: &Prepared, done: Done) -> Option<Done> {
        match done {
            Done::Rows(rows) => {
                self.rows = rows;
                if let Some(byte) = self.awaited {
                    self.go_to(file, byte);
                }
            }
            Done::Sorted(by, order) => {
                if self.wish == Some(by) {
                    self.take_order(Some((by, order)));
                    self.asked.1 = None;
                }
            }
            done => return Some(done),
        }
        None
    }
}
