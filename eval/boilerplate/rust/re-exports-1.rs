//! A library.
#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod config;
mod error;
mod request;
mod response;

pub mod prelude;

pub use crate::client::{Client, ClientBuilder};
pub use crate::config::Config;
pub use crate::error::{Error, Result};
pub use crate::request::Request;
pub use crate::response::Response;
