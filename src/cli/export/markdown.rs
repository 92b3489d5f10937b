//! A session as Markdown.

use std::fmt::Write as _;

use super::paragraph;
use crate::api::{Event, Session, time};
use crate::text::sanitize;

pub(super) fn write(session: &Session, events: &[Event]) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "# {}\n", sanitize::one_line(&session.name));
    let _ = writeln!(
        out,
        "Session `{}`, made {}.",
        session.reference(),
        time::format(session.created_at)
    );
    for event in events {
        let paragraph = paragraph(event);
        let at = event.created_at.map_or_else(String::new, time::format);
        let heading = sanitize::one_line(&paragraph.heading);
        let _ = writeln!(out, "\n## {heading}\n\n*{at}*");
        if paragraph.text.is_empty() {
            continue;
        }
        let text = sanitize::lines(&paragraph.text).collect::<Vec<_>>().join("\n");
        if paragraph.verbatim {
            let fence = fence(&text);
            let _ = writeln!(out, "\n{fence}json\n{text}\n{fence}");
        } else {
            let _ = writeln!(out, "\n{text}");
        }
    }
    out
}

/// Longer than any run of backticks inside.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_never_closed_from_inside() {
        assert_eq!(fence("{}"), "```");
        assert_eq!(fence("a ``` b"), "````");
    }
}
