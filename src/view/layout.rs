//! Where everything goes, as plain rectangles, so that scrolling and drawing agree on sizes.
//!
//! Owns every rectangle that both of them need; what a text takes of its row is the drawing's.
//! Start with [`Layout::of`]; [`parts`] has what the panes are made of. The invariant: nobody else
//! counts rows of a heading.

mod parts;

use crate::view::text_field::FieldView;
use crate::view::{Focus, Layer, Model, Pane, View, layer::bookmark_list};

pub use parts::{
    AgentFactsParts, AgentListParts, AnswerParts, ComposerParts, DetailParts, DiffParts,
    FileListParts, QueueParts, SessionDiffParts, SessionsParts, TimelineParts, WaterfallParts,
    WhyParts,
};

/// A rectangle in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    pub x: u16,
    pub y: u16,
    pub width: u16,
    pub height: u16,
}

impl Area {
    pub fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    /// The last `rows` rows cut off: what stays, and the cut.
    pub fn split_bottom(self, rows: u16) -> (Self, Self) {
        let rows = rows.min(self.height);
        let top = Self { height: self.height - rows, ..self };
        (top, Self { y: self.y + top.height, height: rows, ..self })
    }

    /// So many of its first rows, or as many as there are.
    #[must_use]
    pub fn top(self, rows: u16) -> Self {
        Self { height: rows.min(self.height), ..self }
    }

    /// One of its rows; without height where it has no such row.
    #[must_use]
    pub fn row(self, row: u16) -> Self {
        self.between(row, 0).top(1)
    }

    #[must_use]
    pub fn last_row(self) -> Self {
        self.split_bottom(1).1
    }

    /// Everything but so many of its first and last rows.
    #[must_use]
    pub fn between(self, above: u16, below: u16) -> Self {
        let height = self.height.saturating_sub(above.saturating_add(below));
        Self { y: self.y + above.min(self.height), height, ..self }
    }

    /// Everything below the heading row of a pane.
    #[must_use]
    pub fn below_heading(self) -> Self {
        self.between(1, 0)
    }

    /// So many columns and rows of its right lower corner, or as many as there are.
    #[must_use]
    pub fn corner(self, columns: u16, rows: u16) -> Self {
        let width = columns.min(self.width);
        let corner = self.split_bottom(rows).1;
        Self { x: self.x + self.width - width, width, ..corner }
    }

    /// Without a frame of one cell.
    #[must_use]
    pub fn inside(self) -> Self {
        Self {
            x: self.x + 1.min(self.width),
            y: self.y + 1.min(self.height),
            width: self.width.saturating_sub(2),
            height: self.height.saturating_sub(2),
        }
    }
}

/// Columns from which the wide form of every pane is used.
pub const WIDE: u16 = 100;
/// Below this width one pane at a time is shown.
const TWO_PANES: u16 = 60;
pub const SMALLEST: (u16, u16) = (40, 10);
/// More is no terminal that somebody looks at, and every cell costs memory.
pub const LARGEST: (u16, u16) = (1_000, 400);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Nothing else is set: the screen only asks for room, or for less of it.
    pub too_small: bool,
    pub wide: bool,
    pub header: Area,
    pub body: Area,
    pub hints: Area,
    /// Below everything else, without height where there is none.
    pub tour: Area,
    /// Column of the rule between the two panes.
    pub divider: Option<u16>,
    /// The panes that are seen, and where.
    pub panes: Vec<(Pane, Area)>,
    /// A page over the panes, with its frame.
    pub page: Area,
    /// A list over the panes, with its frame.
    pub list: Option<Area>,
}

