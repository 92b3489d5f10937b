//! The tour of the demo: what takes it on, and that it takes nothing.

use super::*;
use crate::view::Tour;
use crate::view::tour::STEPS;

impl Desk {
    fn tour(&self) -> Option<usize> {
        self.model.tour.as_ref().map(|tour| tour.step)
    }

    fn on_tour() -> Self {
        let mut desk = Self::with(&["aev_1"]);
        desk.model.profile.demo = true;
        desk.press(": t o u r <enter>");
        desk
    }
}

#[test]
fn each_step_waits_for_its_own_keys_which_do_what_they_always_do() {
    let mut desk = Desk::on_tour();
    assert_eq!(desk.tour(), Some(0));
    // Keys of other steps do their work and lead nowhere.
    desk.press("? <esc> 2");
    assert_eq!((desk.tour(), desk.model.focus), (Some(0), Focus::Timeline));
    let ways: [(&str, Option<usize>); 9] = [
        ("1 j", Some(1)),
        ("<enter>", Some(2)),
        ("o", Some(3)),
        ("] e", Some(4)),
        ("3 e", Some(4)),
        ("<esc>", Some(5)),
        ("2 g g x", Some(5)),
        ("u", Some(6)),
        ("?", None),
    ];
    for (keys, step) in ways {
        let effects = desk.press(keys);
        assert_eq!(desk.tour(), step, "{keys}");
        if keys.ends_with('x') {
            let asked = effects.iter().any(|effect| *effect == hide(true));
            assert!(asked || desk.layer() == Some(LayerKind::Question), "{effects:?}");
        }
    }
    assert_eq!(desk.layer(), Some(LayerKind::Help), "help is open, as ever");
}

#[test]
fn esc_leaves_it_where_nothing_lies_over_the_panes() {
    let mut desk = Desk::on_tour();
    desk.press("? <esc>");
    assert_eq!(desk.tour(), Some(0), "it closed help");
    desk.press("g <esc>");
    assert_eq!(desk.tour(), Some(0), "it ended a sequence of keys");
    desk.press("<esc>");
    assert_eq!(desk.tour(), None);
    // The command ends one, too.
    desk.press(": t o u r <enter> : t o u r <enter>");
    assert_eq!(desk.tour(), None);
}

#[test]
fn elsewhere_than_on_the_demo_it_says_where_it_is() {
    let mut desk = Desk::with(&[]);
    desk.press(": t o u r <enter>");
    assert_eq!((desk.tour(), desk.layer()), (None, Some(LayerKind::Palette)));
}

#[test]
fn its_words_name_actions_that_have_keys() {
    let mut desk = Desk::on_tour();
    for (step, of) in STEPS.iter().enumerate() {
        desk.model.tour = Some(Tour { step, ..Tour::default() });
        desk.press(": t o u r <enter> : t o u r <enter>");
        let written = of.text.matches('{').count();
        assert!(written > 0 && of.text.is_ascii());
        let names = of.text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap());
        for name in names {
            let action = Action::from_name(name).unwrap_or_else(|| panic!("{name}"));
            assert!(desk.machine.keymap().keys_for(action).next().is_some(), "{name}");
        }
    }
}
