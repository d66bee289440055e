//! Satisfies the WASI imports that a component has, and no others: defining all of WASI takes longer than the rest of
//! linking a skill.

use std::collections::BTreeSet;

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView as _};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random, sockets};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView as _};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView as _};
use wasmtime_wasi_io::bindings::wasi::io;

use crate::functions::granted::{Granted, granted};
use crate::run::Run;

/// Satisfies the interfaces of these names (`wasi:io/streams@0.2.6`). A name that WASI does not have stays undefined,
/// and linking fails.
///
/// `wasi:sockets` is served because Python's and C's libraries import it; every use of it is refused.
pub(crate) fn add_to_linker<'a>(
    linker: &mut Linker<Run>,
    names: impl Iterator<Item = &'a str>,
) -> wasmtime::Result<()> {
    // A component may import several versions of one interface; one definition serves all of 0.2.
    let interfaces: BTreeSet<_> = names
        .filter_map(|name| name.strip_prefix("wasi:"))
        .map(|name| {
            name.split_once('@')
                .map_or(name, |(interface, _)| interface)
        })
        .collect();
    for interface in interfaces {
        add_interface(linker, interface)?;
    }
    Ok(())
}

type Io = HasSelf<ResourceTable>;

fn add_interface(l: &mut Linker<Run>, interface: &str) -> wasmtime::Result<()> {
    match interface {
        "io/error" => io::error::add_to_linker::<_, Io>(l, |run| &mut run.table),
        "io/poll" => io::poll::add_to_linker::<_, Io>(l, |run| &mut run.table),
        "io/streams" => io::streams::add_to_linker::<_, Io>(l, |run| &mut run.table),

        "cli/environment" => cli::environment::add_to_linker::<_, WasiCli>(l, Run::cli),
        "cli/exit" => cli::exit::add_to_linker::<_, WasiCli>(l, Run::cli),
        "cli/stdin" => cli::stdin::add_to_linker::<_, WasiCli>(l, Run::cli),
        "cli/stdout" => cli::stdout::add_to_linker::<_, WasiCli>(l, Run::cli),
        "cli/stderr" => cli::stderr::add_to_linker::<_, WasiCli>(l, Run::cli),
        "cli/terminal-input" => cli::terminal_input::add_to_linker::<_, WasiCli>(l, Run::cli),
        "cli/terminal-output" => cli::terminal_output::add_to_linker::<_, WasiCli>(l, Run::cli),
        "cli/terminal-stdin" => cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, Run::cli),
        "cli/terminal-stdout" => cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, Run::cli),
        "cli/terminal-stderr" => cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, Run::cli),

        "clocks/monotonic-clock" => {
            clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(l, Run::clocks)
        }
        "clocks/wall-clock" => clocks::wall_clock::add_to_linker::<_, WasiClocks>(l, Run::clocks),

        "filesystem/preopens" => filesystem::preopens::add_to_linker::<_, Granted>(l, granted),
        "filesystem/types" => filesystem::types::add_to_linker::<_, Granted>(l, granted),

        "random/random" => random::random::add_to_linker::<_, WasiRandom>(l, Run::random),
        "random/insecure" => random::insecure::add_to_linker::<_, WasiRandom>(l, Run::random),
        "random/insecure-seed" => {
            random::insecure_seed::add_to_linker::<_, WasiRandom>(l, Run::random)
        }

        "sockets/instance-network" => {
            sockets::instance_network::add_to_linker::<_, WasiSockets>(l, Run::sockets)
        }
        "sockets/ip-name-lookup" => {
            sockets::ip_name_lookup::add_to_linker::<_, WasiSockets>(l, Run::sockets)
        }
        "sockets/network" => {
            let options = sockets::network::LinkOptions::default();
            sockets::network::add_to_linker::<_, WasiSockets>(l, &options, Run::sockets)
        }
        "sockets/tcp" => sockets::tcp::add_to_linker::<_, WasiSockets>(l, Run::sockets),
        "sockets/tcp-create-socket" => {
            sockets::tcp_create_socket::add_to_linker::<_, WasiSockets>(l, Run::sockets)
        }
        "sockets/udp" => sockets::udp::add_to_linker::<_, WasiSockets>(l, Run::sockets),
        "sockets/udp-create-socket" => {
            sockets::udp_create_socket::add_to_linker::<_, WasiSockets>(l, Run::sockets)
        }
        // `timezone` is unstable, and nothing else is missing.
        _ => Ok(()),
    }
}
