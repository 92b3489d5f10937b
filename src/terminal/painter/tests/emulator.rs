//! A terminal that knows exactly the sequences that the painter writes, and panics at any other.

use crate::canvas::{Canvas, Color, Modifier, Pen, Position};
use crate::text::width::width;

const REST_OF_GLYPH: &str = "";

#[derive(Debug, Clone)]
struct Cell {
    glyph: String,
    pen: Pen,
}

pub(super) struct Emulator {
    width: usize,
    height: usize,
    cells: Vec<Cell>,
    pen: Pen,
    x: usize,
    y: usize,
    /// Waiting at the right edge for what comes next.
    waiting: bool,
    pub(super) cursor_seen: bool,
    margins: (usize, usize),
    sides: Option<(usize, usize)>,
    has_sides: bool,
}

impl Emulator {
    /// Full of what somebody else left there, margins included.
    pub(super) fn used(width: u16, height: u16, has_sides: bool) -> Self {
        let (width, height) = (usize::from(width), usize::from(height));
        let pen = Pen { fg: Color::Red, bg: Color::Green, modifier: Modifier::UNDERLINED };
        let left = Cell { glyph: "?".to_owned(), pen };
        Self {
            width,
            height,
            cells: vec![left; width * height],
            pen,
            x: width / 2,
            y: height / 2,
            waiting: true,
            cursor_seen: true,
            margins: (height / 3, height - 1),
            sides: None,
            has_sides,
        }
    }

    pub(super) fn cursor(&self) -> Position {
        assert!(!self.waiting, "nobody knows where the cursor is");
        (u16::try_from(self.x).unwrap(), u16::try_from(self.y).unwrap()).into()
    }

