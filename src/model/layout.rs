//! Where everything goes, as plain rectangles, so that scrolling and drawing agree on sizes.

use super::{Focus, Model, View};

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

    /// Everything below the heading row of a pane.
    #[must_use]
    pub fn below_heading(self) -> Self {
        self.split_bottom(self.height.saturating_sub(1)).1
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

    pub fn contains(self, x: u16, y: u16) -> bool {
        x >= self.x && x - self.x < self.width && y >= self.y && y - self.y < self.height
    }
}

/// What the pane of the queue is made of, from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueParts {
    /// The calls, two rows each.
    pub list: Area,
    /// What is known of the selected one.
    pub facts: Area,
    /// What led to it; without rows where there is no room.
    pub why: Area,
}

impl QueueParts {
    const ABOVE: u16 = 3;
    const FACTS: u16 = 6;
    const WHY: u16 = 8;
    /// Pane rows from which the list does not suffer from the reasons below it.
    const ROOM_FOR_WHY: u16 = 26;

    /// `is_empty`: there is no call, and nothing to say of one.
    pub fn of(pane: Area, is_empty: bool) -> Self {
        let (rest, why) = if pane.height >= Self::ROOM_FOR_WHY && !is_empty {
            pane.split_bottom(Self::WHY)
        } else {
            pane.split_bottom(0)
        };
        let (rest, facts) = rest.split_bottom(if is_empty { 0 } else { Self::FACTS });
        let list = rest.split_bottom(rest.height.saturating_sub(Self::ABOVE)).1;
        Self { list, facts, why }
    }

    /// Calls that are seen at once; those set aside have a heading of one row.
    pub fn calls(&self, set_aside: usize) -> usize {
        usize::from(self.list.height.saturating_sub(u16::from(set_aside > 0)) / 2).max(1)
    }
}

/// Columns from which the wide form of every pane is used.
pub const WIDE: u16 = 100;
/// Below this width one pane at a time is shown.
const TWO_PANES: u16 = 60;
const SMALLEST: (u16, u16) = (40, 10);
/// Rows of the composer, with the rule that names its mode.
const COMPOSER_ROWS: u16 = 6;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Nothing else is set: the screen only asks for room.
    pub too_small: bool,
    pub wide: bool,
    pub header: Area,
    pub body: Area,
    pub hints: Area,
    /// Column of the rule between the two panes.
    pub divider: Option<u16>,
    pub sessions: Option<Area>,
    pub timeline: Option<Area>,
    pub queue: Option<Area>,
    /// What led to the selected call, where that is not a part of the queue's pane.
    pub why: Option<Area>,
    pub arguments: Option<Area>,
    pub answer: Option<Area>,
    pub artifact_list: Option<Area>,
    pub viewer: Option<Area>,
    /// Two files that are compared, instead of the list and the viewer.
    pub diff: Option<Area>,
    pub composer: Option<Area>,
    /// A page over the panes, with its frame.
    pub page: Area,
}

