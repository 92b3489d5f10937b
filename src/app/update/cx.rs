//! What a handler works with: the machine, the model, and the effects of the message at hand.

use jiff::SignedDuration;

use super::{Machine, toast};
use crate::action::Action;
use crate::api::SessionRef;
use crate::app::Effect;
use crate::app::effect::Effects;
use crate::view::{
    Decision, Editor, Form, Layer, Level, Model, OpenSession, Question, QuestionKind,
};

pub(crate) struct Cx<'a> {
    pub(super) machine: &'a mut Machine,
    pub(super) model: &'a mut Model,
    pub(super) effects: Effects,
}

impl Cx<'_> {
    /// Wants something done in the world.
    pub(super) fn emit(&mut self, effect: impl Into<Effect>) {
        self.effects.push(effect);
    }

    pub(super) fn say(&mut self, text: impl Into<String>) {
        toast(self.model, Level::Info, text);
    }

    /// What the key of an action is called, which is `usual` unless somebody chose another one.
    pub(super) fn key(&self, action: Action, usual: &str) -> String {
        self.model.keys.of(action, usual).to_owned()
    }

    /// The same where the key of one scope is meant.
    pub(super) fn key_of(&self, scope: &'static str, action: Action, usual: &str) -> String {
        self.model.keys.of_scope(scope, action, usual).to_owned()
    }

    pub(super) fn say_nothing_waits(&mut self) {
        let words = self.model.nothing_waits();
        self.say(words);
    }

    /// A session that is open, or was left and is still there.
    pub(super) fn known_mut(&mut self, session: &SessionRef) -> Option<&mut OpenSession> {
        let all = self.model.open.iter_mut().chain(&mut self.machine.left_open);
        all.into_iter().find(|open| open.reference == *session)
    }

    /// Opens a form; with what was left in the last one, if that was about the same.
    pub(super) fn open_form(&mut self, form: Form) {
        let left = self.model.left_form.take_if(|left| left.about.is_about_the_same(&form.about));
        if left.is_some() {
            self.say("here is what you typed before; it was not sent");
        }
        let form = left.map_or(form, |left| *left);
        self.model.layers.push(Layer::Form(Box::new(form)));
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        toast(self.model, Level::Warning, text);
    }
}

impl Model {
    /// Puts a yes-or-no question.
    pub(super) fn ask(&mut self, text: String, then: Decision) {
        self.ask_for(text, QuestionKind::Confirm, "", then);
    }

    /// Puts a question that is answered by typing, with what stands there to begin with.
    pub(super) fn ask_for(
        &mut self,
        text: String,
        kind: QuestionKind,
        typed: &str,
        then: Decision,
    ) {
        let mut input = Editor::default();
        input.set_text(typed);
        self.layers.push(Layer::Question(Box::new(Question { text, kind, input, then })));
    }

    /// Ignores keys for so long.
    pub(super) fn guard(&mut self, length: SignedDuration) {
        self.guard_until = self.now.checked_add(length).ok();
    }
}
