//! What a start without any configuration shows: what there is to look at, and the forms that lead there.
//!
//! Plain data, as the model of the screen is. Owns what is typed until it is stored, secrets among it, and
//! is never written down or recorded. Start with [`FirstRun`]. The invariant: while something is under way
//! nothing that was typed changes, so that what was checked is what is stored.

use std::fmt;

use zeroize::Zeroizing;

use super::layer::form::{Field, FieldKind};

/// The vendor's host, which most have a key for.
const USUAL_URL: &str = "https://api.vectara.io";

pub const NAME: &str = "name";
pub const URL: &str = "url";
pub const AUTH: &str = "auth";
pub const KEY: &str = "key";
pub const CLIENT_ID: &str = "client id";
pub const SECRET: &str = "secret";
pub const TOKEN_URL: &str = "token url";
pub const ACCESS: &str = "access";
pub const DIRECTORY: &str = "directory";
pub const CONTENTS: &str = "contents";

pub const BY_KEY: &str = "api-key";
pub const BY_OAUTH: &str = "oauth";
pub const BY_NOTHING: &str = "none";
pub const READ_ONLY: &str = "read only";
const READ_AND_WRITE: &str = "read and write";
pub const DEMO: &str = "demo";
pub const EMPTY: &str = "one agent";

/// Where things would be written, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whereabouts {
    pub config: String,
    pub credentials: String,
    /// Where a server would keep its data.
    pub data: String,
}

/// Something that can be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// One that is configured, and where it leads.
    Profile {
        name: String,
        url: String,
    },
    Demo,
    Server,
    Service,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Choice,
    Server,
    Service,
    Agents,
}

/// Fields with a button behind them.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub fields: Vec<Field>,
    /// A field, or one behind the last: the button.
    pub at: usize,
    pub button: &'static str,
}

impl Sheet {
    fn new(button: &'static str, fields: Vec<Field>) -> Self {
        Self { fields, at: 0, button }
    }

    pub fn text(&self, label: &str) -> String {
        let field = self.fields.iter().find(|field| field.label == label);
        field.map(|field| field.text().trim().to_owned()).unwrap_or_default()
    }

    pub fn step(&mut self, forward: bool) {
        let count = self.fields.len() + 1;
        self.at = if forward { (self.at + 1) % count } else { (self.at + count - 1) % count };
    }

    /// Says what is wrong with a field and goes there.
    pub fn complain(&mut self, label: &str, problem: String) {
        if let Some(at) = self.fields.iter().position(|field| field.label == label) {
            self.fields[at].problem = Some(problem);
            self.at = at;
        }
    }

    fn forget_secrets(&mut self) -> bool {
        let secrets = self.fields.iter_mut().filter(|field| field.kind == FieldKind::Secret);
        secrets.fold(false, |had, field| {
            let has = !field.editor.is_empty();
            field.editor = super::Editor::default();
            had || has
        })
    }
}

/// An agent that can be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentChoice {
    pub key: String,
    pub name: String,
    pub chosen: bool,
}

/// What the service told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Keys and names.
    pub agents: Vec<(String, String)>,
    /// What is to be known of it: there are more, or the key may not list them.
    pub remark: Option<String>,
}

/// Text that is neither shown nor kept.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.trim().to_owned()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

/// A service as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceDraft {
    pub name: String,
    pub url: String,
    /// [`BY_KEY`], [`BY_OAUTH`] or [`BY_NOTHING`].
    pub auth: String,
    /// The key, or the client's secret.
    pub secret: Secret,
    pub client_id: String,
    /// Empty where it follows from the URL.
    pub token_url: String,
    pub read_only: bool,
    /// Whether the profile is in the file, and only its key is to be stored.
    pub is_there: bool,
}

/// What is to be done in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Check(ServiceDraft),
    /// Stores key and profile; all agents when none is named.
    Save(ServiceDraft, Vec<String>),
    /// Makes a server in a directory, and a profile for it.
    Serve {
        name: String,
        directory: String,
        demo: bool,
    },
}

/// How that went; what went wrong in words, with the service's request id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Checked(Result<Found, String>),
    /// What was written where.
    Made(Result<Made, String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub profile: String,
    pub words: String,
}

/// Something is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doing {
    pub words: String,
    /// Whether Esc ends it; what is half written is not left.
    pub may_stop: bool,
}

/// Where it led.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Left,
    Demo,
    Profile { name: String, words: String },
}

#[derive(Debug, Clone)]
pub struct FirstRun {
    /// Why this is shown instead of sessions.
    pub why: String,
    pub places: Whereabouts,
    /// What is wrong with the files that were read, a line each.
    pub remarks: Vec<String>,
    /// Why nothing can be written into the configuration.
    pub unwritable: Option<String>,
    /// Names of profiles that there are.
    pub taken: Vec<String>,
    pub offers: Vec<Offer>,
    pub page: Page,
    pub at: usize,
    pub server: Sheet,
    pub service: Sheet,
    /// The profile that only lacks its key.
    pub keyless: Option<String>,
    pub agents: Vec<AgentChoice>,
    /// A row of the list of agents.
    pub agent: usize,
    pub agents_remark: Option<String>,
    pub doing: Option<Doing>,
    /// Why something did not go on.
    pub problem: Option<String>,
    /// The answer to a key that does nothing here.
    pub said: Option<String>,
    /// Ctrl-C was pressed once.
    pub leaving: bool,
    pub outcome: Option<Outcome>,
}

