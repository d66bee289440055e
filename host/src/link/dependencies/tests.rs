//! Linked skills: their order, cycles, and interfaces that no skill may provide.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::component::engine::{Allocation, Engine};
use crate::link::link_with;
use crate::link::tests::component;

/// A skill of this world.
fn skill(engine: &Engine, interfaces: &str, world: &str) -> Arc<Skill> {
    component(
        engine,
        &format!("package test:dependencies@1.0.0;\n{interfaces}\nworld w {{ {world} }}"),
    )
}

fn dependency(name: &str, skill: Arc<Skill>) -> Dependency {
    Dependency {
        name: name.to_owned(),
        skill,
        environment: Environment::default(),
    }
}

const BOTH: &str = "interface x { f: func(a: u32) -> string; }
    interface y { use-it: func() -> result<u8, string>; }
    interface z { other: func(); }";

/// Links a skill that imports `x`, and exports a function so that it can be entered.
fn link(
    interfaces: &str,
    dependencies: impl FnOnce(&Engine) -> Vec<Dependency>,
) -> Result<(), String> {
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let main = skill(&engine, interfaces, "import x; export go: func();");
    let linked = link_with(&main, &Environment::default(), &dependencies(&engine), None);
    let text = |error: LinkError| match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    linked.map(|_| ()).map_err(text)
}

#[test]
fn a_chain_of_dependencies_links_whatever_their_order() {
    let serving_x = |engine: &Engine| dependency("b", skill(engine, BOTH, "import y; export x;"));
    let serving_y = |engine: &Engine| dependency("c", skill(engine, BOTH, "export y;"));
    assert_eq!(link(BOTH, |e| vec![serving_x(e), serving_y(e)]), Ok(()));
    assert_eq!(link(BOTH, |e| vec![serving_y(e), serving_x(e)]), Ok(()));
}

#[test]
fn an_interface_without_a_provider_stays_unknown() {
    let unknown = "import `test:dependencies/x@1.0.0`: this host does not serve it";
    assert_eq!(link(BOTH, |_| Vec::new()), Err(unknown.to_owned()));
    assert_eq!(
        link(BOTH, |e| vec![dependency(
            "b",
            skill(e, BOTH, "import y; export x;")
        )]),
        Err(
            "failed to link `b`: import `test:dependencies/y@1.0.0`: this host does not serve it"
                .into()
        )
    );
}

#[test]
fn a_dependency_cycle_is_named() {
    let circle = |e: &Engine| {
        vec![
            dependency("b", skill(e, BOTH, "import y; export x;")),
            dependency("c", skill(e, BOTH, "import x; export y;")),
        ]
    };
    assert_eq!(
        link(BOTH, circle),
        Err("the skills serve each other in a circle: `b` -> `c` -> `b`".to_owned())
    );
}

#[test]
fn an_unused_dependency_and_a_second_provider_are_rejected() {
    let serving_x = |e: &Engine, name: &str| dependency(name, skill(e, BOTH, "export x;"));
    assert_eq!(
        link(BOTH, |e| vec![
            serving_x(e, "b"),
            dependency("c", skill(e, BOTH, "export z;"))
        ]),
        Err("no skill imports what `c` exports: `test:dependencies/z@1.0.0`".to_owned())
    );
    assert_eq!(
        link(BOTH, |e| vec![serving_x(e, "b"), serving_x(e, "c")]),
        Err("import `test:dependencies/x@1.0.0`: both `b` and `c` export it".to_owned())
    );
}

#[test]
fn functions_that_differ_are_shown_side_by_side() {
    let other = |interface: &str| {
        let interface = interface.to_owned();
        link(BOTH, move |e| {
            vec![dependency("b", skill(e, &interface, "export x;"))]
        })
    };
    assert_eq!(
        other("interface x { f: func(a: u64) -> string; }"),
        Err(
            "import `test:dependencies/x@1.0.0#f: func(a: u32) -> string`: `b` exports `f: func(a: u64) -> string`"
                .to_owned()
        )
    );
    assert_eq!(
        other("interface x { g: func(); }"),
        Err(
            "import `test:dependencies/x@1.0.0#f`: `b` exports the interface without this function"
                .to_owned()
        )
    );
}

#[test]
fn resources_do_not_go_from_one_store_to_another() {
    let interfaces = "interface x { resource r; f: func(a: borrow<r>); }";
    let error = link(interfaces, |e| {
        vec![dependency("b", skill(e, interfaces, "export x;"))]
    });
    assert_eq!(
        error,
        Err("import `test:dependencies/x@1.0.0#r`: a resource cannot go from one skill to another; only values can\n\
             import `test:dependencies/x@1.0.0#f`: parameter `a` with a resource cannot go from one skill to another; only values can"
            .to_owned())
    );
}

#[test]
fn an_interface_of_types_alone_needs_no_provider() {
    let interfaces = "interface t { record r { a: u8 } }
        interface x { use t.{r}; f: func(a: r) -> r; }";
    let serving_x = |e: &Engine| vec![dependency("b", skill(e, interfaces, "export x;"))];
    assert_eq!(link(interfaces, serving_x), Ok(()));
}
