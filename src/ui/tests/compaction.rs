//! What a compaction takes, and that one is near, on the screen.

use super::fixture::model;
use super::{press, screen};
use crate::api::SessionRef;
use crate::model::timeline::UnitId;
use crate::view::{Focus, Model, View};

pub(super) const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 16)];

pub(super) fn name(key: &str) -> SessionRef {
    SessionRef::new("support-bot", key)
}

/// The session rests, and nothing in it waits.
pub(super) fn resting(size: (u16, u16)) -> Model {
    let mut model = model(size, View::Triage, Focus::Timeline);
    let now = model.now;
    let _ = model.calls.apply(&name("refund-4411"), Vec::new(), now);
    let notes = [("aev_01", "where it began".into())];
    let notes = notes.map(|(id, note)| (UnitId::named(id), note));
    let timeline = &mut model.open.as_mut().unwrap().timeline;
    timeline.set_bookmarks(notes.into());
    timeline.set_situation(false, std::collections::HashSet::new());
    model.settle();
    model
}

#[test]
fn what_a_compaction_takes_is_listed_with_its_weight() {
    for size in SIZES {
        let mut model = resting(size);
        press(&mut model, "g g j j j c");
        insta::assert_snapshot!(format!("compaction_{}x{}", size.0, size.1), screen(&model));
    }
    let mut asked = resting((80, 24));
    press(&mut asked, "g g j j j c <enter>");
    insta::assert_snapshot!("compaction_asked_80x24", screen(&asked));
}

#[test]
fn a_compaction_that_is_near_is_announced_beside_the_context() {
    for (size, said) in [
        ((120, 36), "61%  compacts at 75%"),
        ((100, 30), "61%  compacts at 75%"),
        ((80, 24), "61%, compacts at 75%"),
    ] {
        let mut model = resting(size);
        let mut session = model.sessions.get(&name("refund-4411")).unwrap().session.clone();
        let rule = serde_json::json!({"threshold_percent": 75});
        session.effective_compaction = Some(rule.into());
        model.sessions.apply_session(session);
        model.settle();
        assert!(screen(&model).contains(said), "{}", screen(&model));
    }
}
