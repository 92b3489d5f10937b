//! Rows of units as cells, kept between frames while nothing about them changes: to part a text
//! into glyphs costs more than all the rest of a frame. So is the row of hints.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use crate::canvas::{Line, Strip};
use crate::model::timeline::{Tick, UnitId};
use crate::theme::Theme;
use crate::view::Hints;

/// What the look of a unit depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub unit: UnitId,
    pub version: u64,
    pub width: usize,
    pub folded: bool,
    pub marked: bool,
    /// Which query is highlighted in it.
    pub query: u64,
    /// What the time column depends on.
    pub tick: Tick,
}

/// Rows of several screens; beyond that everything is forgotten, which costs one slower frame.
const CAPACITY: usize = 600;

#[derive(Debug, Default)]
pub struct RowCache {
    units: HashMap<Key, Rc<[Strip]>, RandomState>,
    /// Rows of all of them.
    rows: usize,
    /// The row of hints, and what it says over how many columns.
    hints: Option<(Hints, u16, Strip)>,
    theme: Option<Theme>,
    pub hits: u64,
    pub misses: u64,
}

impl RowCache {
    /// Forgets everything when the theme is another one.
    pub(super) fn use_theme(&mut self, theme: &Theme) {
        if self.theme != Some(*theme) {
            self.theme = Some(*theme);
            self.units.clear();
            self.rows = 0;
            self.hints = None;
        }
    }

    /// The row of hints, which most keys leave as it is.
    pub(super) fn hint_row(
        &mut self,
        hints: &Hints,
        columns: u16,
        make: impl FnOnce() -> Line<'static>,
    ) -> &Strip {
        let ground = self.theme.unwrap_or_default().text;
        let known = self.hints.take().filter(|(said, width, _)| said == hints && *width == columns);
        let anew = || (hints.clone(), columns, Strip::new(&make(), columns, ground));
        &self.hints.insert(known.unwrap_or_else(anew)).2
    }

    pub(super) fn rows(
        &mut self,
        key: Key,
        make: impl FnOnce() -> Vec<Line<'static>>,
    ) -> Rc<[Strip]> {
        if let Some(rows) = self.units.get(&key) {
            self.hits += 1;
            return Rc::clone(rows);
        }
        self.misses += 1;
        let lines = make();
        if self.rows + lines.len() > CAPACITY {
            self.units.clear();
            self.rows = 0;
        }
        self.rows += lines.len();
        let ground = self.theme.unwrap_or_default().text;
        let columns = u16::try_from(key.width).unwrap_or(u16::MAX);
        let rows: Rc<[Strip]> =
            lines.iter().map(|line| Strip::new(line, columns, ground)).collect();
        self.units.insert(key, Rc::clone(&rows));
        rows
    }
}
