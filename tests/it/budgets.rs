//! What a key may cost, counted instead of timed: rows that are laid out anew, allocations, bytes for
//! the terminal. A script of keys gives the same numbers on every machine, so a change that makes a
//! key dearer shows here, whatever the machine does beside it.

use std::collections::HashSet;

use foretop::api::frame::{StreamOnly, TextChunk};
use foretop::api::{Event, Frame, Page, SessionRef, Timestamp};
use foretop::internals::app::hints::hints;
use foretop::internals::app::msg::{Press, RunMsg, StreamMsg, TerminalMsg};
use foretop::internals::app::update::Machine;
use foretop::internals::app::{Keymap, default_keymap};
use foretop::internals::canvas::Canvas;
use foretop::internals::keymap::Key;
use foretop::internals::model::timeline::Window;
use foretop::internals::terminal::Painter;
use foretop::internals::theme::Theme;
use foretop::internals::ui::{self, RowCache};
use foretop::internals::view::{Focus, Model, OpenSession};

const SIZE: (u16, u16) = (120, 36);
/// Enough that whatever looks at all of them shows.
const EVENTS: usize = 3_000;

/// Messages, calls and their results, as many of each.
fn events() -> Vec<Event> {
    let events = (0..EVENTS).map(|n| {
        let at = format!("2026-07-02T{:02}:{:02}:{:02}.000Z", n / 3600, n / 60 % 60, n % 60);
        let common = format!(r#""id":"aev_{n:08}","session_key":"s","created_at":"{at}""#);
        let call = format!(r#""tool_call_id":"c{}","tool_configuration_name":"web_get""#, n / 3);
        match n % 3 {
            0 => format!(r#"{{{common},"type":"agent_output","content":"Step {n} is done."}}"#),
            1 => format!(
                r#"{{{common},"type":"tool_input",{call},"tool_name":"web_get","tool_input":{{"url":"https://example.org/{n}"}}}}"#
            ),
            _ => format!(
                r#"{{{common},"type":"tool_output",{call},"tool_name":"web_get","tool_output":{{"status":200,"content":"{}"}},"error":false}}"#,
                "text ".repeat(40)
            ),
        }
    });
    let events = events.collect::<Vec<_>>().join(",");
    serde_json::from_str::<Page<Event>>(&format!(r#"{{"events":[{events}],"metadata":{{}}}}"#))
        .unwrap()
        .items
}

/// Everything between a key and the bytes that answer it.
struct Desk {
    model: Model,
    machine: Machine,
    keymap: Keymap,
    theme: Theme,
    cache: RowCache,
    canvas: Canvas,
    painter: Painter,
    pressed: i64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    laid_out: u64,
    allocations: u64,
    bytes: usize,
}

impl Cost {
    /// The dearest in each.
    fn or(self, other: Self) -> Self {
        Self {
            laid_out: self.laid_out.max(other.laid_out),
            allocations: self.allocations.max(other.allocations),
            bytes: self.bytes.max(other.bytes),
        }
    }
}

impl Desk {
    /// Beside the list of sessions, or on the whole screen.
    fn new(zoomed: bool) -> Self {
        let mut model = Model::new(Timestamp::UNIX_EPOCH, SIZE);
        let mut open = OpenSession::new(SessionRef::new("agent", "s"));
        let events = events();
        let visible: HashSet<_> = events.iter().filter_map(|event| event.id.clone()).collect();
        open.timeline.apply_window(Window {
            events,
            visible,
            reaches_start: true,
            reaches_end: true,
        });
        model.open = Some(open);
        model.zoomed = zoomed;
        model.focus = Focus::Timeline;
        model.settle();
        let mut desk = Self {
            model,
            machine: Machine::new(default_keymap().unwrap()),
            keymap: default_keymap().unwrap(),
            theme: Theme::load("terminal").unwrap(),
            cache: RowCache::default(),
            canvas: Canvas::default(),
            painter: Painter::default(),
            pressed: 0,
        };
        desk.draw();
        desk
    }

    fn draw(&mut self) -> usize {
        let hints = hints(&self.model, &self.keymap);
        let (model, theme, cache) = (&self.model, &self.theme, &mut self.cache);
        self.canvas.begin(SIZE.0, SIZE.1);
        ui::draw(&mut self.canvas, model, theme, cache, &hints);
        self.painter.paint(&self.canvas, None).len()
    }

    fn press(&mut self, key: Key) -> Cost {
        self.pressed += 1;
        // As a person presses them, though the clock on the screen stands still.
        let at = Timestamp::UNIX_EPOCH.checked_add(jiff::SignedDuration::from_secs(self.pressed));
        let press = Press::alone(key, at.unwrap());
        let (laid_out, mut bytes) = (self.cache.misses, 0);
        let counted = allocation_counter::measure(|| {
            let now = self.model.now;
            let _ = self.machine.update(&mut self.model, TerminalMsg::Key(press).into(), now);
            bytes = self.draw();
        });
        let now = self.model.now;
        let _ = self.machine.update(&mut self.model, RunMsg::Shown.into(), now);
        Cost { laid_out: self.cache.misses - laid_out, allocations: counted.count_total, bytes }
    }

    /// An answer that is being written, a few words a frame; bytes for the terminal, and of the text.
    fn stream(&mut self, frames: usize) -> (usize, usize) {
        let session = SessionRef::new("agent", "s");
        self.model.open.as_mut().unwrap().timeline.open_stream();
        let words = "reads every page of the tender and says what it finds ";
        let mut words = words.split_inclusive(' ').cycle();
        let (mut bytes, mut text) = (0, 0);
        for _ in 0..frames {
            let piece: String = words.by_ref().take(3).collect();
            text += piece.len();
            let chunk = TextChunk { content: piece, created_at: None };
            let (session, frame) = (session.clone(), Frame::Only(StreamOnly::AgentText(chunk)));
            let now = self.model.now;
            let streamed = StreamMsg::Streamed { session, frame };
            let _ = self.machine.update(&mut self.model, streamed.into(), now);
            bytes += self.draw();
        }
        (bytes, text)
    }

    /// The dearest of these keys.
    fn type_out(&mut self, keys: &str) -> Cost {
        let keys = Key::parse_sequence(keys).unwrap();
        keys.into_iter().map(|key| self.press(key)).fold(Cost::default(), Cost::or)
    }
}

/// No more than that of each.
fn assert_within(what: &str, cost: Cost, most: Cost) {
    assert!(cost.laid_out <= most.laid_out, "{what} lays out {} rows", cost.laid_out);
    assert!(cost.allocations <= most.allocations, "{what} allocates {} times", cost.allocations);
    assert!(cost.bytes <= most.bytes, "{what} writes {} bytes", cost.bytes);
}

#[test]
fn a_line_costs_a_line() {
    for zoomed in [false, true] {
        let mut desk = Desk::new(zoomed);
        // Up through the screen from the end, then on beyond it.
        let within = desk.type_out("k k k k k");
        assert_within(
            "a line within the screen",
            within,
            Cost { laid_out: 0, allocations: 400, bytes: 320 },
        );
        desk.type_out(&"k ".repeat(40));
        let beyond = desk.type_out("k k k k k");
        assert_within(
            "a line beyond the screen",
            beyond,
            Cost { laid_out: 1, allocations: 450, bytes: 320 },
        );
    }
}

#[test]
fn text_that_is_being_written_costs_little_more_than_its_words() {
    for zoomed in [true, false] {
        let mut desk = Desk::new(zoomed);
        desk.stream(3);
        let (bytes, text) = desk.stream(200);
        assert!(bytes * 2 <= text * 7, "{bytes} bytes for {text}, zoomed: {zoomed}");
    }
}

#[test]
fn a_page_costs_a_screen_and_never_the_session() {
    let mut desk = Desk::new(true);
    desk.type_out("pgup");
    for (what, keys) in [
        ("a page", "pgup pgup pgdn"),
        ("half a page", "ctrl-u ctrl-u ctrl-d"),
        ("an end", "g g G g g"),
    ] {
        let cost = desk.type_out(keys);
        let most = Cost { laid_out: 36, allocations: 2_500, bytes: 5_000 };
        assert_within(what, cost, most);
    }
}

#[test]
fn a_frame_in_which_nothing_changed_lays_out_nothing_and_writes_nothing() {
    let mut desk = Desk::new(false);
    let before = desk.cache.misses;
    assert_eq!(desk.draw(), 0);
    assert_eq!(desk.cache.misses, before);
}
