//! What a model is told of the tools that a step lets it call.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::instructions::{Scene, render};
use super::names::{INVOKE_SKILL, Names};
use super::structured::told;
use crate::api::agent::ToolConfiguration;
use crate::api::tool::ClientTool;
use crate::api::{Object, ToolId};
use crate::server::engine::overrides;
use crate::server::json_schema;
use crate::server::models::Offer;
use crate::server::tools::Tools;

/// The argument by which a model names the session of a sub-agent that it goes on with.
pub(in crate::server::engine) const SESSION_KEY: &str = "session_key";

/// What is stored elsewhere and told of here.
#[derive(Debug, Default)]
pub(in crate::server::engine) struct Looked {
    pub clients: BTreeMap<ToolId, ClientTool>,
    /// Descriptions by agent key.
    pub agents: BTreeMap<String, String>,
}

/// The tools of a step, by the key of the agent's tool map.
#[derive(Debug, Default)]
pub(in crate::server::engine) struct Offers(BTreeMap<String, Offer>);

impl Offers {
    /// The error names the configuration whose description cannot be rendered.
    pub(in crate::server::engine) fn of_step(
        step: Option<&str>,
        scene: &Scene<'_>,
        names: &Names,
        tools: &Tools,
        looked: &Looked,
    ) -> Result<Self, String> {
        let agent = scene.agent;
        let mut offers = BTreeMap::new();
        for (key, configuration) in &agent.tool_configurations {
            if !agent.allows_tool(step, key) {
                continue;
            }
            let offer = match configuration.kind.as_str() {
                "client" => client(configuration, looked),
                "sub_agent" => Some(sub_agent(configuration, looked)),
                _ => tools.offer(key, configuration),
            };
            let Some(mut offer) = offer else { continue };
            offer.name = names.wire(key);
            if let Some(template) = description_template(configuration) {
                offer.description = render(&Value::Null, template, &scene.context())
                    .map_err(|why| told_of(key, &why))?;
            }
            if let Some(supplied) = &configuration.argument_override {
                for path in overrides::covered(supplied) {
                    remove(&mut offer.schema, &path);
                }
            }
            complete(&mut offer.schema);
            offers.insert(key.clone(), offer);
        }
        Ok(Self(offers))
    }

    /// As a question has them; the tool that loads skills is one of them where there are skills.
    pub(in crate::server::engine) fn all(&self, skills: &[&str]) -> Vec<Offer> {
        let skill = (!skills.is_empty()).then(|| Offer {
            name: INVOKE_SKILL.to_owned(),
            description: "Loads the instructions of a skill, which follow as a message.".to_owned(),
            schema: object(json!({
                "type": "object", "required": ["skill_name"], "additionalProperties": false,
                "properties": {"skill_name": {"type": "string", "enum": skills}}
            })),
        });
        self.0.values().cloned().chain(skill).collect()
    }

    /// What does not fit of the arguments of a call, in words; `None` where all does, or nobody knows.
    pub(in crate::server::engine) fn misfit(
        &self,
        key: &str,
        arguments: &Object,
    ) -> Option<String> {
        let schema = Value::Object(self.0.get(key)?.schema.clone());
        let arguments = Value::Object(arguments.clone());
        let misfits = json_schema::misfits(&schema, &arguments, "arguments");
        (!misfits.is_empty()).then(|| told(misfits))
    }
}

/// The template of a tool's description, if it has one.
pub(super) fn description_template(configuration: &ToolConfiguration) -> Option<&str> {
    configuration.extra.get("description_template").and_then(Value::as_str)
}

/// A problem of a tool's configuration, with its place.
pub(super) fn told_of(key: &str, why: &str) -> String {
    format!("tool_configurations.{key}.description_template: {why}")
}

fn client(configuration: &ToolConfiguration, looked: &Looked) -> Option<Offer> {
    let id = configuration.tool_id.as_deref().map(ToolId::from);
    let tool = id.and_then(|id| looked.clients.get(&id));
    if tool.is_some_and(|tool| !tool.enabled) {
        return None;
    }
    // One that nobody made can still be called: its client may know what to do.
    Some(Offer {
        name: String::new(),
        description: tool.map(|tool| tool.description.clone()).unwrap_or_default(),
        schema: tool.map(|tool| tool.input_schema.clone()).unwrap_or_default(),
    })
}

/// Whether the model says which session of the sub-agent goes on.
pub(in crate::server::engine) fn names_session(mode: &str) -> bool {
    matches!(mode, "session_scoped" | "agent_scoped" | "llm_controlled")
}

/// What is set of a sub-agent: its key, its mode, the metadata of its sessions.
pub(in crate::server::engine) fn sub_agent_settings(
    configuration: &ToolConfiguration,
) -> (String, String, Object) {
    let settings = configuration.extra.get("sub_agent_configuration");
    let word = |name: &str| settings.and_then(|all| all.get(name)?.as_str()).unwrap_or_default();
    let mode = match word("session_mode") {
        "" => "ephemeral",
        mode => mode,
    };
    let metadata = settings.and_then(|all| all.get("session_metadata")?.as_object().cloned());
    (word("agent_key").to_owned(), mode.to_owned(), metadata.unwrap_or_default())
}

