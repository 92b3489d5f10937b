//! What is looked for in a file, where it is, and going from one place to the next.

use std::ops::Range;

use super::Viewer;
use super::file_view::Places;
use crate::content::{Encoding, Hits, Pattern, Text};

/// Where `n` and `N` led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leap {
    NothingSought,
    Searching,
    NoHit,
    Done { wrapped: bool },
}

#[derive(Debug, Clone, Default)]
pub struct Finding {
    pattern: Option<Pattern>,
    /// What is wrong with what was typed.
    problem: Option<String>,
    hits: Option<Hits>,
    /// The hit that the reader is at.
    current: Option<usize>,
    /// Where the reader was when they began to type.
    origin: Option<usize>,
    /// The place is the reader's own until a hit is reached.
    seeks: bool,
}

impl Finding {
    pub fn typed(&self) -> Option<&str> {
        self.pattern.as_ref().map(Pattern::typed)
    }

    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Where it is in a short text, to be marked there.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        self.pattern.as_ref().map(|pattern| pattern.places(text)).unwrap_or_default()
    }

    /// `2 of 14`, `no match`, `searching`; empty where nothing is looked for.
    pub fn words(&self) -> String {
        match (&self.pattern, &self.hits) {
            (None, _) => String::new(),
            (Some(_), None) => "searching".to_owned(),
            (Some(_), Some(hits)) if hits.places().is_empty() => "no match".to_owned(),
            (Some(_), Some(hits)) => {
                let (count, more) = (hits.places().len(), if hits.more() { "+" } else { "" });
                match self.current {
                    Some(at) => format!("{} of {count}{more}", at + 1),
                    None => format!("{count}{more} found"),
                }
            }
        }
    }

    /// Hits in a stretch of the text, and whether each is the one that the reader is at.
    pub(super) fn within(&self, range: &Range<usize>) -> Vec<(Range<usize>, bool)> {
        let Some(hits) = &self.hits else { return Vec::new() };
        let current = self.current.and_then(|at| hits.places().get(at));
        let here = hits.within(range).iter();
        here.map(|hit| (hit.clone(), Some(hit) == current)).collect()
    }

    /// The reader went elsewhere.
    pub(super) fn leave(&mut self) {
        self.current = None;
        self.seeks = false;
    }

    pub(super) fn wanted(&self) -> Option<&Pattern> {
        self.pattern.as_ref().filter(|_| self.hits.is_none())
    }

    /// Takes hits over if they are still wanted; says whether the reader waits to be led to one.
    pub(super) fn found(&mut self, pattern: &Pattern, hits: Hits) -> bool {
        if self.pattern.as_ref() != Some(pattern) {
            return false;
        }
        self.hits = Some(hits);
        self.seeks
    }
}

impl Viewer {
    /// The line to look for is being typed: the way back is remembered.
    pub fn begin_find(&mut self) {
        self.before = None;
        let before = self.clone();
        self.before = Some(Box::new(before));
        self.close_page();
        self.finding.origin = Some(self.place());
    }

    /// Looks for what is typed so far, from where the typing began.
    pub fn find(&mut self, typed: &str) {
        match self.pattern(typed) {
            Err(problem) => self.finding.problem = Some(problem),
            Ok(pattern) => {
                self.finding.problem = None;
                if pattern != self.finding.pattern {
                    self.finding.pattern = pattern;
                    (self.finding.hits, self.finding.current) = (None, None);
                    self.finding.seeks = true;
                    self.asked = None;
                    if let Some(origin) = self.finding.origin {
                        self.go_to(origin);
                    }
                    self.find_in_own();
                }
            }
        }
    }

    fn pattern(&self, typed: &str) -> Result<Option<Pattern>, String> {
        let encoding = self.file.text().map_or(Encoding::Utf8, Text::encoding);
        match self.shown().places() {
            Places::Bytes => Pattern::read_bytes(typed),
            Places::Text => Pattern::read(typed, encoding),
            Places::Own => Pattern::read(typed, Encoding::Utf8),
        }
    }

    /// Nothing is looked for any more; says whether anything was.
    pub fn end_find(&mut self) -> bool {
        self.before = None;
        self.asked = None;
        std::mem::take(&mut self.finding).pattern.is_some()
    }

    /// What was typed is given up: everything is as it was before.
    pub fn give_up_find(&mut self) {
        if let Some(before) = self.before.take() {
            *self = *before;
            // What came meanwhile is asked for again.
            self.forget_asked();
        }
    }

    /// What was typed stays.
    pub fn keep_find(&mut self) {
        self.before = None;
        self.finding.origin = None;
    }

    /// Goes to the next hit, or the one before.
    pub fn leap(&mut self, forward: bool) -> Leap {
        if self.finding.pattern.is_none() {
            return Leap::NothingSought;
        }
        let here = self.place();
        let Some(hits) = &self.finding.hits else {
            self.finding.seeks = true;
            return Leap::Searching;
        };
        let count = hits.places().len();
        if count == 0 {
            return Leap::NoHit;
        }
        let next = match (self.finding.current, forward) {
            (Some(at), true) => at + 1,
            (Some(at), false) => at.checked_sub(1).unwrap_or(count),
            (None, true) => hits.first_behind(here),
            (None, false) => hits.first_behind(here).checked_sub(1).unwrap_or(count),
        };
        let wrapped = next >= count;
        let at = match (wrapped, forward) {
            (true, true) => 0,
            (true, false) => count - 1,
            (false, _) => next,
        };
        self.show_hit(at);
        Leap::Done { wrapped }
    }

    /// Leads to the first hit from where the reader is on, once there is one.
    pub(super) fn seek(&mut self) {
        let here = self.place();
        let Some(hits) = &self.finding.hits else { return };
        self.finding.seeks = false;
        if let Some(last) = hits.places().len().checked_sub(1) {
            let first = hits.first_behind(here);
            self.show_hit(if first > last { 0 } else { first });
        }
    }

    fn show_hit(&mut self, at: usize) {
        let place = self.finding.hits.as_ref().and_then(|hits| hits.places().get(at));
        let Some(start) = place.map(|place| place.start) else { return };
        self.finding.current = Some(at);
        self.go_to(start);
    }

    /// What hits are compared with: a byte of the text, or a line of what is rendered.
    fn place(&self) -> usize {
        self.shown().place(&self.file).unwrap_or(0)
    }

    /// What is short and has places of its own is looked through at once.
    pub(super) fn find_in_own(&mut self) {
        let Some(pattern) = self.finding.pattern.clone() else { return };
        let Some(hits) = self.shown().find(&pattern) else { return };
        if self.finding.found(&pattern, hits) {
            self.seek();
        }
    }

    /// Hits of one view are not those of another.
    pub(super) fn look_anew(&mut self) {
        (self.finding.hits, self.finding.current) = (None, None);
        self.asked = None;
        // The same letters may be other bytes.
        let typed = self.finding.pattern.as_ref().map(|pattern| pattern.typed().to_owned());
        if let Some(pattern) = typed.and_then(|typed| self.pattern(&typed).ok()) {
            self.finding.pattern = pattern;
        }
        self.find_in_own();
    }
}
