//! What a frame is drawn on: cells in memory, from where a painter takes them.
//!
//! Owns the cells of a frame, the text of long clusters in them, and where the cursor is wanted. Knows
//! nothing of panes and of terminals. Start with [`Canvas::set_line`]. The invariant: a glyph stands on
//! the canvas whole, or blanks stand in its place; whatever is drawn over a half of it.

mod lettering;
mod line;
mod look;
mod place;
mod style;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

pub use line::{Line, Span};
pub use look::{Look, are_alike, glyph};
pub use place::{Position, Rect};
pub use style::{Color, Modifier, Pen, Style};

#[derive(Debug, Clone, Default)]
pub struct Canvas {
    width: u16,
    height: u16,
    looks: Vec<Look>,
    clusters: Clusters,
    cursor: Option<Position>,
    roam: Option<Rect>,
}

/// The text of glyphs that a look only has a hash of. Strips share it with what they are laid on.
type Clusters = HashMap<u64, Arc<str>>;

/// A row that was drawn before, to be laid where it is wanted: up to where nothing more is seen of it
/// than its ground.
#[derive(Debug, Clone, Default)]
pub struct Strip {
    looks: Box<[Look]>,
    clusters: Clusters,
}

impl Strip {
    /// The strip of a line on a ground.
    pub fn new(line: &Line, columns: u16, ground: Style) -> Self {
        let mut canvas = Canvas::new(columns, 1);
        canvas.set_style(canvas.area(), ground);
        let bare = canvas.looks.first().copied().unwrap_or(Look::BARE);
        canvas.set_line((0, 0), line, columns);
        let Canvas { mut looks, clusters, .. } = canvas;
        let seen = looks.iter().rposition(|look| *look != bare);
        looks.truncate(seen.map_or(0, |seen| seen + 1));
        Self { looks: looks.into(), clusters }
    }
}

impl Canvas {
    /// A blank one of so many columns and rows.
    pub fn new(columns: u16, rows: u16) -> Self {
        let mut canvas = Self::default();
        canvas.begin(columns, rows);
        canvas
    }

    /// Blanks everything, for the next frame.
    pub fn begin(&mut self, columns: u16, rows: u16) {
        (self.width, self.height) = (columns, rows);
        self.looks.resize(usize::from(columns) * usize::from(rows), Look::BARE);
        // Rows are copied faster than cells are filled.
        let width = if rows > 0 { usize::from(columns) } else { 0 };
        let (first, others) = self.looks.split_at_mut(width);
        first.fill(Look::BARE);
        others.chunks_exact_mut(width.max(1)).for_each(|row| row.copy_from_slice(first));
        self.clusters.clear();
        (self.cursor, self.roam) = (None, None);
    }

    /// All of it; its corner is the origin.
    pub const fn area(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// Asks for the terminal's cursor there.
    pub fn point_at(&mut self, position: impl Into<Position>) {
        (self.cursor, self.roam) = (Some(position.into()), None);
    }

    /// Lets the cursor that was asked for stay anywhere in there, if it is not seen.
    pub const fn roam_in(&mut self, area: Rect) {
        self.roam = Some(area);
    }

    /// Where the cursor is wanted, if anywhere.
    pub const fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// Where an unseen cursor may be left as well as where it is wanted.
    pub const fn roam(&self) -> Option<Rect> {
        self.roam
    }

    /// Row by row.
    #[cfg(test)]
    pub fn looks(&self) -> &[Look] {
        &self.looks
    }

    /// A row that exists.
    pub fn row(&self, y: usize) -> &[Look] {
        let width = usize::from(self.width);
        &self.looks[y * width..(y + 1) * width]
    }

    /// The cell there; `None` outside.
    pub fn look(&self, position: impl Into<Position>) -> Option<Look> {
        let Position { x, y } = position.into();
        let inside = x < self.width && y < self.height;
        inside.then(|| self.looks[usize::from(y) * usize::from(self.width) + usize::from(x)])
    }

    /// Each row as text, as wide as it is.
    #[cfg(any(test, feature = "internals"))]
    pub fn rows_of_text(&self) -> Vec<String> {
        let rows = self.looks.chunks(usize::from(self.width).max(1));
        rows.map(|row| row.iter().map(|look| self.text_of(*look)).collect()).collect()
    }

    /// The glyph there; empty outside.
    #[cfg(test)]
    pub fn text_at(&self, position: impl Into<Position>) -> String {
        self.look(position).map_or_else(String::new, |look| self.text_of(look).into_owned())
    }

    /// How it is written; plainly outside.
    #[cfg(test)]
    pub fn pen_at(&self, position: impl Into<Position>) -> Pen {
        self.look(position).unwrap_or(Look::BARE).pen()
    }

    /// The glyph of a cell on this canvas; empty in the further columns of a wide one.
    pub fn text_of(&self, look: Look) -> Cow<'_, str> {
        if look.is_long() {
            return self.clusters.get(&look.glyph()).map_or("", |text| text).into();
        }
        look.short_text(&mut [0; 8]).to_owned().into()
    }

