//! Two sessions compared by what happened in them.
//!
//! Owns which events stand for each other, what differs in them, and what both came to; where the events
//! come from and how it looks is others' business. Start with [`SessionDiff::of`], which belongs on a
//! thread of its own. The invariant: ids, clocks and what only streams make no difference.

mod align;
mod content;
mod totals;
pub mod tree;

use std::time::Instant;

use crate::api::{Event, EventBody, Session};

pub use align::Row;
pub use content::{Content, Said};
pub use totals::{Delta, Totals, deltas};
pub use tree::PathChange;

use content::FileNames;

/// A session with the events that were read of it.
#[derive(Debug, Clone)]
pub struct Read {
    pub session: Session,
    /// Oldest first.
    pub events: Vec<Event>,
    /// Nothing of it was left out.
    pub whole: bool,
}

/// One of the two.
#[derive(Debug, Clone)]
pub struct Side {
    pub session: Session,
    /// Those that take part, each with its content.
    pub events: Vec<Event>,
    pub contents: Vec<Content>,
    pub totals: Totals,
    pub whole: bool,
}

impl Side {
    fn of(read: Read) -> Self {
        let totals = Totals::of(&read.session, &read.events);
        let files = file_names(&read.events);
        let kept = read.events.into_iter().filter_map(|event| {
            let content = Content::of(&event, &files)?;
            Some((event, content))
        });
        let (events, contents) = kept.unzip();
        Self { session: read.session, events, contents, totals, whole: read.whole }
    }
}

fn file_names(events: &[Event]) -> FileNames {
    let uploads = events.iter().filter_map(|event| match &*event.body {
        EventBody::ArtifactUpload(upload) => Some(&upload.artifacts),
        _ => None,
    });
    uploads.flatten().map(|file| (file.artifact_id.clone(), file.filename.clone())).collect()
}

/// Rows by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub same: usize,
    pub changed: usize,
    pub removed: usize,
    pub added: usize,
}

impl Tally {
    /// `3 changed · 1 added · 40 the same`.
    pub fn words(self) -> String {
        let counts = [(self.changed, "changed"), (self.added, "added"), (self.removed, "removed")];
        let mut words: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", crate::text::units::grouped(count)))
            .collect();
        if words.is_empty() {
            words.push("no event differs".to_owned());
        }
        words.push(format!("{} the same", crate::text::units::grouped(self.same)));
        words.join(" · ")
    }
}

#[derive(Debug, Clone)]
pub struct SessionDiff {
    /// The old one, and the new one.
    pub sides: [Side; 2],
    pub rows: Vec<Row>,
    pub tally: Tally,
}

impl SessionDiff {
    /// After `deadline` the rest is compared roughly: what is told is right, but may be more than need be.
    pub fn of(old: Read, new: Read, deadline: Option<Instant>) -> Self {
        let sides = [Side::of(old), Side::of(new)];
        let rows = align::align(&sides[0].contents, &sides[1].contents, deadline);
        let mut tally = Tally::default();
        for row in &rows {
            *match row {
                Row::Same { .. } => &mut tally.same,
                Row::Changed { .. } => &mut tally.changed,
                Row::Removed { .. } => &mut tally.removed,
                Row::Added { .. } => &mut tally.added,
            } += 1;
        }
        Self { sides, rows, tally }
    }

    pub fn content(&self, side: usize, at: usize) -> &Content {
        &self.sides[side].contents[at]
    }

    /// The place of the first row that differs.
    pub fn first(&self) -> Option<usize> {
        self.rows.iter().position(|row| row.is_change())
    }

    /// Both are there whole, and nothing differs.
    pub fn is_equal(&self) -> bool {
        self.first().is_none()
    }

