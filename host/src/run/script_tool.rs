//! A tool that a script imports: checks the arguments that the script wrote against the live schema, calls the tool,
//! and makes the script's value of the response. The script names it by its number in the manifest only.

use std::sync::Arc;

use mcp_bridge::{CallToolResult, ContentBlock, Drift, ResourceContents, Tool, text};
use serde::Serialize;
use serde_json::Value;

use super::attachments::{Attachments, Block};
use super::call_log::{self, CallLog};
use super::calls::{Arguments, Refusal, out_of, refusal};
use super::drifted::Accepting;
use super::judge::{self, ToolJudge};
use super::usage::Usage;
use crate::catalog::ToolServer;
use crate::contract::script::{ScriptAnswer, WithFiles};
use crate::contract::{Cases as _, ToolError, charge_answer};
use crate::ledger::DriftedTool;
use crate::recording::Call;
use crate::rules::limits::{Account, Charge, Spend, Stop};
use crate::rules::policy::Grants;
use mcp_codec::{conforms, json};

/// A tool with everything that a call needs.
pub(crate) struct ScriptTool {
    server: Arc<dyn ToolServer>,
    tool: String,
    /// The live input schema.
    schema: Value,
    /// Whether the tool declares what it returns: then its text is JSON.
    declares_output: bool,
    /// Whether the same call may be made again without another effect, as the server says.
    repeatable: bool,
    judge: Option<ToolJudge>,
    /// The rule that allows every call of it.
    rule: Option<Arc<str>>,
}

/// What the script gets, and its charge until the guest has it. The error is the JSON of a `ToolError`.
pub(crate) type Given<'a> = (Result<ScriptAnswer, String>, Option<Charge<'a>>);

/// What the host holds for one call besides its arguments.
const CALL: usize = 1 << 10;

/// Bytes of an error's text: the script may show it, and nothing else of the answer is lost with it.
const LONGEST_ERROR: usize = 16 << 10;

/// The fields of the script's `ToolError`.
#[derive(Serialize)]
struct ErrorFields<'a> {
    server: &'a str,
    tool: &'a str,
    code: &'a str,
    message: &'a str,
    retryable: bool,
    details: Option<&'a serde_json::value::RawValue>,
}

impl ScriptTool {
    pub(crate) fn new(server: &Arc<dyn ToolServer>, tool: &Tool, grants: &Arc<Grants>) -> Self {
        let judge = ToolJudge::of(grants, server.name(), tool);
        let rule = judge::rule_of_all(grants, server.name(), tool);
        Self::judged(Arc::clone(server), tool, judge, rule)
    }

    /// A tool that is not as it was pinned: each call of it asks. `None` if it is gone.
    pub(crate) fn drifted(
        server: &Arc<dyn ToolServer>,
        drift: &Drift,
        grants: &Arc<Grants>,
    ) -> Option<Self> {
        let (live, drifted) = (drift.live()?, DriftedTool::of(drift)?);
        let accepting = Arc::new(Accepting::of(server, live, &drifted));
        let judge = ToolJudge::of_drifted(grants, server.name(), live, drifted);
        Some(Self::judged(accepting, live, Some(judge), None))
    }

    fn judged(
        server: Arc<dyn ToolServer>,
        tool: &Tool,
        judge: Option<ToolJudge>,
        rule: Option<Arc<str>>,
    ) -> Self {
        let hints = tool.annotations.as_ref();
        let says = |hint: Option<bool>| hint == Some(true);
        Self {
            server,
            tool: tool.name.to_string(),
            schema: Value::Object((*tool.input_schema).clone()),
            declares_output: tool.output_schema.is_some(),
            repeatable: hints
                .is_some_and(|hints| says(hints.read_only_hint) || says(hints.idempotent_hint)),
            judge,
            rule,
        }
    }

    /// The server, and the tool's own name.
    pub(crate) fn names(&self) -> (&Arc<dyn ToolServer>, &str) {
        (&self.server, &self.tool)
    }

    /// Whether a person decides about some call of it.
    pub(crate) fn may_ask(&self) -> bool {
        self.judge.as_ref().is_some_and(ToolJudge::may_ask)
    }

