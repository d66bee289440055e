//! What rmcp asks of the server: the answers of `mcp-serve`'s own handler, and those of the fixtures. Knows no content.
#![expect(
    deprecated,
    reason = "revision 2025-11-25 has what 2026-07-28 deprecates"
)]

use mcp_serve::Agent;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult,
    ErrorData, GetPromptRequestParams, GetPromptResponse, GetPromptResult, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult,
    ServerCapabilities, ServerConfig, SetLevelRequestMethod, SetLevelRequestParams,
    SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::questions::Questions;
use crate::{prompts, resources, tools};

/// A list that changed, for all who listen.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    Tools,
    Prompts,
}

/// The changes of all sessions.
pub(crate) fn changes() -> broadcast::Sender<Change> {
    broadcast::Sender::new(16)
}

/// One session.
pub(crate) struct Fixture {
    agent: Agent,
    changes: broadcast::Sender<Change>,
    questions: Questions,
}

impl Fixture {
    pub(crate) fn new(agent: Agent, changes: &broadcast::Sender<Change>) -> Self {
        Self {
            agent,
            changes: changes.clone(),
            questions: Questions::default(),
        }
    }
}

/// A type of rmcp from the JSON that stands for it.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

/// A result. Revision 2026-07-28 wants to know that it is one; rmcp takes that out for older clients.
pub(crate) fn complete<T: DeserializeOwned>(mut value: Value) -> Result<T, ErrorData> {
    value["resultType"] = "complete".into();
    read(value)
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let mut info = self.agent.get_info();
        info.capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_completions()
            .enable_logging()
            .build();
        info
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut listed = self.agent.list_tools(request, context).await?;
        listed.tools.extend(tools::tools()?);
        Ok(listed)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        let fixtures = tools::tools().unwrap_or_default();
        let found = fixtures.into_iter().find(|tool| tool.name == name);
        found.or_else(|| self.agent.get_tool(name))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Some(answer) = tools::fixed(&call.name) {
            return Ok(complete::<CallToolResult>(answer)?.into());
        }
        if let Some(answer) = tools::active(&call, &context, &self.changes).await? {
            return Ok(answer);
        }
        let (state, given) = (call.request_state.as_deref(), call.input_responses.as_ref());
        match self.questions.next(&call.name, state, given, &context)? {
            None => self.agent.call_tool(call, context).await,
            Some(Err(question)) => Ok(question.into()),
            Some(Ok(text)) => {
                let content = json!({ "content": [{ "type": "text", "text": text }] });
                Ok(complete::<CallToolResult>(content)?.into())
            }
        }
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        complete(prompts::list())
    }

    async fn get_prompt(
        &self,
        asked: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let (state, given) = (
            asked.request_state.as_deref(),
            asked.input_responses.as_ref(),
        );
        let messages = match self.questions.next(&asked.name, state, given, &context)? {
            Some(Err(question)) => return Ok(question.into()),
            Some(Ok(text)) => prompts::of_text(&text),
            None => prompts::messages(&asked)?,
        };
        Ok(complete::<GetPromptResult>(messages)?.into())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        complete(json!({ "completion": { "values": ["testing", "tested"], "hasMore": false } }))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        complete(resources::list())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        complete(resources::templates())
    }

    async fn read_resource(
        &self,
        asked: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let Some(contents) = resources::contents(&asked.uri) else {
            let data = json!({ "uri": asked.uri });
            return Err(ErrorData::resource_not_found(
                "no such resource",
                Some(data),
            ));
        };
        let result = json!({ "contents": [contents] });
        Ok(complete::<ReadResourceResult>(result)?.into())
    }

    async fn subscribe(
        &self,
        _: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(
        &self,
        _: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn set_level(
        &self,
        _: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        // Revision 2026-07-28 has the level in each request.
        if is_stateless(&context) {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        asked: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(asked.clone())
    }

    async fn listen(&self, listening: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.changes.subscribe();
        loop {
            let change = tokio::select! {
                change = changes.recv() => change,
                () = listening.cancelled() => return Ok(()),
            };
            let (accepted, sink) = (listening.accepted(), listening.sink());
            // A client that is gone has cancelled.
            let _ = match change {
                Ok(Change::Tools) if accepted.tools_list_changed == Some(true) => {
                    sink.notify_tool_list_changed().await
                }
                Ok(Change::Prompts) if accepted.prompts_list_changed == Some(true) => {
                    sink.notify_prompt_list_changed().await
                }
                Ok(_) => Ok(()),
                Err(_) => return Ok(()),
            };
        }
    }
}

/// Whether the request is of 2026-07-28, or of a later revision.
pub(crate) fn is_stateless(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}
