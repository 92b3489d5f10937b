//! Pieces of text that stand anywhere on a page, as lines in the order in which people read.

/// A piece as it was drawn.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Where its line starts on the page, from the left and from below.
    pub x: f64,
    pub y: f64,
    /// How far it reaches, and how large its letters are.
    pub width: f64,
    pub size: f64,
    pub text: String,
}

/// Pieces whose feet are closer than this part of their size stand in one line.
const SAME_LINE: f64 = 0.4;
/// A gap of this part of the size is a space, and of that one is a column.
const SPACE: f64 = 0.15;
const COLUMN: f64 = 2.0;
/// A gap between lines of that many sizes is an empty line.
const PARAGRAPH: f64 = 1.9;

pub(super) fn lay_out(mut pieces: Vec<Piece>) -> String {
    let fits = |piece: &Piece| {
        let all = [piece.x, piece.y, piece.width, piece.size];
        all.iter().all(|value| value.is_finite() && value.abs() < 1e7) && piece.size > 0.0
    };
    pieces.retain(|piece| fits(piece) && !piece.text.is_empty());
    // From above; what was drawn first stays first.
    pieces.sort_by(|one, other| other.y.total_cmp(&one.y));
    let mut out = String::new();
    let mut above: Option<(f64, f64)> = None;
    let mut rest = pieces.as_mut_slice();
    while let Some(first) = rest.first() {
        let (foot, size) = (first.y, first.size);
        let until = rest.partition_point(|piece| foot - piece.y < size * SAME_LINE);
        let (line, below) = rest.split_at_mut(until.max(1));
        line.sort_by(|one, other| one.x.total_cmp(&other.x));
        if above.is_some_and(|(above, larger)| above - foot > larger.max(size) * PARAGRAPH) {
            out.push('\n');
        }
        let mut end: Option<f64> = None;
        for piece in line.iter() {
            let gap = end.map_or(0.0, |end| (piece.x - end) / piece.size);
            if gap > COLUMN {
                out.push_str("   ");
            } else if gap > SPACE && !out.ends_with(' ') && !piece.text.starts_with(' ') {
                out.push(' ');
            }
            out.push_str(&piece.text.replace(['\n', '\r'], " "));
            end = Some(piece.x + piece.width);
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
        above = Some((foot, size));
        rest = below;
    }
    out
}