    pub(super) fn read(&mut self, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).unwrap();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(sequence) = rest.strip_prefix("\x1b[") {
                let end = sequence.find(|c: char| c.is_ascii_alphabetic()).unwrap();
                self.sequence(&sequence[..end], sequence.as_bytes()[end]);
                rest = &sequence[end + 1..];
                continue;
            }
            // Printed up to the next control character, cluster by cluster.
            let end = rest.find(char::is_control).unwrap_or(rest.len());
            if end > 0 {
                use unicode_segmentation::UnicodeSegmentation as _;
                rest[..end].graphemes(true).for_each(|cluster| self.print(cluster));
                rest = &rest[end..];
                continue;
            }
            match first {
                '\r' => (self.x, self.waiting) = (0, false),
                '\n' => {
                    assert!(!self.waiting && self.y + 1 < self.height, "a line feed that scrolls");
                    self.y += 1;
                }
                '\x08' => {
                    assert!(!self.waiting && self.x > 0);
                    self.x -= 1;
                }
                other => panic!("{other:?} was written"),
            }
            rest = &rest[1..];
        }
    }

    fn sequence(&mut self, parameters: &str, end: u8) {
        match (parameters, end) {
            ("?25", b'h' | b'l') => self.cursor_seen = end == b'h',
            ("?69", b'h') => {
                assert!(self.has_sides, "nobody said that it has side margins");
                self.sides = Some((0, self.width - 1));
            }
            ("?69", b'l') => self.sides = None,
            _ => {
                let numbers: Vec<usize> = parameters
                    .split(';')
                    .map(|number| if number.is_empty() { 0 } else { number.parse().unwrap() })
                    .collect();
                self.numbered(&numbers, end);
            }
        }
    }

    fn numbered(&mut self, numbers: &[usize], end: u8) {
        let count = numbers[0].max(1);
        let second = numbers.get(1).map_or(1, |number| (*number).max(1));
        if matches!(end, b'C' | b'D' | b'd') {
            assert!(!self.waiting, "counted from an unknown column");
        }
        match end {
            b'm' => self.pen(numbers),
            b'H' => self.go(second - 1, count - 1),
            b'G' => self.go(count - 1, self.y),
            b'd' => self.go(self.x, count - 1),
            b'C' => self.go(self.x + count, self.y),
            b'D' => self.go(self.x - count, self.y),
            b'K' => self.erase(self.x, self.width),
            b'X' => self.erase(self.x, self.x + count),
            b'r' if numbers == [0] => {
                self.margins = (0, self.height - 1);
                self.go(0, 0);
            }
            b'r' => {
                let bottom = numbers.get(1).map_or(self.height, |bottom| *bottom);
                assert!(count < bottom && bottom <= self.height);
                self.margins = (count - 1, bottom - 1);
                self.go(0, 0);
            }
            b's' => {
                assert!(self.sides.is_some() && count < second && second <= self.width);
                self.sides = Some((count - 1, second - 1));
                self.go(0, 0);
            }
            b'M' | b'L' => self.lines(count, end == b'M'),
            other => panic!("unknown sequence {numbers:?} {}", char::from(other)),
        }
    }

    fn go(&mut self, x: usize, y: usize) {
        assert!(x < self.width && y < self.height, "to {x}, {y}");
        (self.x, self.y, self.waiting) = (x, y, false);
    }

    fn blank(&self) -> Cell {
        Cell { glyph: " ".to_owned(), pen: Pen { bg: self.pen.bg, ..Pen::PLAIN } }
    }

    fn erase(&mut self, from: usize, to: usize) {
        assert!(!self.waiting && to <= self.width);
        for x in from..to {
            self.put(x, self.y, self.blank());
        }
    }

    /// Puts a cell; what is left of a glyph that it cuts is blank.
    fn put(&mut self, x: usize, y: usize, cell: Cell) {
        let row = y * self.width;
        let blank = self.blank();
        if self.cells[row + x].glyph == REST_OF_GLYPH && cell.glyph != REST_OF_GLYPH {
            let mut head = x;
            while self.cells[row + head].glyph == REST_OF_GLYPH {
                self.cells[row + head] = blank.clone();
                head -= 1;
            }
            self.cells[row + head] = blank.clone();
        }
        let mut rest = x + 1;
        while rest < self.width && self.cells[row + rest].glyph == REST_OF_GLYPH {
            self.cells[row + rest] = blank.clone();
            rest += 1;
        }
        self.cells[row + x] = cell;
    }

    fn print(&mut self, cluster: &str) {
        assert!(!self.waiting, "printed from an unknown column");
        let width = width(cluster);
        assert!(width > 0 && self.x + width <= self.width, "{cluster:?} at {}", self.x);
        let cell = |glyph: &str| Cell { glyph: glyph.to_owned(), pen: self.pen };
        let (head, blank, further) = (cell(cluster), cell("_"), cell(REST_OF_GLYPH));
        self.put(self.x, self.y, head);
        for rest in 1..width {
            // Cut what was there first, then take the column.
            self.put(self.x + rest, self.y, blank.clone());
            self.cells[self.y * self.width + self.x + rest] = further.clone();
        }
        self.x += width;
        if self.x == self.width {
            (self.x, self.waiting) = (self.width - 1, true);
        }
    }

    fn lines(&mut self, count: usize, delete: bool) {
        assert!(!self.waiting);
        let (left, right) = self.sides.unwrap_or((0, self.width - 1));
        let (top, bottom) = (self.y, self.margins.1);
        assert!(self.y >= self.margins.0 && self.y <= bottom && self.x == left);
        let mut rows: Vec<Vec<Cell>> = (top..=bottom)
            .map(|y| self.cells[y * self.width + left..=y * self.width + right].to_vec())
            .collect();
        let came = vec![self.blank(); right + 1 - left];
        let count = count.min(rows.len());
        if delete {
            rows.drain(..count);
            rows.extend(vec![came; count]);
        } else {
            rows.truncate(rows.len() - count);
            rows.splice(..0, vec![came; count]);
        }
        for (y, row) in (top..=bottom).zip(rows) {
            self.cells[y * self.width + left..=y * self.width + right].clone_from_slice(&row);
        }
    }

    fn pen(&mut self, codes: &[usize]) {
        let mut codes = codes.iter().copied();
        while let Some(code) = codes.next() {
            let pen = &mut self.pen;
            match code {
                0 => *pen = Pen::PLAIN,
                1..=9 => pen.modifier |= modifier(code),
                22 => pen.modifier -= Modifier::BOLD | Modifier::DIM,
                25 => pen.modifier -= Modifier::SLOW_BLINK | Modifier::RAPID_BLINK,
                23 | 24 | 27..=29 => pen.modifier -= modifier(code - 20),
                39 => pen.fg = Color::Reset,
                49 => pen.bg = Color::Reset,
                30..=37 => pen.fg = named(code - 30),
                40..=47 => pen.bg = named(code - 40),
                90..=97 => pen.fg = named(code - 82),
                100..=107 => pen.bg = named(code - 92),
                38 | 48 => {
                    let mut next = || u8::try_from(codes.next().unwrap()).unwrap();
                    let colour = match next() {
                        5 => Color::Indexed(next()),
                        2 => Color::Rgb(next(), next(), next()),
                        other => panic!("colour {other}"),
                    };
                    *(if code == 38 { &mut pen.fg } else { &mut pen.bg }) = colour;
                }
                other => panic!("code {other}"),
            }
        }
    }

    /// The screen as the canvas that would have shown it.
    pub(super) fn screen(&self) -> Canvas {
        let size = |number| u16::try_from(number).unwrap();
        let mut canvas = Canvas::new(size(self.width), size(self.height));
        for (at, cell) in self.cells.iter().enumerate() {
            if cell.glyph != REST_OF_GLYPH {
                let place = (size(at % self.width), size(at / self.width));
                canvas.set_text(place, &cell.glyph, u16::MAX, cell.pen.into());
            }
        }
        canvas
    }

    pub(super) fn has_no_margins(&self) -> bool {
        self.margins == (0, self.height - 1) && self.sides.is_none()
    }
}

fn modifier(code: usize) -> Modifier {
    Modifier::from_bits_truncate(1 << (code - 1))
}

fn named(index: usize) -> Color {
    [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ][index]
}
