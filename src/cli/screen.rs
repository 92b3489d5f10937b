use super::{ScreenArgs, exit::Failure};
pub(super) async fn run(_arguments: ScreenArgs) -> Result<std::process::ExitCode, Failure> {
    Err(Failure::usage("not yet"))
}
