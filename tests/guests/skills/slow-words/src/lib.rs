//! Serves an `async func` to other skills, and awaits a tool in it.

use exports::test::slow_words::words::Guest;

mcp_guest_sdk::import_server!("../../wit/async/deps/mcp-server-fake");

wit_bindgen::generate!({ path: "wit", world: "part" });

struct Words;

impl Guest for Words {
    async fn wait(name: String) -> Result<String, String> {
        let answer = fake::wait(fake::WaitParams::new(name)).await;
        answer
            .map(|answer| answer.name)
            .map_err(|error| error.to_string())
    }

    async fn spin() {
        loop {
            std::hint::spin_loop();
        }
    }

    async fn crash() {
        panic!("on purpose");
    }
}

export!(Words);
