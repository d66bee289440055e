//! The native side of generated bindings: natively, an imported function calls the test's doubles. Reads tokens in the
//! layout of `wit-bindgen`, which is sufficient for its code only.

use heck::ToSnakeCase as _;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Data, DeriveInput, Fields};

use crate::bindings::Bindings;

/// Adds a native version of each function of the interface, and a module `doubles` with a function for each that makes
/// its double.
pub(crate) fn add_side(bindings: Bindings, server: &str) -> TokenStream {
    let labels = bindings.labels;
    in_module(bindings.tokens, "mcp_server", &mut |server_modules| {
        in_each_module(server_modules, &mut |tokens| {
            in_module(tokens, "tools", &mut |tools| {
                functions(tools, &labels, server)
            })
        })
    })
}

/// Rewrites the contents of `mod NAME { ... }`.
fn in_module(
    tokens: TokenStream,
    name: &str,
    rewrite: &mut dyn FnMut(TokenStream) -> TokenStream,
) -> TokenStream {
    rewrite_modules(tokens, Some(name), rewrite)
}

fn in_each_module(
    tokens: TokenStream,
    rewrite: &mut dyn FnMut(TokenStream) -> TokenStream,
) -> TokenStream {
    rewrite_modules(tokens, None, rewrite)
}

fn rewrite_modules(
    tokens: TokenStream,
    name: Option<&str>,
    rewrite: &mut dyn FnMut(TokenStream) -> TokenStream,
) -> TokenStream {
    let mut out = Vec::new();
    // How many tokens of `mod NAME` were just read.
    let mut matched = 0;
    for token in tokens {
        let token = match (matched, token) {
            (2, TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                TokenTree::Group(Group::new(Delimiter::Brace, rewrite(group.stream())))
            }
            (_, token) => token,
        };
        matched = match (matched, &token) {
            (_, TokenTree::Ident(ident)) if *ident == "mod" => 1,
            (1, TokenTree::Ident(ident)) if name.is_none_or(|name| *ident == name) => 2,
            _ => 0,
        };
        out.push(token);
    }
    out.into_iter().collect()
}

/// One function, as far as it has been read.
struct Function {
    attributes: TokenStream,
    asynchronous: bool,
    name: Ident,
    inputs: TokenStream,
    output: TokenStream,
    body: Group,
}

fn functions(tokens: TokenStream, labels: &[String], server: &str) -> TokenStream {
    let mut out = TokenStream::new();
    let mut doubles = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    // Attributes belong to what follows them.
    let mut attributes = TokenStream::new();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                attributes.extend([token]);
                attributes.extend(tokens.next());
            }
            TokenTree::Ident(ident) if *ident == "pub" => {
                let asynchronous =
                    matches!(tokens.peek(), Some(TokenTree::Ident(next)) if *next == "async");
                if asynchronous {
                    tokens.next();
                }
                if !matches!(tokens.peek(), Some(TokenTree::Ident(next)) if *next == "fn") {
                    out.extend(std::mem::take(&mut attributes));
                    out.extend([token]);
                    continue;
                }
                tokens.next();
                let attributes = std::mem::take(&mut attributes);
                if let Some(function) = function(attributes, asynchronous, &mut tokens) {
                    let label = label(labels, &function.name);
                    out.extend(function.both_sides(server, label));
                    doubles.extend(function.double(server, label));
                }
            }
            _ => {
                out.extend(std::mem::take(&mut attributes));
                out.extend([token]);
            }
        }
    }
    quote! {
        #out
        /// Doubles of the tools, for tests: each answers the calls of one tool with a closure.
        #[cfg(not(target_family = "wasm"))]
        pub mod doubles {
            use super::*;
            #doubles
        }
    }
}

fn function(
    attributes: TokenStream,
    asynchronous: bool,
    tokens: &mut impl Iterator<Item = TokenTree>,
) -> Option<Function> {
    let Some(TokenTree::Ident(name)) = tokens.next() else {
        return None;
    };
    let mut inputs = None;
    let mut output = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if inputs.is_none() => inputs = Some(group.stream()),
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                return Some(Function {
                    attributes,
                    asynchronous,
                    name,
                    inputs: inputs?,
                    output: after_arrow(output),
                    body,
                });
            }
            token => output.extend([token]),
        }
    }
    None
}

/// `-> T` without the arrow.
fn after_arrow(output: TokenStream) -> TokenStream {
    output.into_iter().skip(2).collect()
}

/// The label that the function's name was made from.
fn label<'a>(labels: &'a [String], name: &Ident) -> &'a str {
    let name = name.to_string();
    let name = name.trim_end_matches('_');
    let found = labels.iter().find(|label| label.to_snake_case() == name);
    found.map_or("", String::as_str)
}

