//! A state directory that cannot be used: the run goes on, and says so.

use super::{Desk, Effect, Msg, RunMsg, remembered};
use crate::app::effect::Keep;
use crate::view::LayerKind;

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
