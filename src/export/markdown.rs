//! A session as Markdown.

use std::fmt::Write as _;

use super::{Exported, paragraph};
use crate::api::{Session, time};
use crate::text::sanitize;

pub(super) fn write(session: &Session, events: &[Exported]) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "# {}\n", sanitize::one_line(&session.name));
    let _ = writeln!(
        out,
        "Session `{}`, made {}.",
        sanitize::one_line(&session.reference().to_string()),
        time::format(session.created_at)
    );
    for exported in events {
        let paragraph = paragraph(exported);
        let at = exported.event.created_at.map_or_else(String::new, time::format);
        let heading = sanitize::one_line(&paragraph.heading);
        let _ = write!(out, "\n## {heading}\n\n*{at}*");
        for note in &paragraph.notes {
            let _ = write!(out, " · **{}**", sanitize::one_line(note));
        }
        out.push('\n');
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
