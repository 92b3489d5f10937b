//! Making the model valid: order, scroll positions and selections, for the rectangles that the layout
//! gives.
//!
//! Call [`Model::settle`] once after every batch of changes and before drawing; drawing itself changes
//! nothing. The invariant: it may be called again and again, and the second time changes nothing.

use crate::api::{SessionRef, Timestamp};
use crate::view::layout::{
    AgentFactsParts, AgentListParts, ComposerParts, DetailParts, DiffParts, FileListParts,
    QueueParts, SessionDiffParts, SessionsParts, TimelineParts, WhyParts,
};
use crate::view::{Area, LIST_SETTLES, Layer, Layout, Model, Pane, configuration_of};

impl Model {
    /// Fits everything to what there is and to where it is shown.
    pub fn settle(&mut self) {
        let now = self.now;
        if self.toast.as_ref().is_some_and(|toast| toast.until <= now) {
            self.toast = None;
        }
        let layout = Layout::of(self);
        self.arrange_sessions(layout.wide);
        for (pane, area) in &layout.panes {
            self.settle_pane(*pane, *area, layout.wide);
        }
        self.settle_layers(&layout);
    }

    /// Brings the list of sessions up to date; a session that fell out of it is selected no more.
    pub fn arrange_sessions(&mut self, wide: bool) {
        let open = self.open.as_ref().map(|open| &open.reference);
        let memory = &self.memory;
        self.sessions.note_news(|name, at| open != Some(name) && memory.has_news(name, at));
        let moves = |at: Timestamp| self.now.duration_since(at) < LIST_SETTLES;
        self.sessions.hold(self.moved_at.is_some_and(moves));
        self.sessions.arrange(self.now, wide);
    }

    fn settle_pane(&mut self, pane: Pane, area: Area, wide: bool) {
        let now = self.now;
        match pane {
            Pane::Sessions => {
                self.sessions.settle(SessionsParts::of(area, wide).list.height.into());
            }
            Pane::Timeline | Pane::Detail | Pane::Waterfall => self.settle_timeline(area, wide),
            Pane::Queue => {
                let parts = QueueParts::of(area, self.calls.is_empty());
                self.calls.settle(parts.calls(self.calls.tally().set_aside));
                self.settle_reasons(WhyParts::below_queue(parts.why));
            }
            Pane::Why => self.settle_reasons(WhyParts::alone(area)),
            Pane::Arguments => {
                self.calls.look_at_selected();
                if let Some(call) = self.calls.selected_mut() {
                    let body = area.below_heading();
                    call.arguments.settle(body.width.into(), body.height.into(), now);
                }
            }
            Pane::Files => {
                let session = self.artifacts.session();
                let open = self.open.as_ref().filter(|open| session == Some(&open.reference));
                if let Some(open) = open {
                    self.artifacts.list.learn(&open.timeline, now);
                }
                self.artifacts.list.settle(FileListParts::of(area, wide).files.height.into());
            }
            Pane::Viewer => {
                let (wrap, graphics) = (self.artifacts.wrap, self.graphics);
                if let Some(viewer) = self.artifacts.viewer_mut() {
                    let area = area.below_heading();
                    viewer.settle(area.width.into(), area.height.into(), wrap);
                    viewer.settle_picture(area.width.into(), area.height.into(), graphics);
                }
            }
            Pane::Comparison => {
                if let Some(comparison) = &mut self.comparison {
                    let lines = DiffParts::of(area).lines;
                    comparison.settle(lines.width.into(), lines.height.into());
                }
            }
            Pane::SessionDiff => {
                if let Some(comparison) = &mut self.session_diff {
                    let lines = SessionDiffParts::of(area).lines;
                    comparison.settle(lines.width.into(), lines.height.into());
                }
            }
            Pane::Agents => {
                let mut agents = std::mem::take(&mut self.agent_pane);
                agents.settle_list(self, AgentListParts::of(area).rows);
                self.agent_pane = agents;
            }
            Pane::AgentFacts => {
                let mut agents = std::mem::take(&mut self.agent_pane);
                agents.settle_facts(self, AgentFactsParts::of(area).lines);
                self.agent_pane = agents;
            }
            Pane::Composer => {
                let Some(session) = self.layers.composer().cloned() else { return };
                let parts = self.composer_parts(&session, area);
                if let Some(offers) = &mut self.composer.draft_mut(&session).offers {
                    offers.list.settle(parts.offers.height.into());
                }
            }
            // Their editors scroll by themselves.
            Pane::Answer | Pane::Departed => {}
        }
    }

    /// The timeline itself also while something is shown in its place, to which it is the way back.
    fn settle_timeline(&mut self, area: Area, wide: bool) {
        let (now, clock) = (self.now, self.clock());
        let Some(open) = &mut self.open else { return };
        let parts = TimelineParts::of(area, wide);
        let ends = clock.ends(open.timeline.span(), wide);
        let (units, map) = (parts.units, parts.map_columns(&ends));
        open.timeline.look_at_clock(clock);
        open.timeline.settle(units.width.into(), units.height.into(), map.into());
        let agent = self.agents.get(&open.reference.agent);
        if let Some(detail) = &mut open.detail {
            // What is in a file stays as it is.
            let changing = self.file.is_none();
            let unit = open.timeline.unit(detail.unit()).filter(|_| changing);
            if let Some(unit) = unit {
                let configuration = agent.and_then(|agent| configuration_of(agent, &unit));
                detail.refresh(&unit, configuration, now);
            }
            let body = DetailParts::of(area).body;
            detail.settle(body.width.into(), body.height.into());
        }
        if let Some(waterfall) = open.waterfall.as_mut().filter(|shown| !shown.is_away()) {
            waterfall.settle(&open.timeline, agent, now, area);
        }
    }

    /// What the composer is made of while a message to that session is written.
    pub fn composer_parts(&self, session: &SessionRef, area: Area) -> ComposerParts {
        let along = self.composer.has_more_than_text(session);
        ComposerParts::of(area, along, self.composer.offer_rows(session))
    }

    fn settle_reasons(&mut self, parts: WhyParts) {
        if let Some(why) = self.calls.selected().and_then(|call| self.why(call)) {
            let count = why.reasons.len();
            self.calls.reasons.settle(count, parts.shown());
        }
    }

    fn settle_layers(&mut self, layout: &Layout) {
        let page_columns = usize::from(layout.page.inside().width);
        let page = layout.page.inside().height.into();
        let clock = self.clock();
        let list = layout.list.map_or(0, |area| area.inside().height.into());
        for layer in self.layers.iter_mut() {
            match layer {
                Layer::Help(help) => help.settle(page_columns, page),
                Layer::Palette(palette) => palette.settle(list),
                Layer::Inside(shown) => shown.settle(page),
                Layer::Output(shown) => shown.settle(page),
                Layer::Notices(shown) => {
                    // One column is for the mark.
                    let columns = page_columns.saturating_sub(1);
                    shown.settle(&self.notices, &clock, columns, page);
                }
                Layer::Types(menu) => menu.settle(list),
                Layer::Bookmarks(marks) => marks.settle(list),
                Layer::Uses(uses) => uses.settle(list),
                Layer::Compaction(page) => page.list.settle(list),
                Layer::Branches(branches) => branches.settle(list),
                Layer::SessionSearch => self.session_search.settle(page),
                Layer::Question(_)
                | Layer::Prompt(_)
                | Layer::Composer(_)
                | Layer::Answer(_)
                | Layer::Form(_) => {}
            }
        }
    }
}
