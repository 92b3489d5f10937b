//! The list of files by its keys: sort, filter, versions, marks, jumps and comparing.

use crate::app::effect::Request;
use crate::app::msg::ServiceMsg;
use std::sync::Arc;

use serde_json::json;

use super::{Desk, event, open};
use crate::api::Artifact;
use crate::app::{Effect, Msg};
use crate::view::pane::artifacts::Checksum;
use crate::view::pane::text_diff::{Outcome, compare};
use crate::view::{Focus, Layer, LayerKind, View};

fn file(id: &str, name: &str, size: u64, second: u32) -> Artifact {
    let at = format!("2026-07-02T08:31:{second:02}.000Z");
    serde_json::from_value(json!({"artifact_id": id, "filename": name, "mime_type": "text/plain",
        "size_bytes": size, "checksum_sha256": id, "created_at": at, "updated_at": at}))
    .unwrap()
}

/// A session in which a tool made one file and the agent looked at it.
fn desk() -> Desk {
    let mut desk = Desk::with(&[]);
    let mut window = desk.window(&[]);
    window.events.push(event(&json!({"id": "aev_make", "type": "tool_input",
        "created_at": "2026-07-02T08:31:00Z", "tool_call_id": "c", "tool_name": "artifact_create",
        "tool_configuration_name": "t", "tool_input": {}})));
    window.events.push(event(&json!({"id": "aev_made", "type": "tool_output",
        "created_at": "2026-07-02T08:31:05Z", "tool_call_id": "c", "tool_name": "artifact_create",
        "tool_configuration_name": "t", "tool_output": {"artifact_id": "art_3"}, "error": false})));
    window.events.push(event(&json!({"id": "aev_look", "type": "image_read",
        "created_at": "2026-07-02T08:31:09Z", "artifact_id": "art_3"})));
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(window))));
    desk
}

fn listed(desk: &mut Desk, size: u64) {
    desk.press("4");
    desk.hears(Msg::Service(ServiceMsg::ArtifactsListed {
        session: open(),
        artifacts: vec![
            file("art_1", "a.txt", size, 1),
            file("art_2", "b.txt", 30, 2),
            file("art_3", "a.txt", size, 4),
        ],
        more: false,
    }));
}

fn selected(desk: &Desk) -> &str {
    desk.model.artifacts.selected().unwrap().id.as_str()
}

#[test]
fn a_file_leads_to_its_rows_and_a_row_to_its_file_and_the_trail_back() {
    let mut desk = desk();
    listed(&mut desk, 20);
    assert_eq!(selected(&desk), "art_3");
    assert_eq!(desk.model.artifacts.list.author(&"art_3".into()), "artifact_create");
    desk.press("g u");
    assert_eq!(desk.layer(), Some(LayerKind::Uses));
    let Some(Layer::Uses(uses)) = desk.model.layers.top() else { panic!("no list") };
    assert_eq!(uses.items().iter().map(|item| item.role).collect::<Vec<_>>(), ["made", "read"]);
    desk.press("j <enter>");
    assert_eq!((desk.model.view, desk.layer()), (View::Triage, None));
    let cursor = |desk: &Desk| {
        desk.model.open.as_ref().unwrap().timeline.cursor_unit().unwrap().event_ids()[0].clone()
    };
    assert_eq!(cursor(&desk).as_str(), "aev_look");
    let effects = desk.press("[ [");
    assert!(effects.contains(&Effect::Service(Request::ListArtifacts { session: open() })));
    assert_eq!((desk.model.view, selected(&desk)), (View::Artifacts, "art_3"));
    desk.press("] ]");
    assert_eq!((desk.model.view, cursor(&desk).as_str()), (View::Triage, "aev_look"));
    desk.press("g a");
    assert_eq!((desk.model.view, selected(&desk)), (View::Artifacts, "art_3"));
}

#[test]
fn a_row_without_a_file_says_so_and_a_file_that_is_gone_too() {
    let mut desk = desk();
    desk.press("g g g a");
    assert_eq!(desk.model.view, View::Triage);
    assert!(desk.model.toast.as_ref().unwrap().text.contains("names no file"));
    desk.press("G g a");
    assert_eq!(desk.model.view, View::Artifacts);
    desk.hears(Msg::Service(ServiceMsg::ArtifactsListed {
        session: open(),
        artifacts: vec![file("art_9", "z", 1, 1)],
        more: true,
    }));
    assert!(desk.model.toast.as_ref().unwrap().text.contains("art_3 is not among those listed"));
}