    /// Writes the glyph of a cell on this canvas.
    #[inline]
    pub fn write_glyph(&self, look: Look, out: &mut Vec<u8>) {
        if look.is_long() {
            out.extend(self.clusters.get(&look.glyph()).map_or(&b""[..], |text| text.as_bytes()));
        } else {
            look.write_short(out);
        }
    }

    /// Lays a style over what stands in an area.
    pub fn set_style(&mut self, area: Rect, style: Style) {
        if !style.is_empty() {
            self.change(area, |look| look.restyled(style));
        }
    }

    /// Takes a modifier away where it is, and puts it where it is not.
    pub fn toggle(&mut self, area: Rect, modifier: Modifier) {
        self.change(area, |look| look.toggled(modifier));
    }

    /// Takes away what was drawn in an area.
    pub fn clear(&mut self, area: Rect) {
        let Some((rows, left, right)) = self.part(area) else { return };
        for y in rows {
            let row = self.row_mut(y);
            cut_before(row, left);
            row[left..right].fill(Look::BARE);
            cut_behind(row, right);
        }
    }

    /// Lays a strip at a place, over `room` columns at most.
    pub fn lay(&mut self, (x, y): (u16, u16), strip: &Strip, room: u16) {
        let left = usize::from(x);
        let width = strip.looks.len().min(room.into());
        let width = width.min(usize::from(self.width).saturating_sub(left));
        if width == 0 || y >= self.height {
            return;
        }
        let row = self.row_mut(y);
        cut_before(row, left);
        row[left..left + width].copy_from_slice(&strip.looks[..width]);
        if strip.looks.get(width).is_some_and(|look| look.is_rest_of_glyph()) {
            blank_glyph(row, left + width - 1);
        }
        cut_behind(row, left + width);
        if !strip.clusters.is_empty() {
            let clusters = strip.clusters.iter();
            self.clusters.extend(clusters.map(|(glyph, text)| (*glyph, Arc::clone(text))));
        }
    }

    /// Puts a sign of one column in the place of each column of every glyph that has a stand-in.
    pub fn replace_glyphs(&mut self, stand_in: impl Fn(&str) -> Option<&'static str>) {
        for at in 0..self.looks.len() {
            let look = self.looks[at];
            if look.is_rest_of_glyph() {
                continue;
            }
            let Some(sign) = stand_in(&self.text_of(look)) else { continue };
            self.looks[at] = look.with_glyph(glyph(sign));
            let rest = self.looks[at + 1..].iter_mut();
            for look in rest.take_while(|look| look.is_rest_of_glyph()) {
                *look = look.with_glyph(glyph(sign));
            }
        }
    }

    fn change(&mut self, area: Rect, change: impl Fn(Look) -> Look) {
        let Some((rows, left, right)) = self.part(area) else { return };
        for y in rows {
            for look in &mut self.row_mut(y)[left..right] {
                *look = change(*look);
            }
        }
    }

    /// The rows of an area and its columns, as far as they are on the canvas.
    fn part(&self, area: Rect) -> Option<(Range<u16>, usize, usize)> {
        let area = area.intersection(self.area());
        let part = (area.top()..area.bottom(), area.left().into(), area.right().into());
        (!area.is_empty()).then_some(part)
    }

    fn row_mut(&mut self, y: u16) -> &mut [Look] {
        let start = usize::from(y) * usize::from(self.width);
        &mut self.looks[start..start + usize::from(self.width)]
    }
}

/// What is written from a place on leaves no half of a glyph before it.
fn cut_before(row: &mut [Look], at: usize) {
    if at > 0 && row.get(at).is_some_and(|look| look.is_rest_of_glyph()) {
        blank_glyph(row, at - 1);
    }
}

/// What was written up to a place leaves no half of a glyph behind it.
fn cut_behind(row: &mut [Look], at: usize) {
    for look in row[at..].iter_mut().take_while(|look| look.is_rest_of_glyph()) {
        *look = look.blanked();
    }
}

