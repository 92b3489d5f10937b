//! A session as one HTML file without scripts, which looks at nothing outside itself.

use std::fmt::Write as _;

use super::{Exported, paragraph};
use crate::api::{Session, time};
use crate::text::sanitize;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;\
                     padding:0 1rem;color-scheme:light dark}h2{font-size:1rem;margin:1.5rem 0 0}\
                     time{font-size:.8rem;opacity:.7}pre{white-space:pre-wrap;\
                     overflow-wrap:anywhere;margin:.3rem 0;font:inherit}pre.data{font:14px/1.4 \
                     ui-monospace,monospace;border-left:3px solid;padding-left:.7rem}";

pub(super) fn write(session: &Session, events: &[Exported]) -> String {
    let title = escape(&session.name);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<h1>{title}</h1>\n\
         <p>Session <code>{}</code>, made {}.</p>\n",
        escape(&session.reference().to_string()),
        time::format(session.created_at),
    );
    for exported in events {
        let paragraph = paragraph(exported);
        let at = exported.event.created_at.map_or_else(String::new, time::format);
        let notes = paragraph.notes.iter().fold(String::new(), |mut notes, note| {
            let _ = write!(notes, " <b>{}</b>", escape(note));
            notes
        });
        let class = if paragraph.verbatim { " class=\"data\"" } else { "" };
        let text = sanitize::lines(&paragraph.text).collect::<Vec<_>>().join("\n");
        let _ = write!(
            out,
            "<h2>{}</h2>\n<time>{at}</time>{notes}\n<pre{class}>{}</pre>\n",
            escape(&paragraph.heading),
            mark_up(&text)
        );
    }
    out.push_str("</html>\n");
    out
}

/// One line of text, fit for a page and for a terminal that shows it.
fn escape(text: &str) -> String {
    mark_up(&sanitize::one_line(text))
}

fn mark_up(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::timeline::Visibility;

    #[test]
    fn text_of_an_agent_is_text() {
        let session = serde_json::from_value(serde_json::json!({"key": "s", "agent_key": "a",
            "name": "<script>alert(1)</script>", "enabled": true,
            "created_at": "2026-05-03T14:00:00.000Z"}))
        .unwrap();
        let event = serde_json::from_value(serde_json::json!({"type": "agent_output",
            "content": "</pre><img src=x onerror=alert(1)>"}))
        .unwrap();
        let page = write(&session, &[Exported { event, seen: Visibility::Hidden }]);
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
        assert!(page.contains("<b>hidden from the agent</b>"), "{page}");
    }
}
