//! A question as the library takes it.
//!
//! Start with [`request`] for what is said, and [`options`] for how it is to be answered.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use genai::ModelIden;
use genai::chat::{
    ChatMessage, ChatOptions, ChatRequest, ChatResponseFormat, ChatRole, ContentPart, JsonSpec,
    MessageContent, ReasoningEffort, Tool, ToolCall, ToolResponse,
};
use serde_json::Value;

use super::question::{Answered, Message, Part, Question};
use super::settings::{Kind, ModelSettings};
use crate::api::Object;

pub(super) fn request(
    settings: &ModelSettings,
    model: &ModelIden,
    question: Question,
) -> ChatRequest {
    let tools: Vec<_> = question
        .offers
        .into_iter()
        .map(|offer| {
            let tool = Tool::new(offer.name).with_schema(Value::Object(offer.schema));
            if offer.description.is_empty() {
                tool
            } else {
                tool.with_description(offer.description)
            }
        })
        .collect();
    let mut messages: Vec<ChatMessage> = Vec::new();
    for message in question.messages {
        match message {
            Message::User(parts) => {
                let parts: Vec<_> = parts.into_iter().map(content).collect();
                messages.push(ChatMessage::new(ChatRole::User, MessageContent::from_parts(parts)));
            }
            Message::Assistant { text, calls, reasoning } => {
                // Another model's is nothing to this one, and refused.
                let reasoning = reasoning.filter(|reasoning| reasoning.is_of(settings));
                let text = (!text.is_empty()).then_some(ContentPart::Text(text));
                let calls =
                    calls.into_iter().enumerate().map(|(at, (call_id, fn_name, fn_arguments))| {
                        let thought_signatures =
                            reasoning.as_ref().and_then(|found| found.of_call(at));
                        let call = ToolCall { call_id, fn_name, fn_arguments, thought_signatures };
                        ContentPart::ToolCall(call)
                    });
                let thoughts = reasoning.as_ref().map(|found| found.parts(model));
                let thoughts = thoughts.into_iter().flatten();
                let parts: Vec<_> = thoughts.chain(text).chain(calls).collect();
                let content = MessageContent::from_parts(parts);
                messages.push(ChatMessage::new(ChatRole::Assistant, content));
            }
            Message::Tool(Answered { call_id, tool, output }) => {
                let part = ContentPart::ToolResponse(ToolResponse {
                    call_id,
                    fn_name: Some(tool),
                    content: output,
                });
                // Some providers want all answers of one round in one message.
                match messages.last_mut().filter(|last| last.role == ChatRole::Tool) {
                    Some(last) => last.content.push(part),
                    None => messages.push(ChatMessage::new(ChatRole::Tool, part)),
                }
            }
        }
    }
    let mut request = ChatRequest::from_messages(messages);
    if !question.system.is_empty() {
        request = request.with_system(question.system);
    }
    if tools.is_empty() { request } else { request.with_tools(tools) }
}

fn content(part: Part) -> ContentPart {
    match part {
        Part::Text(text) => ContentPart::Text(text),
        Part::Image { mime_type, data } => {
            ContentPart::from_binary_base64(mime_type, BASE64_STANDARD.encode(data), None)
        }
    }
}

fn effort(value: &Value) -> Option<ReasoningEffort> {
    value.as_str().and_then(ReasoningEffort::from_keyword)
}

/// Has what a provider wants back of thoughts caught, where asking for that does no harm: models that do not
/// think refuse it.
fn catch_reasoning(settings: &ModelSettings, options: &mut ChatOptions, others: &mut Object) {
    let thinks = !matches!(options.reasoning_effort, None | Some(ReasoningEffort::Zero));
    match settings.kind {
        // Caught from what comes, and nothing is asked for.
        Kind::Anthropic => options.capture_reasoning_content = Some(true),
        // Signatures come in any case; this asks for the thoughts themselves.
        Kind::Gemini => options.capture_reasoning_content = thinks.then_some(true),
        Kind::OpenAiResponses if thinks || others.contains_key("reasoning") => {
            options.capture_reasoning_content = Some(true);
            // Along with that the library asks for a summary, which many accounts may not have.
            let effort = options.reasoning_effort.as_ref().and_then(ReasoningEffort::as_keyword);
            let own =
                effort.map(|effort| Object::from_iter([("effort".to_owned(), effort.into())]));
            others.entry("reasoning").or_insert_with(|| own.unwrap_or_default().into());
        }
        Kind::OpenAi | Kind::OpenAiResponses | Kind::Ollama => {}
    }
}

/// The parameters that every provider has in some form go as what they mean; the others go as they are
/// written.
pub(super) fn options(settings: &ModelSettings, question: &Question) -> ChatOptions {
    let mut options = ChatOptions::default()
        .with_capture_usage(true)
        .with_capture_tool_calls(true)
        .with_stream_header_timeout(settings.patience.first)
        .with_stream_read_timeout(settings.patience.silence);
    let mut others = Object::new();
    for (name, value) in &question.parameters {
        let number = value.as_f64();
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
        match name.as_str() {
            "temperature" if number.is_some() => options.temperature = number,
            "top_p" if number.is_some() => options.top_p = number,
            "max_tokens" if count.is_some() => options.max_tokens = count,
            "seed" if value.is_u64() => options.seed = value.as_u64(),
            "stop" if value.is_string() || value.is_array() => {
                let words = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                let words = words.iter().filter_map(|word| word.as_str().map(str::to_owned));
                options.stop_sequences = words.collect();
            }
            "reasoning_effort" if effort(value).is_some() => {
                options.reasoning_effort = effort(value);
            }
            _ => {
                others.insert(name.clone(), value.clone());
            }
        }
    }
    catch_reasoning(settings, &mut options, &mut others);
    // The library takes such a word from the end of an id. Where one is set it keeps the id, and these set
    // nothing.
    if options.reasoning_effort.is_none()
        && ReasoningEffort::from_model_name(&settings.id).0.is_some()
    {
        options.reasoning_effort = match settings.kind {
            Kind::OpenAi | Kind::OpenAiResponses => Some(ReasoningEffort::Budget(0)),
            Kind::Anthropic => Some(ReasoningEffort::Zero),
            Kind::Gemini | Kind::Ollama => None,
        };
    }
    if !others.is_empty() {
        options.extra_body = Some(Value::Object(others));
    }
    if let Some(schema) = &question.schema {
        let spec = JsonSpec::new(schema.name.as_str(), schema.schema.clone());
        options = options.with_response_format(ChatResponseFormat::JsonSpec(spec));
    }
    options
}