    /// What differs within two events that stand for each other, and whether there is more of it: the paths
    /// of their JSON, or their texts as a whole.
    pub fn paths(&self, row: Row) -> (Vec<PathChange>, bool) {
        let Row::Changed { old, new } = row else { return (Vec::new(), false) };
        let (old, new) = (self.content(0, old), self.content(1, new));
        let whole = |path: &str, old: String, new: String| PathChange {
            path: path.to_owned(),
            old: Some(old),
            new: Some(new),
        };
        let (mut paths, more) = match (&old.said, &new.said) {
            (Said::Json(old), Said::Json(new)) => tree::changes(old, new),
            (old, new) if old == new => (Vec::new(), false),
            (old, new) => (vec![whole("text", old.raw().to_owned(), new.raw().to_owned())], false),
        };
        if old.failed != new.failed {
            let word = |failed: bool| if failed { "ERR" } else { "ok" }.to_owned();
            paths.insert(0, whole("outcome", word(old.failed), word(new.failed)));
        }
        (paths, more)
    }

    pub fn deltas(&self) -> Vec<Delta> {
        deltas(&self.sides[0].totals, &self.sides[1].totals)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(events: &[Value]) -> Read {
        let session = json!({"key": "s", "agent_key": "a", "name": "S", "enabled": true,
            "created_at": "2026-05-03T14:00:00Z"});
        Read {
            session: serde_json::from_value(session).unwrap(),
            events: serde_json::from_value(json!(events)).unwrap(),
            whole: true,
        }
    }

    fn call(number: &str, id: u32) -> Value {
        json!({"id": format!("aev_{number}"), "created_at": "2026-05-03T14:00:01Z",
            "type": "tool_input", "tool_call_id": number, "tool_name": "orders.lookup",
            "tool_configuration_name": "orders.lookup", "tool_input": {"order": {"id": id}}})
    }

    fn output(number: &str, error: bool) -> Value {
        json!({"id": format!("aev_o{number}"), "created_at": "2026-05-03T14:00:03Z",
            "type": "tool_output", "tool_call_id": number, "tool_name": "orders.lookup",
            "tool_configuration_name": "orders.lookup", "tool_output": {"ok": !error},
            "error": error})
    }

    #[test]
    fn a_call_with_another_argument_is_one_change_with_its_path() {
        let old = read(&[call("1", 4411), output("1", false)]);
        let new = read(&[call("7", 4412), output("7", true)]);
        let diff = SessionDiff::of(old, new, None);
        assert_eq!(diff.first(), Some(0));
        assert_eq!(diff.tally, Tally { changed: 2, ..Tally::default() });
        let told = |row: usize| {
            let paths = diff.paths(diff.rows[row]).0;
            paths
                .iter()
                .map(|path| format!("{} {:?} {:?}", path.path, path.old, path.new))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(0), [".order.id Some(\"4411\") Some(\"4412\")"]);
        assert_eq!(
            told(1),
            ["outcome Some(\"ok\") Some(\"ERR\")", ".ok Some(\"true\") Some(\"false\")"]
        );
        let errors = diff.deltas().into_iter().find(|delta| delta.what == "errors").unwrap();
        assert_eq!((errors.old.as_str(), errors.change.as_str()), ("0", "+1"));
        assert_eq!(diff.sides[0].totals.milliseconds, Some(2_000));
    }

    #[test]
    fn two_of_the_same_are_equal_whatever_their_ids() {
        let image =
            |id: &str| json!({"id": format!("aev_{id}"), "type": "image_read", "artifact_id": id});
        let upload = |id: &str| {
            json!({"type": "artifact_upload", "artifacts": [
            {"artifact_id": id, "filename": "a.png", "mime_type": "image/png", "size_bytes": 9}]})
        };
        let old = read(&[upload("art_1"), image("art_1"), call("1", 1)]);
        let streamed = json!({"type": "compaction_started"});
        let new = read(&[upload("art_2"), streamed, image("art_2"), call("9", 1)]);
        let diff = SessionDiff::of(old, new, None);
        assert!(diff.is_equal(), "{:?}", diff.rows);
        assert_eq!(diff.tally.words(), "no event differs · 3 the same");
    }
}