fn sub_agent(configuration: &ToolConfiguration, looked: &Looked) -> Offer {
    let (key, mode, _) = sub_agent_settings(configuration);
    let what = looked.agents.get(&key).map(String::as_str).unwrap_or_default();
    let description = format!("Gives a task to the agent {key}, and returns its answer. {what}");
    let mut properties = json!({
        "message": {"type": "string",
            "description": "The task, with everything that the agent must know for it."},
        "session_tti_minutes": {"type": "integer", "minimum": 1,
            "description": "Idle minutes after which the agent's session is deleted."}
    });
    if names_session(&mode) {
        properties[SESSION_KEY] = json!({"type": "string",
            "description": "The session to go on with, as an earlier call returned it. A new one \
                            without it."});
    }
    Offer {
        name: String::new(),
        description: description.trim_end().to_owned(),
        schema: object(json!({
            "type": "object", "required": ["message"], "additionalProperties": false,
            "properties": properties
        })),
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// Takes an argument out of a schema that is supplied in its place.
fn remove(schema: &mut Object, path: &[String]) {
    let Some((name, rest)) = path.split_first() else { return };
    if !rest.is_empty() {
        let inner = schema.get_mut("properties").and_then(|all| all.get_mut(name));
        if let Some(Value::Object(inner)) = inner {
            remove(inner, rest);
        }
        return;
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.shift_remove(name);
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|other| other != name);
        if required.is_empty() {
            schema.shift_remove("required");
        }
    }
}

/// Providers want to see an object with properties, even where there are none.
fn complete(schema: &mut Object) {
    schema.entry("type").or_insert_with(|| "object".into());
    schema.entry("properties").or_insert_with(|| json!({}));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Agent, AgentKey, Session, Timestamp};

    fn of(configurations: Value, looked: &Looked) -> Offers {
        let mut agent = Agent::unread(AgentKey::from("a"));
        agent.tool_configurations = serde_json::from_value(configurations).unwrap();
        let session = Session::named("a".into(), "s".into(), "S".into(), Timestamp::UNIX_EPOCH);
        let scene = Scene { agent: &agent, session: &session, now: Timestamp::UNIX_EPOCH };
        let names = Names::of(&agent);
        Offers::of_step(None, &scene, &names, &Tools::default(), looked).unwrap()
    }

    fn write_file() -> Looked {
        let tool: ClientTool = serde_json::from_value(json!({"id": "tol_1", "type": "client",
            "name": "write", "description": "Writes.", "created_at": "1970-01-01T00:00:00Z",
            "updated_at": "1970-01-01T00:00:00Z", "input_schema": {"type": "object",
                "required": ["path", "auth"], "properties": {"path": {"type": "string"},
                    "auth": {"type": "object", "required": ["token"],
                        "properties": {"token": {"type": "string"}, "realm": {"type": "string"}}}}}}))
        .unwrap();
        Looked { clients: BTreeMap::from([(tool.id.clone(), tool)]), ..Looked::default() }
    }

    #[test]
    fn what_is_supplied_is_no_part_of_what_the_model_sees() {
        let supplied = json!({"auth": {"token": {"$ref": "session.secrets.t"}}});
        let offers = of(
            json!({"write it": {"type": "client", "tool_id": "tol_1", "argument_override": supplied}}),
            &write_file(),
        );
        let all = offers.all(&[]);
        assert_eq!((all.len(), &*all[0].name, &*all[0].description), (1, "write_it", "Writes."));
        let auth = &all[0].schema["properties"]["auth"];
        assert!(auth["properties"].get("token").is_none() && auth.get("required").is_none());
        assert!(auth["properties"].get("realm").is_some());
        let whole = of(
            json!({"w": {"type": "client", "tool_id": "tol_1", "argument_override": {"auth": 1}}}),
            &write_file(),
        );
        let whole = whole.all(&[]);
        assert_eq!(whole[0].schema["required"], json!(["path"]));
        assert!(whole[0].schema["properties"].get("auth").is_none());
    }

    #[test]
    fn arguments_are_held_against_what_the_model_saw() {
        let offers = of(
            json!({"w": {"type": "client", "tool_id": "tol_1"},
            "bare": {"type": "client", "tool_id": "tol_none"}}),
            &write_file(),
        );
        let misfit = offers.misfit("w", &object(json!({"path": 1, "auth": {"token": "t"}})));
        assert!(misfit.unwrap().starts_with("arguments.path: "));
        assert_eq!(offers.misfit("bare", &object(json!({"anything": 1}))), None);
        assert_eq!(offers.all(&[])[0].schema, object(json!({"type": "object", "properties": {}})));
    }

    #[test]
    fn a_sub_agent_takes_a_session_where_its_mode_lets_the_model_choose() {
        let helper = |mode: &str| {
            let offers = of(
                json!({"h": {"type": "sub_agent", "sub_agent_configuration":
                    {"agent_key": "helper", "session_mode": mode}}}),
                &Looked::default(),
            );
            let all = offers.all(&["review"]);
            assert_eq!(all[1].name, INVOKE_SKILL);
            all[0].schema["properties"].get(SESSION_KEY).is_some()
        };
        assert!(!helper("ephemeral") && !helper("persistent"));
        assert!(helper("session_scoped") && helper("agent_scoped") && helper("llm_controlled"));
    }
}
