//! Packs: indexes that somebody publishes for others, as a signed list of immutable files.
//!
//! ```text
//!   index --create--> list + files --sign--> signature --publish--> mirrors
//!   mirrors --pull: signature, expiry, no way back, digests--> PACKS/NAME/DIGEST, an index directory
//! ```
//!
//! A scan reads what was pulled and fetches nothing: birthmark has no network code. `curl` fetches
//! from web servers, and only `birthmark pack pull` runs it.

mod error;
mod keys;
mod mirror;
mod publish;
mod pull;
mod store;

pub use error::PackFailure;
pub use keys::{key_pair, public_key};
pub use mirror::Mirror;
pub use publish::{Created, NewGeneration, create, publish, rotate, sign};
pub use pull::{Pulled, Sources, Wanted, pull};
pub use store::{HeldPack, PackStore};
