//! What a page draws, as far as it is text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read as _;
use std::rc::Rc;

use flate2::read::ZlibDecoder;
use hayro_syntax::content::UntypedIter;
use hayro_syntax::object::{Dict, Name, Object, Stream};
use hayro_syntax::page::{Page, Resources};

use super::font::Font;
use super::lines::{Piece, lay_out};
use super::matrix::Matrix;

/// No stream of a page is unpacked to more.
const MOST_UNPACKED: usize = 32 << 20;
/// No filter makes more of a byte.
const MOST_GROWTH: usize = 2_600;
/// What all pages together may draw.
const MOST_STEPS: usize = 50_000_000;
/// So many bytes to go through count as a step.
const STEP: usize = 16;
const MOST_PIECES: usize = 200_000;
/// Drawings within drawings.
const MOST_NESTED: usize = 8;
const MOST_SAVED: usize = 256;

/// Reads page after page, and gets tired of those that never end.
#[derive(Default)]
pub(super) struct Reader {
    steps: usize,
    unknown: usize,
}

/// A stream as its filters mean it, if it is of a reasonable size.
pub(super) fn unpacked<'a>(stream: &Stream<'a>) -> Option<Cow<'a, [u8]>> {
    let raw = stream.raw_data();
    let dict = stream.dict();
    let filters: Vec<Vec<u8>> = match dict.get::<Object>("Filter").or_else(|| dict.get("F")) {
        Some(Object::Name(name)) => vec![name.as_ref().to_vec()],
        Some(Object::Array(names)) => {
            names.iter::<Name>().map(|name| name.as_ref().to_vec()).collect()
        }
        _ => Vec::new(),
    };
    let grows = |filter: &&Vec<u8>| !filter.starts_with(b"ASCII") && !filter.starts_with(b"A");
    match filters.iter().filter(grows).count() {
        0 => stream.decoded_data().ok(),
        1 if raw.len().saturating_mul(MOST_GROWTH) <= MOST_UNPACKED => stream.decoded_data().ok(),
        1 if filters.len() == 1 && filters[0].starts_with(b"Fl") => {
            let mut out = Vec::new();
            let most = MOST_UNPACKED as u64;
            let plain = !dict.contains_key("DecodeParms") && !dict.contains_key("DP");
            let read = ZlibDecoder::new(&*raw).take(most).read_to_end(&mut out);
            // What comes before the damage is worth reading.
            (plain && (read.is_ok() || !out.is_empty())).then_some(Cow::Owned(out))
        }
        _ => None,
    }
}

#[derive(Clone)]
struct State {
    to_page: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    leading: f64,
    letter_space: f64,
    word_space: f64,
    stretch: f64,
    rise: f64,
}

struct Drawing<'a, 'b> {
    reader: &'b mut Reader,
    fonts: HashMap<Vec<u8>, Rc<Font>>,
    pieces: Vec<Piece>,
    resources: &'b Resources<'a>,
}

impl Reader {
    /// Everything further is left out.
    pub(super) fn is_tired(&self) -> bool {
        self.steps >= MOST_STEPS
    }

    /// Letters that were drawn and that nobody knows.
    pub(super) fn unknown(&self) -> usize {
        self.unknown
    }

    pub(super) fn text_of(&mut self, page: &Page) -> String {
        let mut data = Vec::new();
        let mut left_out = false;
        let raw = page.raw();
        let streams: Vec<Stream> = match raw.get::<Object>("Contents") {
            Some(Object::Stream(stream)) => vec![stream],
            Some(Object::Array(streams)) => streams.iter::<Stream>().collect(),
            _ => Vec::new(),
        };
        for stream in streams {
            match unpacked(&stream).filter(|piece| data.len() + piece.len() <= MOST_UNPACKED) {
                Some(piece) => data.extend_from_slice(&piece),
                None => left_out = true,
            }
            data.push(b'\n');
        }
        let state = State {
            to_page: Matrix(page.initial_transform(false).as_coeffs()),
            font: None,
            size: 1.0,
            leading: 0.0,
            letter_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            rise: 0.0,
        };
        let mut drawing = Drawing {
            reader: self,
            fonts: HashMap::new(),
            pieces: Vec::new(),
            resources: page.resources(),
        };
        drawing.draw(&data, state, 0);
        let mut text = lay_out(drawing.pieces);
        if left_out {
            text.push_str("[a part of this page is too large or broken, and left out]\n");
        }
        text
    }
}

fn numbers<const N: usize>(operands: &[&Object]) -> Option<[f64; N]> {
    let mut out = [0.0; N];
    for (to, operand) in out.iter_mut().zip(operands.get(..N)?) {
        let Object::Number(number) = operand else { return None };
        *to = number.as_f64();
    }
    Some(out)
}

