//! Runs that may wait for a person: each has a ledger and a place on the disk, stops where a call has to be decided,
//! and goes on from there, in this process or another. Decides nothing.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use mcp_bridge::with_causes;
use mcp_host::{
    Determinism, Ledger, LedgerError, LedgerRunError, Limits, Linked, Outcome, Question,
    REFUSED_BY_USER, Report, Request, RunError, RunInfo, RunStore, RunStoreError, Standing,
    WaitEvent,
};
use tokio::sync::SemaphorePermit;

use super::answered::{self, internal};
use super::prepare::{self, Script};
use super::ready;
use crate::answer::{self, Answer, Calls, Code, Made, Paused, Refusal};
use crate::audit::Asked;
use crate::door::Door;
use crate::ledgers::opened;
use crate::principal::Principal;
use crate::progress::Stage;
use crate::question::shown;
use crate::skills::Skill;
use crate::unwritten::Share;

/// Begins a run of this script.
pub(crate) async fn begin(
    door: &Door,
    runs: &RunStore,
    linked: &Linked,
    (script, id): (&Script, &str),
    limits: &Limits,
    stop: impl Future<Output = String>,
) -> Answer {
    let component = script.skill.as_ref().and_then(Skill::component);
    let info = RunInfo {
        id: id.to_owned(),
        began: SystemTime::now(),
        by: "serve".to_owned(),
        client: script.asked.client_text(),
        owner: door.principal().map(Principal::owner),
        name: prepare::NAME.to_owned(),
        skill: script.skill.as_ref().map(Skill::name),
        component: component.map(|(_, path)| path.to_owned()),
        scope: script.scope,
        max_tokens: script.max_tokens,
        config: door.servers.config_file(),
        earlier: linked.earlier(),
        searches: door.searched.that_found(script.scope, linked),
        expires: None,
    };
    let source = component.is_none().then(|| script.code.as_bytes());
    let created = runs.create(&info, source);
    let begun = created
        .map_err(|error| with_causes(&error))
        .and_then(|file| {
            let request = Request::Input(&script.input);
            let ledger = Ledger::create(file, linked, &request, limits, Determinism::default());
            ledger.map_err(|error| with_causes(&error))
        });
    match begun {
        Ok(ledger) => {
            let run = (runs, info, script, None);
            go_on(door, linked, ledger, run, limits, stop).await
        }
        Err(error) => internal(id, Made::NONE, &error),
    }
}

/// Goes on with a run that waited for a person.
// Long: what may stand against it, in order.
pub(crate) async fn resume(
    door: &Door,
    (asked, scope, share): (Asked, u64, Share),
    stage: &Stage,
    stop: impl Future<Output = String>,
) -> Answer {
    let id = asked.run.clone();
    let id = id.as_str();
    let Some(runs) = &door.runs else {
        let what = format!("run {id} is not kept");
        return answer::given_up(Code::RunNotFound, id, Made::Unknown, &what);
    };
    // Before anything of it is read, and until the run is over.
    let Some(room) = door.ledgers.room(runs.ledger_bytes(id)).await else {
        let what = "the ledgers of other runs take all memory that there is for them";
        return busy(id, what);
    };
    let found = match runs.info(id) {
        Ok(info) if door.owns(&info) => opened(runs, id).await.map(|ledger| (info, ledger)),
        // Nothing says that another user has it.
        Ok(_) => Err(RunStoreError::NotFound(id.to_owned())),
        Err(error) => Err(error),
    };
    let (mut info, ledger) = match found {
        Ok(found) => found,
        Err(error) => return not_found(id, &error),
    };
    if info.by != "serve" {
        let what = format!(
            "run {id} began with `mcp-host {}`: the user goes on with it by the same command and `--resume {id}`",
            info.by
        );
        return answer::given_up(Code::RunNotFound, id, Made::of(&ledger), &what);
    }
    info.scope = scope;
    match ledger.standing() {
        Standing::Ended if ledger.has_expired() => return too_late(&ledger, id),
        Standing::Ended => return over(&ledger, &info),
        Standing::Paused if info.is_expired() => return expired(door, ledger, &asked),
        Standing::Paused => {
            // A process that died with a call in flight left no time.
            if info.expires.is_none() {
                info.waits(door.waits);
                if let Err(error) = runs.write(&info) {
                    return internal(id, Made::of(&ledger), &with_causes(&error));
                }
            }
            return paused(door, &info, &ledger.questions());
        }
        Standing::Ready => {}
    }
    if !info.has_config(door.servers.config_file().as_deref()) {
        let what = format!(
            "run {id} waits in `mcp-host serve` with another configuration: its servers are not those of this one"
        );
        return answer::given_up(Code::RunNotFound, id, Made::of(&ledger), &what);
    }
    let code = match (&info.component, runs.source(id)) {
        (Some(_), _) => String::new(),
        (None, Ok(code)) => code,
        (None, Err(error)) => return internal(id, Made::of(&ledger), &with_causes(&error)),
    };
    let made = Made::of(&ledger);
    // The run goes on with the script that it began with, and under the definitions of its skill.
    let skill = match &info.skill {
        Some(skill) => match door.skills.load(skill).await {
            Ok(skill) => Some(skill),
            Err(refusal) => return refusal.answer(id, made),
        },
        None => None,
    };
    let script = Script {
        code: code.into(),
        skill,
        input: ledger.input().to_owned(),
        scope,
        max_tokens: info.max_tokens,
        asked,
        share,
        earlier: Some(Arc::new(info.earlier.clone())),
    };
    let mut stop = std::pin::pin!(stop);
    let ready = ready::ready(door, &script, id, stage, &mut stop).await;
    match ready {
        Ok(ready) => {
            let run = (runs, info, &script, Some(room));
            go_on(door, &ready.linked, ledger, run, &ready.limits, stop).await
        }
        Err(refusal) => answered::not_begun(door, &script, refusal.answer(id, made)),
    }
}

