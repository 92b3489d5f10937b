//! The text of a PDF.

use super::{Scene, source, text};
use crate::canvas::Line;
use crate::text::units;
use crate::view::pane::viewer::{PdfView, Viewer};

/// The rows, and which of them the cursor is on.
pub(super) fn lines(
    scene: &Scene,
    viewer: &Viewer,
    pdf: &PdfView,
    columns: usize,
) -> (Vec<Line<'static>>, Option<usize>) {
    let theme = scene.theme;
    let words = match pdf.pages() {
        None => "the pages are being read",
        Some(pages) if pages.text.is_empty() => {
            pages.problem.as_deref().unwrap_or("there are no pages in the PDF")
        }
        Some(_) => return source::lines(theme, viewer, columns),
    };
    let shows = super::next_look(scene.model);
    let lines = [format!("  {words}"), format!("  {shows} shows the bytes")];
    (lines.into_iter().map(|line| Line::from(text(line, theme.dim))).collect(), None)
}

/// What the heading says of it.
pub(super) fn facts(pdf: &PdfView) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(pages) = pdf.pages() {
        facts.extend(pages.problem.clone().filter(|_| !pages.text.is_empty()));
        if pages.unknown > 0 {
            facts.push(format!("{} unreadable", units::counted(pages.unknown, "letter")));
        }
    }
    facts
}

/// Which page is at the top of the screen.
pub(super) fn position(pdf: &PdfView) -> String {
    let count = pdf.pages().map(|pages| pages.count).filter(|count| *count > 0);
    count.map_or_else(String::new, |count| format!("page {} of {count} ", pdf.page()))
}