impl Drawing<'_, '_> {
    fn draw(&mut self, data: &[u8], mut state: State, depth: usize) {
        self.reader.steps = self.reader.steps.saturating_add(data.len() / STEP);
        let mut saved: Vec<State> = Vec::new();
        let (mut text, mut line) = (Matrix::IDENTITY, Matrix::IDENTITY);
        let mut steps = UntypedIter::new(data);
        while let Some(step) = steps.next() {
            self.reader.steps += 1;
            if self.reader.is_tired() || self.pieces.len() > MOST_PIECES {
                return;
            }
            let operands: Vec<&Object> = step.operands().collect();
            let next_line = |line: &mut Matrix, x: f64, y: f64| {
                *line = *line * Matrix::translate(x, y);
                *line
            };
            let operator: &[u8] = step.operator;
            match operator {
                b"q" if saved.len() < MOST_SAVED => saved.push(state.clone()),
                b"Q" => state = saved.pop().unwrap_or(state),
                b"cm" => {
                    if let Some(matrix) = numbers::<6>(&operands) {
                        state.to_page = state.to_page * Matrix(matrix);
                    }
                }
                b"BT" => (text, line) = (Matrix::IDENTITY, Matrix::IDENTITY),
                b"Tm" => {
                    if let Some(matrix) = numbers::<6>(&operands) {
                        line = Matrix(matrix);
                        text = line;
                    }
                }
                b"Td" | b"TD" => {
                    if let Some([x, y]) = numbers::<2>(&operands) {
                        text = next_line(&mut line, x, y);
                        if operator == b"TD" {
                            state.leading = -y;
                        }
                    }
                }
                b"T*" => text = next_line(&mut line, 0.0, -state.leading),
                b"Tf" => {
                    if let (Some(Object::Name(name)), Some(Object::Number(size))) =
                        (operands.first(), operands.get(1))
                    {
                        state.size = size.as_f64();
                        state.font = self.font(name);
                    }
                }
                b"TL" | b"Tc" | b"Tw" | b"Tz" | b"Ts" => {
                    let Some([value]) = numbers::<1>(&operands) else { continue };
                    match operator {
                        b"TL" => state.leading = value,
                        b"Tc" => state.letter_space = value,
                        b"Tw" => state.word_space = value,
                        b"Tz" => state.stretch = value / 100.0,
                        _ => state.rise = value,
                    }
                }
                b"Tj" | b"'" | b"\"" => {
                    if operator != b"Tj" {
                        text = next_line(&mut line, 0.0, -state.leading);
                    }
                    if let Some([word, letter]) = numbers::<2>(&operands)
                        && operator == b"\""
                    {
                        (state.word_space, state.letter_space) = (word, letter);
                    }
                    if let Some(Object::String(string)) = operands.last() {
                        self.show(&state, &mut text, string.as_bytes());
                    }
                }
                b"TJ" => {
                    let Some(Object::Array(items)) = operands.first() else { continue };
                    for item in items.iter::<Object>() {
                        match item {
                            Object::String(string) => {
                                self.show(&state, &mut text, string.as_bytes());
                            }
                            Object::Number(back) => {
                                let by = -back.as_f64() / 1_000.0 * state.size * state.stretch;
                                text = text * Matrix::translate(by, 0.0);
                            }
                            _ => {}
                        }
                    }
                }
                b"Do" if depth < MOST_NESTED => {
                    if let Some(Object::Name(name)) = operands.first() {
                        self.draw_form(name, &state, depth);
                    }
                }
                _ => {}
            }
        }
    }

    fn font(&mut self, name: &Name) -> Option<Rc<Font>> {
        if let Some(known) = self.fonts.get(name.as_ref()) {
            return Some(Rc::clone(known));
        }
        let font = Rc::new(Font::of(&self.resources.get_font(name)?));
        self.fonts.insert(name.as_ref().to_vec(), Rc::clone(&font));
        Some(font)
    }

    /// A drawing that is used by name, with fonts of its own.
    fn draw_form(&mut self, name: &Name, state: &State, depth: usize) {
        let Some(form) = self.resources.get_x_object(name) else { return };
        let dict = form.dict();
        let is_form = dict.get::<Name>("Subtype").is_some_and(|sort| sort.as_ref() == b"Form");
        let Some(data) = Some(&form).filter(|_| is_form).and_then(unpacked) else { return };
        let mut state = state.clone();
        if let Some(matrix) = dict.get::<[f64; 6]>("Matrix") {
            state.to_page = state.to_page * Matrix(matrix);
        }
        let Some(own) = dict.get::<Dict>("Resources").map(Resources::new) else {
            self.draw(&data, state, depth + 1);
            return;
        };
        let mut inner = Drawing {
            reader: &mut *self.reader,
            fonts: HashMap::new(),
            pieces: Vec::new(),
            resources: &own,
        };
        inner.draw(&data, state, depth + 1);
        let drawn = inner.pieces;
        self.pieces.extend(drawn);
    }

    fn show(&mut self, state: &State, text: &mut Matrix, string: &[u8]) {
        let Some(font) = &state.font else {
            self.reader.unknown += string.len();
            return;
        };
        let start = state.to_page * *text * Matrix::translate(0.0, state.rise);
        let (mut letters, mut advance) = (String::new(), 0.0);
        for glyph in font.glyphs(string) {
            self.reader.steps += 1;
            if glyph.letters.is_empty() {
                self.reader.unknown += 1;
                letters.push('\u{fffd}');
            } else {
                letters.push_str(&glyph.letters);
            }
            let words = if glyph.is_space { state.word_space } else { 0.0 };
            let width = glyph.width / 1_000.0 * state.size + state.letter_space + words;
            advance += width * state.stretch;
        }
        *text = *text * Matrix::translate(advance, 0.0);
        let end = state.to_page * *text * Matrix::translate(0.0, state.rise);
        let [across, up, lean, rise, x, y] = start.0;
        let [.., end_x, end_y] = end.0;
        let scale = (across * rise - up * lean).abs().sqrt();
        let size = (state.size * scale).abs();
        let width = (end_x - x).hypot(end_y - y);
        self.pieces.push(Piece { x, y, width, size, text: letters });
    }
}
