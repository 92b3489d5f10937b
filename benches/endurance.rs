//! A day at the screen: a million frames of one session in a file, each with a key, from the model to
//! the bytes for the terminal. Measures no time. It fails if the process holds more at the end than
//! after its first minute, by more than a tenth.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "it is how a bench tells")]

use std::io::Write as _;

use foretop::api::{SessionRef, Timestamp};
use foretop::internals::archive::{Archive, Reader};
use foretop::internals::canvas::Canvas;
use foretop::internals::model::timeline::Timeline;
use foretop::internals::terminal::Painter;
use foretop::internals::theme::Theme;
use foretop::internals::ui::{self, RowCache};
use foretop::internals::view::{Focus, Hints, Model, OpenSession};
use foretop::internals::viewport::Motion;

const EVENTS: usize = 50_000;
const FRAMES: usize = 1_000_000;
/// As many as somebody sees in a minute who holds a key down.
const FIRST_MINUTE: usize = 60 * 60;

fn file() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut out = std::io::BufWriter::new(&mut file);
    for n in 0..EVENTS {
        let at = format!("2026-07-02T{:02}:{:02}:{:02}.000Z", n / 3600 % 24, n / 60 % 60, n % 60);
        let words = "what the agent found, and 日本語 beside it; ".repeat(n % 40);
        let body = match n % 3 {
            0 => format!(r#""agent_output","content":"{words}""#),
            1 => format!(r#""thinking","content":"{words}""#),
            _ => r#""input_message","messages":[]"#.to_owned(),
        };
        writeln!(out, r#"{{"id":"aev_{n}","session_key":"s","created_at":"{at}","type":{body}}}"#)
            .unwrap();
    }
    out.flush().unwrap();
    drop(out);
    file
}

fn timeline(file: &tempfile::NamedTempFile) -> Timeline {
    let archive = Archive::open(file.path()).unwrap();
    let mut reader = Reader::new(&archive);
    // What order it is in is known once something of it was read.
    let first = reader.next_chunk().unwrap().unwrap();
    let mut timeline = Timeline::of_file(archive, reader.preamble().unwrap().direction);
    timeline.absorb_chunk(first);
    while let Some(chunk) = reader.next_chunk().unwrap() {
        timeline.absorb_chunk(chunk);
    }
    timeline
}

struct Desk {
    model: Model,
    theme: Theme,
    cache: RowCache,
    canvas: Canvas,
    painter: Painter,
    frames: usize,
    bytes: usize,
}

impl Desk {
    fn frame(&mut self) {
        let timeline = &mut self.model.open.as_mut().unwrap().timeline;
        match self.frames % 1_000 {
            0 => timeline.go(Motion::First),
            990 => timeline.go(Motion::Last),
            600..700 => timeline.go(Motion::PageDown),
            500..600 => timeline.go(Motion::Up),
            at if at % 50 == 49 => {
                if let Some(unit) = timeline.scroll().cursor.clone() {
                    timeline.toggle_fold(&unit);
                }
            }
            _ => timeline.go(Motion::Down),
        }
        self.frames += 1;
        self.model.settle();
        self.canvas.begin(120, 36);
        ui::draw(&mut self.canvas, &self.model, &self.theme, &mut self.cache, &Hints::default());
        self.bytes += self.painter.paint(&self.canvas, None).len();
    }
}

/// Kilobytes; `None` where nobody tells.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn main() {
    // Tests build benches, too, and start them without that.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let file = file();
    let mut model = Model::new(Timestamp::UNIX_EPOCH, (120, 36));
    let mut open = OpenSession::new(SessionRef::new("agent", "s"));
    open.timeline = timeline(&file);
    (model.open, model.focus) = (Some(open), Focus::Timeline);
    let mut desk = Desk {
        model,
        theme: Theme::load("terminal").unwrap(),
        cache: RowCache::default(),
        canvas: Canvas::default(),
        painter: Painter::default(),
        frames: 0,
        bytes: 0,
    };
    let mut first = None;
    while desk.frames < FRAMES {
        desk.frame();
        if desk.frames == FIRST_MINUTE {
            first = resident();
        }
        if desk.frames.is_multiple_of(FRAMES / 10) || desk.frames == FIRST_MINUTE {
            println!("{} frames, {} bytes, {:?} KB", desk.frames, desk.bytes, resident());
        }
    }
    if let (Some(first), Some(end)) = (first, resident()) {
        assert!(end <= first + first / 10, "{first} KB after a minute, {end} KB at the end");
    }
}
