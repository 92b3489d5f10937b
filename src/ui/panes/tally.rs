//! What a timeline is filtered by and what is looked for in it, with counts: one row.

use crate::canvas::Span;
use crate::model::timeline::{Purpose, Tally, Timeline};
use crate::text::{units, width};
use crate::theme::Theme;

use super::super::cells::text;
use super::super::frame::clean;

/// The fewest columns that the words of a query get.
const FEWEST: usize = 8;

/// ` filter type:tool_output  120 of 9331 rows  /needle  3 of 17`; the words give way, not the
/// counts.
pub(super) fn spans(theme: &Theme, timeline: &Timeline, columns: usize) -> Vec<Span<'static>> {
    let filter = timeline.tally(Purpose::Filter).map(|tally| {
        let count = format!("{} of {}", tally.hits, units::counted(tally.rows, "row"));
        (format!("filter {}", clean(tally.text)), so_far(count, &tally))
    });
    let find = timeline.tally(Purpose::Find).map(|tally| {
        let count = match tally.at {
            Some(at) => format!("{at} of {}", tally.hits),
            None if tally.hits == 0 && !tally.searching => "not found".to_owned(),
            None => units::counted(tally.hits, "row"),
        };
        (format!("/{}", clean(tally.text)), so_far(count, &tally))
    });
    let tallies: Vec<(String, String)> = filter.into_iter().chain(find).collect();
    let counts: usize = tallies.iter().map(|(_, count)| width::width(count) + 4).sum();
    let mut left = columns.saturating_sub(counts);
    let mut spans = Vec::new();
    for (place, (words, count)) in tallies.iter().enumerate().rev() {
        // The last one first: what it does not need is for the one before.
        let room = (left / (place + 1)).max(FEWEST);
        let words = width::truncate(words, room).into_owned();
        left = left.saturating_sub(width::width(&words));
        spans.push(text(format!("  {count} "), theme.text));
        spans.push(text(format!(" {words}"), theme.accent));
    }
    spans.reverse();
    spans
}

fn so_far(count: String, tally: &Tally) -> String {
    if tally.searching { format!("{count} so far …") } else { count }
}
