//! JSON with its folds.

use super::super::super::Scene;
use super::super::detail::tree_row;
use super::{marked, text};
use crate::canvas::Line;
use crate::text::units;
use crate::view::pane::viewer::{JsonTree, Viewer};

/// The rows, and which of them the cursor is on.
pub(super) fn lines(
    scene: &Scene,
    viewer: &Viewer,
    tree: &JsonTree,
    columns: usize,
) -> (Vec<Line<'static>>, Option<usize>) {
    if tree.tree().is_none() {
        let shows = super::next_look(scene.model);
        let words = format!("  the tree is being made; {shows} shows the text");
        return (vec![Line::from(text(words, scene.theme.dim))], None);
    }
    let rows = viewer.tree_rows();
    let selected = rows.iter().position(|row| row.selected);
    let line = |row| marked(scene.theme, viewer, tree_row(scene, row, columns));
    (rows.into_iter().map(line).collect(), selected)
}

/// Where the cursor is.
pub(super) fn position(tree: &JsonTree) -> String {
    let Some(tree) = tree.tree() else { return String::new() };
    let (at, all) = (units::grouped(tree.cursor_row() + 1), units::grouped(tree.row_count()));
    format!("row {at}/{all} ")
}
