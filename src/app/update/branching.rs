//! Branching: the form that says what of a session goes into a new one, and the list of what was
//! branched from what.
//!
//! Sends nothing itself; the form is sent as that of every new session is. The invariant: what the form
//! says is copied and left behind is what its point means.

use super::Cx;
use crate::action::Action;
use crate::api::{Object, Session};
use crate::app::chain::{Handler, Target};
use crate::keymap::Scope;
use crate::model::lineage::{BRANCHED_FROM, Origin, Taken};
use crate::model::timeline::Parting;
use crate::text::quoted;
use crate::text::units::{counted, grouped};
use crate::view::layer::branch_list::BranchList;
use crate::view::layer::compaction_page::weighed;
use crate::view::layer::form::{
    self, BranchPoint, Extent, Field, FieldKind, Form, FormAbout, FormRemark,
};
use crate::view::{Layer, Model};

/// Columns of a key in the title.
const KEY: usize = 30;

/// The list of branches.
pub(super) struct Branches;

impl Target for Branches {
    fn place(&self) -> &'static str {
        "the list of branches"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Branches)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Page, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => go,
            Action::Open | Action::Right => enter,
            Action::Close | Action::Left => super::close,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Open, "open it"), (Action::Down, "down"), (Action::Close, "leave")]
    }
}

/// `gb`: the origin of the open session and all that was branched from it.
pub(super) fn list(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.current_session() else { return cx.say("open a session first") };
    match BranchList::of_family(&cx.model.sessions, session, cx.model.now) {
        Some(list) => cx.model.layers.push(Layer::Branches(list)),
        None => cx.say(format!(
            "no branch of this session is known; those of foretop are · {} makes one",
            cx.key(Action::Branch, "b")
        )),
    }
}

fn go(cx: &mut Cx<'_>, action: Action) {
    let top = cx.model.layers.top_mut();
    if let (Some(Layer::Branches(list)), Some(motion)) = (top, action.motion()) {
        list.go(motion);
    }
}

fn enter(cx: &mut Cx<'_>, _: Action) {
    let Some(Layer::Branches(list)) = cx.model.layers.top() else { return };
    let Some(item) = list.selected() else { return };
    let session = item.session.clone();
    if item.state.is_none() {
        return cx.say("it is not listed: deleted, or not for this key");
    }
    cx.model.layers.pop();
    super::open(cx, &session);
    let back = cx.key(Action::ViewBack, "[[");
    cx.say(format!("{back} leads back to where you were"));
}

/// Why the service would make no session.
pub(super) fn off(model: &Model) -> Option<String> {
    let session = model.current_session()?;
    let disabled = model.is_agent_disabled(session);
    disabled.then(|| "the agent is disabled".to_owned())
}

/// A branch from the row under the cursor, verbatim or with a summary.
pub(super) fn from_row(cx: &mut Cx<'_>, action: Action) {
    let Some(open) = &cx.model.open else { return cx.say("open a session first") };
    let Some(unit) = open.timeline.cursor_unit() else {
        return cx.say("there is no row under the cursor yet");
    };
    let Some(parting) = open.timeline.part_behind(&unit.id) else {
        return cx.say("this row is not stored by the server, so nothing branches from it");
    };
    let extent = if action == Action::Branch { Extent::UpTo } else { Extent::SummaryUpTo };
    let session = open.reference.clone();
    let point = BranchPoint { session, event: Some(parting.border.clone()), extent };
    fill_in(cx, point, Some(&parting));
}

/// A branch of all of the selected session.
pub(super) fn of_session(cx: &mut Cx<'_>, _: Action) {
    let targets = cx.model.sessions.targets();
    let [session] = targets.as_slice() else {
        let words = match targets.len() {
            0 => "there is no session here yet".to_owned(),
            many => format!("a branch is of one session, and {many} are marked · Esc unmarks"),
        };
        return cx.say(words);
    };
    let open = cx.model.open.as_ref().filter(|open| open.reference == *session);
    let parting = open.and_then(|open| open.latest().part_at_end());
    let point = BranchPoint { session: session.clone(), event: None, extent: Extent::All };
    fill_in(cx, point, parting.as_ref());
}