impl Function {
    fn both_sides(&self, server: &str, label: &str) -> TokenStream {
        let Self {
            attributes,
            name,
            inputs,
            output,
            body,
            ..
        } = self;
        let asynchronous = self.asynchronous.then(|| quote!(async));
        let argument = match self.parameter() {
            None => quote!(&()),
            Some((name, _, by_reference)) if by_reference => name.into_token_stream(),
            Some((name, ..)) => quote!(&#name),
        };
        quote! {
            #attributes
            #[cfg(target_family = "wasm")]
            pub #asynchronous fn #name(#inputs) -> #output #body

            #attributes
            #[cfg(not(target_family = "wasm"))]
            pub #asynchronous fn #name(#inputs) -> #output {
                ::mcp_guest_sdk::__private::native::call(#server, #label, #argument)
            }
        }
    }

    fn double(&self, server: &str, label: &str) -> TokenStream {
        let (name, output) = (&self.name, &self.output);
        let doc = format!("Answers the calls of [`{name}`](super::{name}).");
        let (closure, parameter) = match self.parameter() {
            None => (quote!(impl ::core::ops::FnMut() -> #output + 'static), None),
            Some((_, ty, _)) => (
                quote!(impl ::core::ops::FnMut(&#ty) -> #output + 'static),
                Some(ty),
            ),
        };
        let answer = match &parameter {
            None => quote!({
                let mut answer = answer;
                move |(): &()| answer()
            }),
            Some(_) => quote!(answer),
        };
        let parameter = parameter.unwrap_or_else(|| quote!(()));
        quote! {
            #[doc = #doc]
            pub fn #name(answer: #closure) -> ::mcp_guest_sdk::testing::Double {
                ::mcp_guest_sdk::__private::native::double::<#parameter, _>(
                    #server, #label, ::std::boxed::Box::new(#answer),
                )
            }
        }
    }

    /// The parameter's name, its type without the reference, and whether there is a reference. Generated functions have
    /// at most one parameter.
    fn parameter(&self) -> Option<(Ident, TokenStream, bool)> {
        let mut tokens = self.inputs.clone().into_iter();
        let Some(TokenTree::Ident(name)) = tokens.next() else {
            return None;
        };
        // The colon.
        tokens.next();
        let mut ty: Vec<_> = tokens.collect();
        if matches!(ty.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == ',') {
            ty.pop();
        }
        let by_reference =
            matches!(ty.first(), Some(TokenTree::Punct(punct)) if punct.as_char() == '&');
        let ty = ty.into_iter().skip(usize::from(by_reference)).collect();
        Some((name, ty, by_reference))
    }
}

/// `#[derive(Native)]`: a generated type as a value without a type, and back.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let name = &input.ident;
    let (write, read) = match &input.data {
        Data::Struct(data) => record(&data.fields),
        Data::Enum(data) => {
            let cases: Vec<_> = data.variants.iter().collect();
            let write = cases.iter().map(|case| {
                let ident = &case.ident;
                let text = plain(ident);
                match case.fields {
                    Fields::Unit => quote! {
                        Self::#ident => wit::Wit::Case(
                            ::std::string::String::from(#text),
                            ::core::option::Option::None,
                        )
                    },
                    _ => quote! {
                        Self::#ident(payload) => wit::Wit::Case(
                            ::std::string::String::from(#text),
                            ::core::option::Option::Some(::std::boxed::Box::new(wit::ToWit::to_wit(payload))),
                        )
                    },
                }
            });
            let read = cases.iter().map(|case| {
                let ident = &case.ident;
                let text = plain(ident);
                match case.fields {
                    Fields::Unit => quote! {
                        (#text, ::core::option::Option::None) => ::core::result::Result::Ok(Self::#ident)
                    },
                    _ => quote! {
                        (#text, ::core::option::Option::Some(payload)) => {
                            ::core::result::Result::Ok(Self::#ident(wit::FromWit::from_wit(*payload)?))
                        }
                    },
                }
            });
            (
                quote!(match self { #(#write,)* }),
                quote! {
                    let (case, payload) = value.case()?;
                    match (case.as_str(), payload) {
                        #(#read,)*
                        (case, _) => wit::no_case(case),
                    }
                },
            )
        }
        Data::Union(_) => return TokenStream::new(),
    };
    quote! {
        #[cfg(not(target_family = "wasm"))]
        const _: () = {
            use ::mcp_guest_sdk::__private::native::wit;

            impl wit::ToWit for #name {
                fn to_wit(&self) -> wit::Wit {
                    #write
                }
            }

            impl wit::FromWit for #name {
                fn from_wit(value: wit::Wit) -> ::core::result::Result<Self, ::std::string::String> {
                    #read
                }
            }
        };
    }
}

fn record(fields: &Fields) -> (TokenStream, TokenStream) {
    let names: Vec<_> = fields
        .iter()
        .filter_map(|field| field.ident.as_ref())
        .collect();
    let texts: Vec<_> = names.iter().map(|name| plain(name)).collect();
    (
        quote!(wit::Wit::Record(::std::vec![
            #((::std::string::String::from(#texts), wit::ToWit::to_wit(&self.#names))),*
        ])),
        quote! {
            let mut fields = value.record()?;
            ::core::result::Result::Ok(Self { #(#names: wit::field(&mut fields, #texts)?),* })
        },
    )
}

/// The name without the raw-identifier prefix.
fn plain(ident: &Ident) -> String {
    let name = ident.to_string();
    name.trim_start_matches("r#")
        .trim_end_matches('_')
        .to_owned()
}
