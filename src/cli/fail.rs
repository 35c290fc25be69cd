//! What makes a scan fail.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::project::config::{FailOn, FailOnSkipped};

// No doc comment: it would become the help of the command that flattens this.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct FailArgs {
    /// Lowest severity that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on())]
    pub fail_on: Option<FailOn>,
    /// Report findings, but do not fail because of them
    #[arg(long)]
    pub exit_zero: bool,
    /// When files that were not checked, or only in part, make the exit status 2: `never`, `change`
    /// (the default: where a change is checked) or `always`
    #[arg(
        long,
        value_name = "WHEN",
        value_parser = fail_on_skipped(),
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "always"
    )]
    pub fail_on_skipped: Option<FailOnSkipped>,
}

fn fail_on_skipped() -> impl TypedValueParser<Value = FailOnSkipped> {
    PossibleValuesParser::new(FailOnSkipped::NAMED.map(|(name, _)| name))
        .map(|name| FailOnSkipped::from_name(&name).unwrap_or_default())
}

fn fail_on() -> impl TypedValueParser<Value = FailOn> {
    PossibleValuesParser::new(FailOn::NAMED.map(|(name, _)| name))
        .map(|name| FailOn::from_name(&name).unwrap_or_default())
}
