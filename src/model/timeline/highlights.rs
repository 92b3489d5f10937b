//! Where a query is found in the rows of a unit, across the ends of lines too.

use std::ops::Range;

use crate::query::Query;
use crate::text::width;

use super::rows::{Columns, Part, Row};
use super::unit::State;

/// Bytes of what one row says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    pub subject: Vec<Range<usize>>,
    pub detail: Vec<Range<usize>>,
}

/// Columns that states, durations and sizes take at the right end.
const RIGHT_OF_CALLS: usize = 24;
const RIGHT_OF_TEXTS: usize = 8;

impl Marks {
    /// Whether one of them is within the columns that are drawn.
    pub(super) fn are_seen(&self, row: &Row, columns: usize) -> bool {
        let shape = Columns::of(columns);
        let right = match row.part {
            Part::Head if row.state != State::None => RIGHT_OF_CALLS,
            Part::Head => RIGHT_OF_TEXTS,
            _ => 0,
        };
        let room = shape.text.saturating_sub(right);
        let before = width::width(&row.subject) + 3;
        let fits = |text: &str, range: &Range<usize>, from: usize| {
            text.get(..range.end).is_some_and(|text| from + width::width(text) <= room)
        };
        self.subject.iter().any(|range| fits(&row.subject, range, 0))
            || self.detail.iter().any(|range| fits(&row.detail, range, before))
    }
}

/// What to highlight in each row. A text that goes on in the next row is searched as one, whether
/// the line was broken at a space or in the middle of a word.
pub fn marks(query: &Query, rows: &[Row]) -> Vec<Marks> {
    let mut out: Vec<Marks> = rows
        .iter()
        .map(|row| Marks { subject: Vec::new(), detail: query.highlights(&row.detail) })
        .collect();
    let mut at = 0;
    while at < rows.len() {
        let goes_on = |row: &Row| row.part == Part::Body && row.label.is_empty();
        let more = rows[at + 1..].iter().take_while(|row| goes_on(row)).count();
        let end = at + 1 + more;
        let joints: &[&str] = if more == 0 { &[""] } else { &[" ", ""] };
        for joint in joints {
            mark_joined(query, &rows[at..end], joint, &mut out[at..end]);
        }
        at = end;
    }
    for marks in &mut out {
        merge(&mut marks.subject);
    }
    out
}

fn mark_joined(query: &Query, rows: &[Row], joint: &str, out: &mut [Marks]) {
    let mut text = String::new();
    let mut starts = Vec::with_capacity(rows.len());
    for row in rows {
        if !starts.is_empty() {
            text.push_str(joint);
        }
        starts.push(text.len());
        text.push_str(&row.subject);
    }
    for found in query.highlights(&text) {
        let first = starts.partition_point(|start| *start <= found.start).saturating_sub(1);
        for (at, start) in starts.iter().enumerate().skip(first) {
            if *start >= found.end {
                break;
            }
            let length = rows[at].subject.len();
            let part = found.start.saturating_sub(*start)..(found.end - start).min(length);
            if part.start < part.end {
                out[at].subject.push(part);
            }
        }
    }
}

fn merge(ranges: &mut Vec<Range<usize>>) {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges.drain(..) {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    *ranges = merged;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Domain;

    fn row(part: Part, subject: &str) -> Row {
        Row { part, subject: subject.to_owned(), ..Row::default() }
    }

    fn found(query: &str, rows: &[Row]) -> Vec<Vec<String>> {
        let query = Query::parse(query, Domain::Events).unwrap();
        let words = |(marks, row): (&Marks, &Row)| {
            marks.subject.iter().map(|range| row.subject[range.clone()].to_owned()).collect()
        };
        marks(&query, rows).iter().zip(rows).map(words).collect()
    }

    #[test]
    fn a_match_is_marked_on_both_sides_of_the_end_of_a_line() {
        let rows =
            [row(Part::Head, "the lost"), row(Part::Body, "parcel of"), row(Part::Body, "x")];
        assert_eq!(found("\"lost parcel\"", &rows), [vec!["lost"], vec!["parcel"], vec![]]);
        assert_eq!(found("lostpar", &rows), [vec!["lost"], vec!["par"], vec![]]);
        assert_eq!(found("parcel lost", &rows), [vec!["lost"], vec!["parcel"], vec![]]);
    }

    #[test]
    fn another_value_is_another_text_and_details_are_marked_by_themselves() {
        let mut rows = [row(Part::Head, "ab"), row(Part::Body, "cd")];
        rows[1].label = "out".to_owned();
        rows[0].detail = "x abcd".to_owned();
        assert_eq!(found("bc", &rows), [Vec::<String>::new(), vec![]]);
        let query = Query::parse("BC or bc", Domain::Events).unwrap();
        assert_eq!(marks(&query, &rows)[0].detail, vec![3..5]);
    }
}