impl Layout {
    /// Places everything for what `model` shows now.
    pub fn of(model: &Model) -> Self {
        let (width, height) = model.size;
        if width < SMALLEST.0 || height < SMALLEST.1 {
            return Self { too_small: true, ..Self::default() };
        }
        let wide = width >= WIDE;
        // Header, rule, body, rule, hints.
        let mut out = Self {
            wide,
            header: Area::new(0, 0, width, 1),
            body: Area::new(0, 2, width, height - 4),
            hints: Area::new(0, height - 1, width, 1),
            page: page(Area::new(0, 2, width, height - 4), wide),
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
            View::File => 0,
            View::Triage | View::Artifacts => {
                if wide {
                    43
                } else {
                    23 + u16::from(model.view == View::Artifacts) * 2
                }
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
            View::File => out.timeline = Some(out.body),
            View::Artifacts if compares => out.diff = Some(out.body),
            View::Artifacts => {
                let viewer = only.is_some_and(|focus| focus == Focus::Viewer);
                if only.is_none() || !viewer {
                    out.artifact_list = Some(left);
                }
                if only.is_none() || viewer {
                    out.viewer = Some(right);
                }
            }
        }
        out
    }

    /// Rows of a page that are its content, below its title and inside its frame.
    pub fn page_rows(&self) -> Area {
        self.page.inside()
    }

    fn triage(&mut self, model: &Model, left: Area, right: Area, only: Option<Focus>) {
        let timeline = only.is_some_and(|focus| focus == Focus::Timeline);
        if only.is_none() || !timeline {
            self.sessions = Some(left);
        }
        if only.is_none() || timeline {
            self.timeline = Some(right);
        }
        let host = self.timeline.as_mut().or(self.sessions.as_mut());
        if let (Some(session), Some(host)) = (model.layers.composer(), host) {
            let rows = COMPOSER_ROWS + u16::from(model.composer.has_files(session));
            let (top, bottom) = host.split_bottom(rows.min(host.height / 2));
            *host = top;
            self.composer = Some(bottom);
        }
    }

    fn calls(&mut self, model: &Model, left: Area, right: Area, only: Option<Focus>, room: bool) {
        match only {
            Some(Focus::Answer) => self.answer = Some(right),
            Some(Focus::Queue) => self.queue = Some(left),
            Some(Focus::Why) => self.why = Some(left),
            Some(_) => self.arguments = Some(right),
            None => {
                if room {
                    let below = QueueParts::of(left, model.calls.is_empty()).why.height > 0;
                    if model.focus == Focus::Why && !below {
                        self.why = Some(left);
                    } else {
                        self.queue = Some(left);
                    }
                } else if model.focus == Focus::Why {
                    self.why = Some(self.body);
                    return;
                } else if model.focus == Focus::Queue {
                    // Below that width the queue has no pane of its own, but can still be asked for.
                    self.queue = Some(self.body);
                    return;
                }
                let wanted =
                    model.calls.selected().map_or(0, |call| call.arguments.wanted_rows()) + 1;
                let wanted = u16::try_from(wanted).unwrap_or(u16::MAX);
                let arguments = wanted.clamp(4, (right.height / 2).max(4)).min(right.height);
                let (top, bottom) = right.split_bottom(right.height - arguments);
                self.arguments = Some(top);
                self.answer = Some(bottom);
            }
        }
    }
}

/// Help, what a program printed and the like leave the panes beside them in sight only where that
/// does not cost them columns.
fn page(body: Area, wide: bool) -> Area {
    let margin = if wide { 4 } else { 0 };
    Area { x: body.x + margin, width: body.width - margin * 2, ..body }
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
        assert_eq!(wide.sessions, Some(Area::new(0, 2, 43, 32)));
        assert_eq!(wide.timeline, Some(Area::new(44, 2, 76, 32)));
        let compact = at(80, 24, |_| {});
        assert_eq!(compact.sessions, Some(Area::new(0, 2, 23, 20)));
        assert_eq!(compact.timeline, Some(Area::new(24, 2, 56, 20)));
    }

    #[test]
    fn a_narrow_screen_shows_the_focused_pane_alone() {
        let narrow = at(50, 20, |model| model.focus = Focus::Timeline);
        assert_eq!((narrow.sessions, narrow.divider), (None, None));
        assert_eq!(narrow.timeline, Some(Area::new(0, 2, 50, 16)));
        assert!(at(39, 20, |_| {}).too_small);
        assert!(at(60, 9, |_| {}).too_small);
    }

    #[test]
    fn the_queue_has_a_pane_only_where_there_is_room() {
        assert_eq!(at(120, 36, |m| m.view = View::Calls).queue.map(|area| area.width), Some(35));
        let compact = at(80, 24, |m| {
            m.view = View::Calls;
            m.focus = Focus::Arguments;
        });
        assert_eq!((compact.queue, compact.arguments.map(|area| area.width)), (None, Some(80)));
    }
}
