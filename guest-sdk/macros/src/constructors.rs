//! `#[derive(Constructors)]`: `new` and `Default` for the records that `wit-bindgen` writes. Looks only at the spelling
//! of a field's type, which is sufficient for generated code only.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Field, Fields, Type};

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let Data::Struct(data) = &input.data else {
        return TokenStream::new();
    };
    let Fields::Named(fields) = &data.fields else {
        return TokenStream::new();
    };
    let record = &input.ident;
    let (optional, required): (Vec<&Field>, Vec<&Field>) = fields
        .named
        .iter()
        .partition(|field| is(&field.ty, "Option"));

    let names = required.iter().map(|field| &field.ident);
    let absent = optional.iter().map(|field| &field.ident);
    let parameters = required.iter().map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        // Most authors pass a literal for a string.
        if is(ty, "String") {
            quote!(#name: impl ::core::convert::Into<#ty>)
        } else {
            quote!(#name: #ty)
        }
    });
    let values = required.iter().map(|field| {
        let name = &field.ident;
        if is(&field.ty, "String") {
            quote!(#name: ::core::convert::Into::into(#name))
        } else {
            quote!(#name)
        }
    });
    let default = required.is_empty().then(|| {
        quote! {
            impl ::core::default::Default for #record {
                fn default() -> Self {
                    Self::new()
                }
            }
        }
    });
    let doc = describe(names.flatten().map(ToString::to_string).collect());
    quote! {
        impl #record {
            #[doc = #doc]
            pub fn new(#(#parameters),*) -> Self {
                Self { #(#values,)* #(#absent: ::core::option::Option::None,)* }
            }
        }
        #default
    }
}

fn describe(required: Vec<String>) -> String {
    match required.as_slice() {
        [] => "With every field absent.".to_owned(),
        names => format!(
            "With `{}`, and every optional field absent.",
            names.join("`, `")
        ),
    }
}

/// Whether the type's last path segment is `name`: generated code writes `_rt::String` and `Option<..>`.
fn is(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == name))
}
