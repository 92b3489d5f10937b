//! The `foretop` command. Everything it does lives in the library; see [`foretop::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    foretop::cli::main()
}
