//! Noting answers that commands send, in the log that the screen writes, too.

use super::calls::arguments_of;
use super::connect::Context;
use super::exit::Failure;
use super::places::Places;
use super::triage::Outstanding;
use crate::api::Timestamp;
use crate::api::input::ToolAnswer;
use crate::client::ClientError;
use crate::state::StateDir;
use crate::tools::audit::{By, Outcome, Record, Secrets, Sending};

impl Context {
    /// The name under which the profile's files are kept: its own, or the host of a bare URL.
    pub(super) fn profile_name(&self) -> String {
        let host = || self.client.base().split("://").last().unwrap_or_default().to_owned();
        self.settings.profile.as_ref().map_or_else(host, |profile| profile.value.clone())
    }

    pub(super) fn state(&self) -> Result<StateDir, Failure> {
        if !self.keeps {
            return Err(Failure::other("the demo keeps nothing between runs"));
        }
        let places = Places::find()?;
        StateDir::open(&places.state, &self.profile_name())
            .map_err(|error| Failure::other(error.to_string()))
    }

    /// What will be noted of answers, masked before anything is sent. Asks for the agents, which
    /// say what is a secret.
    pub(super) async fn about_to_send(
        &self,
        calls: &[&Outstanding],
        answers: &[ToolAnswer],
        by: &By,
    ) -> Vec<Sending> {
        let mut out = Vec::new();
        let Some(first) = calls.first() else { return out };
        let agent = self.client.get_agent(&first.session.agent).await.ok();
        for (call, answer) in calls.iter().zip(answers) {
            let arguments = arguments_of(call, agent.as_ref());
            let secrets = Secrets::of(arguments.secrets());
            let tool = &call.call.tool_configuration_name;
            out.push(Sending::new(&call.session, tool, by, answer, &secrets));
        }
        out
    }

    /// Notes what became of them. Nothing is noted of what never left.
    pub(super) fn note_answers(
        &self,
        sending: Vec<Sending>,
        error: Option<&ClientError>,
    ) -> Result<(), Failure> {
        let outcome = match error {
            None => Outcome::Sent,
            Some(error) if error.may_have_happened() => Outcome::Unknown,
            Some(error) if error.status().is_some() => Outcome::Refused,
            Some(_) => return Ok(()),
        };
        let (now, profile) = (Timestamp::now(), self.profile_name());
        let status = error.and_then(ClientError::status);
        let request = error.and_then(ClientError::request_id);
        let record = |of: Sending| of.record(now, &profile, outcome, status, request);
        let records: Vec<Record> = sending.into_iter().map(record).collect();
        if !self.keeps {
            return Ok(());
        }
        let noted = self.state()?.note_answers(&records);
        noted.map_err(|error| Failure::other(format!("the answers are not in the log: {error}")))
    }
}
