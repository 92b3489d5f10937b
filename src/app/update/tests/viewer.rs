//! A file in the viewer, from keys to what is shown, copied and worked out.

use crate::app::effect::{TerminalWork, Work};
use std::sync::Arc;

use serde_json::json;

use super::{Desk, open};
use crate::app::msg::{DoneMsg, ServiceMsg, Worked};
use crate::app::{Effect, Msg};
use crate::content::{Rendition, prepare};
use crate::view::layer::prompt::Remark;
use crate::view::pane::artifacts::{Checksum, Content};
use crate::view::pane::viewer::FileView;
use crate::view::{Focus, Mode, Viewer};

impl Desk {
    /// A file of the session is fetched and focused; gives what has to be worked out.
    fn views(&mut self, name: &str, bytes: &[u8]) -> Vec<Effect> {
        let artifact = serde_json::from_value(json!({
            "artifact_id": "art_1", "filename": name, "mime_type": "", "checksum_sha256": "x",
            "size_bytes": bytes.len(), "created_at": "2026-07-02T08:30:00Z",
            "updated_at": "2026-07-02T08:30:00Z"
        }));
        self.press("4");
        self.hears(Msg::Service(ServiceMsg::ArtifactsListed {
            session: open(),
            artifacts: vec![artifact.unwrap()],
            more: false,
        }));
        self.press("<enter>");
        self.hears(Msg::Service(ServiceMsg::ArtifactFetched {
            session: open(),
            artifact: "art_1".into(),
            content: Content::Ready(Arc::new(prepare(name, "", bytes.into()))),
            checksum: Checksum::Matches,
        }))
    }

    /// Everything that is asked for is worked out, and what follows from that, too.
    fn works(&mut self, mut effects: Vec<Effect>) {
        while let Some(effect) = effects.pop() {
            let Effect::Work(Work::File { artifact, file, job }) = effect else { continue };
            let done = job.run(&file, &|| false).unwrap();
            effects.extend(self.hears(Msg::Done(DoneMsg::Worked(Box::new(Worked {
                artifact,
                file,
                done,
            })))));
        }
    }

    fn file(&self) -> &Viewer {
        self.model.artifacts.viewer().unwrap()
    }

    fn copied(&mut self, keys: &str) -> Option<(String, String)> {
        let effects = self.press(keys);
        effects.into_iter().find_map(|effect| match effect {
            Effect::Terminal(TerminalWork::Copy { text, what }) => Some((text, what)),
            _ => None,
        })
    }
}

#[test]
fn a_file_is_looked_at_in_turns_and_copied_in_parts() {
    let mut desk = Desk::with(&[]);
    let json = "{\"a\": {\"b\": [1, \"two\\nlines\"]}}\n";
    desk.views("a.json", json.as_bytes());
    assert_eq!((desk.model.focus, desk.file().view()), (Focus::Viewer, Rendition::Tree));
    desk.press("G");
    let copy = |text: &str, what: &str| Some((text.to_owned(), what.to_owned()));
    assert_eq!(desk.copied("y p"), copy(".a.b[1]", "path"));
    assert_eq!(desk.copied("y v"), copy("two\nlines", "value"));
    desk.press("<enter>");
    assert!(desk.file().has_page());
    desk.press("<esc>");
    assert!(!desk.file().has_page() && desk.model.focus == Focus::Viewer);
    assert_eq!(desk.copied("y y"), copy(json, "text"));
    desk.press("z v");
    assert_eq!(desk.file().view(), Rendition::Source);
    assert_eq!(desk.copied("y v"), copy(json.trim_end(), "line"));
    assert_eq!(desk.copied("y p"), None);
    assert!(desk.model.toast.is_some(), "it is said where paths are");
    desk.press("z v z v h h h h h h");
    assert_eq!(desk.model.focus, Focus::ArtifactList);
}

#[test]
fn something_is_found_while_it_is_typed_and_left_again() {
    let mut desk = Desk::with(&[]);
    let asked = desk.views("a.txt", b"one\ntwo\nthree\ntwo again\n");
    desk.works(asked);
    for (keys, words) in [("/", ""), ("t w", "1 of 2"), ("o <space> a", "1 of 1")] {
        let asked = desk.press(keys);
        desk.works(asked);
        assert_eq!((desk.file().finding().words().as_str(), desk.model.mode()), (words, Mode::Ask));
    }
    assert_eq!(desk.copied("<esc> y v").unwrap().0, "one", "as if nothing had been typed");
    let asked = desk.press("/ t w o <enter>");
    desk.works(asked);
    assert_eq!(desk.copied("y v").unwrap().0, "two");
    assert_eq!(desk.copied("n y v").unwrap().0, "two again");
    assert_eq!(desk.copied("n y v").unwrap().0, "two");
    assert!(desk.file().finding().typed().is_some());
    desk.press("<esc>");
    assert!(desk.file().finding().typed().is_none() && desk.model.focus == Focus::Viewer);
    desk.press("<esc>");
    assert_eq!(desk.model.focus, Focus::ArtifactList);
}

#[test]
fn esc_in_the_line_brings_back_what_was_looked_for_and_what_was_seen() {
    let mut desk = Desk::with(&[]);
    let text = (0..400).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
    let asked = desk.views("a.txt", text.as_bytes());
    desk.works(asked);
    let asked = desk.press("/ n e <space> 3 5 0 <enter>");
    desk.works(asked);
    desk.press("k k k k");
    let face = |desk: &Desk| {
        let rows = desk.file().source_rows();
        let rows = rows.iter().map(|row| (row.selected, row.found.clone())).collect::<Vec<_>>();
        (
            desk.file().reading().unwrap().1.lines_shown(),
            rows,
            desk.file().finding().typed().map(str::to_owned),
        )
    };
    let before = face(&desk);
    let asked = desk.press("/");
    desk.works(asked);
    assert_eq!(desk.typed(), "ne 350", "it starts from what stands");
    let asked = desk.press("l i n e <space> 7");
    desk.works(asked);
    assert_ne!(face(&desk), before);
    let asked = desk.press("<esc>");
    desk.works(asked);
    assert_eq!(face(&desk), before);
    desk.press("/ / [ / <enter>");
    assert_eq!(desk.typed(), "/[/", "what is wrong stays, to be mended");
    assert!(matches!(desk.model.layers.prompt().unwrap().remark, Some(Remark::Wrong(_))));
    desk.press("<esc>");
    let asked = {
        desk.press(":");
        desk.types("find line 399");
        desk.press("<enter>")
    };
    desk.works(asked);
    assert_eq!(desk.copied("y v").unwrap().0, "line 399");
}

#[test]
fn what_was_worked_out_for_another_file_is_dropped() {
    let mut desk = Desk::with(&[]);
    let asked = desk.views("a.md", b"# first\n");
    desk.views("a.md", b"# second\n");
    desk.works(asked);
    let FileView::Rendered(shown) = desk.file().file_view() else { panic!() };
    assert!(shown.lines().is_none());
}