#[test]
fn sort_filter_versions_and_marks_by_their_keys() {
    let mut desk = desk();
    listed(&mut desk, 20);
    desk.press("o");
    assert_eq!(desk.model.artifacts.list.rows().len(), 3);
    desk.press("s s z s");
    assert_eq!(desk.model.artifacts.list.order().words(), "by name, from Z");
    desk.press("/ b y : a g e n t <enter>");
    assert_eq!(selected(&desk), "art_3");
    assert_eq!(desk.model.artifacts.list.filtered(), 2);
    desk.press("<space>");
    assert_eq!(desk.model.artifacts.list.marked().len(), 1);
    desk.press("<esc>");
    assert!(desk.model.artifacts.list.filter().is_empty());
    desk.press("<esc>");
    assert!(desk.model.artifacts.list.marked().is_empty());
    assert_eq!(desk.model.view, View::Artifacts, "one thing at a time");
    let before = selected(&desk).to_owned();
    desk.press("] f");
    assert_ne!(selected(&desk), before);
    desk.press("[ f");
    assert_eq!(selected(&desk), before);
    desk.press("<esc>");
    assert_eq!(desk.model.focus, Focus::Timeline);
}

#[test]
fn two_files_are_fetched_and_compared_and_large_ones_only_after_a_yes() {
    let mut desk = desk();
    listed(&mut desk, 20);
    let wanted = Effect::Service(Request::Compare {
        session: open(),
        files: ["art_1".into(), "art_3".into()],
    });
    let asked = std::slice::from_ref(&wanted);
    assert_eq!(desk.press("D"), asked, "a file and the version before it");
    let diff = Arc::new(compare("a\nb\n".to_owned(), "a\nc\n".to_owned(), None));
    let answer = |files: [&str; 2]| {
        Msg::Service(ServiceMsg::Compared {
            session: open(),
            files: files.map(Into::into),
            outcome: Outcome::Text { diff: Arc::clone(&diff), rough: false },
            checksums: [Checksum::Matches; 2],
        })
    };
    desk.hears(answer(["art_1", "art_2"]));
    assert!(desk.model.comparison.as_ref().unwrap().diff().is_none(), "of other files");
    desk.hears(answer(["art_1", "art_3"]));
    assert!(desk.model.comparison.as_ref().unwrap().diff().is_some());
    desk.press("n N z v o <esc>");
    assert!(desk.model.comparison.is_none());
    assert_eq!(desk.model.view, View::Artifacts);

    listed(&mut desk, 2 << 20);
    assert_eq!(desk.press("D"), []);
    assert!(desk.question().contains("Fetch 4.0M"));
    assert_eq!(desk.press("<enter>"), [wanted]);
    desk.press("<esc>");
    listed(&mut desk, 20 << 20);
    assert_eq!(desk.press("D"), []);
    assert!(matches!(desk.model.comparison.as_ref().unwrap().outcome, Outcome::TooLarge));
    desk.press("D <space> <space>");
    assert_eq!(desk.model.artifacts.list.marked().len(), 2);
    desk.model.artifacts.list.clear_marks();
    desk.press("G D");
    assert!(desk.model.comparison.is_none());
    assert!(desk.model.toast.as_ref().unwrap().text.contains("mark two files"));
}

#[test]
fn esc_in_the_line_brings_back_filter_selection_and_scroll() {
    let mut desk = Desk::with(&[]);
    desk.press("4");
    let artifacts =
        (0..50).map(|n| file(&format!("art_{n}"), &format!("n{n}.txt"), 20, n)).collect();
    desk.hears(Msg::Service(ServiceMsg::ArtifactsListed {
        session: open(),
        artifacts,
        more: false,
    }));
    desk.press("G k k k");
    let face = |desk: &Desk| {
        let list = &desk.model.artifacts.list;
        let seen: Vec<_> = list.seen().iter().map(|row| list.at(row).id.clone()).collect();
        (selected(desk).to_owned(), seen, list.filter().to_owned())
    };
    let before = face(&desk);
    desk.press("/ n 4 9");
    assert_eq!(selected(&desk), "art_49");
    desk.press("<bs> <bs> s i z e : <esc>");
    assert_eq!(face(&desk), before);
    desk.press("/ n a <tab>");
    assert_eq!(desk.typed(), "name:", "Tab takes the first offer");
    assert_eq!(face(&desk).1, before.1, "half a word of a key filters nothing");
}

#[test]
fn a_filter_that_is_typed_before_the_files_are_listed_stays() {
    let mut desk = desk();
    desk.press("4 / b . t x t <enter>");
    listed(&mut desk, 20);
    assert_eq!(desk.model.artifacts.list.rows().len(), 1);
    assert_eq!(selected(&desk), "art_2");
}
