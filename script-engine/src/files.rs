//! The files of `mcp-host`, over `mcp:tools/files`.

use rquickjs::{Array, Ctx, Exception, Object, Result, TypedArray};

use crate::{
    bindings::mcp::tools::files::{self, EntryKind, FileError},
    native, own,
};

pub(crate) fn read<'js>(ctx: Ctx<'js>, path: String) -> Result<TypedArray<'js, u8>> {
    let bytes = files::read_file(&path).map_err(|error| thrown(&ctx, error))?;
    TypedArray::new(ctx, bytes)
}

pub(crate) fn read_text(ctx: Ctx<'_>, path: String) -> Result<String> {
    let bytes = files::read_file(&path).map_err(|error| thrown(&ctx, error))?;
    String::from_utf8(bytes)
        .map_err(|_| Exception::throw_type(&ctx, &format!("{path} is not UTF-8: use `readFile`")))
}

pub(crate) fn list(ctx: Ctx<'_>, path: String) -> Result<Array<'_>> {
    let entries = files::list_dir(&path).map_err(|error| thrown(&ctx, error))?;
    let list = entries.into_iter().map(|entry| {
        let object = Object::new(ctx.clone())?;
        own::property(&object, "name", entry.name)?;
        let kind = match entry.kind {
            EntryKind::File => "file",
            EntryKind::Directory => "directory",
            EntryKind::Other => "other",
        };
        own::property(&object, "kind", kind)?;
        #[allow(clippy::cast_precision_loss, reason = "numbers of JavaScript are such")]
        own::property(&object, "size", entry.size as f64)?;
        Ok(object)
    });
    own::array(&ctx, list.collect::<Result<Vec<_>>>()?)
}

pub(crate) fn write<'js>(ctx: Ctx<'js>, path: String, contents: TypedArray<'js, u8>) -> Result<()> {
    files::write_file(&path, &native::bytes(&ctx, &contents)?).map_err(|error| thrown(&ctx, error))
}

fn thrown(ctx: &Ctx<'_>, error: FileError) -> rquickjs::Error {
    let (code, message) = match error {
        FileError::NotFound(message) => ("not-found", message),
        FileError::Denied(message) => ("denied", message),
        FileError::WrongKind(message) => ("wrong-kind", message),
        FileError::TooLarge(message) => ("too-large", message),
        FileError::Io(message) => ("io", message),
    };
    native::host_error(ctx, "FileError", code, &message)
}
