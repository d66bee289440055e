//! A tool that a skill imports as a typed function: converts the guest's arguments to a call, and the response to the
//! guest's result. Compares no types: `link` has done that.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{Either, ready};
use mcp_bridge::{CallToolResult, Tool};
use wasmtime::component::Val;

use super::call_log::{self, CallLog};
use super::calls::{Arguments, CallTracker, Refusal, out_of, refusal};
use super::judge::{self, ToolJudge};
use crate::catalog::ToolServer;
use crate::contract::{
    ToolError, charge_answer, charge_result, charge_val, tool_error_val, tool_result,
    tool_result_val,
};
use crate::recording::Call;
use crate::rules::limits::{Account, Charge, Spend};
use crate::rules::policy::Grants;
use mcp_codec::{ToolCodec, json};

/// The response of a tool.
type Answered = Result<Box<CallToolResult>, ToolError>;

/// A tool with everything that a call needs.
pub(crate) struct TypedTool {
    server: Arc<dyn ToolServer>,
    tool: String,
    codec: ToolCodec,
    judge: Option<ToolJudge>,
    /// The rule that allows every call of it.
    rule: Option<Arc<str>>,
}

impl TypedTool {
    pub(crate) fn new(
        server: &Arc<dyn ToolServer>,
        tool: &Tool,
        codec: ToolCodec,
        grants: &Arc<Grants>,
    ) -> Self {
        Self {
            server: Arc::clone(server),
            tool: tool.name.to_string(),
            codec,
            judge: ToolJudge::of(grants, server.name(), tool),
            rule: judge::rule_of_all(grants, server.name(), tool),
        }
    }

    /// Whether a person decides about some call of it.
    pub(crate) fn may_ask(&self) -> bool {
        self.judge.as_ref().is_some_and(ToolJudge::may_ask)
    }

    /// The server, and the tool's own name.
    pub(crate) fn names(&self) -> (&Arc<dyn ToolServer>, &str) {
        (&self.server, &self.tool)
    }

