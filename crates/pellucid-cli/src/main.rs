//! The binary `pellucid`: arguments, terminal, exit status.

mod args;
mod commands;
mod exit;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use exit::Exit;

fn main() -> ExitCode {
    pellucid_kernels::memory::keep_freed();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::of_usage(&error).into(),
    };
    let exit = match &cli.command {
        Command::Run(args) => commands::run::run(args),
        Command::Watch(args) => commands::watch::watch(args),
        Command::Check(args) => commands::check::check(args),
        Command::Explain(args) => commands::explain::explain(args),
        Command::Fmt(args) => commands::fmt::fmt(args),
        Command::Show(args) => commands::show::show(args),
        Command::Kinds(args) => commands::kinds::kinds(args),
        Command::Schema(args) => commands::schema::schema(args),
        Command::Models(args) => commands::models::models(args),
        Command::Import(args) => commands::import::import(args),
        Command::Train(args) => commands::train::train(args),
    };
    exit.unwrap_or_else(|failure| terminal::fail(&failure)).into()
}

/// What a command comes to: an exit status, or a sentence that ends it.
type Outcome = Result<Exit, exit::Failure>;