fn fill_in(cx: &mut Cx<'_>, point: BranchPoint, parting: Option<&Parting>) {
    if let Some(why) = off(cx.model) {
        return cx.say(format!("no branch can be made: {why}"));
    }
    let key = quoted::in_sentence(point.session.key.as_str());
    let Some(entry) = cx.model.sessions.get(&point.session) else {
        return cx.say(format!(
            "{key} is not listed yet · {} asks for it",
            cx.key(Action::Refresh, "R")
        ));
    };
    let session = &entry.session;
    let title = match point.extent {
        Extent::All => "Branch of",
        Extent::UpTo => "Branch from a row of",
        Extent::SummaryUpTo => "Branch with a summary of",
    };
    let title = format!("{title} {}", quoted::in_heading(point.session.key.as_str(), KEY));
    let taken = point.event.clone().map_or(Taken::All, Taken::UpTo);
    let metadata = metadata_of(session, &Origin { session: point.session.clone(), taken });
    let secrets = cx.key_of("sessions", Action::Secrets, "S");
    let remarks = remarks(session, point.extent, parting, &secrets);
    let fields = fields(session, &metadata);
    let mut form = Form::new(FormAbout::Branch(point), title, "Make the branch", fields);
    form.remarks = remarks;
    cx.open_form(form);
}

fn fields(session: &Session, metadata: &Object) -> Vec<Field> {
    let metadata = serde_json::to_string_pretty(metadata).unwrap_or_default();
    let enabled = vec![
        (form::YES.to_owned(), "takes input".to_owned()),
        ("no".to_owned(), "takes none until it is enabled".to_owned()),
    ];
    let chosen = if session.enabled { form::YES } else { "no" };
    vec![
        Field::new(form::NAME, FieldKind::Line, &branch_name(session), "the service writes one"),
        Field::new(form::KEY, FieldKind::Line, "", "made from the name otherwise"),
        Field::new(form::METADATA, FieldKind::Json, &metadata, "none"),
        Field::new(
            form::EXPIRY,
            FieldKind::Line,
            &form::minutes_typed(session.tti_minutes),
            "so long after it was last used; 0 for never",
        ),
        Field::new(form::ENABLED, FieldKind::Choice(enabled), chosen, ""),
    ]
}

/// A name that tells it from its origin.
pub(super) fn branch_name(session: &Session) -> String {
    match session.name.trim() {
        "" => String::new(),
        name => format!("{name}, branch"),
    }
}

/// That of the origin, and where the branch comes from.
pub(super) fn metadata_of(session: &Session, origin: &Origin) -> Object {
    let mut metadata = session.metadata.clone();
    origin.note_in(&mut metadata);
    metadata
}

/// What is copied and what is not, in numbers as far as they are known; `sets` is the key that sets secrets.
fn remarks(
    session: &Session,
    extent: Extent,
    parting: Option<&Parting>,
    sets: &str,
) -> Vec<FormRemark> {
    let least = |parting: &Parting| if parting.whole { "" } else { "at least " };
    let copies = match (extent, parting) {
        (Extent::All, None) => "all events that the agent sees".to_owned(),
        (Extent::All, Some(all)) => format!("{}{}", least(all), weighed(all.first)),
        (Extent::UpTo, Some(at)) => format!("{}{}, up to here", least(at), weighed(at.first)),
        (Extent::SummaryUpTo, Some(at)) => format!(
            "a summary of {}{}, up to here; then {} as they are",
            least(at),
            weighed(at.first),
            counted(at.rest.events, "later event"),
        ),
        (Extent::UpTo | Extent::SummaryUpTo, None) => "events up to here".to_owned(),
    };
    let mut leaves = Vec::new();
    if let Some(at) = parting {
        if at.unseen > 0 {
            leaves.push(format!("{} hidden or compacted", grouped(at.unseen)));
        }
        if extent == Extent::UpTo && at.rest.events > 0 {
            leaves.push(counted(at.rest.events, "later event"));
        }
    } else {
        leaves.push("what is hidden".to_owned());
    }
    let secrets = session.secrets.as_ref().map_or(0, std::collections::BTreeMap::len);
    if secrets > 0 {
        let secrets = counted(secrets, "secret");
        leaves.push(format!("{secrets}, which nobody can read: {sets} sets them anew"));
    }
    let mut remarks = vec![FormRemark {
        label: "copied",
        words: format!("{copies}; all files; metadata and expiry as below"),
    }];
    if let Some(at) = parting.filter(|at| extent == Extent::UpTo && at.split > 0) {
        let calls = counted(at.split, "tool call");
        let words = format!("{calls} without the output, which comes later");
        remarks.push(FormRemark { label: "cut", words });
    }
    if !leaves.is_empty() {
        remarks.push(FormRemark { label: "not copied", words: leaves.join("; ") });
    }
    let words =
        format!("{BRANCHED_FROM} in the metadata is what the tree of branches is read from");
    remarks.push(FormRemark { label: "kept there", words });
    remarks
}
