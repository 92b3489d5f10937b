//! Where the keyboard is, seen without colour, and what the rows at the bottom say of it.

use super::*;
use crate::app::update::tests::everywhere;
use crate::canvas::{Modifier, Position};
use crate::text::width::width;
use crate::view::{Area, Layout, Mode, Pane};

fn mono(glyphs: &Glyphs) -> Theme {
    Theme { glyphs: *glyphs, ..Theme::load("mono").unwrap() }
}

/// The cells and the cursor of a frame.
fn frame(model: &Model, theme: &Theme) -> (Canvas, Position) {
    let canvas = drawn_in(model, theme);
    let cursor = canvas.cursor().unwrap();
    (canvas, cursor)
}

fn row(canvas: &Canvas, area: Area, y: u16) -> String {
    (area.x..area.x + area.width).map(|x| canvas.text_at((x, y))).collect()
}

/// Rows of an area that are marked over their whole width.
fn marked(canvas: &Canvas, area: Area) -> Vec<u16> {
    let reversed = |x, y| canvas.pen_at((x, y)).modifier.contains(Modifier::REVERSED);
    let whole = |y: &u16| (area.x..area.x + area.width).all(|x| reversed(x, *y));
    (area.y..area.y + area.height).filter(whole).collect()
}

fn at_size(model: &Model, size: (u16, u16)) -> Model {
    let mut model = Model { size, ..model.clone() };
    model.settle();
    model
}

#[test]
fn one_pane_shows_in_signs_that_it_has_the_keyboard() {
    for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
        let theme = mono(&glyphs);
        for (keys, first, second) in [
            ("1", "1 Sessions", "2 refund-4411"),
            ("4", "4 Artifacts", ""),
            ("3 <s-tab>", "1 Your turn", "2 Arguments"),
        ] {
            let mut model = model((120, 36), View::Triage, Focus::Timeline);
            press(&mut model, keys);
            let heading = |model: &Model| {
                let (canvas, _) = frame(model, &theme);
                row(&canvas, Area::new(0, 2, 120, 1), 2)
            };
            let here = heading(&model);
            assert!(here.contains(&format!("{}{first}", glyphs.focus)), "{here}");
            assert!(here.contains(&format!(" {second}")), "{here}");
            press(&mut model, "<tab>");
            let shown = heading(&model);
            assert!(shown.contains(&format!(" {first}")), "{shown}");
            assert_eq!(shown.matches(glyphs.focus).count(), 1, "{shown}");
        }
    }
}

#[test]
fn the_selection_is_a_bar_in_the_focused_pane_and_a_faint_sign_in_the_other() {
    let theme = mono(&Glyphs::UNICODE);
    let mut model = model((120, 36), View::Triage, Focus::Timeline);
    for (keys, list_has_it) in [("2", false), ("1", true)] {
        press(&mut model, keys);
        let layout = Layout::of(&model);
        let (list, timeline) =
            (layout.area(Pane::Sessions).unwrap(), layout.area(Pane::Timeline).unwrap());
        let (canvas, cursor) = frame(&model, &theme);
        let (with, without) = if list_has_it { (list, timeline) } else { (timeline, list) };
        let bar = marked(&canvas, with);
        assert!(!bar.is_empty() && marked(&canvas, without).is_empty(), "{keys}: {bar:?}");
        for y in &bar {
            assert_eq!(canvas.text_at((with.x, *y)), theme.glyphs.marker);
        }
        let faint = |y: &u16| canvas.text_at((without.x, *y)) == theme.glyphs.place;
        assert!((without.y..without.y + without.height).any(|y| faint(&y)), "{keys}");
        assert_eq!(cursor, (with.x, bar[0]).into(), "screen readers follow the cursor");
    }
}

/// Everything but what is read or written rather than chosen from.
fn has_a_bar(name: &str) -> bool {
    let texts =
        ["Detail", "Arguments", "Answer", "Departed", "Viewer", "Comparison", "SessionDiff"];
    let is_text = texts.iter().any(|text| name == format!("Pane({text})"));
    let lists = ["Types", "Uses", "Compaction", "Branches"]
        .iter()
        .any(|list| name == format!("Layer({list})"));
    lists || name.starts_with("Pane(") && !is_text
}

#[test]
fn the_cursor_is_on_the_focused_row_in_every_place_and_at_every_size() {
    for (name, model) in everywhere::models() {
        for size in [(120, 36), (80, 24), (40, 12)] {
            let model = at_size(&model, size);
            let (canvas, cursor) = frame(&model, &mono(&Glyphs::UNICODE));
            let line = row(&canvas, Area::new(0, 0, size.0, 1), cursor.y);
            assert!(cursor.x < size.0 && cursor.y < size.1, "{name} {size:?}");
            let asks = model.mode() == Mode::Ask;
            assert_eq!(asks, cursor.y == size.1 - 1, "{name} {size:?}: {cursor:?} {line}");
            let markers = line.matches(Glyphs::UNICODE.marker).count();
            if has_a_bar(&name) {
                assert!(markers == 1, "{name} {size:?}: {line}");
            }
        }
    }
}

