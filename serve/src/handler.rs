//! What rmcp asks of a server: the surface, and the three calls. The transport and the revisions of MCP are rmcp's.

mod arguments;
mod decided;
mod of_request;
mod written;

use std::sync::Arc;
use std::time::Duration;

use hyper::http::request::Parts;
use mcp_codegen::names::shown;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams,
    ErrorData, GetSkillRequestParams, GetSkillResult, GetTaskParams, GetTaskResult, Implementation,
    ListResourcesResult, ListSkillsResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig, Tool,
    UpdateTaskParams,
};
use rmcp::service::RequestContext;
use rmcp::transport::common::http_header::HEADER_SESSION_ID;
use rmcp::{RoleServer, ServerHandler};
use serde::de::IgnoredAny;
use serde_json::Value;

use self::written::{note, result};
use crate::answer::{self, Answer, Code, Made};
use crate::describe::More;
use arguments::{DescribeTools, LONGEST_QUERY, Names, RunScript, SearchTools, arguments};

use crate::door::Door;
use crate::elicit::{self, Asked, Way};
use crate::progress::{Stage, progress};
use crate::runs::{self, Script};
use crate::surface::{self, DEFAULT_HITS, DEFAULT_TOKENS, DESCRIBE, RUN, SEARCH};
use crate::traced::traced;
use crate::unwritten::Share;
use crate::{describe, offered, search};

/// How long a client may keep the list of tools, which never changes: a day.
const LIST_LASTS: u64 = 24 * 60 * 60 * 1_000;

/// How long the answer of `tasks/get` waits for others to be written.
const MOMENT: Duration = Duration::from_secs(2);

/// One session of an agent.
#[derive(Clone)]
pub struct Agent {
    door: Arc<Door>,
    /// Tells its results from those of other sessions.
    session: u64,
}

impl Agent {
    /// A session behind this door.
    #[must_use]
    pub fn new(door: Arc<Door>) -> Self {
        let session = door.session();
        Self { door, session }
    }

    async fn script(&self, call: RunScript, context: &RequestContext<RoleServer>) -> Answer {
        let refused = |code: Code, what: &str| answer::refused(code, &self.door.run_id(), what);
        let given = [
            call.code.is_some(),
            call.skill.is_some(),
            call.resume.is_some(),
        ];
        if given.into_iter().filter(|given| *given).count() > 1 {
            let what = "`code`, `skill` and `resume` exclude each other: give one of them";
            return refused(Code::BadArguments, what);
        }
        if let Some(run) = call.resume {
            if call.input.is_some() {
                let what = "`input` goes with `code`: a run that is resumed has the input that it began with";
                return refused(Code::BadArguments, what);
            }
            return self.resumed(&run, context).await;
        }
        let (code, skill) = match (call.code, call.skill) {
            (_, Some(skill)) => {
                let loaded = self.door.skills.load(&skill).await;
                match loaded.and_then(|skill| Ok((skill.code()?, Some(skill)))) {
                    Ok(loaded) => loaded,
                    Err(refusal) => return refusal.answer(&self.door.run_id(), Made::NONE),
                }
            }
            (Some(code), None) => (code.into(), None),
            (None, None) => {
                let what =
                    "`code` is missing: the text of a TypeScript module (or `skill`, or `resume`)";
                return refused(Code::BadArguments, what);
            }
        };
        let input = match &call.input {
            // Some clients pass the text of the JSON.
            Some(Value::String(text)) if serde_json::from_str::<IgnoredAny>(text).is_ok() => {
                text.clone()
            }
            Some(input) => input.to_string(),
            None => "{}".to_owned(),
        };
        let scope = self.scope(context);
        let script = Script {
            code,
            skill,
            input,
            scope,
            asked: self.asker(String::new(), context),
            max_tokens: call.max_tokens.unwrap_or(DEFAULT_TOKENS),
            earlier: None,
            share: Share::of(context),
        };
        let stage = Stage::of(context);
        let run = runs::run(&self.door, script, &stage, self.stop(context));
        tokio::select! {
            answer = run => answer,
            () = progress(context, || stage.text()) => {
                let id = self.door.run_id();
                answer::given_up(Code::Cancelled, &id, Made::Unknown, "the client is gone")
            }
        }
    }

    /// Why a run has to end before its time.
    async fn stop(&self, context: &RequestContext<RoleServer>) -> String {
        let why = tokio::select! {
            () = context.ct.cancelled() => "the client cancelled the call",
            () = self.door.ending() => "`mcp-host serve` ends",
            () = self.gone(context) => "the client is gone",
        };
        why.to_owned()
    }

    /// Waits until a client over HTTP is gone. Over stdio, the end of stdin says so.
    async fn gone(&self, context: &RequestContext<RoleServer>) {
        // A task goes on without its client.
        let capabilities = context.client_capabilities();
        if capabilities.is_some_and(|client| client.supports_tasks()) {
            return std::future::pending().await;
        }
        let request = context.extensions.get::<Parts>();
        let session = request.and_then(|request| request.headers.get(HEADER_SESSION_ID));
        match session.and_then(|session| session.to_str().ok()) {
            Some(session) => self.door.presence.gone(session).await,
            None => std::future::pending().await,
        }
    }
}

