//! The bindings of one server's package, as `wit-bindgen` writes them. No other file here knows its options.

use std::path::PathBuf;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};
use wit_bindgen_core::wit_parser::{Resolve, WorldItem};
use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_bindgen_rust::{Opts, WithOption};

/// Generated code, and the WIT labels of the functions in it.
pub(crate) struct Bindings {
    pub(crate) tokens: TokenStream,
    pub(crate) labels: Vec<String>,
}

impl Bindings {
    /// For this world of the server's package, from the directories of `mcp:tools` and of that package, both relative
    /// to the skill's own.
    pub(crate) fn generate(tools: &str, dir: &str, world: &str) -> Result<Self, String> {
        let root = std::env::var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .unwrap_or_default();
        let mut resolve = Resolve::default();
        let mut read = Vec::new();
        let mut packages = Vec::new();
        for dir in [tools, dir] {
            let path = root.join(dir);
            let path = path.canonicalize().unwrap_or(path);
            let (package, sources) = resolve
                .push_path(path)
                .map_err(|error| format!("{error:#}"))?;
            packages.push(package);
            read.extend(sources.paths().map(|path| path.display().to_string()));
        }
        let world = resolve
            // A name with its package prefix would need an escape if the server has the name of a WIT keyword.
            .select_world(&packages[1..], Some(world))
            .map_err(|error| format!("{error:#}"))?;
        let labels = resolve.worlds[world]
            .imports
            .values()
            .filter_map(|item| match item {
                WorldItem::Interface { id, .. } => Some(&resolve.interfaces[*id].functions),
                _ => None,
            })
            .flat_map(|functions| functions.keys().cloned())
            .collect();
        let mut files = Files::default();
        options()
            .build()
            .generate(&mut resolve, world, &mut files)
            .map_err(|error| format!("{error:#}"))?;
        let source: String = files
            .iter()
            .map(|(_, source)| String::from_utf8_lossy(source))
            .collect();
        let tokens: TokenStream = source.parse().map_err(|error| format!("{error}"))?;
        let mut tokens = outside_of_doctests(escaped(tokens, false));
        // Tells the compiler that its output depends on these files.
        tokens.extend(quote!(#(const _: &[u8] = include_bytes!(#read);)*));
        Ok(Self { tokens, labels })
    }
}

/// Appends an underscore to names that are Rust keywords in ways that the generator does not recognise.
///
/// `gen` is a keyword since edition 2024, which the generator does not know.
/// A case called `self` would be `Self`, which stands alone in the body of an `enum`, and else behind `::`, where no
/// other `Self` can. A package called `type` would be a module of that name.
fn escaped(tokens: TokenStream, in_enum: bool) -> TokenStream {
    // What was read last: how many colons, how much of `enum NAME`, and whether `mod`.
    let (mut colons, mut opened, mut after_mod) = (0, 0, false);
    let mut out = Vec::new();
    for token in tokens {
        let token = match token {
            TokenTree::Ident(name) if name == "Self" && (in_enum || colons == 2) => {
                TokenTree::Ident(Ident::new("Self_", name.span()))
            }
            TokenTree::Ident(name) if after_mod => TokenTree::Ident(module(&name.to_string())),
            TokenTree::Ident(name) if name == "gen" => {
                TokenTree::Ident(Ident::new("gen_", name.span()))
            }
            TokenTree::Group(group) => {
                let is_body = opened == 2 && group.delimiter() == Delimiter::Brace;
                let inner = escaped(group.stream(), is_body);
                TokenTree::Group(Group::new(group.delimiter(), inner))
            }
            token => token,
        };
        colons = match &token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons + 1,
            _ => 0,
        };
        opened = match &token {
            TokenTree::Ident(name) if name == "enum" => 1,
            TokenTree::Ident(_) if opened == 1 => 2,
            _ => 0,
        };
        after_mod = matches!(&token, TokenTree::Ident(name) if name == "mod");
        out.push(token);
    }
    out.into_iter().collect()
}

/// Removes documentation in which rustdoc looks for examples: code in a server's text would run on the machine that
/// tests a library.
fn outside_of_doctests(tokens: TokenStream) -> TokenStream {
    let mut out = Vec::new();
    for token in tokens {
        let TokenTree::Group(group) = token else {
            out.push(token);
            continue;
        };
        let inner = group.stream();
        let mut first = inner.clone().into_iter();
        let is_doc = matches!(first.next(), Some(TokenTree::Ident(name)) if name == "doc")
            && matches!(first.next(), Some(TokenTree::Punct(equals)) if equals.as_char() == '=');
        let inner = match (group.delimiter(), is_doc) {
            (Delimiter::Bracket, true) => quote!(cfg_attr(not(doctest), #inner)),
            _ => outside_of_doctests(inner),
        };
        out.push(TokenTree::Group(Group::new(group.delimiter(), inner)));
    }
    out.into_iter().collect()
}

/// The module of a name in snake case.
pub(crate) fn module(name: &str) -> Ident {
    match syn::parse_str::<Ident>(name) {
        Ok(ident) if name != "gen" => ident,
        Ok(_) | Err(_) => format_ident!("{name}_"),
    }
}

fn options() -> Opts {
    Opts {
        with: vec![(
            "mcp:tools/types@0.1.0".to_owned(),
            WithOption::Path("::mcp_guest_sdk::__private::types".to_owned()),
        )],
        runtime_path: Some("::mcp_guest_sdk::__private::wit_bindgen::rt".to_owned()),
        bitflags_path: Some("::mcp_guest_sdk::__private::wit_bindgen::bitflags".to_owned()),
        additional_derive_attributes: vec![
            "PartialEq".to_owned(),
            "::mcp_guest_sdk::__private::Constructors".to_owned(),
            "::mcp_guest_sdk::__private::Native".to_owned(),
        ],
        generate_all: true,
        ..Opts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_is_no_example_that_a_test_runs() {
        let tokens = quote! {
            /// ```
            /// evil();
            /// ```
            pub mod tools {
                /// ```
                pub struct Params {
                    #[doc = "```"]
                    pub doc: [doc; 1],
                }
            }
        };
        let made = outside_of_doctests(tokens).to_string();
        assert_eq!(
            made.matches("cfg_attr (not (doctest) , doc =").count(),
            5,
            "{made}"
        );
        assert_eq!(made.matches("[doc").count(), 1, "{made}");
    }

    #[test]
    fn names_that_are_rusts_own_get_an_underscore() {
        let tokens = quote! {
            pub mod r#type { pub enum Self_ { Self, Other(Self) } fn f() -> Self { Case::Self } }
            pub mod gen { pub fn gen(gen: Gen) {} }
        };
        let made = escaped(tokens, false).to_string();
        assert!(
            made.contains("mod gen_ { pub fn gen_ (gen_ : Gen) { } }"),
            "{made}"
        );
        assert!(made.contains("{ Self_ , Other (Self) }"), "{made}");
        assert!(made.contains("-> Self { Case :: Self_ }"), "{made}");
    }
}