    /// Calls the tool with the guest's arguments, and makes the guest's result with its charge. The future is moved
    /// into a box for each call, and an `async` block would hold half of it twice.
    pub(crate) fn answer<'a>(
        &'a self,
        calls: &'a CallTracker,
        call_log: &'a Option<Arc<CallLog>>,
        params: &[Val],
    ) -> impl Future<Output = wasmtime::Result<Returned<'a>>> + Send + use<'a> {
        match self.call(calls, call_log, params) {
            Ok(call) => {
                Either::Left(call.map(move |answer| self.returned(answer?, calls.account())))
            }
            Err(refused) => Either::Right(ready(refused.map(|error| (failed(error), None)))),
        }
    }

    fn call<'a>(
        &'a self,
        calls: &'a CallTracker,
        call_log: &'a Option<Arc<CallLog>>,
        params: &[Val],
    ) -> Result<impl Future<Output = wasmtime::Result<Answered>> + use<'a>, Refusal> {
        let mut spend = Spend::of(calls.account());
        let arguments = match self.arguments(params, &mut spend) {
            Ok(arguments) => arguments,
            // The call counts nevertheless.
            Err(refused) => {
                let refused = calls.admit().map_or_else(|over| over, |_| refused);
                if let Ok(error) = &refused {
                    calls.unsent(self.server.name(), &self.tool, error);
                }
                return Err(refused);
            }
        };
        let call = call_log::call_to_log(call_log, calls.account(), |spend| {
            json::charge_object(&arguments, spend)?;
            Ok(Call::tool(self.server.name(), &self.tool, &arguments))
        });
        let call = call.map_err(Err)?;
        let judge = self.judge.as_ref();
        let judges_here = !call_log.as_deref().is_some_and(CallLog::can_wait);
        let live = move |of_ledger| match calls.admit() {
            Ok(flight) => {
                let judge = judge.filter(|_| judges_here);
                let refusal = judge.and_then(|judge| judge.judge(calls, &arguments).refusal());
                if let Some(why) = refusal {
                    let refused = ToolError::Denied(why);
                    calls.refused(self.server.name(), &self.tool, &refused);
                    return Either::Right(ready(Ok(Err(refused))));
                }
                let by = calls.verdict(of_ledger, || {
                    let rule = self.judge.as_ref().and_then(|judge| judge.rule(&arguments));
                    rule.or_else(|| self.rule.clone())
                });
                let arguments = Arguments::Object(arguments, spend);
                Either::Left(calls.send(flight, &self.server, &self.tool, arguments, by))
            }
            Err(refused) => Either::Right(ready(refused.map(Err))),
        };
        Ok(call_log::tool(call_log, calls, call, judge, live))
    }

    fn returned<'a>(
        &self,
        answer: Answered,
        account: &'a Account,
    ) -> wasmtime::Result<Returned<'a>> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Ok((failed(error), None)),
        };
        // One account of both: the response is charged until it is consumed, the value until the guest has it.
        let mut made = Spend::of(account);
        let received = charge_answer(&answer, &mut made).map_err(out_of);
        let received = received.map(|()| made.spent());
        let result = received.and_then(|received| {
            let value = self.result(answer, account, &mut made);
            made.release(received);
            value
        });
        match result {
            Ok(value) => {
                let value = Val::Result(Ok(Some(Box::new(value))));
                Ok((value, Some(made.charge(account))))
            }
            Err(refused) => Ok((failed(refused?), Some(made.charge(account)))),
        }
    }

    fn arguments(
        &self,
        params: &[Val],
        spend: &mut Spend<'_>,
    ) -> Result<mcp_bridge::JsonObject, Refusal> {
        match self.codec.arguments(params, spend) {
            Ok(None) => Ok(mcp_bridge::JsonObject::new()),
            Ok(Some(serde_json::Value::Object(object))) => Ok(object),
            Ok(Some(_)) => Err(Ok(ToolError::InvalidArguments(format!(
                "the arguments of `{}` are not a JSON object",
                self.tool
            )))),
            Err(error) => Err(refusal(&error, || {
                format!("argument of `{}` at {error}", self.tool)
            })),
        }
    }

    /// The function's result. Its memory is charged to `made`.
    #[allow(
        clippy::boxed_local,
        reason = "it is large, and most answers are used up in their box"
    )]
    fn result(
        &self,
        mut answer: Box<CallToolResult>,
        account: &Account,
        made: &mut Spend<'_>,
    ) -> Result<Val, Refusal> {
        if self.codec.returns_tool_result() || answer.is_error == Some(true) {
            return result_val(*answer, account, made);
        }
        let protocol = |what: String| {
            Ok(ToolError::Protocol(format!(
                "tool `{}` of server `{}` {what}",
                self.tool,
                self.server.name()
            )))
        };
        let structured = answer.structured_content.take().ok_or_else(|| {
            protocol("declares an output schema and answered without structured content".into())
        })?;
        match self.codec.result(structured.get(), made) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => result_val(*answer, account, made),
            Err(error) => Err(match error.stop() {
                Some(stop) => out_of(stop),
                None => protocol(format!(
                    "answered what its output schema does not allow, at {error}"
                )),
            }),
        }
    }
}

/// The function's result, and its charge until the guest has it.
pub(crate) type Returned<'a> = (Val, Option<Charge<'a>>);

fn failed(error: ToolError) -> Val {
    Val::Result(Err(Some(Box::new(tool_error_val(error)))))
}

/// The contract's `tool-result`, or `failed` with one.
fn result_val(
    answer: CallToolResult,
    account: &Account,
    made: &mut Spend<'_>,
) -> Result<Val, Refusal> {
    let _result = charge_result(&answer, account).map_err(out_of)?;
    match tool_result(answer) {
        Ok(result) => {
            charge_val(&result, made).map_err(out_of)?;
            Ok(tool_result_val(result))
        }
        Err(ToolError::Failed(result)) => {
            charge_val(&result, made).map_err(out_of)?;
            Err(Ok(ToolError::Failed(result)))
        }
        Err(error) => Err(Ok(error)),
    }
}
