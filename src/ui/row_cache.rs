//! Styled lines of units, kept between frames while nothing about them changes.

use std::collections::HashMap;
use std::rc::Rc;

use ratatui::text::Line;

use crate::model::timeline::{TimeStyle, UnitId};
use crate::theme::Theme;

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
    pub tick: (TimeStyle, i64),
}

/// Several screens full; beyond that everything is forgotten, which costs one slower frame.
const CAPACITY: usize = 2_000;

#[derive(Debug, Default)]
pub struct RowCache {
    lines: HashMap<Key, Rc<[Line<'static>]>>,
    theme: Option<Theme>,
    pub hits: u64,
    pub misses: u64,
}

impl RowCache {
    /// Forgets everything when the theme is another one.
    pub(super) fn use_theme(&mut self, theme: &Theme) {
        if self.theme != Some(*theme) {
            self.theme = Some(*theme);
            self.lines.clear();
        }
    }

    pub(super) fn lines(
        &mut self,
        key: Key,
        make: impl FnOnce() -> Vec<Line<'static>>,
    ) -> Rc<[Line<'static>]> {
        if let Some(lines) = self.lines.get(&key) {
            self.hits += 1;
            return Rc::clone(lines);
        }
        self.misses += 1;
        if self.lines.len() >= CAPACITY {
            self.lines.clear();
        }
        let lines: Rc<[Line<'static>]> = make().into();
        self.lines.insert(key, Rc::clone(&lines));
        lines
    }
}