fn last_row(model: &Model) -> String {
    let screen = screen(model);
    screen.lines().rev().nth(1).unwrap().to_owned()
}

#[test]
fn the_way_out_and_help_are_in_the_row_however_narrow_it_is() {
    for (name, model) in everywhere::models() {
        let model = at_size(&Model { guard_until: None, ..model }, (40, 12));
        let row = last_row(&model);
        let help = ["? help", "F1 help"].iter().any(|help| row.contains(help));
        let out = row.contains("Esc ") || row.contains("q quit");
        assert!(out, "{name}: {row}");
        assert!(help || model.mode() == Mode::Ask, "{name}: {row}");
    }
}

#[test]
fn a_reason_that_is_too_long_is_cut_and_nothing_behind_it_is_lost() {
    let mut model = model((80, 24), View::Triage, Focus::Timeline);
    press(&mut model, "3");
    model.guard_until = None;
    let row = last_row(&model);
    assert!(row.contains(" s send: ") && row.contains('…'), "{row}");
    assert!(row.contains("e edit answer") && row.contains("? help"), "{row}");
}

/// The words of the rows that a question takes above the hint row.
fn words(rows: &[&str]) -> String {
    let rows = rows.iter().map(|row| row.trim_end_matches('▕').trim());
    rows.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_question_is_read_whole_and_its_keys_are_seen() {
    for size in [(80, 24), (40, 12)] {
        for keys in ["G X", "g g 3 e 1 <esc> s", "m"] {
            let mut model = model(size, View::Triage, Focus::Timeline);
            press(&mut model, keys);
            let Some(question) = model.layers.question().cloned() else { continue };
            model.settle();
            let screen = screen(&model);
            let lines: Vec<&str> = screen.lines().collect();
            let hint = lines[usize::from(size.1) - 1];
            assert!(hint.contains("Esc leaves"), "{keys}: {screen}");
            let above = words(&lines[2..usize::from(size.1)]);
            assert!(above.contains(&question.text), "{keys}: {}\n{screen}", question.text);
            assert!(lines.iter().all(|line| width(line) <= usize::from(size.0) + 1));
        }
    }
}

#[test]
fn a_long_question_takes_rows_and_the_toast_stands_above_them() {
    for size in [(80, 24), (40, 12)] {
        let mut model = model(size, View::Triage, Focus::Timeline);
        let text = "Send although the schema says no? 3 answers to refund-4411 · orders.refund: \
                    success, 1.2K bytes · orders.lookup: error, 30 bytes";
        let session = SessionRef::new("support-bot", "refund-4411");
        let question = crate::view::Question {
            text: text.to_owned(),
            kind: crate::view::QuestionKind::Confirm,
            input: crate::view::Editor::default(),
            then: crate::view::Decision::Interrupt(session),
        };
        model.layers.push(Layer::Question(Box::new(question)));
        let words_of_toast = "sent".to_owned();
        let until = at("14:07:00");
        model.toast = Some(Toast { text: words_of_toast, until, level: Level::Info });
        model.settle();
        let screen = screen(&model);
        let lines: Vec<&str> = screen.lines().collect();
        let toast = lines.iter().position(|line| line.starts_with(" · sent ")).unwrap();
        let hint = usize::from(size.1) - 1;
        assert_eq!(words(&lines[toast + 1..hint]), text, "{screen}");
        assert!(lines[hint].contains("Enter does it  Esc leaves"), "{screen}");
    }
}

#[test]
fn what_is_said_of_a_line_and_a_toast_never_share_a_row() {
    let mut model = model((80, 24), View::Triage, Focus::Timeline);
    press(&mut model, "/ <tab> n o p e : x");
    let until = at("14:07:00");
    let text = "a toast that is much longer than what is wrong with the line, by far".to_owned();
    model.toast = Some(Toast { text, until, level: Level::Warning });
    model.settle();
    let said = screen(&model);
    assert!(!said.contains("a toast") && said.contains(" x "), "{said}");
    press(&mut model, "<esc>");
    model.toast = Some(Toast { text: "a toast".to_owned(), until, level: Level::Warning });
    model.which_key = vec![("g".into(), "top".into())];
    let said = screen(&model);
    let lines: Vec<&str> = said.lines().collect();
    let toast = lines.iter().position(|line| line.contains("a toast")).unwrap();
    assert!(lines[toast].trim_end_matches('▕').trim() == "! a toast", "{said}");
    assert!(lines[toast - 1].contains("g top"), "{said}");
}

#[test]
fn a_session_that_cannot_be_read_whole_says_what_is_lost() {
    let mut model = model((80, 24), View::Triage, Focus::Timeline);
    let open = model.open.as_ref().unwrap().reference.clone();
    let mut session = model.sessions.get(&open).unwrap().session.clone();
    session.damage = Some("cannot be read: metadata (number out of range)".to_owned());
    model.sessions.apply_session(session);
    model.settle();
    let screen = screen(&model);
    assert!(screen.contains("cannot be read: metadata"), "{screen}");
    assert!(screen.contains("! Refund …4411 …"), "marked in the list: {screen}");
}
