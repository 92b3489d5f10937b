//! Places on a canvas, in columns and rows from its upper left corner.

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    pub x: u16,
    pub y: u16,
}

impl From<(u16, u16)> for Position {
    fn from((x, y): (u16, u16)) -> Self {
        Self { x, y }
    }
}

/// An area of cells; it may reach further than any canvas does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rect {
    pub x: u16,
    pub y: u16,
    pub width: u16,
    pub height: u16,
}

impl Rect {
    pub const fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    pub const fn left(self) -> u16 {
        self.x
    }

    pub const fn top(self) -> u16 {
        self.y
    }

    /// The column behind it.
    pub const fn right(self) -> u16 {
        self.x.saturating_add(self.width)
    }

    /// The row below it.
    pub const fn bottom(self) -> u16 {
        self.y.saturating_add(self.height)
    }

    /// Every cell of it, row by row.
    pub fn positions(self) -> impl Iterator<Item = Position> {
        let columns = move |y| (self.left()..self.right()).map(move |x| Position { x, y });
        (self.top()..self.bottom()).flat_map(columns)
    }

    #[cfg(test)]
    pub const fn contains(self, position: Position) -> bool {
        let Position { x, y } = position;
        x >= self.left() && x < self.right() && y >= self.top() && y < self.bottom()
    }

    /// What both have; empty where they have nothing in common.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let width = self.right().min(other.right()).saturating_sub(x);
        let height = self.bottom().min(other.bottom()).saturating_sub(y);
        Self { x, y, width, height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_meet_where_both_have_cells() {
        let area = Rect::new(2, 1, 4, 3);
        assert_eq!(area.intersection(Rect::new(4, 0, 9, 2)), Rect::new(4, 1, 2, 1));
        assert!(area.intersection(Rect::new(6, 1, 4, 3)).is_empty(), "side by side");
        assert!(area.intersection(Rect::new(9, 9, 1, 1)).is_empty());
        let endless = Rect::new(3, 2, u16::MAX, u16::MAX);
        assert_eq!(area.intersection(endless), Rect::new(3, 2, 3, 2));
        let inside = [(1, 1), (2, 1), (5, 3), (6, 3), (5, 4)];
        let inside = inside.map(|at| area.contains(at.into()));
        assert_eq!(inside, [false, true, true, false, false]);
    }
}
