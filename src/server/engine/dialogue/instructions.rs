//! What a model is instructed with: the templates of a step, rendered, and the skills that it may load.

use serde_json::{Value, json};

use crate::api::{Agent, Object, Session, Timestamp};
use crate::server::{documents, template};

/// What templates and conditions can refer to (the schemas of instructions and of next steps). Secrets
/// are none of it.
pub(in crate::server::engine) struct Scene<'a> {
    pub agent: &'a Agent,
    pub session: &'a Session,
    /// The same for all of a turn, so that a provider finds again what it has kept of it.
    pub now: Timestamp,
}

impl Scene<'_> {
    pub(in crate::server::engine) fn context(&self) -> Value {
        let agent = json!({
            "name": self.agent.name, "key": self.agent.key, "description": self.agent.description,
            "metadata": self.agent.metadata,
        });
        documents::context(agent, self.session, self.now)
    }

    fn context_with(&self, tools: &[(String, String)]) -> Value {
        let mut context = self.context();
        let tools = tools.iter().map(|(name, what)| json!({ "name": name, "description": what }));
        context["tools"] = tools.collect();
        context
    }
}

/// A template of either type: `holder` says which, in `template_type`.
pub(in crate::server::engine) fn render(
    holder: &Value,
    template: &str,
    context: &Value,
) -> Result<String, String> {
    match holder.get("template_type").and_then(Value::as_str).unwrap_or("velocity") {
        "text" => Ok(template.to_owned()),
        "velocity" => template::render(template, context).map_err(|error| error.to_string()),
        other => {
            Err(format!("this server knows the template types velocity and text, not {other}"))
        }
    }
}

/// The instructions of a step as one text. `tools` are names and descriptions as the model knows them.
/// The error names the instruction that cannot be rendered.
pub(in crate::server::engine) fn of_step(
    step: &Value,
    scene: &Scene<'_>,
    tools: &[(String, String)],
) -> Result<String, String> {
    let listed = step.get("instructions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut texts = Vec::new();
    if !listed.is_empty() {
        let context = scene.context_with(tools);
        for (index, one) in listed.iter().enumerate() {
            if one.get("enabled") == Some(&Value::Bool(false)) {
                continue;
            }
            let text = instruction(one, &context);
            texts.push(text.map_err(|why| format!("instructions[{index}]: {why}"))?);
        }
    }
    Ok(texts
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n"))
}

fn instruction(one: &Value, context: &Value) -> Result<String, String> {
    if one.get("type").and_then(Value::as_str) == Some("reference") {
        let id = one.get("id").and_then(Value::as_str).unwrap_or("without an id");
        return Err(format!(
            "this server keeps no instructions, so there is none named {id}; write it inline"
        ));
    }
    let template = one.get("template").and_then(Value::as_str);
    render(one, template.ok_or("it has no template")?, context)
}

/// What the instructions say of the skills that a step may load; `None` where it may load none.
pub(in crate::server::engine) fn skills(agent: &Agent, step: Option<&str>) -> Option<String> {
    let allowed = agent.skills.iter().filter(|(name, _)| agent.allows_skill(step, name));
    let lines: Vec<_> = allowed
        .map(|(name, skill)| {
            let word = |field: &str| skill.get(field).and_then(Value::as_str).unwrap_or_default();
            let (what, when) = (word("description"), word("when_to_use"));
            format!("- {name}: {what} {when}").trim_end().to_owned()
        })
        .collect();
    let head = "Skills are instructions for special work. Load one with the tool invoke_skill before \
                you do that work. These are there:";
    (!lines.is_empty()).then(|| format!("{head}\n{}", lines.join("\n")))
}

/// The parameters that the model is called with.
pub(in crate::server::engine) fn parameters(agent: &Agent) -> Object {
    agent.model.parameters.as_ref().and_then(Value::as_object).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::AgentKey;

    fn scene<R>(check: impl FnOnce(&Scene<'_>) -> R) -> R {
        let mut agent = Agent::unread(AgentKey::from("a"));
        agent
            .skills
            .insert("review".to_owned(), json!({"description": "Reviews.", "content": "c"}));
        let session = Session::named("a".into(), "s".into(), "S".into(), Timestamp::UNIX_EPOCH);
        check(&Scene { agent: &agent, session: &session, now: Timestamp::UNIX_EPOCH })
    }

    #[test]
    fn instructions_are_joined_and_those_that_are_off_left_out() {
        let step = json!({"instructions": [
            {"type": "inline", "template_type": "text", "template": "Cost is $5. "},
            {"type": "inline", "template_type": "text", "template": "off", "enabled": false},
            {"type": "inline", "template_type": "text", "template": "Be kind."}
        ]});
        scene(|scene| {
            assert_eq!(of_step(&step, scene, &[]).unwrap(), "Cost is $5.\n\nBe kind.");
            assert_eq!(of_step(&Value::Null, scene, &[]).unwrap(), "");
        });
    }

    #[test]
    fn what_cannot_be_rendered_is_named() {
        let of = |one: Value| json!({ "instructions": [one] });
        scene(|scene| {
            let why = of_step(&of(json!({"type": "reference", "id": "ins_1"})), scene, &[]);
            let why = why.unwrap_err();
            assert!(why.starts_with("instructions[0]: ") && why.contains("ins_1"), "{why}");
            let other = json!({"type": "inline", "template": "x", "template_type": "jinja"});
            assert!(of_step(&of(other), scene, &[]).unwrap_err().contains("jinja"));
        });
    }

    #[test]
    fn skills_are_listed_where_a_step_may_load_them() {
        scene(|scene| {
            let listed = skills(scene.agent, None).unwrap();
            assert!(listed.ends_with("- review: Reviews."), "{listed}");
            let mut agent = scene.agent.clone();
            agent.first_step = json!({"allowed_skills": []});
            assert_eq!(skills(&agent, None), None);
        });
    }
}
