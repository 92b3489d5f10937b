//! The tour has rows of its own at every size, and nothing lies under it.

use super::{Focus, Model, View, model, press, screen};
use crate::view::tour::STEPS;
use crate::view::{Layout, Tour};

fn touring(size: (u16, u16)) -> Model {
    let mut model = model(size, View::Triage, Focus::Sessions);
    model.profile.demo = true;
    press(&mut model, ": t o u r <enter>");
    model.settle();
    model
}

#[test]
fn the_tour_at_three_sizes() {
    for size in [(40, 24), (80, 24), (120, 36)] {
        let mut model = touring(size);
        insta::assert_snapshot!(format!("tour_{}x{}", size.0, size.1), screen(&model));
        press(&mut model, "1 j <enter>");
        assert_eq!(model.tour.as_ref().unwrap().step, 2);
        model.settle();
        insta::assert_snapshot!(format!("tour_on_{}x{}", size.0, size.1), screen(&model));
    }
}

#[test]
fn every_step_is_whole_and_the_rest_is_a_smaller_screen() {
    for size in [(40, 24), (80, 24), (120, 36), (40, 12)] {
        let model = touring(size);
        let words = model.tour.as_ref().unwrap().words.clone();
        assert!(!words.contains(['{', '}']), "{words}");
        for (step, of) in STEPS.iter().enumerate() {
            let mut model = touring(size);
            // Keys are at most a little longer than the names of their actions.
            let words = of.text.to_owned();
            let tour = Tour { step, words, ..Tour::default() };
            let rows = tour.rows(size);
            assert!(rows > 1 && size.1 - rows >= 10, "{size:?}");
            assert!(size.1 < 24 || usize::from(rows) == tour.lines(size.0).len() + 1, "{step}");
            model.tour = Some(tour);
            let with = Layout::of(&model);
            model.tour = None;
            model.size.1 -= rows;
            let without = Layout::of(&model);
            assert_eq!(
                (with.body, with.hints, &with.panes),
                (without.body, without.hints, &without.panes)
            );
            assert_eq!(with.tour.y, without.hints.y + 1);
        }
    }
}
