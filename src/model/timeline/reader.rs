//! What a person does with a timeline and sees of it: all of it is `reading`.

use crate::viewport::Motion;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{
    AsOf, At, Census, Clock, Counts, Filter, Found, HidePlan, Landmark, Leap, Purpose, Row, Scroll,
    Search, Seen, Stepped, Tally, Timeline, Unit, UnitId, Whereabouts,
};
use crate::api::Timestamp;
use crate::api::session::ContextUsage;
use crate::query::Query;

/// Units and rows.
impl Timeline {
    pub fn unit(&self, id: &UnitId) -> Option<Unit> {
        self.reading.unit(&self.store, id)
    }

    /// The unit with all of its text, however long.
    pub fn whole_unit(&self, id: &UnitId) -> Option<Unit> {
        self.reading.whole_unit(&self.store, id)
    }

    /// Every unit, shown or not; each is made when it is asked for.
    pub fn units(&self) -> impl DoubleEndedIterator<Item = Unit> {
        self.reading.units(&self.store)
    }

    pub fn shown_len(&self) -> usize {
        self.reading.shown_len(&self.store)
    }

    pub fn shown_unit(&self, at: usize) -> Option<Unit> {
        self.reading.shown_unit(&self.store, at)
    }

    pub fn shown_index(&self, id: &UnitId) -> Option<usize> {
        self.reading.shown_index(&self.store, id)
    }

    pub fn unit_at_row(&self, row: usize) -> Option<Unit> {
        self.reading.make_unit(&self.store, row)
    }

    /// Rows of one unit at the width of the pane.
    pub fn rows(&self, unit: &Unit, clock: &Clock) -> Vec<Row> {
        self.reading.rows(unit, clock)
    }

    /// The session as one line, as wide as the pane.
    pub fn minimap(&self) -> &str {
        self.reading.minimap()
    }

    pub fn census(&self) -> Census {
        self.reading.census(&self.store)
    }

    pub fn counts(&self) -> Counts {
        self.reading.counts(&self.store)
    }

    /// Usage that the stream told; newer than that of the session object while it is open.
    pub fn live_usage(&self) -> Option<&ContextUsage> {
        self.reading.live_usage(&self.store)
    }
}

/// Where the reader is.
impl Timeline {
    /// Takes over where the reader of another timeline of the same session is, and what that reader
    /// folded and marked there.
    pub fn take_reader(&mut self, other: &Self) {
        self.reading.take_reader(&self.store, &other.reading);
    }

    /// Tells what the clock on the wall shows; before [`Self::settle`].
    pub fn look_at_clock(&mut self, clock: Clock) {
        self.reading.look_at_clock(clock);
    }

    /// Tells the room that the pane has; keeps the cursor in it.
    pub fn settle(&mut self, width: usize, height: usize, minimap_width: usize) {
        self.reading.settle(&self.store, width, height, minimap_width);
    }

    pub fn scroll(&self) -> &Scroll {
        self.reading.scroll()
    }

    pub fn cursor_unit(&self) -> Option<Unit> {
        self.reading.cursor_unit(&self.store)
    }

    /// Moves by units. A unit taller than the screen is first scrolled through, line by line.
    pub fn move_cursor(&mut self, by: isize) {
        self.reading.move_cursor(&self.store, by);
    }

    pub fn go(&mut self, motion: Motion) {
        self.reading.go(&self.store, motion);
    }

    pub fn first(&mut self) {
        self.reading.first(&self.store);
    }

    /// The last row of the moment that is shown; of the present it is the newest, to be followed.
    pub fn last(&mut self) {
        self.reading.last(&self.store);
    }

    /// Goes to the newest unit and keeps it in view from now on.
    pub fn newest(&mut self) {
        self.reading.newest(&self.store);
    }

    /// Rows came while something earlier was shown.
    pub fn note_arrived(&mut self, rows: usize) {
        self.reading.note_arrived(rows);
    }

    pub fn select(&mut self, id: &UnitId) -> bool {
        self.reading.select(&self.store, id)
    }