impl Agent {
    /// `None`: there is no such tool.
    async fn answer(
        &self,
        call: &mut CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Option<Result<Answer, Answer>> {
        Some(match &*call.name.clone() {
            SEARCH => match arguments(call, "query, server, limit and offset") {
                Ok(asked) => Ok(self.search(self.scope(context), asked).await),
                Err(refused) => Err(refused),
            },
            DESCRIBE => match arguments(call, "names, a list of texts") {
                Ok(DescribeTools { names }) => {
                    let names = match names {
                        Names::List(names) => names,
                        Names::One(name) => vec![name],
                    };
                    let scope = self.scope(context);
                    Ok(describe::describe(&self.door, scope, &names, More::Call).await)
                }
                Err(refused) => Err(refused),
            },
            RUN => match arguments(call, "code or skill or resume, input and max_tokens") {
                Ok(asked) => Ok(self.script(asked, context).await),
                Err(refused) => Err(refused),
            },
            _ => return None,
        })
    }

    async fn search(&self, scope: u64, asked: SearchTools) -> Answer {
        let query = asked.query.unwrap_or_default();
        let asked = search::Asked {
            text: mcp_bridge::text::cut(&query, LONGEST_QUERY).into_owned(),
            server: asked.server,
            limit: asked.limit.unwrap_or(DEFAULT_HITS),
            offset: asked.offset.unwrap_or_default(),
        };
        search::search(&self.door, scope, asked).await
    }
}

impl ServerHandler for Agent {
    fn get_info(&self) -> ServerConfig {
        let instructions = self.door.instructions();
        ServerConfig::new(
            ServerCapabilities::builder()
                .enable_tools()
                .enable_resources()
                .enable_tasks()
                .enable_skills()
                .build(),
        )
        .with_server_info(Implementation::new("mcp-host", env!("CARGO_PKG_VERSION")))
        .with_instructions(instructions)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let listed = ListToolsResult::with_all_items(surface::tools());
        Ok(listed
            .with_ttl_ms(LIST_LASTS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_skills(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListSkillsResult, ErrorData> {
        let agent = self.of_request(&context)?;
        offered::skills(&agent.door, agent.scope(&context), page).await
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetSkillResult, ErrorData> {
        let agent = self.of_request(&context)?;
        offered::skill(&agent.door, agent.scope(&context), &request.uri).await
    }

    async fn list_resources(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let agent = self.of_request(&context)?;
        offered::resources(&agent.door, agent.scope(&context), page).await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let agent = self.of_request(&context)?;
        let (session, share) = (agent.scope(&context), Share::of(&context));
        let read = offered::file(&agent.door, session, &request.uri, &share).await?;
        Ok(read.into())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        surface::tools().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let agent = self.of_request(&context)?;
        if let Some(answered) = elicit::answered(&agent.door, &call, &context).await {
            return agent.decided(answered, &context).await;
        }
        let capabilities = context.client_capabilities();
        if call.name == RUN && capabilities.is_some_and(|client| client.supports_tasks()) {
            let tasks = agent.door.tasks().clone();
            let run = |context| async move { agent.called(call, context).await };
            return tasks.answer(context, run).await;
        }
        let name = call.name.clone();
        let answer = agent.tool_answer(call, &context);
        let answer = traced(&name, &context, agent.door.on_behalf(), answer).await?;
        Ok(agent.response(answer, &context))
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let door = self.of_request(&context)?.door;
        let (tasks, share) = (door.tasks(), Share::of(&context));
        tasks.ask(&request.task_id);
        // Each answer is a copy of the result.
        let bytes = tasks.size(&request.task_id);
        if !door.unwritten.take(bytes, &share, MOMENT).await {
            let what =
                "busy: the client has not read the answers before this one; ask again in 5 s";
            return Err(ErrorData::internal_error(what, None));
        }
        let task = tasks.manager().get_task(&request.task_id)?;
        Ok(GetTaskResult::new(task))
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let door = self.of_request(&context)?.door;
        let tasks = door.tasks().manager();
        tasks.update_task(&request.task_id, std::iter::empty())
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let door = self.of_request(&context)?.door;
        door.tasks().manager().cancel_task(&request.task_id)
    }
}

impl Agent {
    async fn called(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let name = call.name.clone();
        let answer = self.tool_answer(call, &context);
        let answer = traced(&name, &context, self.door.on_behalf(), answer);
        Ok(result(answer.await?))
    }

    /// The answer of a tool, after the user was asked where the client can do that meanwhile.
    async fn tool_answer(
        &self,
        mut call: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Answer, ErrorData> {
        let Some(answer) = self.answer(&mut call, context).await else {
            let what = format!(
                "there is no tool `{}`: `{SEARCH}` finds the tools of the servers, and a script of `{RUN}` calls them",
                shown(&call.name)
            );
            return Err(ErrorData::invalid_params(what, None));
        };
        let mut answer = answer.unwrap_or_else(|refused| refused);
        while let (Some(paused), Some(Way::Request)) = (&answer.paused, Way::of(context)) {
            let asked = tokio::select! {
                asked = elicit::ask(&self.door, paused, context) => asked,
                // The client hears nothing any more.
                () = progress(context, || "the user decides") => break,
                _ = self.stop(context) => break,
            };
            let run = paused.run.clone();
            match asked {
                Asked::Decided | Asked::Elsewhere | Asked::Late => {
                    answer = self.resumed(&run, context).await;
                }
                Asked::ByItself => {
                    note(&mut answer, &asked);
                    break;
                }
                // Meanwhile the user may have decided elsewhere, or too much time has passed.
                Asked::Open => {
                    answer = self.resumed(&run, context).await;
                    break;
                }
            }
        }
        if call.name != RUN {
            self.door.answered(&call.name, answer.text.len());
        }
        Ok(answer)
    }
}
