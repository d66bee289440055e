//! `import_server!("wit/deps/mcp-server-NAME" [as module])` -> a module with the bindings of that package.
//! Owns the layout that `mcp-codegen wit` writes: the package is in `mcp-server-NAME`, `mcp:tools` is its sibling
//! `mcp-tools`.

use std::path::{Path, PathBuf};

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitStr, Result, Token};

use crate::bindings::{Bindings, module};
use crate::native;

/// What the author wrote.
pub(crate) struct ImportServer {
    /// The package's directory, relative to the skill's own.
    dir: LitStr,
    /// The module's name, if it is not the server's.
    module: Option<Ident>,
}

impl Parse for ImportServer {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let dir = input.parse()?;
        let module = match input.parse::<Option<Token![as]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { dir, module })
    }
}

impl ImportServer {
    pub(crate) fn expand(&self) -> Result<TokenStream> {
        let dir = self.dir.value();
        let dir = dir.trim_end_matches('/');
        let (parent, server) = self.split(dir)?;
        let tools = format!("{parent}/mcp-tools");
        self.check_exists(dir, parent, server)?;
        self.check_exists(&tools, parent, server)?;

        let package_module = rust_module(server);
        let module = self
            .module
            .clone()
            .unwrap_or_else(|| package_module.clone());
        let bindings = Bindings::generate(&tools, dir, "imports")
            .map_err(|why| Error::new(self.dir.span(), why))?;
        let bindings = native::add_side(bindings, server);
        // The bindings contain `unsafe` code, and names that follow the server's; lints about them do not concern the
        // author.
        Ok(quote! {
            #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, unreachable_pub, unused_imports, reason = "generated")]
            mod #module {
                mod bindings {
                    #bindings
                }
                pub use bindings::mcp_server::#package_module::tools::*;
            }
        })
    }

    /// `wit/deps/mcp-server-a` -> `wit/deps` and `a`.
    fn split<'a>(&self, dir: &'a str) -> Result<(&'a str, &'a str)> {
        let (parent, last) = dir.rsplit_once('/').unwrap_or((".", dir));
        match last.strip_prefix("mcp-server-") {
            Some(server) if !server.is_empty() => Ok((parent, server)),
            _ => Err(Error::new(
                self.dir.span(),
                format!(
                    "`{dir}` is not a directory that `mcp-codegen wit NAME` writes: those are called `wit/deps/mcp-server-NAME`"
                ),
            )),
        }
    }

    fn check_exists(&self, dir: &str, parent: &str, server: &str) -> Result<()> {
        let root = std::env::var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .unwrap_or_default();
        if root.join(dir).is_dir() {
            return Ok(());
        }
        // `--out` is the parent directory of `deps`.
        let out = Path::new(parent)
            .parent()
            .filter(|out| *out != Path::new(""))
            .unwrap_or(Path::new("."));
        Err(Error::new(
            self.dir.span(),
            format!(
                "no directory `{dir}` in `{}`: write it with `mcp-codegen wit {server} --out {}`",
                root.display(),
                out.display()
            ),
        ))
    }
}

/// The module that the bindings have for a package.
fn rust_module(package: &str) -> Ident {
    module(&package.to_snake_case())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn error(input: &str) -> String {
        syn::parse_str::<ImportServer>(input)
            .unwrap()
            .expand()
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_missing_directory_is_answered_with_the_command_that_writes_it() {
        assert_eq!(
            error(r#""contract/deps/mcp-server-git-history""#),
            format!(
                "no directory `contract/deps/mcp-server-git-history` in `{}`: \
                 write it with `mcp-codegen wit git-history --out contract`",
                env!("CARGO_MANIFEST_DIR")
            )
        );
    }

    #[test]
    fn another_directory_is_answered_with_the_layout() {
        assert_eq!(
            error(r#""wit/deps/github""#),
            "`wit/deps/github` is not a directory that `mcp-codegen wit NAME` writes: \
             those are called `wit/deps/mcp-server-NAME`"
        );
    }

    #[test]
    fn modules_are_named_as_the_bindings_name_them() {
        let names = ["git-history", "type", "s3", "gen"];
        let names = names.map(|package| rust_module(package).to_string());
        assert_eq!(names, ["git_history", "type_", "s3", "gen_"]);
    }
}
