//! The views of a file, with the files of the demo and some that mean harm.

use std::sync::Arc;

use super::assert_looks;
use super::fixture::{model, settle};
use crate::content::{View as Look, prepare};
use crate::model::artifacts::{Checksum, Content};
use crate::model::{Focus, Model, View};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

/// The file in the place of the one that is selected.
fn showing(size: (u16, u16), name: &str, mime: &str, bytes: &[u8]) -> Model {
    let mut model = model(size, View::Artifacts, Focus::Viewer);
    let mut artifact = model.artifacts.selected().unwrap().clone();
    artifact.filename = name.to_owned();
    artifact.mime_type = mime.to_owned();
    artifact.size_bytes = bytes.len() as u64;
    let session = model.artifacts.session().unwrap().clone();
    let id = artifact.id.clone();
    model.artifacts.apply_listing(&session, vec![artifact]);
    let content = Content::Ready(Arc::new(prepare(name, mime, bytes.into())));
    model.artifacts.set_content(&id, content, Checksum::Matches);
    settle(&mut model);
    model
}

fn turn_to(model: &mut Model, look: Look) {
    while model.artifacts.viewer().unwrap().view() != look {
        model.artifacts.viewer_mut().unwrap().next_view();
    }
    settle(model);
}

#[test]
fn a_letter_rendered_and_as_text() {
    let letter = include_bytes!("../../../assets/demo/files/refund-letter.md");
    for size in SIZES {
        let mut model = showing(size, "refund-letter.md", "text/markdown", letter);
        assert_looks("viewer_rendered", &model);
        turn_to(&mut model, Look::Source);
        let viewer = model.artifacts.viewer_mut().unwrap();
        viewer.begin_find();
        viewer.find("refund");
        viewer.keep_find();
        settle(&mut model);
        assert_looks("viewer_text", &model);
        turn_to(&mut model, Look::Hex);
        assert_looks("viewer_hex", &model);
    }
}

#[test]
fn json_as_a_tree_with_a_value_shown_whole() {
    let tracking = include_bytes!("../../../assets/demo/files/dpd-tracking.json");
    for size in SIZES {
        let mut model = showing(size, "dpd-tracking.json", "application/json", tracking);
        let viewer = model.artifacts.viewer_mut().unwrap();
        viewer.begin_find();
        viewer.find("Mechelen");
        settle(&mut model);
        assert_looks("viewer_tree", &model);
        assert!(model.artifacts.viewer_mut().unwrap().enter());
        settle(&mut model);
        assert_looks("viewer_value", &model);
    }
    let mut model =
        showing((80, 24), "orders.json", "application/json", b"{\"a\": [1, 2,\n oops]}");
    model.artifacts.viewer_mut().unwrap().move_by(1 << 30);
    settle(&mut model);
    assert_looks("viewer_broken_json", &model);
}

#[test]
fn lines_of_json() {
    let lines = "{\"id\": \"aev_1\", \"type\": \"input_message\", \"n\": 1.50}\n{\"id\": 2, \"in\": [true, null]}\n\n{oops\n\"text\"\n";
    for size in SIZES {
        let mut model = showing(size, "events.jsonl", "application/x-ndjson", lines.as_bytes());
        let viewer = model.artifacts.viewer_mut().unwrap();
        viewer.move_by(1);
        viewer.inwards();
        settle(&mut model);
        assert_looks("viewer_json_lines", &model);
    }
}

#[test]
fn source_with_colours_wrapped_and_cut() {
    let source = include_bytes!("../../../assets/demo/files/triage.py");
    for size in SIZES {
        let mut model = showing(size, "triage.py", "text/x-python", source);
        assert_looks("viewer_source", &model);
        model.artifacts.wrap = false;
        settle(&mut model);
        model.artifacts.viewer_mut().unwrap().inwards();
        model.artifacts.viewer_mut().unwrap().move_by(1 << 30);
        settle(&mut model);
        assert_looks("viewer_source_cut", &model);
    }
}

#[test]
fn what_lies_or_means_harm_is_told_and_shown() {
    let bytes = b"Gr\xfc\xdfe \x1b[2J\x1b]52;c;eA==\x07 \ttab\r\nend";
    let name = format!("{}\u{1b}[2J\u{202e}gnp.txt", "../".repeat(30));
    let mut model = showing((80, 24), &name, "image/png", bytes);
    assert_looks("viewer_lie", &model);
    model = showing((80, 24), "empty.txt", "text/plain", b"");
    assert_looks("viewer_empty", &model);
}
