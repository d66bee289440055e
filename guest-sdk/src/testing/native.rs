//! The host's functions for native code: each calls the host of the test that runs on this thread.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use crate::ToolError;

use super::world::World;

pub use super::wit;

use wit::{FromWit, ToWit};

thread_local! {
    static CURRENT: RefCell<Option<Rc<RefCell<World>>>> = const { RefCell::new(None) };
}

/// Makes this world the host while `run` runs, and restores the former one afterwards.
pub(super) fn within<R>(world: &Rc<RefCell<World>>, run: impl FnOnce() -> R) -> R {
    struct Restore(Option<Rc<RefCell<World>>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0.take());
        }
    }
    let _restore = Restore(CURRENT.replace(Some(Rc::clone(world))));
    run()
}

fn current(what: &str) -> Rc<RefCell<World>> {
    CURRENT.with_borrow(Clone::clone).unwrap_or_else(|| {
        panic!("{what} outside of a host: in a test, use `mcp_guest_sdk::testing::Host`")
    })
}

/// A double of one typed tool. Create it with the `doubles` in the module that [`import_server!`](crate::import_server)
/// makes.
pub struct Double {
    pub(super) server: &'static str,
    pub(super) label: &'static str,
    /// An `Answer`, whose types only the generated function knows.
    pub(super) answer: Box<dyn Any>,
}

struct Answer<P: ?Sized, R>(Box<dyn FnMut(&P) -> R>);

/// The expansion of a function of `doubles`.
pub fn double<P: ?Sized + 'static, R: 'static>(
    server: &'static str,
    label: &'static str,
    answer: Box<dyn FnMut(&P) -> R>,
) -> Double {
    Double {
        server,
        label,
        answer: Box::new(Answer(answer)),
    }
}

/// The expansion of a generated function.
pub fn call<P, T>(server: &str, label: &str, params: &P) -> Result<T, ToolError>
where
    P: ToWit + ?Sized + 'static,
    T: FromWit + 'static,
{
    let world = current("a tool was called");
    // The closure is taken out for the call, because it may use the host itself.
    let double = world.borrow_mut().take_double(server, label);
    if let Some(mut double) = double {
        let answered = double
            .downcast_mut::<Answer<P, Result<T, ToolError>>>()
            .map(|answer| (answer.0)(params));
        world.borrow_mut().put_double(server, label, double);
        return answered.unwrap_or_else(|| {
            panic!("the double of tool `{label}` of `{server}` is of another `import_server!`")
        });
    }
    let answer = world
        .borrow_mut()
        .recorded_typed(server, label, &params.to_wit())?;
    T::from_wit(answer).map_or_else(
        |why| panic!("the recorded answer of tool `{label}` of `{server}` does not fit: {why}"),
        Ok,
    )
}

pub(crate) mod tools {
    use crate::ToolError;
    use crate::contract::bindings::tools::ToolCall;
    use crate::contract::bindings::types::ToolResult;
    use crate::testing::native::current;

    pub(crate) fn call_tool(
        server: &str,
        tool: &str,
        arguments: &str,
    ) -> Result<ToolResult, ToolError> {
        let world = current("a tool was called");
        let named = world.borrow_mut().take_named(server, tool);
        if let Some(mut named) = named {
            let arguments = serde_json::from_str(arguments).map_err(|error| {
                ToolError::InvalidArguments(format!("the arguments are not JSON: {error}"))
            });
            let answer = arguments.and_then(&mut named);
            world.borrow_mut().put_named(server, tool, named);
            return answer;
        }
        world.borrow_mut().recorded_tool(server, tool, arguments)
    }

    pub(crate) fn call_tools(calls: &[ToolCall]) -> Vec<Result<ToolResult, ToolError>> {
        calls
            .iter()
            .map(|call| call_tool(&call.server, &call.tool, &call.arguments))
            .collect()
    }
}

pub(crate) mod files {
    use crate::contract::FileError;
    use crate::contract::bindings::files::DirEntry;
    use crate::testing::native::current;

    pub(crate) fn read_file(path: &str) -> Result<Vec<u8>, FileError> {
        current("a file was read").borrow_mut().read_file(path)
    }

    pub(crate) fn list_dir(path: &str) -> Result<Vec<DirEntry>, FileError> {
        current("a directory was listed")
            .borrow_mut()
            .list_dir(path)
    }

    pub(crate) fn write_file(path: &str, contents: &[u8]) -> Result<(), FileError> {
        current("a file was written")
            .borrow_mut()
            .write_file(path, contents)
    }
}

pub(crate) mod state {
    use crate::contract::StateError;
    use crate::testing::native::current;

    const WHAT: &str = "state was used";

    pub(crate) fn get(key: &str) -> Result<Option<Vec<u8>>, StateError> {
        current(WHAT).borrow_mut().get(key)
    }

    pub(crate) fn set(key: &str, value: &[u8], ttl: Option<u64>) -> Result<(), StateError> {
        current(WHAT).borrow_mut().set(key, value, ttl)
    }

    pub(crate) fn delete(key: &str) -> Result<bool, StateError> {
        current(WHAT).borrow_mut().delete(key)
    }

    pub(crate) fn list_keys(prefix: &str) -> Result<Vec<String>, StateError> {
        current(WHAT).borrow_mut().list_keys(prefix)
    }

    pub(crate) fn compare_and_swap(
        key: &str,
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<bool, StateError> {
        current(WHAT).borrow_mut().swap(key, expected, value)
    }
}

pub(crate) mod log {
    use crate::contract::bindings::log::Level;
    use crate::testing::native::CURRENT;

    /// Without a host, the event is dropped: a function under test may log.
    pub(crate) fn log(level: Level, message: &str, fields: &[(String, String)]) {
        if let Some(world) = CURRENT.with_borrow(Clone::clone) {
            world.borrow_mut().log(level, message, fields);
        }
    }
}
