//! What is being written to the agent, with the mode it will be sent in named before it is sent.

use ratatui::Frame;
use ratatui::text::Line;

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::text_field::TextField;
use crate::text::{quoted, units, width};
use crate::theme::Theme;
use crate::view::pane::composer::MessageDraft;
use crate::view::{Area, Layer};

pub(super) fn draw(frame: &mut Frame, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let Some(session) = model.layers.composer() else {
        return;
    };
    let chip = model.composer.chip(session, model.is_running(session));
    let chip = format!(" · [ {} ]", chip.words());
    let room = usize::from(area.width).saturating_sub(width::width(&chip) + 8);
    let title = format!("to {}{chip}", quoted::in_heading(session.key.as_str(), room));
    put(frame.buffer_mut(), area, 0, &cells::rule(scene, &title, area.width.into()));
    let empty = crate::view::Editor::default();
    let editor = model.composer.draft(session).map_or(&empty, |draft| &draft.editor);
    let mut field = area.below_heading();
    if let Some(draft) = model.composer.draft(session).filter(|_| model.composer.has_files(session))
    {
        put(frame.buffer_mut(), field, 0, &files(theme, draft, field.width.into()));
        field = field.below_heading();
    }
    let focused = matches!(model.layers.top(), Some(Layer::Composer(_)));
    TextField { editor, numbered: false, focused, remarks: Vec::new() }.draw(frame, theme, field);
}

/// The files that go with it; or, once they are on their way, how far they are.
fn files(theme: &Theme, draft: &MessageDraft, columns: usize) -> Line<'static> {
    if let Some(transfer) = &draft.transfer {
        let words = match transfer.percent() {
            100 => "the files have left; the service stores them".to_owned(),
            _ => format!("sending files: {}", transfer.words()),
        };
        return Line::from(text(format!(" {words}"), theme.accent));
    }
    let mut left =
        vec![text(format!(" {} ", units::counted(draft.attached.len(), "file")), theme.dim)];
    for file in &draft.attached {
        let chip = format!(
            "[{} · {} · {}] ",
            clean(&file.name),
            units::bytes(file.size),
            clean(&file.mime)
        );
        left.push(text(chip, theme.text));
    }
    cells::line(left, Vec::new(), columns)
}
