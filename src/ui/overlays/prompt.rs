//! What is said above the line to find or filter by: what is wrong with it, or how to go on.

use super::super::Scene;
use super::super::cells::text;
use super::super::frame::clean;
use crate::canvas::{Canvas, Span};
use crate::view::Prompt;
use crate::view::layer::prompt::Remark;

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, prompt: &Prompt) {
    let theme = scene.theme;
    let mut spans: Vec<Span<'static>> = Vec::new();
    match &prompt.remark {
        Some(Remark::Wrong(words)) => spans.push(text(format!(" x {}", clean(words)), theme.error)),
        Some(Remark::Unfinished(words)) if prompt.offers.is_empty() => {
            spans.push(text(format!(" … unfinished: {}", clean(words)), theme.dim));
        }
        Some(Remark::Unfinished(_)) => spans.push(text(" … unfinished", theme.dim)),
        None => {}
    }
    for (place, offer) in prompt.offers.iter().enumerate() {
        let style = if place == 0 { theme.accent } else { theme.text };
        spans.push(text(format!("  {}", clean(&offer.with)), style));
        if place == 0 {
            spans.push(text(format!(" → {}", offer.about), theme.dim));
        }
    }
    super::draw_remark(canvas, scene, spans);
}
