//! The operations of the API with what they take and what they give.

use Shape::{
    Any, Count, Flag, Fresh, List, Map, Maybe, Members, Name as Named, Object, OneOf, Script, Text,
    Union,
};

/// Things that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Agent,
    Alias,
    Session,
    Event,
    Artifact,
    Tool,
    Trace,
    Span,
    Page,
}

impl Name {
    /// The one that is there most of the time.
    pub fn usual(self) -> &'static str {
        match self {
            Self::Agent => "a",
            Self::Alias => "al",
            Self::Session => "s",
            Self::Tool | Self::Event | Self::Artifact | Self::Trace | Self::Span | Self::Page => "",
        }
    }

    pub fn of_path(part: &str) -> Option<Self> {
        Some(match part {
            "{agent_key}" => Self::Agent,
            "{alias_key}" => Self::Alias,
            "{session_key}" => Self::Session,
            "{event_id}" => Self::Event,
            "{artifact_id}" => Self::Artifact,
            "{tool_id}" => Self::Tool,
            "{trace_id}" => Self::Trace,
            "{span_id}" => Self::Span,
            _ => return None,
        })
    }
}

type Fields = &'static [(&'static str, Shape)];

/// What a value looks like.
pub enum Shape {
    Text,
    /// What an agent of the test obeys.
    Script,
    Flag,
    Count,
    Members,
    Any,
    /// A key that is hardly taken.
    Fresh,
    Name(Name),
    OneOf(&'static [&'static str]),
    List(&'static Shape),
    Map(&'static Shape),
    Union(&'static [Shape]),
    Maybe(&'static Shape),
    Object {
        required: Fields,
        optional: Fields,
    },
}

pub enum Body {
    None,
    Json(Shape),
    /// The same, or a multipart upload.
    Input(Shape),
}

pub enum Reply {
    Nothing,
    Bytes,
    /// With at least these fields.
    Object(&'static [&'static str]),
    Page(&'static str, &'static [&'static str]),
    /// The events of a turn, at once or as a stream.
    Events,
}

pub struct Operation {
    pub method: &'static str,
    pub path: &'static str,
    pub query: Fields,
    pub body: Body,
    pub reply: Reply,
}

const PART: Shape = Union(&[
    Object { required: &[("type", OneOf(&["text"])), ("content", Script)], optional: &[] },
    Object { required: &[("type", OneOf(&["text"])), ("content", Script)], optional: &[] },
    Object { required: &[("type", OneOf(&["text"])), ("content", Script)], optional: &[] },
    Object { required: &[("type", OneOf(&["skill"])), ("skill_name", Text)], optional: &[] },
]);

const ANSWER: Shape = Union(&[
    Object {
        required: &[
            ("type", OneOf(&["success"])),
            ("event_id", Named(Name::Event)),
            ("output", Members),
        ],
        optional: &[],
    },
    Object {
        required: &[("type", OneOf(&["error"])), ("event_id", Named(Name::Event)), ("error", Any)],
        optional: &[],
    },
]);

const INPUT: Shape = Union(&[
    Object {
        required: &[("messages", List(&PART))],
        optional: &[
            ("type", OneOf(&["input_message"])),
            ("since", Union(&[OneOf(&["start"]), Named(Name::Event)])),
            ("behavior", OneOf(&["steer", "follow_up"])),
            ("stream_response", Flag),
        ],
    },
    Object {
        required: &[("messages", List(&PART)), ("since", OneOf(&["start"]))],
        optional: &[("stream_response", Flag)],
    },
    Object { required: &[("type", OneOf(&["interrupt"]))], optional: &[("stream_response", Flag)] },
    Object {
        required: &[("type", OneOf(&["compact"]))],
        optional: &[
            ("compact_up_to_event_id", Named(Name::Event)),
            ("compaction_message", Text),
            ("stream_response", Flag),
        ],
    },
    Object {
        required: &[("type", OneOf(&["tool_output"])), ("tool_outputs", List(&ANSWER))],
        optional: &[("stream_response", Flag)],
    },
]);

const NEW_SESSION: Shape = Object {
    required: &[],
    optional: &[
        ("key", Fresh),
        ("name", Text),
        ("description", Text),
        ("metadata", Members),
        ("enabled", Flag),
        ("tti_minutes", Count),
        ("secrets", Map(&Text)),
        (
            "from_session",
            Object {
                required: &[("session_key", Named(Name::Session))],
                optional: &[
                    ("agent_key", Named(Name::Agent)),
                    ("include_up_to_event_id", Maybe(&Named(Name::Event))),
                    ("compact_up_to_event_id", Maybe(&Named(Name::Event))),
                ],
            },
        ),
    ],
};

const SESSION_CHANGES: Shape = Object {
    required: &[],
    optional: &[
        ("name", Text),
        ("description", Text),
        ("metadata", Members),
        ("enabled", Flag),
        ("tti_minutes", Count),
        ("secrets", Map(&Maybe(&Text))),
    ],
};

const TOOL: Shape = Object {
    required: &[(
        "type",
        OneOf(&["client", "web_get", "corpora_search", "sub_agent", "artifact_read", "new"]),
    )],
    optional: &[("tool_id", Named(Name::Tool)), ("argument_override", Members)],
};

const STEP: Shape = Object {
    required: &[],
    optional: &[
        ("name", Fresh),
        (
            "instructions",
            List(&Object {
                required: &[("type", OneOf(&["inline"])), ("name", Text), ("template", Text)],
                optional: &[],
            }),
        ),
        (
            "output_parser",
            Object {
                required: &[("type", OneOf(&["default", "structured"]))],
                optional: &[("json_schema", Members)],
            },
        ),
        (
            "next_steps",
            List(&Object { required: &[("step_name", Fresh)], optional: &[("condition", Text)] }),
        ),
        ("allowed_tools", List(&Text)),
        ("reminders", List(&Any)),
    ],
};

const AGENT_FIELDS: Fields = &[
    ("key", Fresh),
    ("description", Text),
    ("enabled", Flag),
    ("metadata", Members),
    (
        "skills",
        Map(&Object {
            required: &[("description", Text), ("content", Text)],
            optional: &[("when_to_use", Text)],
        }),
    ),
    ("first_step_name", Fresh),
    ("first_step", STEP),
    ("steps", Map(&STEP)),
    (
        "compaction",
        Object {
            required: &[],
            optional: &[
                ("enabled", Flag),
                ("threshold_percent", Count),
                ("keep_recent_inputs", Count),
                ("compaction_message", Text),
                ("tool_event_policy", OneOf(&["exclude", "include_outputs", "include_all"])),
            ],
        },
    ),
    (
        "tool_output_offloading",
        Object {
            required: &[],
            optional: &[("enabled", Flag), ("mode", OneOf(&["artifact", "truncate"]))],
        },
    ),
];

const MODEL: Shape = Object {
    required: &[("name", Fresh)],
    optional: &[
        ("parameters", Members),
        (
            "retry_configuration",
            Object {
                required: &[],
                optional: &[("max_retries", Count), ("backoff_factor", Count), ("enabled", Flag)],
            },
        ),
    ],
};

const NEW_AGENT: Shape = Object {
    required: &[("name", Fresh), ("model", MODEL), ("tool_configurations", Map(&TOOL))],
    optional: AGENT_FIELDS,
};

const AGENT_CHANGES: Shape = Object {
    required: &[],
    optional: &[
        ("name", Fresh),
        ("description", Maybe(&Text)),
        ("model", Object { required: &[], optional: &[("parameters", Maybe(&Members))] }),
        ("tool_configurations", Map(&Maybe(&TOOL))),
        ("steps", Map(&Maybe(&STEP))),
        ("metadata", Maybe(&Members)),
        ("skills", Map(&Maybe(&Any))),
        ("first_step", Maybe(&STEP)),
    ],
};

const SECRETS: Shape = Object { required: &[("secrets", Map(&Maybe(&Text)))], optional: &[] };

/// An expression that can be read, most of the time.
const CONDITION: Shape =
    OneOf(&["true", "get('$.session.metadata.tier', 'free') == 'free'", "not (1 < 2)"]);

const TARGETS: Shape = Union(&[
    Object {
        required: &[("type", OneOf(&["single"])), ("agent_key", Named(Name::Agent))],
        optional: &[],
    },
    Object {
        required: &[
            ("type", OneOf(&["weighted"])),
            ("partition_by", OneOf(&["get('$.session.key')"])),
            (
                "options",
                List(&Object {
                    required: &[("agent_key", Named(Name::Agent)), ("weight", Count)],
                    optional: &[],
                }),
            ),
        ],
        optional: &[],
    },
]);

const POLICY: Shape = Object {
    required: &[
        ("type", OneOf(&["routed"])),
        (
            "rules",
            List(&Object { required: &[("targets", TARGETS)], optional: &[("match", CONDITION)] }),
        ),
    ],
    optional: &[],
};

const NEW_POLICY: Shape = Object { required: &[("policy", POLICY)], optional: &[] };

const NEW_ALIAS: Shape = Object {
    required: &[("key", Fresh), ("name", Text), ("policy", POLICY)],
    optional: &[("description", Text), ("enabled", Flag), ("metadata", Members)],
};

const ALIAS_CHANGES: Shape = Object {
    required: &[],
    optional: &[
        ("name", Text),
        ("description", Maybe(&Text)),
        ("enabled", Flag),
        ("metadata", Members),
    ],
};

const NEW_TOOL: Shape = Object {
    required: &[
        ("type", OneOf(&["client"])),
        ("name", Fresh),
        ("description", Text),
        ("input_schema", SCHEMA),
    ],
    optional: &[
        ("title", Text),
        ("output_schema", SCHEMA),
        ("enabled", Flag),
        ("metadata", Members),
    ],
};

const SCHEMA: Shape = Object {
    required: &[],
    optional: &[
        ("type", OneOf(&["object", "no such type"])),
        (
            "properties",
            Map(&Object {
                required: &[],
                optional: &[
                    ("type", OneOf(&["string", "integer"])),
                    ("minimum", Any),
                    ("pattern", Text),
                    ("enum", List(&Any)),
                ],
            }),
        ),
        ("required", List(&Text)),
    ],
};

const TOOL_CHANGES: Shape = Object {
    required: &[],
    optional: &[
        ("title", Maybe(&Text)),
        ("description", Text),
        ("output_schema", Maybe(&SCHEMA)),
        ("metadata", Members),
    ],
};

const FILTERED: Fields = &[
    ("limit", Count),
    ("page_key", Named(Name::Page)),
    ("filter", Text),
    ("enabled", Flag),
    ("metadata_filter", Text),
    ("type", OneOf(&["client"])),
    ("aliased_agent_key", Named(Name::Agent)),
];
const EVENTS: Fields =
    &[("limit", Count), ("page_key", Named(Name::Page)), ("include_hidden", Flag)];
const ARTIFACTS: Fields = &[
    ("limit", Count),
    ("page_key", Named(Name::Page)),
    ("sort_by", OneOf(&["created_at", "updated_at"])),
    ("order_by", OneOf(&["asc", "desc"])),
];

const LLMS: Fields = &[("limit", Count), ("page_key", Named(Name::Page)), ("filter", Text)];

const SESSION: &[&str] = &["key", "agent_key", "name", "enabled", "created_at"];
const AGENT: &[&str] = &["key", "name", "tool_configurations", "model", "first_step", "enabled"];
const EVENT: &[&str] = &["id", "session_key", "created_at", "type"];
const TRACES: Fields = &[
    ("limit", Count),
    ("page_key", Named(Name::Page)),
    ("agent_key", Named(Name::Agent)),
    ("session_key", Named(Name::Session)),
    ("status", OneOf(&["ok", "error"])),
    ("operation", OneOf(&["chat", "execute_tool"])),
    ("tool_name", Text),
    ("min_duration_ms", Count),
    ("max_duration_ms", Count),
];
const SPANS: Fields = &[
    ("limit", Count),
    ("page_key", Named(Name::Page)),
    ("operation", OneOf(&["chat", "execute_tool"])),
    ("parent_span_id", Named(Name::Span)),
    ("exclude_subagents", Flag),
    ("include_content", Flag),
];
const CONTENT: Fields = &[("include_content", Flag)];

const TRACE: &[&str] = &["trace_id", "agent_key", "session_key", "started_at", "status"];
const SPAN: &[&str] = &["span_id", "trace_id", "operation", "started_at", "status"];
const LLM: &[&str] = &["id", "name", "description", "enabled", "default", "capabilities"];
const ALIAS: &[&str] = &["key", "name", "policy", "created_at"];
const CLIENT_TOOL: &[&str] = &["id", "type", "name", "description", "input_schema", "enabled"];
const ARTIFACT: &[&str] =
    &["artifact_id", "filename", "mime_type", "size_bytes", "checksum_sha256", "created_at"];

macro_rules! operations {
    ($($method:literal $path:literal $query:expr, $body:expr => $reply:expr;)*) => {
        &[$(Operation { method: $method, path: $path, query: $query, body: $body, reply: $reply }),*]
    };
}

const UPSTREAM: Fields = &[("since", Count)];

pub const OPERATIONS: &[Operation] = operations! {
    "GET" "/v2/agents" FILTERED, Body::None => Reply::Page("agents", AGENT);
    "POST" "/v2/agents" &[], Body::Json(NEW_AGENT) => Reply::Object(AGENT);
    "GET" "/v2/agents/{agent_key}" &[], Body::None => Reply::Object(AGENT);
    "PATCH" "/v2/agents/{agent_key}" &[], Body::Json(AGENT_CHANGES) => Reply::Object(AGENT);
    "PUT" "/v2/agents/{agent_key}" &[], Body::Json(NEW_AGENT) => Reply::Object(AGENT);
    "DELETE" "/v2/agents/{agent_key}" &[], Body::None => Reply::Nothing;
    "GET" "/v2/agents/{agent_key}/secrets" &[], Body::None => Reply::Object(&["secrets"]);
    "PATCH" "/v2/agents/{agent_key}/secrets" &[], Body::Json(SECRETS) => Reply::Object(&["secrets"]);
    "PUT" "/v2/agents/{agent_key}/secrets" &[], Body::Json(SECRETS) => Reply::Object(&["secrets"]);
    "GET" "/v2/tools" FILTERED, Body::None => Reply::Page("tools", CLIENT_TOOL);
    "POST" "/v2/tools" &[], Body::Json(NEW_TOOL) => Reply::Object(CLIENT_TOOL);
    "GET" "/v2/tools/{tool_id}" &[], Body::None => Reply::Object(CLIENT_TOOL);
    "PATCH" "/v2/tools/{tool_id}" &[], Body::Json(TOOL_CHANGES) => Reply::Object(CLIENT_TOOL);
    "DELETE" "/v2/tools/{tool_id}" &[], Body::None => Reply::Nothing;
    "GET" "/v2/llms" LLMS, Body::None => Reply::Page("llms", LLM);
    "GET" "/v2/foretop/upstream_requests" UPSTREAM, Body::None => Reply::Object(&["requests", "changes"]);
    "GET" "/v2/agent_aliases" FILTERED, Body::None => Reply::Page("aliases", ALIAS);
    "POST" "/v2/agent_aliases" &[], Body::Json(NEW_ALIAS) => Reply::Object(ALIAS);
    "GET" "/v2/agent_aliases/{alias_key}" &[], Body::None => Reply::Object(ALIAS);
    "PATCH" "/v2/agent_aliases/{alias_key}" &[], Body::Json(ALIAS_CHANGES) => Reply::Object(ALIAS);
    "DELETE" "/v2/agent_aliases/{alias_key}" &[], Body::None => Reply::Nothing;
    "PUT" "/v2/agent_aliases/{alias_key}/policy" &[], Body::Json(NEW_POLICY) => Reply::Object(ALIAS);
    "GET" "/v2/agent_analytics/traces" TRACES, Body::None => Reply::Page("traces", TRACE);
    "GET" "/v2/agent_analytics/traces/{trace_id}" &[], Body::None => Reply::Object(TRACE);
    "GET" "/v2/agent_analytics/traces/{trace_id}/spans" SPANS, Body::None => Reply::Page("spans", SPAN);
    "GET" "/v2/agent_analytics/traces/{trace_id}/spans/{span_id}" CONTENT, Body::None => Reply::Object(SPAN);
    "POST" "/oauth/token" &[], Body::Json(Members) => Reply::Object(&["access_token"]);
    "POST" "/oauth2/token" &[], Body::Json(Members) => Reply::Object(&["access_token"]);
    "GET" "/v2/agents/{agent_key}/sessions" FILTERED, Body::None => Reply::Page("sessions", SESSION);
    "POST" "/v2/agents/{agent_key}/sessions" &[], Body::Json(NEW_SESSION) => Reply::Object(SESSION);
    "GET" "/v2/agents/{agent_key}/sessions/{session_key}" &[], Body::None => Reply::Object(SESSION);
    "PATCH" "/v2/agents/{agent_key}/sessions/{session_key}" &[], Body::Json(SESSION_CHANGES) => Reply::Object(SESSION);
    "DELETE" "/v2/agents/{agent_key}/sessions/{session_key}" &[], Body::None => Reply::Nothing;
    "GET" "/v2/agents/{agent_key}/sessions/{session_key}/events" EVENTS, Body::None => Reply::Page("events", EVENT);
    "POST" "/v2/agents/{agent_key}/sessions/{session_key}/events" &[], Body::Input(INPUT) => Reply::Events;
    "GET" "/v2/agents/{agent_key}/sessions/{session_key}/outstanding_client_tool_calls" &[], Body::None => Reply::Object(&["client_tool_calls"]);
    "GET" "/v2/agents/{agent_key}/sessions/{session_key}/events/{event_id}" &[], Body::None => Reply::Object(EVENT);
    "DELETE" "/v2/agents/{agent_key}/sessions/{session_key}/events/{event_id}" &[], Body::None => Reply::Nothing;
    "POST" "/v2/agents/{agent_key}/sessions/{session_key}/events/{event_id}/hide" &[], Body::Json(Members) => Reply::Object(EVENT);
    "POST" "/v2/agents/{agent_key}/sessions/{session_key}/events/{event_id}/unhide" &[], Body::Json(Members) => Reply::Object(EVENT);
    "GET" "/v2/agents/{agent_key}/sessions/{session_key}/artifacts" ARTIFACTS, Body::None => Reply::Page("artifacts", ARTIFACT);
    "GET" "/v2/agents/{agent_key}/sessions/{session_key}/artifacts/{artifact_id}" &[], Body::None => Reply::Object(ARTIFACT);
    "GET" "/v2/agents/{agent_key}/sessions/{session_key}/artifacts/{artifact_id}/content" &[], Body::None => Reply::Bytes;
    "GET" "/v2/agent_aliases/{alias_key}/sessions" FILTERED, Body::None => Reply::Page("sessions", SESSION);
    "POST" "/v2/agent_aliases/{alias_key}/sessions" &[], Body::Json(NEW_SESSION) => Reply::Object(SESSION);
    "GET" "/v2/agent_aliases/{alias_key}/sessions/{session_key}" &[], Body::None => Reply::Object(SESSION);
    "PATCH" "/v2/agent_aliases/{alias_key}/sessions/{session_key}" &[], Body::Json(SESSION_CHANGES) => Reply::Object(SESSION);
    "DELETE" "/v2/agent_aliases/{alias_key}/sessions/{session_key}" &[], Body::None => Reply::Nothing;
    "GET" "/v2/agent_aliases/{alias_key}/sessions/{session_key}/events" EVENTS, Body::None => Reply::Page("events", EVENT);
    "POST" "/v2/agent_aliases/{alias_key}/sessions/{session_key}/events" &[], Body::Input(INPUT) => Reply::Events;
    "GET" "/v2/agent_aliases/{alias_key}/sessions/{session_key}/outstanding_client_tool_calls" &[], Body::None => Reply::Object(&["client_tool_calls"]);
    "GET" "/v2/agent_aliases/{alias_key}/sessions/{session_key}/events/{event_id}" &[], Body::None => Reply::Object(EVENT);
    "DELETE" "/v2/agent_aliases/{alias_key}/sessions/{session_key}/events/{event_id}" &[], Body::None => Reply::Nothing;
    "POST" "/v2/agent_aliases/{alias_key}/sessions/{session_key}/events/{event_id}/hide" &[], Body::Json(Members) => Reply::Object(EVENT);
    "POST" "/v2/agent_aliases/{alias_key}/sessions/{session_key}/events/{event_id}/unhide" &[], Body::Json(Members) => Reply::Object(EVENT);
    "GET" "/v2/agent_aliases/{alias_key}/sessions/{session_key}/artifacts" ARTIFACTS, Body::None => Reply::Page("artifacts", ARTIFACT);
    "GET" "/v2/agent_aliases/{alias_key}/sessions/{session_key}/artifacts/{artifact_id}" &[], Body::None => Reply::Object(ARTIFACT);
    "GET" "/v2/agent_aliases/{alias_key}/sessions/{session_key}/artifacts/{artifact_id}/content" &[], Body::None => Reply::Bytes;
};
