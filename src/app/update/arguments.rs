//! Keys in the arguments of a waiting call: moving, folding, reading a value whole, copying.

use super::{Machine, navigate};
use crate::app::{Action, Effect};
use crate::model::{Focus, Mode, Model, View};

/// What a key does there; `None` when that is nothing of its own.
pub(super) fn act(machine: &mut Machine, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let here = model.view == View::Calls && model.focus == Focus::Arguments;
    if !here || model.overlay.is_some() || model.mode != Mode::Browse {
        return None;
    }
    let by = navigate::distance(model, action);
    let call = model.calls.selected_mut()?;
    let arguments = &mut call.arguments;
    let copied = match action {
        Action::Copy | Action::CopyValue => Some((arguments.value(), "value")),
        Action::CopyPath => Some((arguments.path(), "path")),
        Action::CopyJson => Some((arguments.masked_text(), "arguments")),
        Action::CopyId => Some((call.call.event_id.to_string(), "id")),
        _ => None,
    };
    if let Some((text, what)) = copied {
        return Some(vec![Effect::Copy { text, what: what.to_owned() }]);
    }
    match action {
        Action::First => arguments.move_by(-navigate::FAR),
        Action::Last => arguments.move_by(navigate::FAR),
        Action::Open => arguments.enter(),
        Action::Right => arguments.inwards(),
        Action::Left => arguments.out(),
        Action::Fold => drop(arguments.toggle_fold()),
        Action::FoldAll | Action::UnfoldAll => arguments.fold_all(action == Action::FoldAll),
        Action::NextLook => arguments.next_look(),
        Action::Back | Action::Quit => {
            // A value that is shown whole is a level of its own; else this is for others.
            if !arguments.back() {
                return None;
            }
            machine.dispatcher.clear();
        }
        _ => arguments.move_by(by?),
    }
    Some(Vec::new())
}
