//! The mouse: what lies under it is scrolled, selected, opened and copied, and nothing else ever happens.

use super::everywhere::places;
use super::*;
use crate::view::ask_line::TypedRow;
use crate::view::excerpt;
use crate::view::hit::{self, Place};
use crate::view::layer::form::FieldKind;
use crate::view::mouse::{Mouse, Pointer, PointerAct, Surface};
use crate::view::{Area, Layout, Pane};

impl Desk {
    fn points(&mut self, act: PointerAct, (column, row): (u16, u16), at: Timestamp) -> Vec<Effect> {
        let msg = TerminalMsg::Mouse(Pointer { act, column, row }, at);
        self.takes(msg.into(), at)
    }

    fn later(&mut self, milliseconds: i64) -> Timestamp {
        self.now = self.now.checked_add(SignedDuration::from_millis(milliseconds)).unwrap();
        self.now
    }

    fn clicks(&mut self, cell: (u16, u16)) -> Vec<Effect> {
        let at = self.later(2_000);
        self.points(PointerAct::Press, cell, at);
        self.points(PointerAct::Release, cell, at)
    }

    fn clicks_twice(&mut self, cell: (u16, u16)) -> Vec<Effect> {
        self.clicks(cell);
        let at = self.later(200);
        self.points(PointerAct::Press, cell, at);
        self.points(PointerAct::Release, cell, at)
    }

    fn drags(&mut self, cells: &[(u16, u16)]) -> Vec<Effect> {
        let at = self.later(2_000);
        let last = *cells.last().unwrap();
        self.points(PointerAct::Press, cells[0], at);
        for cell in &cells[1..] {
            self.points(PointerAct::Drag, *cell, at);
        }
        self.points(PointerAct::Release, last, at)
    }

    fn wheels(&mut self, act: PointerAct, cell: (u16, u16)) {
        let at = self.later(2_000);
        self.points(act, cell, at);
    }

    fn area(&self, pane: Pane) -> Area {
        Layout::of(&self.model).area(pane).unwrap()
    }

    /// A session with so many messages, at its first.
    fn reads(messages: usize) -> Self {
        let mut desk = Self::with(&[]);
        desk.lists(&["s", "t", "u"]);
        let mut window = desk.window(&[]);
        window.events = (0..messages)
            .map(|n| {
                event(&json!({"id": format!("aev_{n:03}"), "type": "agent_output",
                    "created_at": format!("2026-07-02T08:30:{:02}Z", n % 60),
                    "content": format!("answer {n} with https://a.example/{n} in it")}))
            })
            .collect();
        desk.hears(ServiceMsg::EventsListed(Box::new(window)).into());
        desk.press("2 g g");
        desk
    }

    fn top(&self) -> (String, usize) {
        let open = self.model.open.as_ref().unwrap();
        let (unit, line) = open.timeline.scroll().anchor.clone().unwrap();
        (format!("{unit:?}"), line)
    }

    fn cursor(&self) -> UnitId {
        self.model.open.as_ref().unwrap().timeline.scroll().cursor.clone().unwrap()
    }
}

fn toast(desk: &Desk) -> &str {
    desk.model.toast.as_ref().map_or("", |toast| toast.text.as_str())
}

