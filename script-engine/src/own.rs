//! Properties as a literal makes them: a setter that a script defines on a prototype sees none of them.

use rquickjs::{Array, Ctx, IntoJs, Object, Result, convert::IntoAtom, object::Property};

/// Defines a property that is written, listed and deleted as any other.
pub(crate) fn property<'js>(
    object: &Object<'js>,
    key: impl IntoAtom<'js>,
    value: impl IntoJs<'js>,
) -> Result<()> {
    let property = Property::from(value).writable().enumerable().configurable();
    object.prop(key, property)
}

/// An array of these values.
pub(crate) fn array<'js, T: IntoJs<'js>>(
    ctx: &Ctx<'js>,
    values: impl IntoIterator<Item = T>,
) -> Result<Array<'js>> {
    let array = Array::new(ctx.clone())?;
    for (at, value) in (0_u32..).zip(values) {
        property(array.as_object(), at, value)?;
    }
    Ok(array)
}
