//! What is said above the line to find or filter by: what is wrong with it, or how to go on.

use ratatui::Frame;
use ratatui::text::Span;

use crate::model::prompt::Remark;
use crate::model::{Area, Prompt};

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;

pub(in super::super) fn draw(frame: &mut Frame, scene: &Scene, prompt: &Prompt) {
    let (theme, body) = (scene.theme, scene.layout.body);
    let mut spans: Vec<Span<'static>> = Vec::new();
    match &prompt.remark {
        Some(Remark::Wrong(words)) => spans.push(text(format!(" x {}", clean(words)), theme.error)),
        Some(Remark::Unfinished(words)) if prompt.offers.is_empty() => {
            spans.push(text(format!(" … {}", clean(words)), theme.dim));
        }
        _ => {}
    }
    for (place, offer) in prompt.offers.iter().enumerate() {
        let style = if place == 0 { theme.accent } else { theme.text };
        spans.push(text(format!("  {}", clean(&offer.with)), style));
        if place == 0 {
            spans.push(text(format!(" → {}", offer.about), theme.dim));
        }
    }
    if !spans.is_empty() {
        let row = Area::new(0, body.y + body.height, body.width, 1);
        let line = cells::line(spans, Vec::new(), row.width.into());
        put(frame.buffer_mut(), row, 0, &line);
    }
}
