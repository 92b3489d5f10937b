//! What is selected with the mouse is what is drawn there.

use super::*;
use crate::canvas::Modifier;
use crate::view::mouse::{Pointer, PointerAct};
use crate::view::{Layout, Pane, excerpt};

/// Panes with text: keys that lead there, and how many lines there are at least.
const TEXTS: [(&str, Pane, usize); 6] = [
    ("2", Pane::Timeline, 12),
    ("2 z R", Pane::Timeline, 12),
    ("2 G <enter>", Pane::Arguments, 2),
    ("2 g g <enter>", Pane::Detail, 1),
    ("2 g g <enter> z v", Pane::Detail, 3),
    ("2 g g <enter> z v z v", Pane::Detail, 1),
];

#[test]
fn a_line_of_text_begins_where_it_is_drawn() {
    for (keys, pane, least) in TEXTS {
        for size in [(120, 36), (80, 24), (40, 15)] {
            let mut model = model(size, View::Triage, Focus::Sessions);
            press(&mut model, keys);
            let layout = Layout::of(&model);
            let Some(area) = layout.area(pane) else {
                panic!("{keys} leads elsewhere at {size:?}")
            };
            let lines = excerpt::seen(&model, pane, area, layout.wide);
            assert!(size.1 < 20 || lines.len() >= least, "{keys} at {size:?}: {lines:?}");
            let canvas = drawn(&model);
            for line in lines {
                let left = area.x + line.column;
                let drawn: String =
                    (left..area.x + area.width).map(|x| canvas.text_at((x, line.y))).collect();
                // A line may be cut, and has something else at its end.
                let start: String = line.text.chars().take(9).collect();
                let cut = drawn.trim_end().trim_end_matches('…');
                let fits =
                    drawn.starts_with(&start) || start.starts_with(cut) || drawn.contains('…');
                assert!(fits, "{keys} at {size:?}: {line:?} is drawn as {drawn:?}");
            }
        }
    }
}

#[test]
fn what_is_selected_stands_out_without_colour_and_only_the_text() {
    let mut model = model((120, 36), View::Triage, Focus::Timeline);
    let layout = Layout::of(&model);
    let area = layout.area(Pane::Timeline).unwrap();
    let lines = excerpt::seen(&model, Pane::Timeline, area, layout.wide);
    let before = drawn(&model);
    let mut machine = Machine::new(app::default_keymap().unwrap());
    let (now, left) = (model.now, area.x + lines[0].column);
    for (act, column, row) in [
        (PointerAct::Press, left, lines[0].y),
        (PointerAct::Drag, left + 4, lines[1].y),
        (PointerAct::Drag, left + 2, lines[1].y),
    ] {
        let msg = TerminalMsg::Mouse(Pointer { act, column, row }, now);
        let _ = machine.update(&mut model, msg.into(), now);
    }
    let after = drawn(&model);
    let turned = |x: u16, y: u16| {
        let reversed =
            |canvas: &Canvas| canvas.pen_at((x, y)).modifier.contains(Modifier::REVERSED);
        reversed(&before) != reversed(&after)
    };
    let long = u16::try_from(crate::text::width::width(&lines[0].text)).unwrap();
    let first: Vec<u16> = (0..120).filter(|x| turned(*x, lines[0].y)).collect();
    assert_eq!(first, (left..(left + long).min(area.x + area.width)).collect::<Vec<_>>());
    let second: Vec<u16> = (0..120).filter(|x| turned(*x, lines[1].y)).collect();
    let begins = area.x + lines[1].column;
    assert_eq!(second, (begins..=left + 2).collect::<Vec<_>>());
    assert!((0..120).all(|x| !turned(x, lines[2].y)));
}
