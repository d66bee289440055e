//! Exports functions with types, and no `run`.

use exports::test::functions::{api, other};

wit_bindgen::generate!({ path: "wit", world: "functions" });

struct Functions;

impl api::Guest for Functions {
    fn echo(all: api::Everything) -> api::Everything {
        all
    }

    fn triage(
        repo: String,
        options: api::Options,
        limit: Option<u8>,
    ) -> Result<Vec<String>, api::Problem> {
        match repo.as_str() {
            "missing" => Err(api::Problem::NotFound(repo)),
            "many" => Err(api::Problem::TooMany(options.days)),
            "empty" => Err(api::Problem::NoneLeft),
            _ => Ok(vec![
                repo,
                options.days.to_string(),
                options.label.unwrap_or_else(|| "-".to_owned()),
                limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string()),
            ]),
        }
    }

    fn nothing() {}
}

struct Handle;

impl other::GuestHandle for Handle {
    fn new() -> Self {
        Self
    }
}

impl other::Guest for Functions {
    type Handle = Handle;

    fn triage() -> String {
        "the other one".to_owned()
    }

    fn real(value: f64) -> f64 {
        value
    }

    fn open() -> other::Handle {
        other::Handle::new(Handle)
    }

    fn keep(_: other::HandleBorrow<'_>) {}
}

impl Guest for Functions {
    fn divide(a: u64, b: u64) -> Result<u64, String> {
        a.checked_div(b)
            .ok_or_else(|| "division by zero".to_owned())
    }

    fn repeat(text: String, times: u32) -> String {
        text.repeat(times as usize)
    }

    fn spin() {
        loop {
            std::hint::spin_loop();
        }
    }
}

export!(Functions);
