//! `*.rockspec`, as far as it is literals.

use super::literal::{strings, value, values, without_comments};
use super::{Manifest, from_declaration};
use crate::purl::Purl;

pub(super) fn read(text: &str) -> Manifest {
    let text = without_comments(text, "--");
    let literal = |key| value(&text, key, "=");
    let needed = values(&text, "dependencies", "=").flat_map(strings).filter_map(|needed| {
        let name = needed.split([' ', '<', '>', '=', '~']).next()?;
        package(name).filter(|_| name != "lua")
    });
    Manifest {
        package: literal("package").and_then(package),
        version: literal("version").map(str::to_owned),
        // A name of the licence of X11's own servers, as Lua itself has it, and no choice.
        license: literal("license")
            .and_then(|name| from_declaration(&name.replace("MIT/X11", "MIT X11"))),
        dependencies: needed.collect(),
        ..Manifest::default()
    }
}

fn package(name: &str) -> Option<Purl> {
    Purl::new("luarocks", name, None).ok()
}
