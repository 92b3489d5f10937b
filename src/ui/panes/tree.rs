//! A row of a tree, whatever it is of: fold, key and value, and what is said of it at the edge.

use super::super::cells::{self, text};
use crate::canvas::{Line, Span, Style};
use crate::text::json::Kind;
use crate::theme::Theme;
use crate::view::tree_view::{TreeRow, indent};

/// `lead` is what stands in the first column; `key` is laid under the colours of the key.
pub(super) fn line(
    theme: &Theme,
    row: TreeRow,
    columns: usize,
    lead: Span<'static>,
    key: Style,
) -> Line<'static> {
    let fold = match row.folded {
        Some(true) => theme.glyphs.folded,
        Some(false) => theme.glyphs.unfolded,
        None => " ",
    };
    let key = key.patch(match row.depth {
        _ if row.repeated => theme.error,
        0 => theme.heading,
        _ => theme.code_name,
    });
    let value = match row.kind {
        _ if row.hidden => theme.hidden,
        Kind::String => theme.code_string,
        Kind::Number | Kind::Boolean | Kind::Null => theme.code_number,
        Kind::Object | Kind::Array => theme.dim,
        Kind::Broken | Kind::Beyond => theme.error,
    };
    let left = vec![
        lead,
        text(format!("{}{fold} ", indent(row.depth, columns)), theme.dim),
        text(row.key, key),
        text(" ".repeat(row.gap), theme.text),
        text(row.value, value),
        text(row.beside, theme.dim),
    ];
    if row.right.is_empty() {
        return cells::line(left, Vec::new(), columns);
    }
    let right = if row.repeated { theme.error } else { theme.dim };
    cells::line(left, vec![text(row.right, right)], columns)
}