/// Runs until the end, or until a person has to decide.
async fn go_on(
    door: &Door,
    linked: &Linked,
    ledger: Ledger,
    (runs, mut info, script, room): (&RunStore, RunInfo, &Script, Option<SemaphorePermit<'_>>),
    limits: &Limits,
    stop: impl Future<Output = String>,
) -> Answer {
    let id = info.id.clone();
    let before = Made::of(&ledger);
    if info.goes_on()
        && let Err(error) = runs.write(&info)
    {
        return internal(&id, before, &with_causes(&error));
    }
    let ran = door.host.run_ledger(linked, ledger, limits, stop).await;
    let report = match ran {
        Ok(report) => report,
        Err(RunError::Busy { slots, .. }) => return answered::no_slot(slots).answer(&id, before),
        Err(RunError::Ledger(error)) => return not_run(&id, before, &error),
        Err(error) => return internal(&id, Made::Unknown, &with_causes(&error)),
    };
    // The ledger of a run that stops is read once more. A run that is resumed has the room for it.
    let is_read = matches!(report.outcome, Outcome::Paused | Outcome::Cancelled { .. });
    let room = match room {
        None if is_read => door.ledgers.room(runs.ledger_bytes(&id)).await,
        room => room,
    };
    if report.outcome == Outcome::Paused {
        info.waits(door.waits);
        let read = match (runs.write(&info), &room) {
            (Ok(()), Some(_)) => opened(runs, &id).await.map(Some),
            (Ok(()), None) => Ok(None),
            (Err(error), _) => Err(error),
        };
        return match read {
            Ok(None) => unread(&id, Calls::of(&report, &linked.tools()).made),
            Ok(Some(ledger)) => {
                let open = ledger.questions();
                for question in &open {
                    door.waiting(&script.asked, WaitEvent::Asked(question));
                }
                paused(door, &info, &open)
            }
            Err(error) => {
                let made = Calls::of(&report, &linked.tools()).made;
                internal(&id, made, &with_causes(&error))
            }
        };
    }
    if matches!(report.outcome, Outcome::Cancelled { .. })
        && !door.is_ending()
        && room.is_some()
        && let Ok(mut ledger) = opened(runs, &id).await
        // The client does not want it any more.
        && ledger.cancel("the client cancelled the call").is_ok()
    {
        door.waiting(&script.asked, WaitEvent::Cancelled);
    }
    let code = code(&report);
    let of = (id.as_str(), info.scope, info.max_tokens);
    answered::finish(door, linked, (&report, code), of, script).await
}

/// A run that waits, and whose questions have no room now.
fn unread(id: &str, made: Made) -> Answer {
    let what = format!(
        "run {id} waits for the user, and too many ledgers are read now: call run_script {{\"resume\":\"{id}\"}} in 5 s"
    );
    answer::given_up(Code::Busy, id, made, &what)
}

/// A refusal by a person is not one of the policy, also where the run has both.
fn code(report: &Report) -> Code {
    match &report.outcome {
        Outcome::Denied { message } if message.contains(REFUSED_BY_USER) => Code::ApprovalDenied,
        _ => Code::of(report),
    }
}

/// The answer of a run that waits for a person.
fn paused(door: &Door, info: &RunInfo, questions: &[Question]) -> Answer {
    let id = &info.id;
    let until = info.expires.unwrap_or_else(SystemTime::now);
    let seconds = info.left().as_secs();
    let left_text = match seconds {
        0..60 => format!("{seconds} s"),
        _ => format!("{} min", seconds.div_ceil(60)),
    };
    let mut text = format!(
        "paused  run {id}  waits for the user until {} UTC ({left_text})\n",
        clock(until)
    );
    let (questions, more) = shown(questions);
    for question in &questions {
        let _ = writeln!(text, "{}", question.line);
    }
    if more > 0 {
        let _ = writeln!(
            text,
            "and {more} more calls, which `mcp-host runs show {id}` lists"
        );
    }
    let page = door.page_of(id);
    let page = page.map_or_else(String::new, |page| format!(", or on {page}"));
    let _ = write!(
        text,
        "The user decides with: mcp-host approve {id}{page}\n\
         Do not send the code again; when it is decided, call run_script {{\"resume\":\"{id}\"}}."
    );
    Answer {
        text,
        is_error: false,
        attached: Vec::new(),
        paused: Some(Paused {
            run: id.clone(),
            questions,
            left: info.left(),
        }),
    }
}

/// Hours and minutes of the day, in UTC.
fn clock(at: SystemTime) -> String {
    let seconds = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let minutes = seconds / 60 % (24 * 60);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A run that is over already: its client may have missed the answer.
fn over(ledger: &Ledger, info: &RunInfo) -> Answer {
    let id = &info.id;
    match ledger.result() {
        Some(result) => {
            let sent = ledger.calls().filter(|call| call.was_sent());
            let calls = sent.filter(|call| call.function() == "tool").count();
            answer::again(id, calls, &result, info.max_tokens)
        }
        None => {
            let outcome = ledger.outcome().unwrap_or_default();
            let what = format!(
                "run {id} is over ({outcome}): the script would begin anew, and make its calls again"
            );
            answer::given_up(Code::RunExpired, id, Made::of(ledger), &what)
        }
    }
}

/// A run for which the user did not decide in time.
fn expired(door: &Door, mut ledger: Ledger, asked: &Asked) -> Answer {
    let id = asked.run.as_str();
    if let Err(error) = ledger.expire() {
        return internal(id, Made::of(&ledger), &with_causes(&error));
    }
    door.waiting(asked, WaitEvent::Expired);
    too_late(&ledger, id)
}

fn too_late(ledger: &Ledger, id: &str) -> Answer {
    let what = format!(
        "the user did not decide about run {id} in time, and it ended: ask the user before you send the script again"
    );
    answer::given_up(Code::ApprovalExpired, id, Made::of(ledger), &what)
}

fn not_found(id: &str, error: &RunStoreError) -> Answer {
    match error {
        RunStoreError::NotFound(_) | RunStoreError::NoId(_) => {
            let what = format!("run {} is not kept here", mcp_codegen::names::shown(id));
            // It may have been one that is removed by now.
            answer::given_up(Code::RunNotFound, id, Made::Unknown, &what)
        }
        RunStoreError::Ledger(LedgerError::InUse) => {
            let what = format!("run {id} is under way, or the user decides about it just now");
            busy(id, &what)
        }
        error => internal(id, Made::Unknown, &with_causes(error)),
    }
}

/// A run whose ledger cannot be read now.
fn busy(id: &str, what: &str) -> Answer {
    let refusal = Refusal::new(Code::Busy, what).hint(Some("try again in 5 s"));
    refusal.answer(id, Made::Unknown)
}

fn not_run(id: &str, made: Made, error: &LedgerRunError) -> Answer {
    let code = match error {
        LedgerRunError::Differs(_)
        | LedgerRunError::Ledger(LedgerError::OtherSkill { .. } | LedgerError::Changed { .. }) => {
            Code::ReplayDiverged
        }
        _ => return internal(id, Made::Unknown, &with_causes(error)),
    };
    answer::given_up(code, id, made, &with_causes(error))
}
