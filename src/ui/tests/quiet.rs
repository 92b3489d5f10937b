//! A screen on which nothing happens is drawn the same, so that no byte is written.

use super::{drawn, fixture, model, screen};
use crate::canvas::Look;
use crate::model::timeline::TimeStyle;
use crate::view::{Focus, Model, View};

/// All but the header, which others draw.
fn body(model: &Model) -> Vec<Look> {
    drawn(model).looks()[model.size.0.into()..].to_vec()
}

#[test]
fn while_nothing_happens_the_screen_stays_as_it_is_for_a_minute() {
    for size in [(80, 24), (120, 36)] {
        for (view, focus) in [
            (View::Triage, Focus::Sessions),
            (View::Triage, Focus::Timeline),
            (View::Calls, Focus::Queue),
            (View::Artifacts, Focus::ArtifactList),
            (View::Agents, Focus::AgentFacts),
        ] {
            for style in [TimeStyle::Clock, TimeStyle::Ago, TimeStyle::Delta, TimeStyle::Utc] {
                let mut model = model(size, view, focus);
                fixture::add_events_to_look_at(&mut model);
                fixture::add_agents(&mut model);
                model.time_style = style;
                let mut drawn = None;
                for second in 0..60 {
                    model.now = fixture::at(&format!("14:07:{second:02}.000"));
                    // As after a poll that brought nothing.
                    model.link.succeeded(model.now, None);
                    model.settle();
                    let now = body(&model);
                    let before = drawn.get_or_insert_with(|| now.clone());
                    assert!(*before == now, "{view:?} {style:?} at second {second}");
                }
                model.now = fixture::at("14:08:01.000");
                model.settle();
                assert!(view != View::Calls || drawn.unwrap() != body(&model), "ages do step");
            }
        }
    }
}

#[test]
fn a_service_with_nothing_in_it_says_what_leads_on() {
    let said = |model: &mut Model| {
        model.settle();
        screen(model).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for size in [(80, 24), (120, 36)] {
        let mut model = Model::new(fixture::at("14:06:30.000"), size);
        assert!(!said(&mut model).contains("Enter on a session"), "there is none");
        model.link.succeeded(model.now, None);
        model.sessions.apply_agents(&[]);
        let none = said(&mut model);
        assert!(none.contains("there are no agents"), "{none}");
        assert!(none.contains("An agent is made through the API"), "{none}");
        let agent = crate::api::AgentKey::from("rehearsal");
        model.sessions.apply_agents(std::slice::from_ref(&agent));
        model.sessions.apply_listing(&agent, Vec::new(), true);
        let empty = said(&mut model);
        assert!(empty.contains("no sessions yet"), "{empty}");
        assert!(empty.contains("a makes one"), "{empty}");
        assert!(empty.contains("A session is a conversation with an"), "{empty}");
        model.profile.read_only = true;
        assert!(!said(&mut model).contains("a makes one"), "nobody may here");
    }
}
