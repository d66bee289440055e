//! The bindings of one server's package, as `wit-bindgen` writes them. The only file here that knows its options.

use std::path::PathBuf;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use wit_bindgen_core::wit_parser::{Resolve, WorldItem};
use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_bindgen_rust::{Opts, WithOption};

/// Generated code, and the WIT labels of the functions in it.
pub(crate) struct Bindings {
    pub(crate) tokens: TokenStream,
    pub(crate) labels: Vec<String>,
}

impl Bindings {
    /// From the directories of `mcp:tools` and of the server's package, both from the skill's own.
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
            .select_world(&packages, Some(world))
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
        let mut tokens = with_self_escaped(tokens, false);
        // So that the compiler knows that what it compiled depends on them.
        tokens.extend(quote::quote!(#(const _: &[u8] = include_bytes!(#read);)*));
        Ok(Self { tokens, labels })
    }
}

/// A case called `self` would be `Self`, which Rust has for itself: here it is `Self_`, as keywords of functions have it.
/// It stands alone in the body of an `enum`, and else behind `::`, where no other `Self` can.
fn with_self_escaped(tokens: TokenStream, in_enum: bool) -> TokenStream {
    // What was read last: how many colons, and how much of `enum NAME`.
    let (mut colons, mut opened) = (0, 0);
    let mut out = Vec::new();
    for token in tokens {
        let token = match token {
            TokenTree::Ident(name) if name == "Self" && (in_enum || colons == 2) => {
                TokenTree::Ident(Ident::new("Self_", name.span()))
            }
            TokenTree::Group(group) => {
                let is_body = opened == 2 && group.delimiter() == Delimiter::Brace;
                let inner = with_self_escaped(group.stream(), is_body);
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
        out.push(token);
    }
    out.into_iter().collect()
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
