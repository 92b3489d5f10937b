//! A comparison of two sessions laid out in lines: what is the same in a line for each event, what differs
//! with all that it says.
//!
//! Belongs on the thread that compares. The invariant: every line is of one event, and the blocks are both
//! sheets, each line once and in order.

use std::time::Instant;

use crate::model::session_diff::{Content, Row, Said, SessionDiff};
use crate::text::{sanitize, units};
use crate::view::pane::text_diff::{Block, Lines, TextDiff, compare};

/// Lines that are shown of what one event says.
const MOST_LINES: usize = 200;
/// Characters that are shown of an event in a line.
const PREVIEW: usize = 400;

#[derive(Debug, Clone)]
pub struct Sheet {
    pub diff: SessionDiff,
    pub text: TextDiff,
    /// Which event each line is of.
    events: [Vec<u32>; 2],
}

impl Sheet {
    pub fn of(diff: SessionDiff, deadline: Option<Instant>) -> Self {
        let mut builder = Builder::default();
        for row in &diff.rows {
            builder.put(&diff, *row, deadline);
        }
        let [old, new] = builder.texts.map(Lines::new);
        let text = TextDiff { old, new, blocks: builder.blocks, ..TextDiff::default() };
        Self { diff, text, events: builder.events }
    }

    /// The event that a line is of.
    pub fn event(&self, side: usize, line: u32) -> Option<usize> {
        self.events[side].get(line as usize).map(|at| *at as usize)
    }

    /// The number of the event that begins at a line, from 1.
    pub fn number(&self, side: usize, line: u32) -> Option<u32> {
        let events = &self.events[side];
        let at = events.get(line as usize)?;
        let before = line.checked_sub(1).and_then(|line| events.get(line as usize));
        (before != Some(at)).then_some(at + 1)
    }
}

#[derive(Default)]
struct Builder {
    texts: [String; 2],
    events: [Vec<u32>; 2],
    blocks: Vec<Block>,
}

impl Builder {
    fn put(&mut self, diff: &SessionDiff, row: Row, deadline: Option<Instant>) {
        match row {
            Row::Same { old, new } => {
                let line = in_one_line(diff.content(0, old));
                self.add(0, old, &line);
                self.add(1, new, &line);
                self.push(true, 1, 1);
            }
            Row::Removed { old } => {
                let lines = self.add(0, old, &in_lines(diff.content(0, old), false));
                self.push(false, lines, 0);
            }
            Row::Added { new } => {
                let lines = self.add(1, new, &in_lines(diff.content(1, new), false));
                self.push(false, 0, lines);
            }
            Row::Changed { old, new } => {
                let (before, after) = (diff.content(0, old), diff.content(1, new));
                let long = is_long(before) || is_long(after);
                let (before, after) = (in_lines(before, long), in_lines(after, long));
                self.add(0, old, &before);
                self.add(1, new, &after);
                for block in compare(before, after, deadline).blocks {
                    let count = |range: std::ops::Range<u32>| range.end - range.start;
                    self.push(block.same, count(block.old), count(block.new));
                }
            }
        }
    }

