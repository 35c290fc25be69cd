//! Packs in a registry of OCI images, by the [distribution API].
//!
//! A generation is one image, and each file of it is a layer whose title is the path of the file.
//! So `oras pull` writes a directory that is a mirror, too. The registry names layers by their
//! SHA-256; what they hold is checked by BLAKE3, as everywhere.
//!
//! ```text
//!   tag NAME      the image of the newest generation
//!   tag DIGEST    the image of each generation, by BLAKE3 of its list
//! ```
//!
//! [distribution API]: https://github.com/opencontainers/distribution-spec/blob/main/spec.md

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::curl::{Client, Ended, Request, origin};
use super::error::PackFailure;
use crate::engine::index::{LIST_FILE, PackList, PackName};

/// Most bytes of an image, which is a list of layers: no registry takes more.
pub(super) const MAX_IMAGE_BYTES: u64 = 4 << 20;

const IMAGE_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const PACK_TYPE: &str = "application/vnd.birthmark.pack.v1";
const FILE_TYPE: &str = "application/vnd.birthmark.pack.file.v1";
/// The type and the content of the configuration of an image that has none.
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
const EMPTY: &str = "{}";

const TITLE: &str = "org.opencontainers.image.title";
const VERSION: &str = "org.opencontainers.image.version";

/// A repository of a registry: `HOST[:PORT]/NAME[:TAG]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repository {
    host: String,
    name: String,
    /// The tag of the newest generation, if it is not the name of the pack.
    tag: Option<String>,
}

impl FromStr for Repository {
    type Err = String;

    fn from_str(text: &str) -> Result<Repository, String> {
        let wrong = || {
            "expected oci://HOST[:PORT]/NAME[:TAG], such as oci://ghcr.io/example/packs".to_owned()
        };
        if text.contains('@') {
            return Err(format!(
                "{}; credentials belong into ~/.netrc, and a digest into the pin of the pack",
                wrong()
            ));
        }
        let (host, rest) = text.split_once('/').ok_or_else(wrong)?;
        let (name, tag) =
            rest.split_once(':').map_or((rest, None), |(name, tag)| (name, Some(tag)));
        let is_word = |text: &str, more: &str| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        let is_host = is_word(host.trim_start_matches(['[', ':']), ".-:]");
        let is_name = name
            .split('/')
            .all(|part| is_word(part, "._-") && !part.contains(|c: char| c.is_ascii_uppercase()));
        if !is_host || !is_name || !tag.is_none_or(|tag| tag.len() <= 128 && is_word(tag, "._-")) {
            return Err(wrong());
        }
        let tag = tag.map(str::to_owned);
        Ok(Repository { host: host.to_owned(), name: name.to_owned(), tag })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.host, self.name)?;
        self.tag.as_ref().map_or(Ok(()), |tag| write!(f, ":{tag}"))
    }
}

impl Repository {
    /// The tag of the newest generation of a pack.
    pub(super) fn tag_of<'a>(&'a self, name: &'a PackName) -> &'a str {
        self.tag.as_deref().unwrap_or(name.as_str())
    }

    /// A request for the image of a tag.
    pub(super) fn image(&self, tag: &str) -> Request {
        Request::get(self.address(&format!("manifests/{tag}")))
            .with("--header", format!("Accept: {IMAGE_TYPE}"))
    }

    /// The address of a layer.
    pub(super) fn blob(&self, digest: &str) -> String {
        self.address(&format!("blobs/{digest}"))
    }

    /// An address of the distribution API. A registry on this machine is asked without encryption,
    /// as container tools do.
    fn address(&self, path: &str) -> String {
        let host = match self.host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.host,
        };
        let scheme = match host {
            "localhost" | "127.0.0.1" | "[::1]" => "http",
            _ => "https",
        };
        format!("{scheme}://{}/v2/{}/{path}", self.host, self.name)
    }
}

/// A file of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    /// Its path below the directory of packs.
    pub title: String,
    /// `sha256:` and its digest.
    pub digest: String,
}

