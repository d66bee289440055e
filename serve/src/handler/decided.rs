//! Answers of runs that wait for the user, and runs that go on. Asks no user: `elicit` does.

use rmcp::RoleServer;
use rmcp::model::{CallToolResponse, ErrorData};
use rmcp::service::RequestContext;

use super::Agent;
use super::written::{note, result};
use crate::answer::{self, Answer, Code, Made};
use crate::elicit::{self, Asked, Way};
use crate::progress::{Stage, progress};
use crate::runs;
use crate::surface::RUN;
use crate::traced::traced;
use crate::unwritten::Share;

impl Agent {
    /// Goes on with a run after the client asked its user.
    pub(super) async fn decided(
        &self,
        answered: Result<(String, Asked), String>,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (run, asked) = answered.map_err(|why| ErrorData::invalid_params(why, None))?;
        let mut answer = {
            let resumed = self.resumed(&run, context);
            traced(RUN, context, self.door.on_behalf(), resumed).await
        };
        note(&mut answer, &asked);
        Ok(match asked {
            // Another answer that asks would be declined too.
            Asked::ByItself | Asked::Open | Asked::Late => result(answer).into(),
            Asked::Decided | Asked::Elsewhere => self.response(answer, context),
        })
    }

    /// The answer, or what the client has to ask its user first.
    pub(super) fn response(
        &self,
        answer: Answer,
        context: &RequestContext<RoleServer>,
    ) -> CallToolResponse {
        if let (Some(paused), Some(Way::InputRequired)) = (&answer.paused, Way::of(context))
            && let Some(input) = elicit::input_required(&self.door, paused)
        {
            return input.into();
        }
        result(answer).into()
    }

    /// Goes on with a run that waited for a person.
    pub(super) async fn resumed(&self, run: &str, context: &RequestContext<RoleServer>) -> Answer {
        let stage = Stage::of(context);
        let asker = self.asker(run.to_owned(), context);
        let of = (asker, self.scope(context), Share::of(context));
        let resumed = runs::resume(&self.door, of, &stage, self.stop(context));
        tokio::select! {
            answer = resumed => answer,
            () = progress(context, || stage.text()) => {
                answer::given_up(Code::Cancelled, run, Made::Unknown, "the client is gone")
            }
        }
    }
}