#[test]
fn a_click_gives_the_keyboard_and_selects_and_the_second_opens() {
    let mut desk = Desk::reads(9);
    let (sessions, timeline) = (desk.area(Pane::Sessions), desk.area(Pane::Timeline));
    let line = (0..sessions.height)
        .find(|y| {
            let at = desk.model.sessions.top() + usize::from(*y);
            desk.model.sessions.at_line(at).is_some_and(|name| name.key.as_str() == "t")
        })
        .unwrap();
    // Heading and filter stand above the list.
    desk.clicks((5, sessions.y + 2 + line));
    assert_eq!(desk.model.focus, Focus::Sessions);
    assert_eq!(desk.model.open.as_ref().unwrap().reference.key.as_str(), "t");
    desk.press("1 g g");
    let open = desk.model.open.as_ref().unwrap().reference.clone();
    desk.clicks((timeline.x + 30, timeline.y));
    assert_eq!(Pane::focused(&desk.model), Pane::Timeline, "a heading is a part of its pane");
    assert_eq!(desk.model.open.as_ref().unwrap().reference, open);

    let mut desk = Desk::reads(9);
    let row = (timeline.x + 30, timeline.y + 6);
    let cursor = desk.cursor();
    desk.clicks(row);
    assert_ne!(desk.cursor(), cursor);
    assert!(desk.detail().is_none(), "once only selects");
    desk.clicks(row);
    assert!(desk.detail().is_none(), "two that are far apart are two");
    // Beside the address: that would be copied.
    desk.clicks_twice((timeline.x + 20, timeline.y + 6));
    assert!(desk.detail().is_some());
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_leaves_the_keyboard_where_it_is() {
    let mut desk = Desk::reads(90);
    desk.press("1");
    let timeline = desk.area(Pane::Timeline);
    let over = (timeline.x + 9, timeline.y + 9);
    let (top, cursor) = (desk.top(), desk.cursor());
    desk.wheels(PointerAct::WheelDown, over);
    assert_ne!(desk.top(), top);
    assert_eq!(desk.model.focus, Focus::Sessions);
    desk.wheels(PointerAct::WheelUp, over);
    assert_eq!(desk.top(), top);
    desk.wheels(PointerAct::WheelUp, over);
    assert_eq!(desk.top(), top, "there is nothing above");
    assert_ne!(desk.cursor(), cursor, "it was taken along, and stays where it is seen");
    for _ in 0..60 {
        desk.wheels(PointerAct::WheelDown, over);
    }
    let end = desk.top();
    desk.wheels(PointerAct::WheelDown, over);
    assert_eq!(desk.top(), end, "there is nothing below");
    let seen = excerpt::units(&desk.model, timeline, true);
    assert_eq!(seen.last().unwrap().1, UnitId::named("aev_089"));
}

#[test]
fn a_drag_selects_text_without_what_is_beside_it_and_copies_it() {
    let mut desk = Desk::reads(9);
    let area = desk.area(Pane::Timeline);
    let lines = excerpt::seen(&desk.model, Pane::Timeline, area, true);
    let left = area.x + lines[1].column;
    // From the middle of the second answer into the fourth one.
    let copied_text = copied(desk.drags(&[
        (left + 7, lines[1].y),
        (left + 3, lines[3].y),
        (left + 5, lines[3].y),
    ]));
    let wanted =
        "1 with https://a.example/1 in it\nanswer 2 with https://a.example/2 in it\nanswer";
    assert_eq!(copied_text, [("selection".to_owned(), wanted.to_owned())]);
    assert!(desk.model.selection.is_some(), "it stays to be seen");
    desk.press("j");
    assert!(desk.model.selection.is_none());
    // From the gutter on the whole line counts.
    let from_gutter = copied(desk.drags(&[(area.x, lines[0].y), (left + 5, lines[0].y)]));
    assert_eq!(from_gutter[0].1, "answer");
    desk.hears(TerminalMsg::Resize(100, 30).into());
    assert!(desk.model.selection.is_none(), "lines are others now");
}

#[test]
fn a_drag_beyond_the_edge_scrolls_and_keeps_what_went_away() {
    let mut desk = Desk::reads(60);
    let area = desk.area(Pane::Timeline);
    let lines = excerpt::seen(&desk.model, Pane::Timeline, area, true);
    let left = area.x + lines[0].column;
    let below = area.y + area.height + 1;
    let mut cells = vec![(left, lines[0].y)];
    cells.extend((0..12).map(|n| (left + 9 + n % 2, below)));
    let text = copied(desk.drags(&cells)).remove(0).1;
    let count = text.lines().count();
    assert_eq!(count, lines.len() + 12, "{text}");
    assert!(text.starts_with("answer 0 with"), "{text}");
    let answers = text.lines().zip(0..).all(|(line, n)| line.starts_with(&format!("answer {n}")));
    assert!(answers, "no line is missing: {text}");
}

#[test]
fn a_double_click_on_an_address_copies_it() {
    let mut desk = Desk::reads(9);
    let area = desk.area(Pane::Timeline);
    let line = excerpt::seen(&desk.model, Pane::Timeline, area, true).remove(2);
    let column = area.x + line.column + u16::try_from("answer 2 with ht".len()).unwrap();
    let copy = copied(desk.clicks_twice((column, line.y)));
    assert_eq!(copy, [("link".to_owned(), "https://a.example/2".to_owned())]);
    assert!(desk.detail().is_none());
}

#[test]
fn a_click_puts_the_cursor_of_what_is_written_there() {
    let mut desk = Desk::reads(3);
    desk.press("i");
    desk.types("first line");
    desk.press("<c-j>");
    desk.types("second");
    let area = desk.area(Pane::Composer);
    let lines = excerpt::seen(&desk.model, Pane::Composer, area, true);
    assert_eq!(lines[0].text, "first line");
    let left = area.x + lines[0].column;
    desk.clicks((left + 6, lines[0].y));
    desk.types("X");
    let Some(editor) = desk.model.written_mut(LayerKind::Composer) else { panic!("no draft") };
    assert_eq!((editor.text().as_str(), editor.cursor()), ("first Xline\nsecond", (0, 7)));
    desk.clicks((left, lines[1].y));
    desk.types("Y");
    desk.clicks((area.x + area.width - 1, lines[1].y));
    desk.types("Z");
    let Some(editor) = desk.model.written_mut(LayerKind::Composer) else { panic!("no draft") };
    assert_eq!(editor.text(), "first Xline\nYsecondZ");
    let copy = copied(desk.drags(&[(left + 2, lines[0].y), (left + 2, lines[1].y)]));
    assert_eq!(copy[0].1, "rst Xline\nYse");
    assert_eq!(desk.layer(), Some(LayerKind::Composer), "and it is still being written");
}

#[test]
fn a_click_puts_the_cursor_of_the_line_in_the_hint_row() {
    let mut desk = Desk::reads(3);
    for (opens, kind) in [
        ("1 /", LayerKind::Prompt),
        ("2 /", LayerKind::Prompt),
        (":", LayerKind::Palette),
        ("?", LayerKind::Help),
        ("g /", LayerKind::SessionSearch),
    ] {
        desk.press(opens);
        assert_eq!(desk.layer(), Some(kind), "{opens}");
        desk.types("answer");
        let hints = Layout::of(&desk.model).hints;
        let Some(row) = TypedRow::of(&desk.model, hints.width.into()) else { panic!("no line") };
        let at = u16::try_from(row.at).unwrap();
        desk.clicks((at + 2, hints.y));
        desk.types("X");
        desk.clicks((at, hints.y));
        desk.types("Y");
        desk.clicks((at + 30, hints.y));
        desk.types("Z");
        let Some(editor) = desk.model.written_mut(kind) else { panic!("no line") };
        assert_eq!(editor.text(), "YanXswerZ", "{opens}");
        desk.press("<esc> <esc>");
    }
}

#[test]
fn text_of_a_page_is_selected_and_copied_as_it_stands_there() {
    let mut desk = Desk::reads(3);
    desk.press("?");
    let layout = Layout::of(&desk.model);
    let Some(area) = hit::layer_area(&layout, LayerKind::Help) else { panic!("no page") };
    let lines = excerpt::seen_on(&desk.model, Surface::Layer(LayerKind::Help), area, true);
    let left = area.x + lines[1].column;
    let copy = copied(desk.drags(&[(area.x, lines[1].y), (left + 70, lines[2].y)]));
    assert_eq!(copy[0].1, format!("{}\n{}", lines[1].text, lines[2].text.trim_end()));
    assert_eq!(desk.layer(), Some(LayerKind::Help), "it stays open");
    // Beyond its edge it scrolls.
    let below = area.y + area.height + 1;
    let mut cells = vec![(left, lines[1].y)];
    cells.extend((0..60).map(|n| (left + n % 2, below)));
    let copy = copied(desk.drags(&cells)).remove(0).1;
    assert!(copy.lines().count() > usize::from(area.height), "{copy}");
    desk.press("<esc>");
    assert!(desk.model.selection.is_none());
}

#[test]
fn a_notch_of_the_wheel_is_as_many_rows_as_was_chosen() {
    let rows = |lines: u8| {
        let mut desk = Desk::reads(90);
        desk.model.mouse = desk.model.mouse.scrolling(lines);
        let area = desk.area(Pane::Timeline);
        let before = excerpt::units(&desk.model, area, true);
        desk.wheels(PointerAct::WheelDown, (area.x + 9, area.y + 9));
        let top = excerpt::units(&desk.model, area, true).remove(0).1;
        before.iter().position(|(_, unit, _)| *unit == top).unwrap()
    };
    assert_eq!([rows(1), rows(3), rows(7)], [1, 3, 7]);
}

#[test]
fn the_line_between_two_panes_is_dragged_and_kept() {
    let mut desk = Desk::reads(3);
    desk.model.remembers = true;
    let divider = |desk: &Desk| Layout::of(&desk.model).divider.unwrap();
    let before = divider(&desk);
    let effects = desk.drags(&[(before, 9), (before + 5, 9), (before + 11, 12)]);
    assert_eq!(divider(&desk), before + 11);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Keep(Keep::Soon(Change {
        fact: Fact::Choice(what, Some(_)), .. })) if what == "list_wider")));
    desk.drags(&[(before + 11, 9), (0, 9)]);
    assert_eq!(divider(&desk), 20, "no narrower than its keys make it");
    assert!(desk.drags(&[(20, 9), (20, 9)]).len() <= 1);
    // Two that have their places.
    let mut desk = Desk::with(&["aev_1"]);
    desk.press("3");
    let fixed = divider(&desk);
    desk.drags(&[(fixed, 9), (fixed + 9, 9)]);
    assert_eq!((divider(&desk), desk.model.list_wider), (fixed, 0));
}

