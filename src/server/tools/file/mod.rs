//! `[tools]` and `[mcp]` of models.toml: what agents may use.
//!
//! Start with [`read`]. All mistakes are noted, with their place and with what was probably meant; who reads the
//! whole file tells them. The invariant: no secret stands in the file; keys are named by the variable that holds them.

mod table;

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Method, Url};
use serde::Deserialize as _;
use serde_json::Value as Json;
use toml::de::{DeTable, ValueDeserializer};

use super::command::Command;
use super::mcp::{Servers, Settings, Way};
use super::web::{Allowed, Web};
use super::{Limits, Tools};
use crate::api::Object;
use crate::server::json_schema::check_schema;
use crate::server::models::Key;
use crate::server::reading;
use crate::trust;
use table::{Reader, Table};

/// What the tables of a file allow; paths in them begin at `base`, the directory of the file, and keys come from
/// our environment.
pub fn read(file: &mut reading::Reader<'_>, whole: &DeTable<'_>, base: &Path) -> Tools {
    read_with(file, whole, base, &|name| std::env::var(name).ok())
}

/// The same with an environment that is given.
pub fn read_with(
    file: &mut reading::Reader<'_>,
    whole: &DeTable<'_>,
    base: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Tools {
    let mut reader = Reader { base, environment, file };
    let none = DeTable::new();
    let tools = reader.top(whole, "tools", &none);
    reader.known(&tools, &["timeout_seconds", "output_bytes", "parallel", "web_get", "command"]);
    let usual = Limits::default();
    let limits = Limits {
        timeout: reader.seconds(&tools, "timeout_seconds", usual.timeout),
        output: reader.bytes(&tools, "output_bytes", usual.output, 4 << 10..=16 << 20),
        parallel: reader.number(&tools, "parallel", usual.parallel, 1..=256),
    };
    let web = reader.table(&tools, "web_get");
    let web = web.and_then(|table| web_get(&mut reader, &table, limits));
    let mut commands = Vec::new();
    for table in reader.tables(&tools, "command") {
        if let Some(command) = command(&mut reader, &table, limits) {
            twice(&mut reader, &table, &command, &commands);
            commands.push(command);
        }
    }
    let mut servers = Vec::new();
    let mcp = reader.top(whole, "mcp", &none);
    for table in reader.tables_of(&mcp) {
        servers.extend(server(&mut reader, &table, limits));
    }
    Tools::new(limits, web, commands, Servers::new(servers))
}

fn web_get(reader: &mut Reader<'_, '_>, table: &Table<'_, '_>, limits: Limits) -> Option<Web> {
    reader.known(table, &["allow", "allow_private", "methods", "max_bytes", "timeout_seconds"]);
    let allow = reader.texts(table, "allow");
    if allow.as_ref().is_none_or(Vec::is_empty) {
        reader.wrong(table, "allow", "is missing or empty: name the hosts that may be asked");
    }
    let allowed = Allowed::parse(&allow.unwrap_or_default());
    let allowed = allowed.map_err(|why| reader.wrong(table, "allow", why)).ok();
    let known =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let methods = match reader.texts(table, "methods") {
        None => vec![Method::GET, Method::HEAD],
        Some(words) => {
            let words = words.iter().filter_map(|word| {
                let found =
                    known.iter().find(|method| method.as_str() == word.to_ascii_uppercase());
                if found.is_none() {
                    let all: Vec<_> = known.iter().map(Method::as_str).collect();
                    let why = format!("has {word}, which is none of {}", all.join(", "));
                    reader.wrong(table, "methods", why);
                }
                found.cloned()
            });
            words.collect()
        }
    };
    Some(Web {
        allowed: allowed?,
        private: reader.flag(table, "allow_private"),
        methods,
        most: reader.bytes(table, "max_bytes", 512 << 10, 1_024..=16 << 20),
        timeout: reader.seconds(
            table,
            "timeout_seconds",
            limits.timeout.min(Duration::from_secs(30)),
        ),
        trust: OnceLock::new(),
    })
}

/// Calls of these are not run by tools, whatever a file says.
const NEVER: [&str; 3] = ["client", "sub_agent", "mcp"];

fn command(reader: &mut Reader<'_, '_>, table: &Table<'_, '_>, limits: Limits) -> Option<Command> {
    reader.known(
        table,
        &[
            "run",
            "names",
            "types",
            "description",
            "schema",
            "schema_file",
            "timeout_seconds",
            "output_bytes",
            "env",
            "directory",
        ],
    );
    let run = reader.texts(table, "run").unwrap_or_default();
    let (program, arguments) = reader.program(table, "run", &run)?;
    let kinds = reader.texts(table, "types").unwrap_or_default();
    for kind in kinds.iter().filter(|kind| NEVER.contains(&kind.as_str())) {
        let why = format!("has {kind}, whose calls no command can answer");
        reader.wrong(table, "types", why);
    }
    let name = table.name().to_owned();
    let names = match reader.texts(table, "names") {
        Some(names) => names,
        None if kinds.is_empty() => vec![name.clone()],
        None => Vec::new(),
    };
    Some(Command {
        program,
        arguments,
        env: reader.texts(table, "env").unwrap_or_default(),
        directory: reader.directory(table),
        names,
        kinds,
        description: reader.text(table, "description"),
        schema: schema(reader, table),
        timeout: reader.seconds(table, "timeout_seconds", limits.timeout),
        output: table
            .has("output_bytes")
            .then(|| reader.bytes(table, "output_bytes", limits.output, 1_024..=16 << 20)),
        name,
    })
}

fn schema(reader: &mut Reader<'_, '_>, table: &Table<'_, '_>) -> Option<Object> {
    let inline = table.get("schema");
    let file = reader.text(table, "schema_file");
    if inline.is_some() && file.is_some() {
        reader.wrong(table, "schema_file", "and schema are both there; one of them is enough");
        return None;
    }
    let (key, schema) = match (inline, file) {
        (Some(inline), _) => {
            let read = Json::deserialize(ValueDeserializer::from(inline.clone()));
            ("schema", read.map_err(|error| error.message().to_owned()))
        }
        (_, Some(file)) => {
            let path = reader.base.join(file);
            let read = std::fs::read_to_string(&path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()));
            let parsed = read.and_then(|text| {
                serde_json::from_str(&text)
                    .map_err(|error| format!("{} is no JSON: {error}", path.display()))
            });
            ("schema_file", parsed)
        }
        _ => return None,
    };
    let schema = schema.and_then(|schema: Json| {
        check_schema(&schema).map_err(|why| format!("is not a JSON Schema: {why}"))?;
        match schema {
            Json::Object(schema) if schema.get("type").is_none_or(|kind| kind == "object") => {
                Ok(schema)
            }
            _ => Err("must be a schema of an object".to_owned()),
        }
    });
    let mut schema = schema.map_err(|why| reader.wrong(table, key, why)).ok()?;
    schema.entry("type").or_insert_with(|| Json::from("object"));
    Some(schema)
}

