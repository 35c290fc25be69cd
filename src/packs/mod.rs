//! Packs: indexes that somebody publishes for others, as a signed list of immutable files.
//!
//! ```text
//!   index --create--> list + files --sign--> signature --publish--> mirrors
//!   mirrors --pull: signature, expiry, no way back, digests--> PACKS/NAME/DIGEST, an index directory
//! ```
//!
//! A scan reads what was pulled and fetches nothing: birthmark has no network code. `curl` talks to
//! web servers and registries, and only `birthmark pack pull` and `publish` run it.

mod curl;
mod error;
mod keys;
mod mirror;
mod oci;
mod publish;
mod pull;
mod store;

pub(crate) use keys::{key_pair, public_key};
pub(crate) use mirror::Mirror;
pub(crate) use publish::{NewGeneration, rotate, sign};
pub(crate) use publish::{create, publish};
pub(crate) use pull::pull;
pub(crate) use pull::{Pulled, Sources, Wanted};
pub(crate) use store::{HeldPack, PackStore};
