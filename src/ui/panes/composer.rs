//! What is being written to the agent, with the mode it will be sent in named before it is sent.

use ratatui::Frame;

use crate::model::{Area, Mode};

use super::super::Scene;
use super::super::cells::{self, put};
use super::super::frame::clean;
use super::text_field::TextField;

pub(super) fn draw(frame: &mut Frame, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let Some(session) = model.current_session() else {
        return;
    };
    let chip = model.composer.chip(session, model.is_running(session));
    let title = format!("to {} · [ {} ]", clean(session.key.as_str()), chip.words());
    put(frame.buffer_mut(), area, 0, &cells::rule(scene, &title, area.width.into()));
    let empty = crate::model::Editor::default();
    let editor = model.composer.draft(session).map_or(&empty, |draft| &draft.editor);
    TextField { editor, numbered: false, focused: model.mode == Mode::Write, remarks: Vec::new() }
        .draw(frame, theme, area.below_heading());
}