/// Two commands that answer for the same would leave it to chance.
fn twice(reader: &mut Reader<'_, '_>, table: &Table<'_, '_>, one: &Command, before: &[Command]) {
    for other in before {
        let name = one.names.iter().find(|name| other.has_name(name));
        let kind = one.kinds.iter().find(|kind| other.has_kind(kind));
        if let Some(same) = name.or(kind) {
            let other = &other.name;
            let why = format!("and tools.command.{other} both answer for {same}; take it from one");
            reader.wrong_table(table, &why);
        }
    }
}

fn server(reader: &mut Reader<'_, '_>, table: &Table<'_, '_>, limits: Limits) -> Option<Settings> {
    reader.known(
        table,
        &[
            "command",
            "env",
            "directory",
            "url",
            "allow_http",
            "headers_env",
            "start_seconds",
            "timeout_seconds",
            "parallel",
            "tools",
        ],
    );
    let name = table.name().to_owned();
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || name.len() > 40 || !name.chars().all(fine) {
        let why = "is no name for an MCP server: letters, digits and - make one, because _ divides it from \
                   its tools";
        reader.wrong_table(table, why);
        return None;
    }
    let way = match (table.has("command"), table.has("url")) {
        (true, false) => {
            for key in ["allow_http", "headers_env"].into_iter().filter(|key| table.has(key)) {
                reader.wrong(table, key, "is for servers with a url");
            }
            let words = reader.texts(table, "command").unwrap_or_default();
            let (program, arguments) = reader.program(table, "command", &words)?;
            let env = reader.texts(table, "env").unwrap_or_default();
            Way::Program { program, arguments, env, directory: reader.directory(table) }
        }
        (false, true) => {
            for key in ["env", "directory"].into_iter().filter(|key| table.has(key)) {
                reader.wrong(table, key, "is for servers with a command");
            }
            let url = reader.text(table, "url")?;
            let may = reader.flag(table, "allow_http");
            check_url(&url, may).map_err(|why| reader.wrong(table, "url", why)).ok()?;
            Way::Url { url, headers: headers(reader, table) }
        }
        (both, _) => {
            let why = if both { "has command and url" } else { "has neither command nor url" };
            reader.wrong_table(table, &format!("{why}; an MCP server has one of them"));
            return None;
        }
    };
    Some(Settings {
        way,
        start: reader.seconds(table, "start_seconds", Duration::from_secs(20)),
        timeout: reader.seconds(table, "timeout_seconds", limits.timeout),
        parallel: reader.number(table, "parallel", 8, 1..=256),
        only: reader.texts(table, "tools"),
        name,
    })
}