    /// The live input schema.
    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }

    /// Calls the tool with the script's arguments, which are the text of a JSON object.
    pub(crate) async fn answer<'a>(
        &'a self,
        usage: &'a Usage,
        call_log: &'a Option<Arc<CallLog>>,
        arguments: String,
    ) -> wasmtime::Result<Given<'a>> {
        let calls = &usage.calls;
        let account = calls.account();
        let held = match account.charge(CALL + arguments.len()) {
            Ok(held) => held,
            Err(stop) => return self.failed(out_of(stop)?, account),
        };
        let whole = format!("the arguments of `{}`", self.tool);
        let arguments = match usage.changed.well_formed(&whole, arguments, account) {
            Ok(arguments) => arguments,
            Err(stop) => return self.failed(out_of(stop)?, account),
        };
        let mut spend = Spend::of(account);
        let object = match self.arguments(&arguments, &mut spend) {
            Ok(object) => object,
            Err(refused) => {
                // The call counts nevertheless.
                let refused = calls.admit().map_or_else(|over| over, |_| refused)?;
                calls.refused(self.server.name(), &self.tool, &refused);
                return self.failed(refused, account);
            }
        };
        drop(arguments);
        drop(held);
        let call = call_log::call_to_log(call_log, account, |spend| {
            json::charge_object(&object, spend)?;
            Ok(Call::tool(self.server.name(), &self.tool, &object))
        })?;
        let judge = self.judge.as_ref();
        let judges_here = !call_log.as_deref().is_some_and(CallLog::can_wait);
        let live = |of_ledger| async move {
            match calls.admit() {
                Ok(flight) => {
                    let judge = judge.filter(|_| judges_here);
                    let refusal = judge.and_then(|judge| judge.judge(calls, &object).refusal());
                    if let Some(why) = refusal {
                        let refused = ToolError::Denied(why);
                        calls.refused(self.server.name(), &self.tool, &refused);
                        return Ok(Err(refused));
                    }
                    let by = calls.verdict(of_ledger, || {
                        let rule = self.judge.as_ref().and_then(|judge| judge.rule(&object));
                        rule.or_else(|| self.rule.clone())
                    });
                    let arguments = Arguments::Object(object, spend);
                    calls
                        .send(flight, &self.server, &self.tool, arguments, by)
                        .await
                }
                Err(refused) => refused.map(Err),
            }
        };
        match call_log::tool(call_log, calls, call, judge, live).await? {
            Ok(answer) => {
                let given = self.given(*answer, &usage.attachments, account)?;
                if let Ok(
                    ScriptAnswer::Json(json) | ScriptAnswer::WithFiles(WithFiles { json, .. }),
                ) = &given.0
                {
                    let whole = format!("the answer of `{}`", self.tool);
                    usage.changed.note_numbers(&whole, json);
                }
                Ok(given)
            }
            Err(error) => self.failed(error, account),
        }
    }

    /// The arguments as an object that the live schema allows.
    fn arguments(
        &self,
        text: &str,
        spend: &mut Spend<'_>,
    ) -> Result<mcp_bridge::JsonObject, Refusal> {
        let invalid = |why: String| Ok(ToolError::InvalidArguments(why));
        let value = json::parse(text, spend)
            .map_err(|error| refusal(&error, || format!("the arguments: {error}")))?;
        if !value.is_object() {
            return Err(invalid("the arguments are not an object".to_owned()));
        }
        conforms(&self.schema, &value).map_err(|misfit| invalid(misfit.to_string()))?;
        match value {
            Value::Object(object) => Ok(object),
            _ => Err(invalid("the arguments are not an object".to_owned())),
        }
    }

    /// The script's value of a response: structured content with handles of the bytes beside it, else its text, else
    /// all its blocks, with handles in place of bytes.
    fn given<'a>(
        &'a self,
        answer: CallToolResult,
        attachments: &Attachments,
        account: &'a Account,
    ) -> wasmtime::Result<Given<'a>> {
        let mut spend = Spend::of(account);
        if let Err(stop) = charge_answer(&answer, &mut spend) {
            return self.failed(out_of(stop)?, account);
        }
        if answer.is_error == Some(true) {
            return self.tool_failed(&answer, account);
        }
        match self.value(answer, (attachments, account), &mut spend) {
            Ok(answer) => Ok((Ok(answer), Some(spend.charge(account)))),
            Err(stop) => self.failed(out_of(stop)?, account),
        }
    }

    fn value(
        &self,
        mut answer: CallToolResult,
        (attachments, account): (&Attachments, &Account),
        spend: &mut Spend<'_>,
    ) -> Result<ScriptAnswer, Stop> {
        if let Some(structured) = answer.structured_content.take() {
            let json = String::from(structured);
            return Ok(
                match files(answer.content, (attachments, account), spend)? {
                    Some(files) => ScriptAnswer::WithFiles(WithFiles { json, files }),
                    None => ScriptAnswer::Json(json),
                },
            );
        }
        if answer.content.len() == 1
            && let Some(only) = answer.content.pop()
        {
            match only {
                ContentBlock::Text(block) => return Ok(self.text(block.text)),
                ContentBlock::Resource(block) => match block.resource {
                    ResourceContents::TextResourceContents {
                        text, mime_type, ..
                    } if is_json(mime_type.as_deref()) && json_text(&text) => {
                        return Ok(ScriptAnswer::Json(text));
                    }
                    resource => answer.content.push(ContentBlock::resource(resource)),
                },
                other => answer.content.push(other),
            }
        }
        let texts = || answer.content.iter().map(|block| block.as_text());
        if texts().all(|text| text.is_some()) {
            let texts: Vec<_> = texts().flatten().map(|text| text.text.as_str()).collect();
            spend.take(texts.iter().map(|text| text.len() + 1).sum())?;
            return Ok(ScriptAnswer::Text(texts.join("\n")));
        }
        let blocks = answer.content.into_iter();
        let blocks: Vec<_> = blocks
            .map(|block| attachments.take(block, account))
            .collect::<Result<_, _>>()?;
        spend.take(json::size(&blocks))?;
        // Blocks came as JSON. One with bytes is its handle alone.
        let blocks = match blocks.as_slice() {
            [Block::Kept(handle)] => serde_json::to_string(handle),
            blocks => serde_json::to_string(blocks),
        };
        Ok(ScriptAnswer::Json(blocks.unwrap_or_default()))
    }

    fn text(&self, text: String) -> ScriptAnswer {
        if self.declares_output && json_text(&text) {
            return ScriptAnswer::Json(text);
        }
        ScriptAnswer::Text(text)
    }

    /// The tool ran, and says that it failed.
    fn tool_failed<'a>(
        &self,
        answer: &CallToolResult,
        account: &'a Account,
    ) -> wasmtime::Result<Given<'a>> {
        let texts = answer.content.iter().filter_map(|block| block.as_text());
        let mut message = String::new();
        for block in texts {
            if message.len() > LONGEST_ERROR {
                break;
            }
            if !message.is_empty() {
                message.push('\n');
            }
            message.push_str(&text::cut(&block.text, LONGEST_ERROR));
        }
        if message.is_empty() {
            message.push_str("the tool failed, and says nothing about it");
        }
        let details = answer.structured_content.as_ref();
        let details = details.filter(|details| details.get().len() <= LONGEST_ERROR);
        let details = details.and_then(|details| serde_json::from_str(details.get()).ok());
        self.error("failed", &message, details, account)
    }

    fn failed<'a>(&self, error: ToolError, account: &'a Account) -> wasmtime::Result<Given<'a>> {
        let code = error.case();
        let message = error.into_text().unwrap_or_default();
        self.error(code, &message, None, account)
    }

    /// The error of an answer of so many bytes, for which the guest has no room.
    pub(crate) fn does_not_fit<'a>(
        &self,
        bytes: u32,
        account: &'a Account,
    ) -> wasmtime::Result<(String, Charge<'a>)> {
        let message = format!(
            "the answer of {bytes} bytes does not fit in the memory that the script has left; ask for less, \
             or raise it with `--memory`"
        );
        self.error_text("too-large", &message, None, account)
    }

    fn error<'a>(
        &self,
        code: &str,
        message: &str,
        details: Option<&serde_json::value::RawValue>,
        account: &'a Account,
    ) -> wasmtime::Result<Given<'a>> {
        let (text, charge) = self.error_text(code, message, details, account)?;
        Ok((Err(text), Some(charge)))
    }

    fn error_text<'a>(
        &self,
        code: &str,
        message: &str,
        details: Option<&serde_json::value::RawValue>,
        account: &'a Account,
    ) -> wasmtime::Result<(String, Charge<'a>)> {
        let may_pass = matches!(code, "timed-out" | "unavailable");
        let message = text::cut(message, LONGEST_ERROR);
        let fields = ErrorFields {
            server: self.server.name(),
            tool: &self.tool,
            code,
            message: &message,
            retryable: may_pass && self.repeatable,
            details,
        };
        let charge = account.charge(json::size(&fields)).map_err(Stop::trap)?;
        Ok((serde_json::to_string(&fields)?, charge))
    }
}

/// The handles of what stands as bytes beside structured content, as JSON, if there are any. Its texts say the same as
/// the structured content.
fn files(
    content: Vec<ContentBlock>,
    (attachments, account): (&Attachments, &Account),
    spend: &mut Spend<'_>,
) -> Result<Option<String>, Stop> {
    let mut handles = Vec::new();
    for block in content {
        if let Block::Kept(handle) = attachments.take(block, account)? {
            handles.push(handle);
        }
    }
    if handles.is_empty() {
        return Ok(None);
    }
    spend.take(json::size(&handles))?;
    Ok(Some(serde_json::to_string(&handles).unwrap_or_default()))
}

fn is_json(mime_type: Option<&str>) -> bool {
    mime_type.is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/json") || kind.ends_with("+json")
    })
}

fn json_text(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