impl Layout {
    /// Places everything for what `model` shows now.
    pub fn of(model: &Model) -> Self {
        let (width, height) = model.size;
        let fits =
            (SMALLEST.0..=LARGEST.0).contains(&width) && (SMALLEST.1..=LARGEST.1).contains(&height);
        if !fits {
            return Self { too_small: true, ..Self::default() };
        }
        let wide = width >= WIDE;
        let own = model.tour.as_ref().map_or(0, |tour| tour.rows(model.size));
        let height = height - own;
        // Header, rule, body, rule, hints.
        let mut out = Self {
            wide,
            header: Area::new(0, 0, width, 1),
            body: Area::new(0, 2, width, height - 4),
            hints: Area::new(0, height - 1, width, 1),
            tour: Area::new(0, height, width, own),
            page: Area::new(0, 2, width, height - 4),
            ..Self::default()
        };
        let compares = model.view == View::Artifacts && model.comparison.is_some();
        let single = width < TWO_PANES || model.zoomed || compares;
        let list = match model.view {
            View::Calls => {
                if wide {
                    35
                } else {
                    0
                }
            }
            View::File | View::Compare => 0,
            View::Triage | View::Artifacts | View::Agents => {
                list_columns(width, model.list_wider)
                    + u16::from(model.view == View::Artifacts && !wide) * 2
            }
        };
        let (left, right) = if single || list == 0 {
            (out.body, out.body)
        } else {
            out.divider = Some(list);
            let x = list + 1;
            let rest = Area::new(x, out.body.y, width - x, out.body.height);
            (Area { width: list, ..out.body }, rest)
        };
        let only = single.then_some(model.focus);
        match model.view {
            View::Triage => out.triage(model, left, right, only),
            View::Calls => out.calls(model, left, right, only, list > 0),
            View::File => out.put(Pane::in_place_of_timeline(model), out.body),
            View::Compare => out.put(Pane::SessionDiff, out.body),
            View::Agents => {
                let facts = only.is_some_and(|focus| focus == Focus::AgentFacts);
                if only.is_none() || !facts {
                    out.put(Pane::Agents, left);
                }
                if only.is_none() || facts {
                    out.put(Pane::AgentFacts, right);
                }
            }
            View::Artifacts if compares => out.put(Pane::Comparison, out.body),
            View::Artifacts => {
                let viewer = only.is_some_and(|focus| focus == Focus::Viewer);
                if only.is_none() || !viewer {
                    out.put(Pane::Files, left);
                }
                if only.is_none() || viewer {
                    out.put(Pane::Viewer, right);
                }
            }
        }
        out.list = out.over_the_panes(model);
        out
    }

    fn put(&mut self, pane: Pane, area: Area) {
        self.panes.push((pane, area));
    }

    /// Where a pane is, if it is seen.
    pub fn area(&self, pane: Pane) -> Option<Area> {
        self.panes.iter().find(|(name, _)| *name == pane).map(|(_, area)| *area)
    }

    /// At the bottom, over the whole width, as high as its rows with their frame.
    fn over_the_panes(&self, model: &Model) -> Option<Area> {
        let rows = model.layers.iter().rev().find_map(|layer| match layer {
            Layer::Form(form) => Some(form.rows(usize::from(self.body.width).saturating_sub(2))),
            Layer::Compaction(page) => Some(page.list.items().len()),
            Layer::Branches(list) => Some(list.items().len()),
            Layer::Types(menu) => Some(menu.items().len()),
            Layer::Uses(list) => Some(list.items().len()),
            Layer::Palette(palette) => Some(palette.rows()).filter(|rows| *rows > 0),
            Layer::Bookmarks(list) if list.items().is_empty() => Some(bookmark_list::ROWS_OF_NONE),
            Layer::Bookmarks(list) => Some(list.items().len()),
            _ => None,
        })?;
        let frame = 2;
        let rows = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(frame);
        Some(self.body.corner(self.body.width, rows))
    }

    fn triage(&mut self, model: &Model, left: Area, right: Area, only: Option<Focus>) {
        let timeline = only.is_some_and(|focus| focus == Focus::Timeline);
        if only.is_none() || !timeline {
            self.put(Pane::Sessions, left);
        }
        if only.is_none() || timeline {
            self.put(Pane::in_place_of_timeline(model), right);
        }
        // The last one is the timeline, or else the only one.
        if let (Some(session), Some((_, host))) = (model.layers.composer(), self.panes.last_mut()) {
            let most = usize::from(host.height);
            let lines = model
                .composer
                .draft(session)
                .map_or(1, |draft| FieldView::prose(&draft.editor).height(host.width, most));
            let along = model.composer.has_more_than_text(session);
            let rows = ComposerParts::rows(lines, along, model.composer.offer_rows(session));
            let (top, bottom) = host.split_bottom(rows.min(host.height / 2));
            *host = top;
            self.put(Pane::Composer, bottom);
        }
    }

