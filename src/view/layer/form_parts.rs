//! Where the fields of a form stand: they are drawn there, and pointed at there.
//!
//! Start with [`Form::places`]. The invariant: the field with the cursor is in view.

use super::form::{Field, FieldKind, Form, LABEL, PROBLEM_ROWS};
use crate::view::Area;
use crate::view::text_field::FieldView;

impl Form {
    /// Rows above the first that is seen.
    pub fn above(&self, inside: Area) -> usize {
        let (columns, height) = (usize::from(inside.width), usize::from(inside.height));
        let fields: usize = self.fields.iter().take(self.at).map(Field::rows).sum();
        let rows_before = self.remark_rows(columns) + fields;
        let wanted = self.field().map_or(self.rows(columns), |field| rows_before + field.rows());
        wanted.saturating_sub(height.max(1)).min(rows_before)
    }

    /// The fields that are in view, and the button behind the last of them, each with its rows.
    pub fn places(&self, inside: Area) -> Vec<(usize, Area)> {
        let narrow = |rows: usize| i32::try_from(rows).unwrap_or(i32::MAX);
        let mut y = narrow(self.remark_rows(inside.width.into())) - narrow(self.above(inside));
        let mut places = Vec::new();
        for (at, field) in self.fields.iter().enumerate() {
            let rows = narrow(field.rows());
            places.extend(part(inside, y, rows).map(|area| (at, area)));
            y += rows;
        }
        if self.problem.is_some() {
            y += narrow(PROBLEM_ROWS);
        }
        places.extend(part(inside, y, 1).map(|area| (self.fields.len(), area)));
        places
    }
}

impl Field {
    /// What is typed in it, where that is seen.
    pub fn view(&self) -> Option<FieldView<'_>> {
        match self.kind {
            FieldKind::Text => Some(FieldView::prose(&self.editor)),
            FieldKind::Line | FieldKind::Json => {
                Some(FieldView { wraps: false, ..FieldView::prose(&self.editor) })
            }
            FieldKind::Secret | FieldKind::Choice(_) => None,
        }
    }

    /// Where that is, of the rows of the field; what is wrong with it stands below.
    pub fn value_in(&self, area: Area) -> Area {
        let label = LABEL.min(area.width / 2);
        let problem = u16::from(self.problem.is_some()).min(area.height.saturating_sub(1));
        Area { x: area.x + label, width: area.width - label, height: area.height - problem, ..area }
    }
}

/// The rows from `y` on, as far as they are within the frame.
pub fn part(inside: Area, y: i32, rows: i32) -> Option<Area> {
    let from = y.max(0);
    let to = (y + rows).min(i32::from(inside.height));
    let height = u16::try_from(to - from).ok().filter(|height| *height > 0)?;
    Some(Area { y: inside.y + u16::try_from(from).ok()?, height, ..inside })
}
