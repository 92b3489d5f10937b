//! Looking for events in many sessions: the line, what was found, and how far it is.
//!
//! Owns the line and which hit is chosen; what was found outlives the page, so that one can come back
//! to the next hit. Asks for nothing. Start with [`SessionSearch::begin`]. The invariant: hits of an
//! earlier search are never shown for the line of another.

use crate::model::event_search::{Hit, Progress};
use crate::query::Query;
use crate::view::Editor;
use crate::viewport::{Motion, Viewport};

/// Rows above the hits, which say how far it is.
pub const STATUS_ROWS: usize = 2;
/// Hits that are kept; a search that finds more has found too much to be read.
pub const MOST: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    #[default]
    NotBegun,
    Running,
    /// By the person.
    Stopped,
    /// As many hits as are kept.
    Full,
    Over,
}

/// A search that was begun.
#[derive(Debug, Clone, Default)]
struct Begun {
    number: u64,
    line: String,
    query: Option<Query>,
    /// Which sessions it is about, behind that word: ` of the filter`.
    which: &'static str,
    stage: Stage,
    progress: Progress,
}

#[derive(Debug, Clone, Default)]
pub struct SessionSearch {
    pub input: Editor,
    /// What is wrong with the line.
    pub problem: Option<String>,
    begun: Begun,
    /// The newest first.
    hits: Vec<Hit>,
    /// Over the hits.
    viewport: Viewport,
    /// The person chose one.
    chosen: bool,
}

impl SessionSearch {
    /// Begins anew with the line as it is.
    pub fn begin(&mut self, number: u64, query: Query, sessions: usize, which: &'static str) {
        let line = self.input.text();
        let progress = Progress { sessions, ..Progress::default() };
        let (stage, query) = (Stage::Running, Some(query));
        self.begun = Begun { number, line, query, which, stage, progress };
        self.hits.clear();
        self.viewport.go(Motion::First, 0);
        (self.problem, self.chosen) = (None, false);
    }

    /// The line is the one that the hits are of.
    pub fn is_asked(&self) -> bool {
        self.begun.stage != Stage::NotBegun && self.input.text() == self.begun.line
    }

    /// Another line, or none, was typed.
    pub fn typed(&mut self) {
        self.problem = None;
    }

    /// Takes over what a page brought; says whether no more is wanted.
    pub fn found(&mut self, number: u64, hits: Vec<Hit>, progress: Progress, over: bool) -> bool {
        if number != self.begun.number || self.begun.stage != Stage::Running {
            return number == self.begun.number;
        }
        self.begun.progress = progress;
        let selected = self.selected().filter(|_| self.chosen).map(|hit| hit.event.clone());
        self.hits.extend(hits);
        self.hits.sort_by(|one, two| two.at.cmp(&one.at).then_with(|| one.event.cmp(&two.event)));
        let is_full = self.hits.len() > MOST;
        self.hits.truncate(MOST);
        let same = |hit: &Hit| Some(&hit.event) == selected.as_ref();
        if let Some(at) = self.hits.iter().position(same) {
            self.viewport.select(at);
        }
        if is_full {
            self.begun.stage = Stage::Full;
        } else if over {
            self.begun.stage = Stage::Over;
        }
        is_full
    }

    pub fn stop(&mut self) {
        if self.begun.stage == Stage::Running {
            self.begun.stage = Stage::Stopped;
        }
    }

    pub fn is_running(&self) -> bool {
        self.begun.stage == Stage::Running
    }

    pub fn stage(&self) -> Stage {
        self.begun.stage
    }

    pub fn progress(&self) -> Progress {
        self.begun.progress
    }

    /// How far it is, in words.
    pub fn progress_words(&self) -> String {
        self.begun.progress.words(self.begun.which)
    }

    /// What is highlighted in the hits.
    pub fn query(&self) -> Option<&Query> {
        self.begun.query.as_ref()
    }

    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    pub fn selected(&self) -> Option<&Hit> {
        self.hits.get(self.viewport.at())
    }

    pub fn viewport(&self) -> &Viewport {
        &self.viewport
    }

    pub fn go(&mut self, motion: Motion) {
        self.chosen = true;
        self.viewport.go(motion, self.hits.len());
    }

    pub fn settle(&mut self, height: usize) {
        self.viewport.settle(self.hits.len(), height.saturating_sub(STATUS_ROWS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{SessionRef, Timestamp};
    use crate::query::Domain;

    fn hit(id: &str, second: i64) -> Hit {
        Hit {
            session: SessionRef::new("a", "s"),
            event: id.into(),
            at: Timestamp::from_second(second).ok(),
            what: "you".to_owned(),
            excerpt: String::new(),
            hidden: false,
        }
    }

    fn begun() -> SessionSearch {
        let mut search = SessionSearch::default();
        search.input.set_text("parcel");
        let query = Query::parse("parcel", Domain::Events).unwrap();
        search.begin(1, query, 3, "");
        search
    }

    fn ids(search: &SessionSearch) -> Vec<&str> {
        search.hits().iter().map(|hit| hit.event.as_str()).collect()
    }

    #[test]
    fn the_newest_stands_first_and_the_chosen_one_stays_chosen() {
        let mut search = begun();
        search.found(1, vec![hit("b", 2)], Progress::default(), false);
        assert_eq!(search.selected().unwrap().event.as_str(), "b");
        search.found(1, vec![hit("c", 3)], Progress::default(), false);
        assert_eq!(search.selected().unwrap().event.as_str(), "c", "nobody has chosen yet");
        search.go(Motion::Down);
        search.found(1, vec![hit("d", 4), hit("a", 1)], Progress::default(), true);
        assert_eq!(ids(&search), ["d", "c", "b", "a"]);
        assert_eq!(search.selected().unwrap().event.as_str(), "b");
        assert_eq!(search.stage(), Stage::Over);
    }

    #[test]
    fn what_comes_of_an_earlier_search_or_after_the_stop_is_not_shown() {
        let mut search = begun();
        assert!(!search.found(0, vec![hit("a", 1)], Progress::default(), true));
        assert_eq!((ids(&search).len(), search.stage()), (0, Stage::Running));
        search.stop();
        assert!(
            search.found(1, vec![hit("a", 1)], Progress::default(), false),
            "no more is wanted"
        );
        assert!(search.hits().is_empty());
    }

    #[test]
    fn too_many_hits_end_it() {
        let mut search = begun();
        let many = (0..1_500).map(|at| hit(&format!("e{at}"), at)).collect();
        assert!(search.found(1, many, Progress::default(), false));
        assert_eq!((search.hits().len(), search.stage()), (MOST, Stage::Full));
    }
}
