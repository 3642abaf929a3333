//! Parses the arguments, calls one command and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    caredesk::cli::main()
}