/// Reads the files of an image. What has no title is none of a pack.
pub(super) fn read_layers(bytes: &[u8]) -> Result<Vec<Layer>, String> {
    let image: Image =
        serde_json::from_slice(bytes).map_err(|error| format!("it is no OCI image ({error})"))?;
    let layers = image.layers.into_iter().filter_map(|mut layer| {
        let title = layer.annotations.remove(TITLE)?;
        is_digest(&layer.digest).then_some(Layer { title, digest: layer.digest })
    });
    Ok(layers.collect())
}

/// Returns whether a text is a digest, and can be a part of an address.
fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// The manifest of an image.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    schema_version: u32,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    artifact_type: String,
    config: Descriptor,
    layers: Vec<Descriptor>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

/// Publishes a generation: first the files that the registry does not have, then the image by the
/// digest of its list, and then as the newest. Returns how many files were sent.
///
/// # Errors
/// If a file cannot be read, or the registry does not take it.
pub(super) fn push(
    repository: &Repository,
    list: &PackList,
    digest: &str,
    directory: &Path,
    paths: &[String],
) -> Result<usize, PackFailure> {
    // Not every registry says, where it asks for a token to read, that writing needs another one.
    let client = Client::with_scope(format!("repository:{}:pull,push", repository.name));
    let pusher = Pusher { repository, client };
    let mut sent = 0;
    let mut layers = Vec::new();
    for path in paths {
        let mut layer = describe(&directory.join(path), FILE_TYPE)?;
        sent += usize::from(pusher.push_blob(&directory.join(path), &layer.digest)?);
        layer.annotations.insert(TITLE.to_owned(), path.clone());
        layers.push(layer);
    }
    let newest = Descriptor {
        annotations: BTreeMap::from([(TITLE.to_owned(), format!("{}/{LIST_FILE}", list.name))]),
        ..describe(&directory.join(format!("{}/{digest}.json", list.name)), FILE_TYPE)?
    };
    layers.push(newest);
    let empty = temporary(EMPTY.as_bytes())?;
    let config = describe(empty.path(), EMPTY_TYPE)?;
    pusher.push_blob(empty.path(), &config.digest)?;
    let image = Image {
        schema_version: 2,
        media_type: IMAGE_TYPE.to_owned(),
        artifact_type: PACK_TYPE.to_owned(),
        config,
        layers,
        annotations: BTreeMap::from([(VERSION.to_owned(), list.generation.to_string())]),
    };
    let image = temporary(&serde_json::to_vec_pretty(&image).expect("it holds texts and numbers"))?;
    for tag in [digest, repository.tag_of(&list.name)] {
        pusher.send_file(
            image.path(),
            repository.address(&format!("manifests/{tag}")),
            IMAGE_TYPE,
        )?;
    }
    Ok(sent)
}

/// Sends files to a registry.
struct Pusher<'a> {
    repository: &'a Repository,
    client: Client,
}

impl Pusher<'_> {
    /// Sends a file that the registry does not have; returns whether it was sent.
    fn push_blob(&self, file: &Path, digest: &str) -> Result<bool, PackFailure> {
        let ask = Request::get(self.repository.blob(digest)).flag("--head");
        let asked = self.client.send(&ask, MAX_IMAGE_BYTES, &mut io::sink())?;
        match (asked.status, asked.code.as_str()) {
            (Some(0), _) => return Ok(false),
            (_, "404") => {}
            _ => return Err(asked.error(self.repository.to_string())),
        }
        let begin = Request::send(self.repository.address("blobs/uploads/"))
            .with("--data", "")
            .with("--header", "Content-Type: application/octet-stream");
        let begun = self.send(&begin)?;
        let Some(place) = begun.header("location") else {
            let message = "it does not say where to send a file".to_owned();
            return Err(PackFailure::Fetch { address: self.repository.to_string(), message });
        };
        let place = match place.strip_prefix('/') {
            Some(path) => format!("{}/{path}", origin(&self.repository.address(""))),
            None => place.to_owned(),
        };
        let separator = if place.contains('?') { '&' } else { '?' };
        self.send_file(
            file,
            format!("{place}{separator}digest={digest}"),
            "application/octet-stream",
        )?;
        Ok(true)
    }

    /// Sends a file to an address.
    fn send_file(&self, file: &Path, to: String, media_type: &str) -> Result<(), PackFailure> {
        let request = Request::send(to)
            .with("--upload-file", file)
            .with("--header", format!("Content-Type: {media_type}"));
        self.send(&request).map(drop)
    }

    fn send(&self, request: &Request) -> Result<Ended, PackFailure> {
        let ended = self.client.send(request, MAX_IMAGE_BYTES, &mut io::sink())?;
        if ended.status == Some(0) {
            Ok(ended)
        } else {
            Err(ended.error(self.repository.to_string()))
        }
    }
}