    fn calls(&mut self, model: &Model, left: Area, right: Area, only: Option<Focus>, room: bool) {
        // It has the place of what it is about.
        let departed = model.calls.departed().is_some();
        let or_departed = |pane| if departed { Pane::Departed } else { pane };
        match (only, model.focus) {
            (Some(Focus::Answer), _) => return self.put(or_departed(Pane::Answer), right),
            (Some(Focus::Queue), _) => return self.put(Pane::Queue, left),
            (Some(Focus::Why), _) => return self.put(Pane::Why, left),
            (Some(_), _) => return self.put(or_departed(Pane::Arguments), right),
            (None, focus) if room => {
                let below = QueueParts::of(left, model.calls.is_empty()).why.height > 0;
                let alone = focus == Focus::Why && !below;
                self.put(if alone { Pane::Why } else { Pane::Queue }, left);
            }
            // Below that width the queue has no pane of its own, but can still be asked for.
            (None, Focus::Why) => return self.put(Pane::Why, self.body),
            (None, Focus::Queue) => return self.put(Pane::Queue, self.body),
            (None, _) => {}
        }
        if departed {
            return self.put(Pane::Departed, right);
        }
        let wanted = model.calls.selected().map_or(0, |call| call.arguments.wanted_rows()) + 1;
        let wanted = u16::try_from(wanted).unwrap_or(u16::MAX);
        let arguments = wanted.clamp(4, (right.height / 2).max(4)).min(right.height);
        let (top, bottom) = right.split_bottom(right.height - arguments);
        self.put(Pane::Arguments, top);
        self.put(Pane::Answer, bottom);
    }
}

/// Columns that the list, and what is beside it, keep however wide somebody makes the other.
const LEAST_LIST: u16 = 20;
const LEAST_BESIDE: u16 = 34;

/// Columns of the list beside what is open: they grow with the terminal, and a person may want so many
/// more, or fewer.
fn list_columns(width: u16, wider: i16) -> u16 {
    let most = width.saturating_sub(LEAST_BESIDE).max(LEAST_LIST);
    usual_columns(width).saturating_add_signed(wider).clamp(LEAST_LIST, most)
}

fn usual_columns(width: u16) -> u16 {
    if width >= WIDE { (width * 9 / 25).max(43) } else { 23 + width.saturating_sub(80) / 2 }
}

/// How much wider than usual the list is once it was made wider by so many columns, as far as there is
/// room.
pub fn widened(model: &Model, by: i16) -> i16 {
    let columns = list_columns(model.size.0, model.list_wider.saturating_add(by));
    i16::try_from(i32::from(columns) - i32::from(usual_columns(model.size.0))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(width: u16, height: u16, change: impl Fn(&mut Model)) -> Layout {
        let mut model = Model::new(crate::api::Timestamp::UNIX_EPOCH, (width, height));
        change(&mut model);
        Layout::of(&model)
    }

    #[test]
    fn the_triage_columns_are_those_of_the_two_sizes() {
        let wide = at(120, 36, |_| {});
        assert_eq!(wide.area(Pane::Sessions), Some(Area::new(0, 2, 43, 32)));
        assert_eq!(wide.area(Pane::Timeline), Some(Area::new(44, 2, 76, 32)));
        let compact = at(80, 24, |_| {});
        assert_eq!(compact.area(Pane::Sessions), Some(Area::new(0, 2, 23, 20)));
        assert_eq!(compact.area(Pane::Timeline), Some(Area::new(24, 2, 56, 20)));
    }

    #[test]
    fn a_list_is_made_wider_and_narrower_as_far_as_there_is_room() {
        let list = |wider: i16| {
            let layout = at(80, 24, |model| model.list_wider = wider);
            layout.area(Pane::Sessions).map(|area| area.width)
        };
        assert_eq!(
            (list(8), list(-2), list(-90), list(90)),
            (Some(31), Some(21), Some(20), Some(46))
        );
        let mut model = Model::new(crate::api::Timestamp::UNIX_EPOCH, (80, 24));
        model.list_wider = widened(&model, 400);
        assert_eq!(widened(&model, -4), model.list_wider - 4, "no key is without its reply");
    }

    #[test]
    fn a_narrow_screen_shows_the_focused_pane_alone() {
        let narrow = at(50, 20, |model| model.focus = Focus::Timeline);
        assert_eq!((narrow.area(Pane::Sessions), narrow.divider), (None, None));
        assert_eq!(narrow.area(Pane::Timeline), Some(Area::new(0, 2, 50, 16)));
        assert!(at(39, 20, |_| {}).too_small);
        assert!(at(60, 9, |_| {}).too_small);
        assert!(!at(1_000, 400, |_| {}).too_small && at(u16::MAX, u16::MAX, |_| {}).too_small);
    }

    #[test]
    fn the_queue_has_a_pane_only_where_there_is_room() {
        assert_eq!(
            at(120, 36, |m| m.view = View::Calls).area(Pane::Queue).map(|area| area.width),
            Some(35)
        );
        let compact = at(80, 24, |m| {
            m.view = View::Calls;
            m.focus = Focus::Arguments;
        });
        assert_eq!(
            (compact.area(Pane::Queue), compact.area(Pane::Arguments).map(|area| area.width)),
            (None, Some(80))
        );
    }
}