/// Blanks the glyph that the cell belongs to, up to that cell.
fn blank_glyph(row: &mut [Look], last: usize) {
    for at in (0..=last).rev() {
        let head = !row[at].is_rest_of_glyph();
        row[at] = row[at].blanked();
        if head {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(text: &str, columns: u16) -> Strip {
        Strip::new(&text.to_owned().into(), columns, Style::new())
    }

    #[test]
    fn a_canvas_begins_blank_and_without_a_cursor() {
        let mut canvas = Canvas::new(5, 2);
        canvas.set_line((0, 0), &"text".into(), 5);
        canvas.point_at((4, 0));
        assert_eq!(
            (canvas.rows_of_text(), canvas.cursor()),
            (vec!["text ".into(), "     ".into()], Some((4, 0).into()))
        );
        canvas.begin(3, 1);
        assert_eq!((canvas.rows_of_text(), canvas.cursor()), (vec!["   ".to_owned()], None));
    }

    #[test]
    fn a_strip_is_laid_as_far_as_there_is_room_and_shows_what_its_line_does() {
        let mut canvas = Canvas::new(9, 2);
        canvas.lay((2, 1), &strip("a漢👩‍👩‍👧b", 9), 9);
        assert_eq!(canvas.rows_of_text(), ["         ", "  a漢👩‍👩‍👧b "]);
        canvas.lay((0, 0), &strip("a漢b", 9), 2);
        assert_eq!(canvas.rows_of_text()[0], "a        ", "half a glyph is none");
        canvas.lay((8, 0), &strip("漢", 9), 9);
        canvas.lay((9, 0), &strip("x", 9), 9);
        canvas.lay((0, 2), &strip("x", 9), 9);
        assert_eq!(canvas.rows_of_text()[0], "a        ");
        assert_eq!(strip("ab   ", 9).looks.len(), 2);
        let red = Strip::new(&"x".into(), 4, Style::new().bg(Color::Red));
        canvas.lay((0, 0), &red, 4);
        assert_eq!(canvas.look((0, 0)).unwrap().pen().bg, Color::Red);
    }

    #[test]
    fn what_lies_over_half_a_glyph_takes_all_of_it() {
        let draw = |change: &dyn Fn(&mut Canvas)| {
            let mut canvas = Canvas::new(6, 1);
            canvas.set_line((1, 0), &"漢字".into(), 5);
            change(&mut canvas);
            canvas.rows_of_text().remove(0)
        };
        assert_eq!(draw(&|_| {}), " 漢字 ");
        assert_eq!(draw(&|canvas| canvas.set_line((2, 0), &"xy".into(), 9)), "  xy  ");
        assert_eq!(draw(&|canvas| canvas.set_line((2, 0), &"日".into(), 9)), "  日  ");
        assert_eq!(draw(&|canvas| canvas.lay((3, 0), &strip("|", 1), 1)), " 漢|  ");
        assert_eq!(draw(&|canvas| canvas.clear(Rect::new(2, 0, 2, 1))), "      ");
        assert_eq!(draw(&|canvas| canvas.clear(Rect::new(0, 0, 2, 1))), "   字 ");
    }

    #[test]
    fn a_stand_in_takes_as_many_columns_as_what_it_stands_for() {
        let mut canvas = Canvas::new(8, 1);
        canvas.set_line((0, 0), &"a漢👩‍👩‍👧é".into(), 8);
        canvas.replace_glyphs(|text| (!text.is_ascii()).then_some("?"));
        assert_eq!(canvas.rows_of_text(), ["a?????  "]);
    }

    #[test]
    fn an_area_reaches_no_further_than_the_canvas() {
        let mut canvas = Canvas::new(3, 2);
        canvas.set_style(Rect::new(2, 1, 9, 9), Style::new().bg(Color::Red));
        canvas.toggle(Rect::new(9, 9, 1, 1), Modifier::REVERSED);
        canvas.toggle(Rect::new(1, 0, 1, 1), Modifier::REVERSED);
        canvas.toggle(Rect::new(1, 0, 2, 1), Modifier::REVERSED);
        let pens = canvas.looks().iter().map(|look| look.pen());
        let changed = pens.enumerate().filter(|(_, pen)| *pen != Pen::PLAIN);
        let reversed = Pen { modifier: Modifier::REVERSED, ..Pen::PLAIN };
        let red = Pen { bg: Color::Red, ..Pen::PLAIN };
        assert_eq!(changed.collect::<Vec<_>>(), [(2, reversed), (5, red)]);
        assert_eq!((canvas.look((2, 1)).map(Look::pen), canvas.look((3, 0))), (Some(red), None));
    }
}
