//! One file per pane; each draws into the areas that the layout gives it.

mod agents;
mod answer;
mod arguments;
mod artifact_list;
mod command_result;
mod composer;
mod departed;
mod detail;
mod diff;
mod diff_rows;
mod markdown;
mod queue;
mod row_words;
mod session_diff;
mod session_row;
mod sessions;
mod tally;
pub(super) mod text_field;
mod timeline;
mod tree;
mod viewer;
mod waterfall;
mod why;

use super::{RowCache, Scene};
use crate::canvas::Canvas;
use crate::view::{Area, Pane};

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, cache: &mut RowCache) {
    for (pane, area) in &scene.layout.panes {
        draw_pane(canvas, scene, *pane, *area, cache);
    }
}

fn draw_pane(canvas: &mut Canvas, scene: &Scene, pane: Pane, area: Area, cache: &mut RowCache) {
    let model = scene.model;
    match pane {
        Pane::Sessions => sessions::draw(canvas, scene, area),
        Pane::Timeline => timeline::draw(canvas, scene, area, cache),
        Pane::Detail => {
            if let Some((open, detail)) =
                model.open.as_ref().and_then(|open| Some((open, open.detail.as_deref()?)))
            {
                detail::draw(canvas, scene, area, open, detail);
            }
        }
        Pane::Waterfall => {
            if let Some((open, shown)) = model.open.as_ref().and_then(waterfall::shown) {
                waterfall::draw(canvas, scene, area, open, shown);
            }
        }
        Pane::Composer => composer::draw(canvas, scene, area),
        Pane::Queue => queue::draw(canvas, scene, area),
        Pane::Why => why::draw_alone(canvas, scene, area),
        Pane::Arguments => arguments::draw(canvas, scene, area),
        Pane::Answer => answer::draw(canvas, scene, area),
        Pane::Departed => {
            if let Some(departed) = model.calls.departed() {
                departed::draw(canvas, scene, area, departed);
            }
        }
        Pane::Files => artifact_list::draw(canvas, scene, area),
        Pane::Viewer => viewer::draw(canvas, scene, area),
        Pane::Agents => agents::draw_list(canvas, scene, area),
        Pane::AgentFacts => agents::draw_facts(canvas, scene, area),
        Pane::SessionDiff => {
            if let Some(comparison) = &model.session_diff {
                session_diff::draw(canvas, scene, area, comparison);
            }
        }
        Pane::Comparison => {
            if let Some(comparison) = &model.comparison {
                diff::draw(canvas, scene, area, comparison);
            }
        }
    }
}
