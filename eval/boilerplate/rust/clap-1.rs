use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// A tool.
#[derive(Parser, Debug)]
#[command(author, version, about, long_about = None)]
struct Args {
    /// File to read
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print more
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Add an entry
    Add { name: String },
    /// Remove an entry
    Remove { name: String },
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    env_logger::init();
    match args.command {
        Command::Add { name } => add(&name)?,
        Command::Remove { name } => remove(&name)?,
    }
    Ok(())
}
