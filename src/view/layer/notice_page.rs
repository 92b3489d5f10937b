//! The notices of the run on a page, the newest first and each of them whole.
//!
//! Made anew for another width and whenever something is said meanwhile. The invariant: the cursor
//! stays on the notice that it is on.

use std::ops::Range;

use crate::model::timeline::Clock;
use crate::text::units::counted;
use crate::text::{sanitize, wrap};
use crate::view::Level;
use crate::view::notices::{MOST, Notice, Notices};
use crate::viewport::{Motion, Viewport};

/// What is said in the place of notices where there are none.
pub const NONE: [&str; 2] =
    ["Nothing was said yet.", "What goes wrong is listed here, whole, until you quit."];

/// All text in it is sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The notice that it is of; none for what is said about all of them.
    pub notice: Option<u64>,
    pub level: Level,
    /// Says when and what it was, above the text.
    pub head: bool,
    pub text: String,
}

#[derive(Debug, Clone, Default)]
pub struct NoticePage {
    lines: Vec<Line>,
    /// Columns, and how many notices had been said.
    made_for: Option<(usize, u64)>,
    viewport: Viewport,
}

impl NoticePage {
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn at(&self) -> usize {
        self.viewport.at()
    }

    pub fn seen(&self) -> Range<usize> {
        self.viewport.seen(self.lines.len())
    }

    pub fn cursor_row(&self) -> usize {
        self.viewport.cursor_row()
    }

    pub fn go(&mut self, motion: Motion) {
        self.viewport.go(motion, self.lines.len());
    }

    /// The notice that keys are about.
    pub fn selected(&self) -> Option<u64> {
        self.lines.get(self.at())?.notice
    }

    pub fn settle(&mut self, notices: &Notices, clock: &Clock, columns: usize, height: usize) {
        let wanted = (columns, notices.said());
        if self.made_for != Some(wanted) {
            let (selected, is_first) = (self.selected(), self.at() == 0);
            self.lines = lines(notices, clock, columns);
            self.made_for = Some(wanted);
            // Who looks at the newest goes on doing so.
            let same = |line: &Line| line.notice == selected;
            if let Some(at) = self.lines.iter().position(same).filter(|_| !is_first) {
                self.viewport.select(at);
            }
        }
        self.viewport.settle(self.lines.len(), height);
    }
}

fn lines(notices: &Notices, clock: &Clock, columns: usize) -> Vec<Line> {
    let mut out = Vec::new();
    for notice in notices.newest() {
        let (level, number) = (notice.level, Some(notice.number));
        let line = |head, text| Line { notice: number, level, head, text };
        let (head, _) = wrap::wrap(&head(notice, clock), columns, usize::MAX);
        out.extend(head.into_iter().map(|text| line(true, text)));
        let (body, _) = wrap::wrap(&notice.text, columns.saturating_sub(2).max(1), usize::MAX);
        out.extend(body.into_iter().map(|text| line(false, format!("  {text}"))));
    }
    if notices.dropped() > 0 {
        let text = format!(
            "{} not kept: {MOST} are, the newest",
            counted(notices.dropped(), "older notice")
        );
        let (told, _) = wrap::wrap(&text, columns, usize::MAX);
        let line = |text| Line { notice: None, level: Level::Info, head: true, text };
        out.extend(told.into_iter().map(line));
    }
    out
}

/// When it was, and what somebody is asked for who wants help.
fn head(notice: &Notice, clock: &Clock) -> String {
    let word = match notice.level {
        Level::Info => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let mut parts = vec![format!("{} {word}", clock.wall.exact(notice.at))];
    parts.extend(notice.status.map(|status| format!("status {status}")));
    let id = notice.request_id.as_ref();
    parts.extend(id.map(|id| format!("request {}", sanitize::preview(id, 200))));
    parts.extend((notice.times > 1).then(|| format!("{} times until then", notice.times)));
    parts.join(" · ")
}

/// A notice for the clipboard.
pub fn copied(notice: &Notice, clock: &Clock) -> String {
    let lines: Vec<_> = sanitize::lines(&notice.text).collect();
    format!("{}\n{}\n", head(notice, clock), lines.join("\n"))
}