#[test]
fn a_click_is_held_back_as_long_as_keys_are_and_while_keys_that_follow_are_shown() {
    let mut desk = Desk::reads(9);
    let timeline = desk.area(Pane::Timeline);
    desk.press("g");
    assert!(!desk.model.which_key.is_empty());
    let cursor = desk.cursor();
    desk.clicks((timeline.x + 20, timeline.y + 6));
    assert_eq!((desk.model.which_key.len(), desk.cursor()), (0, cursor.clone()));
    desk.model.guard_until = desk.now.checked_add(SignedDuration::from_secs(60)).ok();
    desk.clicks((timeline.x + 20, timeline.y + 6));
    assert_eq!(desk.cursor(), cursor);
}

#[test]
fn whose_the_mouse_is_is_said_and_kept_unless_it_is_configured() {
    let mut desk = Desk::with(&[]);
    desk.model.remembers = true;
    desk.model.mouse = Mouse::by_itself(true);
    let effects = desk.press("<f2>");
    assert!(effects.contains(&Effect::Terminal(TerminalWork::CaptureMouse(true))));
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::Keep(Keep::Soon(Change { fact: Fact::Choice(what, Some(choice)), .. })) => {
            Some((what.clone(), choice.clone()))
        }
        _ => None,
    });
    let (what, choice) = kept.unwrap();
    assert_eq!((what.as_str(), choice.as_str()), ("mouse_over_ssh", "on"));
    assert!(toast(&desk).contains("Shift"), "{}", toast(&desk));
    let effects = desk.press("g m");
    assert!(effects.contains(&Effect::Terminal(TerminalWork::CaptureMouse(false))));
    assert!(toast(&desk).contains("the terminal's"));
    // While something is written, too, without a word of it.
    desk.press("/ a <f2>");
    assert_eq!((desk.typed().as_str(), desk.model.mouse.is_ours), ("a", true));

    let memory = |at: Timestamp| {
        let mut memory = Memory::default();
        memory.choices.insert(what.clone(), Kept { at, value: choice.clone() });
        RunMsg::Remembered { memory: Box::new(memory), remarks: Vec::new() }
    };
    let mut desk = Desk::with(&[]);
    desk.model.mouse = Mouse::by_itself(true);
    let effects = desk.hears(memory(desk.now).into());
    assert!(effects.contains(&Effect::Terminal(TerminalWork::CaptureMouse(true))));
    for mouse in [Mouse::by_itself(false), Mouse::configured(false, true)] {
        let mut desk = Desk::with(&[]);
        desk.model.mouse = mouse;
        desk.hears(memory(desk.now).into());
        assert_eq!(desk.model.mouse, mouse, "it is another place, or was decided");
    }
    let mut desk = Desk::with(&[]);
    desk.model.remembers = true;
    desk.model.mouse = Mouse::configured(true, false);
    let effects = desk.press("<f2>");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Keep(Keep::Soon(_)))));
    assert!(toast(&desk).contains("this run"));
}

