//! The form of a branch, and the tree of branches on the screen.

use super::compaction::{SIZES, name, resting};
use super::fixture::at;
use super::{press, screen};
use crate::api::Session;
use crate::model::lineage::{Origin, Taken};

#[test]
fn the_form_of_a_branch_says_what_is_copied_and_what_is_not() {
    for size in SIZES {
        let mut model = resting(size);
        press(&mut model, "g g j j j b");
        insta::assert_snapshot!(format!("branch_{}x{}", size.0, size.1), screen(&model));
    }
}

#[test]
fn the_tree_of_branches_shows_who_came_from_whom() {
    for size in SIZES {
        let mut model = resting(size);
        for (key, origin) in [("again", "refund-4411"), ("deeper", "again"), ("lost", "gone-1")] {
            let (agent, made_at) = ("support-bot".into(), at("14:05:00"));
            let mut session = Session::named(agent, key.into(), key.to_owned(), made_at);
            let up_to = Taken::UpTo("aev_0b6f0a0e-6f8e".into());
            let taken = if key == "again" { Taken::Nothing } else { up_to };
            Origin { session: name(origin), taken }.note_in(&mut session.metadata);
            model.sessions.apply_session(session);
        }
        press(&mut model, "g b j");
        insta::assert_snapshot!(format!("branches_{}x{}", size.0, size.1), screen(&model));
    }
}
