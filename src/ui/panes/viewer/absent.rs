//! What stands where a file would that is not here: how to get it, how far it is, what is wrong with
//! it, and the key that helps.

use super::super::super::Scene;
use super::super::super::cells::text;
use super::super::super::frame::clean;
use crate::api::Artifact;
use crate::canvas::{Line, Style};
use crate::text::{units, wrap};
use crate::view::pane::artifacts::Content;

/// Lines of what is wrong with a file.
const MOST_WORDS: usize = 8;

/// What stands where a file would, and the key that helps.
pub(super) fn lines(
    scene: &Scene,
    artifact: &Artifact,
    content: &Content,
    columns: usize,
) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let key = |key: &'static str, words: &str| {
        Line::from(vec![
            text(format!("  {key:<6}"), theme.accent),
            text(words.to_owned(), theme.text),
        ])
    };
    let folded = |words: &str, style: Style| {
        let (lines, _) = wrap::wrap(words, columns.saturating_sub(4).max(10), MOST_WORDS);
        lines
            .into_iter()
            .map(|line| Line::from(text(format!("  {line}"), style)))
            .collect::<Vec<_>>()
    };
    match content {
        Content::NotLoaded => vec![
            key("Enter", &format!("fetches {} and shows it", units::size(artifact.size_bytes))),
            key("S", "fetches and saves it"),
        ],
        Content::Loading => {
            let Some(transfer) = scene.model.artifacts.transfers.get(&artifact.id) else {
                return Vec::new();
            };
            let room = columns.saturating_sub(4).min(40) as u64;
            let full = usize::try_from(room * transfer.percent() / 100).unwrap_or(0);
            let rest = usize::try_from(room).unwrap_or(0).saturating_sub(full);
            let glyphs = &theme.glyphs;
            vec![
                Line::from(vec![
                    text(format!("  {}", glyphs.in_context.repeat(full)), theme.accent),
                    text(glyphs.unused.repeat(rest), theme.dim),
                ]),
                key("Esc", "stops"),
            ]
        }
        Content::Doubtful { reason, .. } => {
            let mut lines = folded(&clean(reason), theme.error);
            lines.push(key("Enter", "shows what came all the same"));
            lines.push(key("S", "saves what came"));
            lines
        }
        Content::Failed { reason } => {
            let mut lines = folded(&clean(reason), theme.error);
            lines.push(key("Enter", "tries again"));
            lines
        }
        Content::Ready(_) => Vec::new(),
    }
}
