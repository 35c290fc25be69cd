//! When output is coloured.

use anstream::ColorChoice;
use clap::ValueEnum;

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Color {
    /// Where the output is a terminal
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

impl Color {
    pub(crate) fn choice(self) -> ColorChoice {
        match self {
            Color::Auto if is_forced() => ColorChoice::Always,
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }
}

/// Whether the environment asks for colours though standard output is no terminal, as CI runners
/// do.
fn is_forced() -> bool {
    let value = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    value("FORCE_COLOR").is_some_and(|value| value != "0") && value("NO_COLOR").is_none()
}