    /// Lines of an event, each with its line feed; how many.
    fn add(&mut self, side: usize, event: usize, lines: &str) -> u32 {
        let count = memchr::memchr_iter(b'\n', lines.as_bytes()).count();
        let event = u32::try_from(event).unwrap_or(u32::MAX);
        self.texts[side].push_str(lines);
        self.events[side].extend(std::iter::repeat_n(event, count));
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// What is the same goes on from one event to the next; what differs is a change for each of them.
    fn push(&mut self, same: bool, old: u32, new: u32) {
        let (at, to) = self.blocks.last().map_or((0, 0), |last| (last.old.end, last.new.end));
        match self.blocks.last_mut() {
            Some(last) if same && last.same => {
                (last.old.end, last.new.end) = (at + old, to + new);
            }
            _ => self.blocks.push(Block { same, old: at..at + old, new: to..to + new }),
        }
    }
}

fn in_one_line(content: &Content) -> String {
    let said = sanitize::preview(content.said.raw().trim(), PREVIEW);
    format!("{}  {said}", content.title()).trim_end().to_owned() + "\n"
}

fn is_long(content: &Content) -> bool {
    matches!(content.said, Said::Json(_)) || content.said.raw().trim_end().contains('\n')
}

/// What it is, and below that what it says; both in one line where that is short, unless `long`.
fn in_lines(content: &Content, long: bool) -> String {
    let title = content.title();
    let said = content.lines();
    if !long && !is_long(content) {
        return format!("{title}  {}", said.trim_end()).trim_end().to_owned() + "\n";
    }
    let mut out = format!("{title}\n");
    let lines: Vec<&str> = match &content.said {
        Said::Json(_) => members(&said),
        Said::Text(_) => said.trim_end().split('\n').collect(),
    };
    let indent = if matches!(content.said, Said::Json(_)) { "" } else { "  " };
    for line in lines.iter().take(MOST_LINES) {
        out.extend([indent, line, "\n"]);
    }
    let left = lines.len().saturating_sub(MOST_LINES);
    if left > 0 {
        out.extend(["  … ", &units::counted(left, "line"), " more; Enter opens it\n"]);
    }
    out
}

/// The lines of JSON without the brackets around all of it, and without the commas: that one more member
/// follows is no difference in the one before.
fn members(spread: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = spread.split('\n').map(|line| line.trim_end_matches(',')).collect();
    if lines.len() > 2 && matches!(lines[0], "{" | "[") {
        lines.pop();
        lines.remove(0);
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::session_diff::Read;

    fn sheet(old: &Value, new: &Value) -> Sheet {
        let read = |events: &Value| Read {
            session: serde_json::from_value(json!({"key": "s", "agent_key": "a", "name": "S",
                "enabled": true, "created_at": "2026-05-03T14:00:00Z"}))
            .unwrap(),
            events: serde_json::from_value(events.clone()).unwrap(),
            whole: true,
        };
        Sheet::of(SessionDiff::of(read(old), read(new), None), None)
    }

    fn said(text: &str) -> Value {
        json!({"type": "agent_output", "content": text})
    }

    fn call(arguments: &Value) -> Value {
        json!({"type": "tool_input", "tool_call_id": "c", "tool_name": "t",
            "tool_configuration_name": "t", "tool_input": arguments})
    }

    /// Every line with its sign and the number of its event.
    fn shown(sheet: &Sheet) -> Vec<String> {
        let mut out = Vec::new();
        for block in &sheet.text.blocks {
            let mut put = |sign: &str, side: usize, lines: &Lines, at: u32| {
                let number = sheet.number(side, at).map_or_else(String::new, |at| at.to_string());
                out.push(format!("{sign}{number:>2} {}", lines.get(at as usize)));
            };
            for at in block.old.clone() {
                put(if block.same { " " } else { "-" }, 0, &sheet.text.old, at);
            }
            for at in block.new.clone().filter(|_| !block.same) {
                put("+", 1, &sheet.text.new, at);
            }
        }
        out
    }

    #[test]
    fn an_argument_that_differs_is_one_line_of_each() {
        let old = json!([said("hi"), call(&json!({"id": 4411, "a": [1]})), said("bye")]);
        let new = json!([said("hi"), call(&json!({"a": [1], "id": 4412, "z": 1})), said("ciao")]);
        let sheet = sheet(&old, &new);
        assert_eq!(
            shown(&sheet),
            [
                "  1 agent  hi",
                "  2 call t",
                "      \"a\": [",
                "        1",
                "      ]",
                "-     \"id\": 4411",
                "+     \"id\": 4412",
                "+     \"z\": 1",
                "- 3 agent  bye",
                "+ 3 agent  ciao",
            ]
        );
        assert_eq!((sheet.event(0, 5), sheet.event(1, 6)), (Some(1), Some(1)));
        assert_eq!(sheet.event(0, 99), None);
    }

    #[test]
    fn texts_are_compared_by_their_lines_and_long_ones_end() {
        let long = (0..900).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        let sheet = sheet(&json!([said(&long)]), &json!([said("short")]));
        assert_eq!(sheet.text.old.count(), MOST_LINES + 2);
        assert!(sheet.text.old.get(MOST_LINES + 1).contains("700 lines more"));
        let (mut at, mut to) = (0, 0);
        for block in &sheet.text.blocks {
            assert_eq!((block.old.start, block.new.start), (at, to));
            (at, to) = (block.old.end, block.new.end);
        }
        assert_eq!((at as usize, to as usize), (sheet.text.old.count(), sheet.text.new.count()));
    }
}
