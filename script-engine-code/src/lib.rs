//! The compiled form of the script engine: native code, which `build.rs` makes of `mcp-script-engine-image`.
//! This crate runs nothing.

/// What Wasmtime compiled of the engine's component, beginning at a page. `None` where the build could not compile it.
///
/// It is code for the processor on which this crate was built, or for any processor of a target that is not the
/// builder's. Wasmtime refuses it where the processor lacks something.
pub fn code() -> Option<&'static [u8]> {
    CODE.map(|pages| &pages.0)
}

/// The code inside becomes executable where it is, which the OS does by the page.
#[repr(C)]
#[cfg_attr(target_arch = "x86_64", repr(align(4096)))]
struct Pages<T: ?Sized>(T);

// static CODE: Option<&Pages<[u8]>>
include!(concat!(env!("OUT_DIR"), "/code.rs"));

#[cfg(test)]
#[path = "../../host/src/component/engine/settings.rs"]
mod settings;

#[cfg(test)]
mod tests {
    use super::{code, settings};

    #[test]
    fn the_code_is_what_wasmtime_makes_of_the_engine_under_the_host_s_settings() {
        let component = mcp_script_engine_image::engine().expect("the engine was built");
        let engine = wasmtime::Engine::new(&settings::of(settings::SCRIPTS)).expect("it is valid");
        let compiled = engine
            .precompile_component(component)
            .expect("the engine compiles");
        assert!(code() == Some(&compiled), "the code is of something else");
    }

    #[test]
    fn the_code_begins_at_a_page() {
        let code = code().expect("the build compiled the engine");
        if cfg!(target_arch = "x86_64") {
            assert_eq!(code.as_ptr().addr() % 4_096, 0);
        }
    }
}