    /// Goes to a unit, and unfolds what it is folded into; says whether it is here.
    pub fn reach(&mut self, id: &UnitId) -> bool {
        self.reading.reach(&self.store, id)
    }

    /// Puts the cursor on a unit, and unfolds what hides it. Where the filter
    /// leaves it out, the cursor goes to the nearest one that is shown.
    pub fn reveal(&mut self, id: &UnitId) {
        self.reading.reveal(&self.store, id);
    }

    /// Moves to the next (or previous) unit of this kind, which is unfolded if need be; says whether
    /// there was one.
    pub fn jump(&mut self, forward: bool, landmark: Landmark) -> bool {
        self.reading.jump(&self.store, forward, landmark)
    }

    /// A look begins, after an earlier one or the first.
    pub fn look_again(&mut self, before: Option<Seen>) {
        self.reading.look_again(before);
    }

    /// Decides once, from what was listed after the look began, where the line goes. What arrives
    /// while somebody looks is not news to them.
    pub fn place_line(&mut self) {
        self.reading.place_line(&self.store);
    }
}

/// The past.
impl Timeline {
    pub fn is_past(&self) -> bool {
        self.reading.is_past()
    }

    pub fn as_of(&self) -> Option<AsOf> {
        self.reading.as_of(&self.store)
    }

    /// One event on (`forward`) or back. The first step back leads to the row under the cursor.
    pub fn step(&mut self, forward: bool) -> Stepped {
        self.reading.step(&self.store, forward)
    }

    /// Everything that is here is shown again; the cursor stays where it is.
    pub fn return_to_present(&mut self) {
        self.reading.return_to_present(&self.store);
    }

    /// Shows the session as of then, once it has come so far; clocks are those of `zone`.
    pub fn want(&mut self, at: At, zone: TimeZone) {
        self.reading.want(at, zone);
    }

    /// What is still looked for.
    pub fn wanted(&self) -> Option<&At> {
        self.reading.wanted()
    }

    /// Looks for the wanted moment in what is new; a remark where it is not there as it was meant.
    pub fn look_for_wanted(&mut self) -> Option<String> {
        self.reading.look_for_wanted(&self.store)
    }

    /// Shows the timeline as it was after that many events.
    #[cfg(test)]
    pub(super) fn show_as_of(&mut self, rows: usize) {
        self.reading.show_as_of(&self.store, rows);
    }
}

/// What is folded, filtered and looked for.
impl Timeline {
    pub fn is_folded(&self, unit: &UnitId) -> bool {
        self.reading.is_folded(unit)
    }

    pub fn toggle_fold(&mut self, unit: &UnitId) {
        self.reading.toggle_fold(&self.store, unit);
    }

    pub fn fold_all(&mut self, folded: bool) {
        self.reading.fold_all(&self.store, folded);
    }

    /// Folds the step that the cursor is in, then its turn; or unfolds again, outermost first. Says
    /// whether there was anything to do.
    pub fn fold_group(&mut self, fold: bool) -> bool {
        self.reading.fold_group(&self.store, fold)
    }

    /// Folds every turn, or unfolds every turn and step.
    pub fn fold_turns(&mut self, fold: bool) {
        self.reading.fold_turns(&self.store, fold);
    }

    pub fn filter(&self) -> Filter {
        self.reading.filter()
    }

    pub fn set_filter(&mut self, filter: Filter) {
        self.reading.set_filter(&self.store, filter);
    }

    /// Only what was said is shown, with a line for each call.
    pub fn is_chat(&self) -> bool {
        self.reading.is_chat()
    }

    pub fn set_chat(&mut self, chat: bool) {
        self.reading.set_chat(&self.store, chat);
    }

    /// Looks for, or shows only, what passes; `None` ends that.
    pub fn set_query(&mut self, purpose: Purpose, query: Option<(String, Query)>, now: Timestamp) {
        self.reading.set_query(&self.store, purpose, query, now);
    }