impl FirstRun {
    pub fn new(why: impl Into<String>, places: Whereabouts) -> Self {
        let choice = |choices: &[(&str, &str)]| {
            let owned = |(word, about): &(&str, &str)| ((*word).to_owned(), (*about).to_owned());
            FieldKind::Choice(choices.iter().map(owned).collect())
        };
        let contents = choice(&[
            (DEMO, "three agents with some twenty sessions"),
            (EMPTY, "that obeys commands such as /say hello"),
        ]);
        let server = Sheet::new(
            "Make it and open it",
            vec![
                Field::new(NAME, FieldKind::Line, "local", "what --profile calls it"),
                Field::new(DIRECTORY, FieldKind::Line, &places.data, "made when it is missing"),
                Field::new(CONTENTS, contents, DEMO, ""),
            ],
        );
        let mut first = Self {
            why: why.into(),
            places,
            remarks: Vec::new(),
            unwritable: None,
            taken: Vec::new(),
            offers: vec![Offer::Demo, Offer::Server, Offer::Service],
            page: Page::Choice,
            at: 0,
            server,
            service: Sheet::new("Check it", Vec::new()),
            keyless: None,
            agents: Vec::new(),
            agent: 0,
            agents_remark: None,
            doing: None,
            problem: None,
            said: None,
            leaving: false,
            outcome: None,
        };
        let access = choice(&[(READ_AND_WRITE, ""), (READ_ONLY, "nothing but reads leaves")]);
        let auth = choice(&[(BY_KEY, ""), (BY_OAUTH, "client credentials"), (BY_NOTHING, "")]);
        first.service.fields = vec![
            Field::new(NAME, FieldKind::Line, "main", "what --profile calls it"),
            Field::new(URL, FieldKind::Line, USUAL_URL, "https://…"),
            Field::new(AUTH, auth, BY_KEY, ""),
            Field::new(ACCESS, access, READ_AND_WRITE, ""),
        ];
        first.fit_service();
        first
    }

    /// Begins where profiles are, and none of them is the one.
    #[must_use]
    pub fn with_profiles(mut self, profiles: Vec<(String, String)>) -> Self {
        self.taken = profiles.iter().map(|(name, _)| name.clone()).collect();
        let offer = |(name, url)| Offer::Profile { name, url };
        self.offers.splice(0..0, profiles.into_iter().map(offer));
        for (sheet, name) in [(&mut self.server, "local"), (&mut self.service, "main")] {
            let free = (2..).map(|number| format!("{name}{number}"));
            let mut names = std::iter::once(name.to_owned()).chain(free);
            let name = names.find(|name| !self.taken.contains(name)).unwrap_or_default();
            if let Some(field) = sheet.fields.first_mut() {
                field.editor.set_text(&name);
            }
        }
        self
    }

    /// Begins with the key of a profile that has none.
    #[must_use]
    pub fn for_key(mut self, name: &str, auth: &str) -> Self {
        if let Some(field) = self.service.fields.iter_mut().find(|field| field.label == AUTH) {
            field.editor.set_text(auth);
        }
        self.fit_service();
        self.service.fields.retain(|field| field.kind == FieldKind::Secret);
        self.service.button = "Check it";
        self.keyless = Some(name.to_owned());
        self.page = Page::Service;
        self
    }

    /// The fields that belong to the way of proving oneself.
    pub fn fit_service(&mut self) {
        if self.keyless.is_some() {
            return;
        }
        let auth = self.service.text(AUTH);
        let wanted: &[(&'static str, &'static str)] = match auth.as_str() {
            BY_OAUTH => &[
                (CLIENT_ID, "of the client credentials"),
                (SECRET, "typed or pasted unseen"),
                (TOKEN_URL, "left empty: by the url"),
            ],
            BY_NOTHING => &[],
            _ => &[(KEY, "typed or pasted unseen")],
        };
        let of_auth = [KEY, CLIENT_ID, SECRET, TOKEN_URL];
        let fields = &mut self.service.fields;
        fields.retain(|field| {
            !of_auth.contains(&field.label) || wanted.iter().any(|(label, _)| *label == field.label)
        });
        let Some(behind) = fields.iter().position(|field| field.label == AUTH) else { return };
        for (at, (label, hint)) in wanted.iter().enumerate() {
            if fields.iter().all(|field| field.label != *label) {
                let is_secret = matches!(*label, KEY | SECRET);
                let kind = if is_secret { FieldKind::Secret } else { FieldKind::Line };
                fields.insert(behind + 1 + at, Field::new(label, kind, "", hint));
            }
        }
    }

    pub fn sheet(&self) -> Option<&Sheet> {
        match self.page {
            Page::Server => Some(&self.server),
            Page::Service => Some(&self.service),
            Page::Choice | Page::Agents => None,
        }
    }

    pub fn sheet_mut(&mut self) -> Option<&mut Sheet> {
        match self.page {
            Page::Server => Some(&mut self.server),
            Page::Service => Some(&mut self.service),
            Page::Choice | Page::Agents => None,
        }
    }

    /// The field that letters go to.
    pub fn field(&self) -> Option<&Field> {
        self.sheet().and_then(|sheet| sheet.fields.get(sheet.at))
    }

    pub fn draft(&self) -> ServiceDraft {
        let typed = |label: &str| self.service.text(label);
        let auth = typed(AUTH);
        let secret = [KEY, SECRET].map(typed).concat();
        ServiceDraft {
            name: self.keyless.clone().unwrap_or_else(|| typed(NAME)),
            url: typed(URL),
            auth,
            secret: Secret::new(&secret),
            client_id: typed(CLIENT_ID),
            token_url: typed(TOKEN_URL),
            read_only: typed(ACCESS) == READ_ONLY,
            is_there: self.keyless.is_some(),
        }
    }

    /// What was typed in secret is gone; says whether there was something.
    pub fn forget_secrets(&mut self) -> bool {
        self.service.forget_secrets()
    }
}
