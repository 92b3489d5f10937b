//! A state directory that cannot be used: the run goes on, and says so.

use super::{Desk, Effect, Msg, RunMsg, remembered};
use crate::app::effect::{FileWork, Keep};
use crate::app::msg::FileMsg;
use crate::view::{LayerKind, Leaving};

fn said(desk: &Desk) -> &str {
    desk.model.toast.as_ref().map_or("", |toast| &toast.text)
}

fn keeps(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Keep(Keep::Soon(_))))
}

#[test]
fn where_nothing_can_be_kept_a_draft_is_not_lost_without_a_question() {
    let mut desk = Desk::with(&[]);
    desk.hears(remembered(&[], desk.now));
    desk.hears(Msg::Run(RunMsg::KeepsNothing("cannot use /s: read-only".to_owned())));
    assert!(said(&desk).contains("drafts, bookmarks") && said(&desk).contains("/s: read-only"));
    assert!(!keeps(&desk.press("i h")));
    desk.press("<esc> 1 q");
    assert_eq!(desk.model.layers.top().map(crate::view::Layer::kind), Some(LayerKind::Question));
    assert_eq!(desk.model.unkept.as_deref(), Some("cannot use /s: read-only"), "for good");
}

#[test]
fn what_could_not_be_written_is_said_once_until_it_is_written() {
    let mut desk = Desk::with(&[]);
    desk.hears(remembered(&[], desk.now));
    let full = || Msg::Run(RunMsg::NotKept("cannot use /s: no space".to_owned()));
    desk.hears(full());
    assert!(said(&desk).contains("no space") && !desk.model.keeps());
    assert!(keeps(&desk.press("i h")), "it is tried again");
    desk.hears(full());
    assert_eq!(said(&desk), "", "once is enough");
    desk.hears(Msg::Run(RunMsg::KeptAgain));
    assert!(said(&desk).contains("again") && desk.model.keeps());
}

/// A draft was written, and the disk is full.
fn full() -> Desk {
    let mut desk = Desk::with(&[]);
    desk.hears(remembered(&[], desk.now));
    desk.press("i h e l l o");
    desk.hears(Msg::Run(RunMsg::NotKept("cannot use /s: no space".to_owned())));
    desk
}

fn held_up(drafts: usize) -> Msg {
    Msg::Run(RunMsg::HeldUp { drafts, problem: "cannot use /s: no space".to_owned() })
}

/// The file and the text that is to be written.
fn written(effects: Vec<Effect>) -> Option<(String, String)> {
    effects.into_iter().find_map(|effect| match effect {
        Effect::File(FileWork::WriteDrafts { to, text }) => Some((to, text)),
        _ => None,
    })
}

#[test]
fn a_draft_that_could_not_be_written_is_told_of_each_time_and_can_be_put_elsewhere() {
    let mut desk = full();
    desk.press("<esc>");
    assert!(said(&desk).contains("not kept when you quit: cannot use /s: no space"));
    desk.press("m <enter>");
    assert!(said(&desk).contains("until you quit"), "{}", said(&desk));
    // The runtime tries once more before it leaves, and comes back.
    desk.press("Q");
    assert!(desk.model.quit && desk.model.leaving == Leaving::WhenKept);
    desk.hears(held_up(1));
    assert!(!desk.model.quit);
    assert!(desk.question().starts_with("1 draft not kept: cannot use /s: no space. Write it"));
    assert!(desk.typed().starts_with("/tmp/foretop-drafts-2026-07-02"), "{}", desk.typed());
    let (to, text) = written(desk.press("<enter>")).unwrap();
    assert_eq!(std::path::Path::new(&to).extension(), Some("md".as_ref()), "{to}");
    assert_eq!(text, "## message to a/s\n\nhello\n\n");
    assert!(!desk.model.quit, "not before it is there");
    desk.hears(Msg::File(FileMsg::DraftsWritten(Err("cannot write /tmp/x: no space".to_owned()))));
    assert!(!desk.model.quit && desk.question().contains("/tmp/x: no space"));
    written(desk.press("<enter>")).unwrap();
    desk.hears(Msg::File(FileMsg::DraftsWritten(Ok("/tmp/x".to_owned()))));
    assert!(desk.model.quit && desk.model.leaving == Leaving::ForGood);
    desk.hears(held_up(1));
    assert!(desk.model.quit, "nothing holds it up any more");
    assert_eq!(desk.model.last_words.as_deref(), Some("1 draft not sent: in /tmp/x"));
}

#[test]
fn who_leaves_all_the_same_says_so_and_who_stays_has_lost_nothing() {
    let mut desk = full();
    desk.press("<esc> Q");
    desk.hears(held_up(1));
    desk.press("<esc>");
    assert!(!desk.model.quit && desk.model.layers.is_empty());
    assert_eq!(desk.model.composer.written().count(), 1);
    desk.press("Q");
    desk.hears(held_up(1));
    assert_eq!(written(desk.press("<c-u> <enter>")), None, "an empty line is no yes");
    assert!(!desk.model.quit);
    desk.press("Q");
    desk.hears(held_up(1));
    desk.press("<c-u> l o s e <enter>");
    assert!(desk.model.quit && desk.model.leaving == Leaving::ForGood);
    // Twice Ctrl-C asks, and twice more quits.
    let mut desk = full();
    desk.press("<esc>");
    desk.press_after(100, "<c-c> <c-c>");
    assert!(desk.model.quit && desk.model.leaving == Leaving::WhenKept);
    desk.hears(held_up(1));
    assert!(!desk.model.quit);
    desk.press_after(100, "<c-c> <c-c>");
    assert!(desk.model.quit && desk.model.leaving == Leaving::ForGood);
}

#[test]
fn who_has_no_draft_or_cannot_be_asked_is_not_held_up() {
    let mut desk = Desk::with(&[]);
    desk.hears(remembered(&[], desk.now));
    desk.press("Q");
    desk.hears(held_up(0));
    assert!(desk.model.quit, "what was read is not worth a question");
    let mut desk = full();
    desk.hears(Msg::Run(RunMsg::Terminate));
    desk.hears(held_up(1));
    assert!(desk.model.quit);
    let words = desk.model.last_words.as_deref();
    assert_eq!(words, Some("1 draft not sent and not kept: cannot use /s: no space"));
    let mut desk = Desk::with(&[]);
    desk.hears(remembered(&[], desk.now));
    desk.hears(Msg::Run(RunMsg::KeepsNothing("cannot use /s: read-only".to_owned())));
    desk.press("i x <esc>");
    desk.hears(Msg::Run(RunMsg::Terminate));
    assert!(desk.model.last_words.as_deref().is_some_and(|words| words.contains("read-only")));
}
