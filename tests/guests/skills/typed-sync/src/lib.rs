//! Calls the typed tools of the server `fake`, one after the other.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("../../wit/sync/deps/mcp-server-fake");
use fake::{EchoParams, EchoResult, Level, Point, Shape, WaitParams};

struct TypedSync;

impl Skill for TypedSync {
    const DESCRIPTION: &str =
        "Sends every shape to `fake/echo` and says whether the same came back; waits twice.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        let mut same = Vec::new();
        for shape in [
            None,
            Some(Shape::Object(Point::new(-1))),
            Some(Shape::String("grüße".to_owned())),
            Some(Shape::Array(vec![0, 255])),
        ] {
            let sent = params(shape);
            let received = fake::echo(&sent)?;
            same.push(received == expected(sent));
        }
        let first = fake::wait(&WaitParams::new("a"))?.name;
        let second = fake::wait(&WaitParams::new("b"))?.name;
        Ok(json!({ "same": same, "names": [first, second] }))
    }
}

mcp_guest_sdk::export_skill!(TypedSync);

fn params(shape: Option<Shape>) -> EchoParams {
    EchoParams {
        small: Some(-128),
        nothing: None,
        anything: Some(r#"{"deep":[1,null]}"#.to_owned()),
        pair: Some(("left".to_owned(), true)),
        shape,
        ..EchoParams::new(
            "line\nand \u{1f980}",
            u64::MAX,
            true,
            Level::VeryHigh,
            vec![
                Point {
                    x: i64::MIN,
                    y: Some(0.5),
                },
                Point::new(i64::MAX),
            ],
            vec![("a".to_owned(), 0), ("b".to_owned(), u32::MAX)],
        )
    }
}

fn expected(sent: EchoParams) -> EchoResult {
    EchoResult {
        text: sent.text,
        big: sent.big,
        small: sent.small,
        flag: sent.flag,
        level: sent.level,
        points: sent.points,
        shape: sent.shape,
        labels: sent.labels,
        pair: sent.pair,
        nothing: sent.nothing,
        anything: sent.anything,
    }
}