    /// The query as it was typed.
    pub fn query_text(&self, purpose: Purpose) -> Option<&str> {
        self.reading.query_text(purpose)
    }

    /// What is to be highlighted, and a number that is another one for another query.
    pub fn highlighted(&self) -> (Option<&Query>, u64) {
        self.reading.highlighted()
    }

    pub fn tally(&self, purpose: Purpose) -> Option<Tally<'_>> {
        self.reading.tally(&self.store, purpose)
    }

    /// Goes to the first hit from the cursor on, as soon as it is known.
    pub fn seek(&mut self) {
        self.reading.seek(&self.store);
    }

    /// Goes to the next hit, or the one before.
    pub fn leap(&mut self, forward: bool) -> Leap {
        self.reading.leap(&self.store, forward)
    }

    pub fn whereabouts(&self) -> Whereabouts {
        self.reading.whereabouts()
    }

    pub fn return_to(&mut self, place: &Whereabouts) {
        self.reading.return_to(&self.store, place);
    }

    /// The next piece to run, if one is due. What can be decided here is decided here.
    pub fn next_search(&mut self, generation: u64) -> Option<Search> {
        self.reading.next_search(&self.store, generation)
    }

    /// The piece that is on its way.
    pub fn search_under_way(&self) -> Option<u64> {
        self.reading.search_under_way()
    }

    /// Whoever runs the piece on its way will not answer any more.
    pub fn abandon_search(&mut self) {
        self.reading.abandon_search();
    }

    /// Takes over an answer; says whether it was waited for.
    pub fn take_found(&mut self, found: &Found) -> bool {
        self.reading.take_found(&self.store, found)
    }
}

/// Marks and bookmarks.
impl Timeline {
    pub fn is_marked(&self, unit: &UnitId) -> bool {
        self.reading.is_marked(&self.store, unit)
    }

    pub fn marked_len(&self) -> usize {
        self.reading.marked_len(&self.store)
    }

    pub fn draws_range(&self) -> bool {
        self.reading.draws_range()
    }

    pub fn toggle_mark(&mut self, unit: &UnitId) {
        self.reading.toggle_mark(unit);
    }

    /// Begins a range at the cursor, or marks the one that was begun.
    pub fn toggle_range(&mut self) {
        self.reading.toggle_range(&self.store);
    }

    /// Marks every shown row of the same kind and tool as the one under the cursor, or takes the
    /// marks away where all have one. How many there are.
    pub fn mark_alike(&mut self) -> usize {
        self.reading.mark_alike(&self.store)
    }

    /// Marks every row that is shown.
    pub fn mark_shown(&mut self) {
        self.reading.mark_shown(&self.store);
    }

    /// Takes all marks away; says whether there were any.
    pub fn clear_marks(&mut self) -> bool {
        self.reading.clear_marks()
    }

    /// The marked units in their order, or the one under the cursor.
    pub fn targets(&self) -> Vec<Unit> {
        self.reading.targets(&self.store)
    }

    /// Hides what is picked, or shows it again if none of it is in context.
    pub fn plan_hiding(&self) -> HidePlan {
        self.reading.plan_hiding(&self.store)
    }

    /// What hiding, or showing, the picked rows comes to.
    pub fn plan(&self, hide: bool) -> HidePlan {
        self.reading.plan(&self.store, hide)
    }

    pub fn note(&self, unit: &UnitId) -> Option<&Arc<str>> {
        self.reading.note(unit)
    }

    /// Sets the note on one, or (`None`) takes it away.
    pub fn set_bookmark(&mut self, unit: &UnitId, note: Option<Arc<str>>) {
        self.reading.set_bookmark(&self.store, unit, note);
    }

    /// Notes on units of this session, by their names.
    pub fn set_bookmarks(&mut self, bookmarks: HashMap<UnitId, Arc<str>>) {
        self.reading.set_bookmarks(&self.store, bookmarks);
    }

    /// In the order of rows; first those whose row is not here.
    pub fn bookmarks(&self) -> Vec<(UnitId, &str)> {
        self.reading.bookmarks(&self.store)
    }
}
