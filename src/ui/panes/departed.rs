//! What stands in the inspector when somebody else answered the call that was looked at: the fact,
//! and the draft, which is not lost. The next call is shown after the next key, not before.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::text_field::TextField;
use crate::action::Action;
use crate::canvas::{Canvas, Line};
use crate::text::{quoted, units};
use crate::view::Area;
use crate::view::pane::tool_calls::Departed;

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area, departed: &Departed) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let call = &departed.call;
    let at = model.wall().exact_minute(departed.at);
    let left = vec![
        text(" 2 Arguments", theme.heading),
        text(format!("  {}", quoted::in_heading(&call.pending.tool_name, columns)), theme.text),
    ];
    let right = vec![text(format!("answered elsewhere · {at} "), theme.you)];
    put(canvas, area, 0, &cells::line(left, right, columns));
    let written = call.draft.touched && !call.draft.editor.is_empty();
    let next = match model.calls.selected() {
        Some(next) => format!(
            "any other key goes on to {} of {}",
            quoted::in_sentence(&next.pending.tool_name),
            quoted::in_sentence(next.session.key.as_str())
        ),
        None => "any other key goes back: no call waits any more".to_owned(),
    };
    let first = if written {
        let copies = model.keys.of_scope("departed", Action::Copy, "y");
        format!("your answer was not sent · {copies} copies it")
    } else {
        "nothing of yours was sent, and nothing had been written".to_owned()
    };
    let session = quoted::in_sentence(call.session.key.as_str());
    let lines = [
        format!(" Somebody else answered this call of {session}."),
        format!(" {first}"),
        format!(" {next}"),
    ];
    for (row, line) in lines.into_iter().enumerate() {
        let style = if row == 0 { theme.text } else { theme.dim };
        put(canvas, area, 2 + row, &Line::from(text(line, style)));
    }
    if !written {
        return;
    }
    let size = units::size(call.draft.editor.text().len() as u64);
    let title = format!("what you had written · {size} · not sent");
    put(canvas, area, 6, &cells::rule(scene, &title, columns));
    let rows = area.height.saturating_sub(7);
    let field = Area { y: area.y + area.height - rows, height: rows, ..area };
    let (editor, remarks) = (&call.draft.editor, Vec::new());
    TextField { editor, numbered: true, wraps: false, focused: false, remarks }
        .draw(canvas, theme, field);
}
