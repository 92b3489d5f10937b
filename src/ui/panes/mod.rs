//! One file per pane; each draws into the areas that the layout gives it.

mod answer;
mod arguments;
mod artifact_list;
mod command_result;
mod composer;
mod departed;
mod detail;
mod diff;
mod queue;
mod sessions;
mod tally;
mod text_field;
mod timeline;
mod tree;
mod viewer;
mod waterfall;
mod why;

use ratatui::Frame;

use super::{RowCache, Scene};
use crate::model::Area;

pub(super) fn draw(frame: &mut Frame, scene: &Scene, cache: &mut RowCache) {
    let layout = &scene.layout;
    if let Some(area) = layout.sessions {
        sessions::draw(frame, scene, area);
    }
    if let Some(area) = layout.timeline {
        match scene.model.open.as_ref().and_then(|open| Some((open, open.detail.as_deref()?))) {
            Some((open, detail)) => detail::draw(frame, scene, area, open, detail),
            None => match scene.model.open.as_ref().and_then(waterfall::shown) {
                Some((open, shown)) => waterfall::draw(frame, scene, area, open, shown),
                None => timeline::draw(frame, scene, area, cache),
            },
        }
    }
    if let Some(area) = layout.composer {
        composer::draw(frame, scene, area);
    }
    if let Some(area) = layout.queue {
        queue::draw(frame, scene, area);
    }
    if let Some(area) = layout.why {
        why::draw_alone(frame, scene, area);
    }
    match (scene.model.calls.departed(), layout.arguments, layout.answer) {
        (Some(departed), Some(above), below) => {
            let height = above.height + below.map_or(0, |below| below.height);
            departed::draw(frame, scene, Area { height, ..above }, departed);
        }
        (Some(departed), None, Some(area)) => departed::draw(frame, scene, area, departed),
        (_, above, below) => {
            if let Some(area) = above {
                arguments::draw(frame, scene, area);
            }
            if let Some(area) = below {
                answer::draw(frame, scene, area);
            }
        }
    }
    if let Some(area) = layout.artifact_list {
        artifact_list::draw(frame, scene, area);
    }
    if let (Some(area), Some(comparison)) = (layout.diff, &scene.model.comparison) {
        diff::draw(frame, scene, area, comparison);
    }
    if let Some(area) = layout.viewer {
        viewer::draw(frame, scene, area);
    }
}
