//! Removes the documentation from parsed WIT. Tools that build from it need none, and not every toolchain keeps it
//! inside comments.

use wit_parser::{Docs, Resolve, TypeDefKind, WorldItem};

/// Removes all documentation, that of servers and of other packages, and leaves every item unchanged.
pub fn without_docs(resolve: &mut Resolve) {
    for (_, package) in resolve.packages.iter_mut() {
        package.docs = Docs::default();
    }
    for (_, world) in resolve.worlds.iter_mut() {
        world.docs = Docs::default();
        for item in world.imports.values_mut().chain(world.exports.values_mut()) {
            match item {
                WorldItem::Interface { docs, .. } => *docs = Docs::default(),
                WorldItem::Function(function) => function.docs = Docs::default(),
                WorldItem::Type { .. } => {}
            }
        }
    }
    for (_, interface) in resolve.interfaces.iter_mut() {
        interface.docs = Docs::default();
        for function in interface.functions.values_mut() {
            function.docs = Docs::default();
        }
    }
    for (_, ty) in resolve.types.iter_mut() {
        ty.docs = Docs::default();
        members(&mut ty.kind);
    }
}

/// The kinds of types that have no members with names of their own. A new kind does not compile until it is in this
/// list or handled where the list is used.
macro_rules! without_members {
    () => {
        ::wit_parser::TypeDefKind::Resource
            | ::wit_parser::TypeDefKind::Handle(_)
            | ::wit_parser::TypeDefKind::Tuple(_)
            | ::wit_parser::TypeDefKind::Option(_)
            | ::wit_parser::TypeDefKind::Result(_)
            | ::wit_parser::TypeDefKind::List(_)
            | ::wit_parser::TypeDefKind::Map(..)
            | ::wit_parser::TypeDefKind::FixedLengthList(..)
            | ::wit_parser::TypeDefKind::Future(_)
            | ::wit_parser::TypeDefKind::Stream(_)
            | ::wit_parser::TypeDefKind::Type(_)
            | ::wit_parser::TypeDefKind::Unknown
    };
}
pub(crate) use without_members;

fn members(kind: &mut TypeDefKind) {
    match kind {
        TypeDefKind::Record(record) => {
            for field in &mut record.fields {
                field.docs = Docs::default();
            }
        }
        TypeDefKind::Flags(flags) => {
            for flag in &mut flags.flags {
                flag.docs = Docs::default();
            }
        }
        TypeDefKind::Variant(variant) => {
            for case in &mut variant.cases {
                case.docs = Docs::default();
            }
        }
        TypeDefKind::Enum(cases) => {
            for case in &mut cases.cases {
                case.docs = Docs::default();
            }
        }
        without_members!() => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn no_item_keeps_its_documentation() {
        let wit = "/// HOSTILE 1\npackage a:b;
            /// HOSTILE 2
            interface tools {
              /// HOSTILE 3
              record point { /** HOSTILE 4 */ x: u64 }
              // HOSTILE 5
              enum status { /// HOSTILE 6\n to-do }
              /// HOSTILE 7
              variant shape { /// HOSTILE 8\n nothing }
              /// HOSTILE 9
              flags rights { /// HOSTILE 10\n read }
              /// HOSTILE 11
              type names = list<string>;
              /// HOSTILE 12
              resource r { /// HOSTILE 13\n get: func(); }
              /// HOSTILE 14
              ask: func();
            }
            /// HOSTILE 15
            world w {
              /// HOSTILE 16
              import tools;
              /// HOSTILE 17
              import say: func();
              /// HOSTILE 18
              import inline: interface { /// HOSTILE 19\n say: func(); }
              /// HOSTILE 20
              type t = u8;
              /// HOSTILE 21
              export run: func();
            }";
        let mut resolve = Resolve::default();
        resolve.push_str("x.wit", wit).unwrap();
        let documented = |resolve: &Resolve| {
            let all = format!("{resolve:?}");
            all.matches("contents: Some(\"HOSTILE").count()
        };
        assert_eq!(documented(&resolve), 21);
        without_docs(&mut resolve);
        assert_eq!(documented(&resolve), 0, "{resolve:?}");
    }
}