fn check_url(text: &str, may_be_plain: bool) -> Result<(), String> {
    let url = Url::parse(text).map_err(|error| format!("is no address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a name or password in it; give them in headers_env".to_owned());
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if trust::is_loopback(&url) || may_be_plain => Ok(()),
        "http" => {
            Err("is plain HTTP to another machine, which anybody between can read and change; use \
                       https://, or set allow_http = true"
                .to_owned())
        }
        _ => Err("must begin with https:// or http://".to_owned()),
    }
}

fn headers(reader: &mut Reader<'_, '_>, table: &Table<'_, '_>) -> Vec<(String, Key)> {
    let mut out = Vec::new();
    let Some(named) = reader.table(table, "headers_env") else { return out };
    for (header, variable) in named.entries {
        let header: &str = header.get_ref();
        let Some(variable) = variable.get_ref().as_str() else {
            reader.wrong(&named, header, "must be the name of a variable, in quotes");
            continue;
        };
        if reqwest::header::HeaderName::try_from(header).is_err() {
            reader.wrong(&named, header, "is not the name of a header");
            continue;
        }
        match (reader.environment)(variable) {
            Some(value) if !value.is_empty() => out.push((header.to_owned(), Key::new(value))),
            _ => {
                // What stands there may be the key itself.
                let looks = variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                let why = if looks && variable.len() < 60 {
                    format!("names the variable {variable}, which is not set")
                } else {
                    "must name the variable that holds the value, and not be the value".to_owned()
                };
                reader.wrong(&named, header, why);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(toml: &str) -> Result<Tools, Vec<reading::Mistake>> {
        let environment = |name: &str| (name == "TOKEN").then(|| "secret-token".to_owned());
        reading::read(toml, |reader, whole| {
            read_with(reader, whole, Path::new("/etc/foretop"), &environment)
        })
    }

    fn mistakes(toml: &str) -> Vec<String> {
        of(toml).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_file_is_taken() {
        let tools = of(r#"
            [tools]
            timeout_seconds = 30
            output_bytes = "2M"
            parallel = 4
            [tools.web_get]
            allow = ["docs.example.org", "*.example.com"]
            allow_private = true
            methods = ["get", "POST"]
            max_bytes = "100K"
            timeout_seconds = 10
            [tools.command.search]
            run = ["./search.sh", "-v"]
            types = ["web_search"]
            names = ["look"]
            description = "Looks it up."
            schema = { type = "object", properties = { query = { type = "string" } } }
            env = ["SEARCH_KEY"]
            directory = "work"
            [tools.command.plain]
            run = ["cat"]
            [mcp.files]
            command = ["mcp-files", "/srv"]
            env = ["FILES_TOKEN"]
            tools = ["read"]
            [mcp.remote]
            url = "https://mcp.example.com/mcp"
            headers_env = { Authorization = "TOKEN" }
            timeout_seconds = 5
        "#)
        .unwrap();
        assert_eq!(tools.limits.timeout, Duration::from_secs(30));
        assert_eq!((tools.limits.output, tools.limits.parallel), (2 << 20, 4));
        let web = tools.web.as_ref().unwrap();
        assert_eq!((web.methods.len(), web.most, web.private), (2, 100 << 10, true));
        let search = tools.command("look", "lambda").unwrap();
        assert_eq!(search, tools.command("other", "web_search").unwrap());
        assert_eq!(search.program, "/etc/foretop/./search.sh");
        assert_eq!(search.directory, Path::new("/etc/foretop/work"));
        assert_eq!(tools.command("plain", "lambda").unwrap().program, "cat");
        assert!(tools.is_configured(&"tol_mcp_files_read".into()));
        assert!(!tools.is_configured(&"tol_mcp_files_write".into()));
        assert!(tools.is_configured(&"tol_mcp_remote_any_thing".into()));
    }

    #[test]
    fn an_empty_file_allows_nothing() {
        let tools = of("").unwrap();
        assert!(tools.web.is_none() && tools.commands.is_empty());
        assert_eq!(tools.limits, Limits::default());
    }

    #[test]
    fn every_mistake_is_told_with_its_place_and_what_was_meant() {
        let found = mistakes(
            r#"
            [tools]
            timeout_second = 30
            output_bytes = "many"
            parallel = 0
            [tools.web_get]
            alow = ["a.org"]
            [tools.command.a]
            run = []
            [tools.command.b]
            run = ["b"]
            types = ["client", "lambda"]
            schema = { type = "array" }
            [tools.command.c]
            run = ["c"]
            types = ["lambda"]
            schema_file = "missing.json"
            timeout_seconds = -1
            [mcp.my_files]
            command = ["x"]
            [mcp.both]
            command = ["x"]
            url = "https://a.org"
            [mcp.none]
            [mcp.plain]
            url = "http://mcp.example.com"
            [mcp.key]
            url = "https://me:pw@mcp.example.com"
            [mcp.header]
            url = "https://mcp.example.com"
            headers_env = { Authorization = "Bearer sk-1234567890", "X-Key" = "NOT_SET" }
        "#,
        );
        let all = found.join("\n");
        for wanted in [
            "3: tools.timeout_second is not known, did you mean \"timeout_seconds\"?",
            "tools.output_bytes must be",
            "tools.parallel must be between 1 and 256",
            "tools.web_get.alow is not known, did you mean \"allow\"?",
            "tools.web_get.allow is missing or empty",
            "tools.command.a.run must name a program",
            "tools.command.b.types has client",
            "tools.command.b.schema must be a schema of an object",
            "tools.command.c.schema_file /etc/foretop/missing.json cannot be read",
            "tools.command.c.timeout_seconds must be",
            "14: tools.command.c and tools.command.b both answer for lambda",
            "mcp.my_files is no name",
            "mcp.both has command and url",
            "24: mcp.none has neither command nor url",
            "mcp.plain.url is plain HTTP",
            "mcp.key.url has a name or password",
            "mcp.header.headers_env.Authorization must name the variable",
            "mcp.header.headers_env.X-Key names the variable NOT_SET, which is not set",
        ] {
            assert!(all.contains(wanted), "{wanted}\n\nis not in\n{all}");
        }
        assert!(!all.contains("sk-1234567890") && !all.contains("pw@"), "{all}");
    }

    #[test]
    fn what_is_of_another_type_is_a_mistake_and_no_panic() {
        for toml in [
            "tools.web_get = 1",
            "tools.command = []",
            "tools.command.a = 1",
            "tools.command.a.run = \"ls\"",
            "tools.web_get.allow = [1]",
            "tools.web_get = { allow = [\"a.org\"], allow_private = 1 }",
            "mcp.a = 1",
            "mcp.a.command = [1]",
            "mcp.a = { url = 1 }",
            "mcp.a = { url = \"https://a.org\", headers_env = [] }",
            "mcp.a = { command = [\"x\"], tools = \"read\" }",
        ] {
            assert!(!mistakes(toml).is_empty(), "{toml}");
        }
    }
}