/// What a service is asked for to be shown; everything else would be done to it.
fn only_shows(effect: &Effect) -> bool {
    match effect {
        Effect::Service(request) => matches!(
            request,
            Request::ListArtifacts { .. }
                | Request::FetchArtifact { .. }
                | Request::FetchTraces { .. }
                | Request::ReadTool { .. }
                | Request::ReadCatalogue
                | Request::AskNow
                | Request::CloseStream { .. }
                | Request::FilterSessions { .. }
        ),
        Effect::Program(_) | Effect::File(_) | Effect::Own(_) => false,
        Effect::Keep(_) | Effect::Work(_) | Effect::Terminal(_) => true,
    }
}

#[test]
fn wherever_somebody_clicks_nothing_is_asked_answered_or_sent() {
    for (name, desk) in places() {
        for size in [(120, 36), (40, 12)] {
            let mut desk = desk.again();
            desk.hears(TerminalMsg::Resize(size.0, size.1).into());
            let question = desk.question().to_owned();
            for row in (0..size.1).step_by(5) {
                let mut desk = desk.again();
                for column in (0..size.0).step_by(31) {
                    let mut effects = desk.clicks_twice((column, row));
                    effects.extend(desk.drags(&[(column, row), (column / 2, row + 1), (0, 0)]));
                    desk.wheels(PointerAct::WheelDown, (column, row));
                    desk.wheels(PointerAct::WheelUp, (column, row));
                    let fine = effects.iter().all(only_shows);
                    assert!(fine, "{name:?} at {column},{row} of {size:?}: {effects:?}");
                    // Large files are asked for; nothing else is.
                    let asks = desk.question();
                    let known = asks == question || asks.is_empty() || asks.contains("etch");
                    assert!(known, "{name:?} at {column},{row}: {asks}");
                    assert!(!desk.model.quit);
                }
            }
        }
    }
}

