//! The procedural macros behind `mcp-guest-sdk`: they turn generated WIT into Rust. `wit-bindgen` reads the WIT and
//! writes the bindings; these macros add what native tests need. Use them through `mcp-guest-sdk`, which documents
//! them.

mod bindings;
mod constructors;
mod import_server;
mod native;

use proc_macro::TokenStream;

/// Makes a module of the typed tools of one server. See `mcp_guest_sdk::import_server`.
#[proc_macro]
pub fn import_server(input: TokenStream) -> TokenStream {
    let import = syn::parse_macro_input!(input as import_server::ImportServer);
    import
        .expand()
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Gives a generated record `new` and `Default`, as [`import_server!`] asks for on every record.
///
/// - `new` takes the fields that are not `Option`, in their order, and leaves the others out;
/// - `Default` exists where every field is an `Option`.
///
/// So a skill that uses them still compiles when its server gains an optional parameter.
/// Enums and variants get nothing.
#[proc_macro_derive(Constructors)]
pub fn constructors(input: TokenStream) -> TokenStream {
    constructors::expand(&syn::parse_macro_input!(input as syn::DeriveInput)).into()
}

/// Makes a generated type usable in doubles and recordings, in native tests. It adds nothing to a component.
#[proc_macro_derive(Native)]
pub fn native(input: TokenStream) -> TokenStream {
    native::derive(&syn::parse_macro_input!(input as syn::DeriveInput)).into()
}
