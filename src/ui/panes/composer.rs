//! What is being written to the agent: what Enter would do with it stands in the border, how much it is
//! below the text.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::text_field::TextField;
use crate::api::SessionRef;
use crate::canvas::{Canvas, Line, Span};
use crate::text::{quoted, units, width};
use crate::theme::Theme;
use crate::view::pane::composer::offers::{Offer, Offers};
use crate::view::pane::composer::{FileState, MessageDraft, Place};
use crate::view::{Area, Editor, Layer};

/// Columns that the name of the session has at least; with fewer it is left out.
const KEY_COLUMNS: usize = 8;
/// Columns that the names of what is offered have at most.
const NAME_COLUMNS: usize = 24;

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let Some(session) = model.layers.composer() else {
        return;
    };
    let columns = usize::from(area.width);
    let parts = model.composer_parts(session, area);
    let empty = MessageDraft::default();
    let draft = model.composer.draft(session).unwrap_or(&empty);
    // Where the foot has no row, what somebody looks for is told above.
    let sought = draft.history.place().filter(|_| parts.foot.height == 0);
    let border = match sought {
        Some(place) => cells::rule(scene, &from_earlier(place), columns),
        None => border(scene, session, columns),
    };
    put(canvas, parts.border, 0, &border);
    put(canvas, parts.along, 0, &along(theme, draft, columns));
    if let Some(offers) = &draft.offers {
        let names = offers.list.items().iter().map(|offer| width::width(&offer.name)).max();
        let names = names.unwrap_or(0).min(NAME_COLUMNS).min(columns / 2);
        for (at, y) in offers.list.seen().zip(0..) {
            let chosen = at == offers.list.at();
            let line = offer(scene, &offers.list.items()[at], chosen, names, columns);
            put(canvas, parts.offers, y, &line);
        }
    }
    let focused = matches!(model.layers.top(), Some(Layer::Composer(_)));
    let editor: &Editor = &draft.editor;
    TextField { editor, numbered: false, wraps: true, focused, remarks: Vec::new() }.draw(
        canvas,
        theme,
        parts.field,
    );
    put(canvas, parts.foot, 0, &foot(scene, session, draft, columns));
}

/// To whom, and what Enter would do. The name gives way to that.
fn border(scene: &Scene, session: &SessionRef, columns: usize) -> Line<'static> {
    let outlook = scene.model.outlook(session);
    let room = columns.saturating_sub(5);
    let whole = format!("[ {} ]", outlook.words());
    let chip =
        if width::width(&whole) <= room { whole } else { format!("[ {} ]", outlook.short()) };
    let left = room.saturating_sub(width::width(&chip) + 6);
    let title = if left < KEY_COLUMNS {
        chip
    } else {
        format!("to {} · {chip}", quoted::in_heading(session.key.as_str(), left))
    };
    cells::rule(scene, &title, columns)
}

/// How much the message is; or else what is offered, or which message of earlier is shown.
fn foot(
    scene: &Scene,
    session: &SessionRef,
    draft: &MessageDraft,
    columns: usize,
) -> Line<'static> {
    let theme = scene.theme;
    let (words, style) = if let Some(offers) = &draft.offers {
        (offered(offers), theme.accent)
    } else if let Some(place) = draft.history.place() {
        (from_earlier(place), theme.accent)
    } else {
        let weight = scene.model.weight_of_message(session);
        let style = if weight.is_too_much() { theme.error } else { theme.dim };
        let behind = draft.history.waits_behind();
        let behind = if behind { "your draft comes back after this one · " } else { "" };
        let whole = format!("{behind}{}", weight.words());
        let fits = width::width(&whole) < columns;
        (if fits { whole } else { weight.context() }, style)
    };
    cells::line(vec![text(format!(" {words}"), style)], Vec::new(), columns)
}

fn offered(offers: &Offers) -> String {
    let (at, of) = (offers.list.at() + 1, offers.list.items().len());
    format!("{} {at} of {of} · Tab takes · Esc closes", offers.list.title)
}

fn from_earlier(place: Place<'_>) -> String {
    let at = place.at.map(|at| format!("number {at}, from the latest"));
    match (place.sought, at) {
        (None, at) => format!("sent before: {}", at.unwrap_or_default()),
        (Some(""), _) => "find what you sent: type a part of it".to_owned(),
        (Some(sought), Some(at)) => format!("find {}: {at}", quoted::in_sentence(sought)),
        (Some(sought), None) => {
            format!("find {}: nothing sent has it", quoted::in_sentence(sought))
        }
    }
}

fn offer(
    scene: &Scene,
    offer: &Offer,
    chosen: bool,
    names: usize,
    columns: usize,
) -> Line<'static> {
    let theme = scene.theme;
    let name_style = if chosen { theme.text.patch(theme.selection) } else { theme.text };
    let name = width::fit(&clean(&offer.name), names);
    let mut row = vec![
        text(if chosen { theme.glyphs.marker } else { " " }, theme.accent),
        text(name, name_style),
        text("  ", theme.text),
    ];
    if let Some(off) = &offer.off {
        row.push(text(format!("off: {off} · "), theme.you));
    }
    row.push(text(clean(&offer.words), theme.dim));
    cells::line(row, Vec::new(), columns)
}

/// What goes with the message; or, once it is on its way, how far each of the files is.
fn along(theme: &Theme, draft: &MessageDraft, columns: usize) -> Line<'static> {
    let mut left: Vec<Span<'static>> = Vec::new();
    if draft.on_their_way().next().is_some() {
        let words = match &draft.transfer {
            Some(transfer) if transfer.percent() == 100 => {
                " the files have left; the service stores them ".to_owned()
            }
            Some(transfer) => format!(" sending: {} ", transfer.words()),
            None => " sending: ".to_owned(),
        };
        left.push(text(words, theme.accent));
        for (file, state) in draft.on_their_way() {
            let state = match state {
                FileState::Left => "left".to_owned(),
                FileState::Leaving(percent) => format!("{percent}%"),
                FileState::Waits => "waits".to_owned(),
            };
            left.push(text(format!("[{} · {state}] ", clean(&file.name)), theme.text));
        }
        return cells::line(left, Vec::new(), columns);
    }
    for skill in &draft.skills {
        left.push(text(format!(" [skill {}]", clean(skill)), theme.text));
    }
    if !draft.attached.is_empty() {
        let files = units::counted(draft.attached.len(), "file");
        left.push(text(format!(" {files} "), theme.dim));
    }
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
