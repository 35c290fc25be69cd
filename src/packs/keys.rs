//! Signatures of lists, by minisign, and the keys that are trusted.
//!
//! A key list names the keys that may sign from then on. A key of the list before it signs it, so
//! that a program which knows the first keys follows to the newest.

use std::io::Cursor;

use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox, SignatureBox};
use serde::{Deserialize, Serialize};

use super::error::PackFailure;
use crate::engine::index::PackName;

/// Version of key lists.
const SCHEMA_VERSION: u32 = 1;

/// Most rotations that are followed.
pub(super) const MAX_ROTATIONS: u32 = 1000;

/// Most bytes of a signature or a key list.
pub(super) const MAX_KEY_BYTES: u64 = 64 << 10;

/// Keys that may sign lists of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyList {
    /// Version of the format.
    pub schema_version: u32,
    /// The pack.
    pub name: PackName,
    /// 1 for the first rotation.
    pub version: u32,
    /// The keys, as `minisign` prints them.
    pub keys: Vec<String>,
}

impl KeyList {
    /// A key list.
    ///
    /// # Errors
    /// If a text is no key.
    pub(super) fn new(
        name: PackName,
        version: u32,
        keys: Vec<String>,
    ) -> Result<KeyList, PackFailure> {
        keys.iter().try_for_each(|key| public_key(key).map(drop))?;
        Ok(KeyList { schema_version: SCHEMA_VERSION, name, version, keys })
    }

    /// The bytes of the file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("it holds texts and numbers");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a key list of a pack.
    ///
    /// # Errors
    /// If it is none, or not that of this pack and version.
    pub(super) fn from_bytes(
        bytes: &[u8],
        name: &PackName,
        version: u32,
    ) -> Result<KeyList, PackFailure> {
        let what = || format!("key list {version} of {name}");
        let list: KeyList = serde_json::from_slice(bytes)
            .map_err(|error| PackFailure::BadKey { what: what(), message: error.to_string() })?;
        let is_it =
            (list.schema_version, &list.name, list.version) == (SCHEMA_VERSION, name, version);
        if !is_it || list.keys.is_empty() {
            let message = "it is of another pack or version".to_owned();
            return Err(PackFailure::BadKey { what: what(), message });
        }
        KeyList::new(list.name, list.version, list.keys)
    }
}

/// The file name of a key list.
pub(crate) fn key_list_name(version: u32) -> String {
    format!("keys-{version}.json")
}

/// Reads a public key, as `minisign` prints it.
///
/// # Errors
/// If it is none.
pub(crate) fn public_key(text: &str) -> Result<PublicKey, PackFailure> {
    PublicKey::from_base64(text.trim()).map_err(|error| PackFailure::BadKey {
        what: format!("the key `{text}`"),
        message: error.to_string(),
    })
}

/// Checks that one of the trusted keys signed these bytes. `what` is what errors call them.
///
/// # Errors
/// If none did.
pub(super) fn verify(
    what: &str,
    bytes: &[u8],
    signature: &[u8],
    trusted: &[String],
) -> Result<(), PackFailure> {
    let untrusted = |message: String| PackFailure::Untrusted { what: what.to_owned(), message };
    let text = std::str::from_utf8(signature).map_err(|error| untrusted(error.to_string()))?;
    let signature =
        SignatureBox::from_string(text).map_err(|error| untrusted(error.to_string()))?;
    let keys: Vec<PublicKey> =
        trusted.iter().map(|key| public_key(key)).collect::<Result<_, _>>()?;
    let Some(key) = keys.iter().find(|key| key.keynum() == signature.keynum()) else {
        return Err(untrusted("it is signed by another key".to_owned()));
    };
    // Quiet, without copying the content out, and not for signatures of the legacy form.
    minisign::verify(key, &signature, Cursor::new(bytes), true, false, false)
        .map_err(|error| untrusted(error.to_string()))
}

/// Signs bytes; returns the file of the signature.
///
/// # Errors
/// If the key cannot be used.
pub(crate) fn sign(bytes: &[u8], key: &SecretKey, comment: &str) -> Result<String, PackFailure> {
    let signature =
        minisign::sign(None, key, Cursor::new(bytes), Some(comment), Some("signature of a pack"));
    signature.map(SignatureBox::into_string).map_err(|error| PackFailure::BadKey {
        what: "the secret key".to_owned(),
        message: error.to_string(),
    })
}

/// Reads a secret key, as `minisign` writes it. One that has a password is unlocked by it; the
/// library asks at the terminal where none is given.
///
/// # Errors
/// If it is none, or the password is wrong.
pub(crate) fn secret_key(text: &str, password: Option<String>) -> Result<SecretKey, PackFailure> {
    let read = || {
        let stored = SecretKeyBox::from_string(text)?;
        match stored.clone().into_unencrypted_secret_key() {
            Ok(key) => Ok(key),
            Err(_) => stored.into_secret_key(password),
        }
    };
    read().map_err(|error: minisign::PError| PackFailure::BadKey {
        what: "the secret key".to_owned(),
        message: error.to_string(),
    })
}

/// Makes a pair of keys without a password: the secret one as a file, the public one as a text.
///
/// # Errors
/// If the system gives no random numbers.
pub(crate) fn key_pair() -> Result<(String, String), PackFailure> {
    let make = || {
        let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair()?;
        Ok((sk.to_box(None)?.into_string(), pk.to_base64()))
    };
    make().map_err(|error: minisign::PError| PackFailure::BadKey {
        what: "a new key".to_owned(),
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_keys_sign() {
        let pairs: Vec<(String, String)> = (0..3).map(|_| key_pair().unwrap()).collect();
        let secret = secret_key(&pairs[0].0, None).unwrap();
        let signature = sign(b"list", &secret, "a comment").unwrap();
        let trusted = [pairs[1].1.clone(), pairs[0].1.clone()];
        verify("list", b"list", signature.as_bytes(), &trusted).unwrap();
        for (bytes, keys) in
            [(&b"lost"[..], &trusted[..]), (b"list", &trusted[..1]), (b"list", &[])]
        {
            let error = verify("list", bytes, signature.as_bytes(), keys).unwrap_err();
            assert!(error.to_string().contains("no trusted key signed it"), "{error}");
        }
        let changed = signature.replace("a comment", "b comment");
        assert!(verify("list", b"list", changed.as_bytes(), &trusted).is_err());
        assert!(verify("list", b"list", b"\xff", &trusted).is_err());
        assert!(public_key("RWQ").is_err());
    }

    #[test]
    fn key_lists_are_of_one_pack_and_version() {
        let (name, other): (PackName, PackName) = ("a".parse().unwrap(), "b".parse().unwrap());
        let keys = vec![key_pair().unwrap().1];
        let list = KeyList::new(name.clone(), 2, keys).unwrap();
        assert_eq!(KeyList::from_bytes(&list.to_bytes(), &name, 2).unwrap(), list);
        assert!(KeyList::from_bytes(&list.to_bytes(), &name, 1).is_err());
        assert!(KeyList::from_bytes(&list.to_bytes(), &other, 2).is_err());
        assert!(KeyList::from_bytes(b"{}", &name, 2).is_err());
        assert!(KeyList::new(name, 1, vec!["x".to_owned()]).is_err());
    }
}
