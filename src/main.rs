//! The `bursar` program: hands the arguments to the library and its answer to the system.

fn main() -> std::process::ExitCode {
    bursar::cli::run(std::env::args_os())
}