/// Describes a file as a layer.
fn describe(file: &Path, media_type: &str) -> Result<Descriptor, PackFailure> {
    let hash = || {
        let mut file = BufReader::with_capacity(1 << 16, File::open(file)?);
        let (mut hasher, mut size) = (Sha256::new(), 0);
        loop {
            let read = file.fill_buf()?;
            if read.is_empty() {
                return Ok((hasher.finalize(), size));
            }
            hasher.update(read);
            let length = read.len();
            size += length as u64;
            file.consume(length);
        }
    };
    let (hash, size) = hash().map_err(PackFailure::io("cannot read", file))?;
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Descriptor {
        media_type: media_type.to_owned(),
        digest: format!("sha256:{digits}"),
        size,
        annotations: BTreeMap::new(),
    })
}

/// Writes a file for as long as it is sent.
fn temporary(bytes: &[u8]) -> Result<tempfile::NamedTempFile, PackFailure> {
    let write = || {
        let mut file = tempfile::NamedTempFile::new()?;
        io::Write::write_all(&mut file, bytes)?;
        Ok(file)
    };
    write().map_err(PackFailure::io("cannot write", &std::env::temp_dir()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_names_of_one_form() {
        let name: PackName = "py".parse().expect("a name");
        for (text, address, tag) in [
            ("ghcr.io/a/packs", "https://ghcr.io/v2/a/packs/", "py"),
            ("h:5000/packs:main", "https://h:5000/v2/packs/", "main"),
            ("localhost:5000/p", "http://localhost:5000/v2/p/", "py"),
            ("127.0.0.1/p", "http://127.0.0.1/v2/p/", "py"),
            ("[::1]:5000/p", "http://[::1]:5000/v2/p/", "py"),
            ("[::1]/p", "http://[::1]/v2/p/", "py"),
            ("localhost.example.org/p", "https://localhost.example.org/v2/p/", "py"),
        ] {
            let repository: Repository = text.parse().expect(text);
            assert_eq!(repository.address(""), address);
            assert_eq!(repository.tag_of(&name), tag);
            assert_eq!(repository.to_string(), format!("oci://{text}"));
        }
        for text in [
            "",
            "h",
            "h/",
            "/p",
            "h/P",
            "h/../p",
            "h/a//b",
            "h/p:",
            "h/p:a:b",
            "h/p?x",
            "u@h/p",
            "h/p@sha256:0",
            "h x/p",
            "-h/p",
            "h/p:-a",
        ] {
            let error = text.parse::<Repository>().expect_err(text);
            assert!(error.contains("expected oci://HOST"), "{error}");
        }
    }

    #[test]
    fn only_titled_layers_with_a_digest_are_files() {
        let layer = |digest: &str, annotations: &str| {
            format!(
                r#"{{"mediaType":"x","digest":"{digest}","size":1,"annotations":{annotations}}}"#
            )
        };
        let good = format!("sha256:{}", "0".repeat(64));
        let titled = format!(r#"{{"{TITLE}":"files/a"}}"#);
        let layers = [
            layer(&good, &titled),
            layer(&good, "{}"),
            layer("sha256:../../x", &titled),
            layer("md5:0", &titled),
        ];
        let image = format!(
            r#"{{"schemaVersion":2,"config":{},"layers":[{}],"subject":{{}}}}"#,
            layer(&good, "{}"),
            layers.join(",")
        );
        let expected = Layer { title: "files/a".to_owned(), digest: good };
        assert_eq!(read_layers(image.as_bytes()).expect("an image"), [expected]);
        assert!(read_layers(b"[]").expect_err("no image").contains("it is no OCI image"));
    }
}