#[test]
fn reports_from_beyond_the_screen_are_of_no_place() {
    for size in [(120, 36), (40, 10), (39, 10), (1, 1), (400, 150)] {
        let mut desk = Desk::reads(9);
        desk.hears(TerminalMsg::Resize(size.0, size.1).into());
        for cell in [(u16::MAX, 0), (0, u16::MAX), (u16::MAX, u16::MAX), (size.0, size.1)] {
            let layout = Layout::of(&desk.model);
            assert_eq!(hit::place(&desk.model, &layout, cell.0, cell.1), Place::Elsewhere);
            desk.clicks_twice(cell);
            desk.drags(&[cell, (0, 0), (3, 5), cell]);
            desk.drags(&[(size.0 / 2, size.1 / 2), cell, (0, 0)]);
            desk.wheels(PointerAct::WheelDown, cell);
        }
        assert!(!desk.model.quit);
    }
}

#[test]
fn a_drag_over_a_list_selects_whole_rows_and_copies_what_they_are_about() {
    let mut desk = Desk::reads(9);
    desk.press("1 g g");
    let area = desk.area(Pane::Sessions);
    let rows = excerpt::seen(&desk.model, Pane::Sessions, area, true);
    let mut names: Vec<&str> = rows.iter().filter_map(|row| row.text.split("  ").next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["s", "t", "u"]);
    let selected = desk.model.sessions.selected().cloned();
    let text = copied(desk.drags(&[(area.x + 9, rows[0].y), (area.x + 2, rows[1].y)]));
    let wanted = format!("{}\n{}", rows[0].text, rows[1].text);
    assert_eq!(text, [("selection".to_owned(), wanted)], "from wherever in a row to wherever");
    assert_eq!(desk.model.sessions.selected().cloned(), selected, "no other one is chosen by it");
    let mut desk = Desk::with(&["aev_1"]);
    desk.press("3");
    desk.model.guard_until = None;
    let area = desk.area(Pane::Queue);
    let rows = excerpt::seen(&desk.model, Pane::Queue, area, true);
    assert_eq!(rows.len(), 2, "of one call");
    let text = copied(desk.drags(&[(area.x + 2, rows[0].y), (area.x + 3, rows[1].y)]));
    assert_eq!(text[0].1, format!("{}  {}", rows[0].text, rows[1].text));
}

#[test]
fn a_click_in_a_form_goes_to_the_field_and_to_the_letter_and_never_sends() {
    let mut desk = Desk::reads(9);
    let agent = json!({"key": "a", "name": "A", "enabled": true, "model": {"name": "m"}});
    let agents = vec![serde_json::from_value(agent).unwrap()];
    desk.hears(ServiceMsg::AgentsListed(agents).into());
    desk.press("1 a");
    let area = hit::layer_area(&Layout::of(&desk.model), LayerKind::Form).unwrap();
    let form = desk.model.layers.form_mut().unwrap();
    let line = form.fields.iter().position(|field| field.kind == FieldKind::Line).unwrap();
    form.fields[line].editor.set_text("one \u{65e5}\u{672c} two");
    let places = form.places(area);
    let part = places.iter().find(|(at, _)| *at == line).unwrap().1;
    let value = form.fields[line].value_in(part);
    // A column is in front of the text, and each of those letters has two.
    desk.clicks((value.x + 1 + 6, value.y));
    let form = desk.model.layers.form().unwrap();
    assert_eq!((form.at, form.fields[line].editor.cursor()), (line, (0, 5)));
    desk.clicks((area.x + 1, value.y));
    assert_eq!(desk.model.layers.form().unwrap().fields[line].editor.cursor(), (0, 0), "its label");
    let wheel = desk.model.layers.form().unwrap().at;
    desk.wheels(PointerAct::WheelDown, (value.x + 1, value.y));
    assert_eq!(desk.model.layers.form().unwrap().at, wheel, "the wheel chooses nothing");
    let (button, part) = *places.last().unwrap();
    let effects = desk.clicks_twice((part.x + 4, part.y));
    let form = desk.model.layers.form().unwrap();
    assert_eq!((form.at, form.fields.len(), form.sending), (button, button, false));
    assert_eq!(effects, []);
}
