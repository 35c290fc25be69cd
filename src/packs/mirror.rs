//! Where the files of packs come from: a directory, a web server, or a registry of OCI images.

use std::cell::RefCell;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::curl::{Client, Request};
use super::error::PackFailure;
use super::oci::{Layer, MAX_IMAGE_BYTES, Repository, read_layers};
use crate::engine::index::{LIST_FILE, MAX_LIST_BYTES, PackName};

/// A place that serves packs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mirror {
    /// A directory of this machine: a path, or `file://`.
    Directory(PathBuf),
    /// A web server: `https://` or `http://`.
    Web(String),
    /// A repository of a registry: `oci://`.
    Registry(Repository),
}

/// What a mirror answers to the question for a small file.
pub(super) enum Answer {
    /// The file, and the tag that a server gave it.
    Bytes(Vec<u8>, Option<String>),
    /// It is what was fetched last.
    Unchanged,
    /// There is none.
    Absent,
}

/// What may be named as a mirror.
const EXPECTED: &str = "expected a directory, file://, https://, http:// or oci://";

impl FromStr for Mirror {
    type Err = String;

    fn from_str(text: &str) -> Result<Mirror, String> {
        if text.contains('\0') || text.is_empty() {
            return Err(EXPECTED.to_owned());
        }
        if let Some(path) = text.strip_prefix("file://") {
            let path = percent_encoding::percent_decode_str(path).decode_utf8();
            return match path {
                Ok(path) if path.starts_with('/') => Ok(Mirror::Directory(path.as_ref().into())),
                _ => Err("expected a path after file://, such as file:///srv/packs".to_owned()),
            };
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(Mirror::Web(text.trim_end_matches('/').to_owned()));
        }
        match text.split_once("://") {
            Some(("oci", repository)) => repository.parse().map(Mirror::Registry),
            Some((scheme, _)) => Err(format!("packs are not fetched by {scheme}://; {EXPECTED}")),
            None => Ok(Mirror::Directory(text.into())),
        }
    }
}

impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mirror::Directory(path) => path.display().fmt(f),
            Mirror::Web(address) => f.write_str(address),
            Mirror::Registry(repository) => repository.fmt(f),
        }
    }
}

impl Mirror {
    /// Returns what errors call a file.
    pub(super) fn address(&self, path: &str) -> String {
        match self {
            Mirror::Registry(repository) => format!("{path} in {repository}"),
            _ => format!("{self}/{path}"),
        }
    }
}

/// Where a large file is.
enum Source {
    File(PathBuf),
    /// At this address.
    Server(String),
}

/// Reads the files of a pack from a mirror.
pub(super) struct Reader<'a> {
    /// The mirror.
    pub mirror: &'a Mirror,
    client: Client,
    /// The files of the image that a registry gave last.
    layers: RefCell<Vec<Layer>>,
}

impl<'a> Reader<'a> {
    /// Makes a reader, which asks nothing yet.
    pub(super) fn new(mirror: &'a Mirror) -> Reader<'a> {
        Reader { mirror, client: Client::default(), layers: RefCell::default() }
    }

    /// Fetches the newest list. With the tag that the server gave it last, a list that did not
    /// change is not sent again.
    pub(super) fn newest(&self, name: &PackName, tag: Option<&str>) -> Result<Answer, PackFailure> {
        let path = format!("{name}/{LIST_FILE}");
        match self.mirror {
            Mirror::Directory(_) => self.small(&path, MAX_LIST_BYTES),
            Mirror::Web(_) => {
                let address = self.mirror.address(&path);
                self.ask(Request::get(address.clone()), address, MAX_LIST_BYTES, tag)
            }
            Mirror::Registry(repository) => {
                let answer = self.read_image(repository, repository.tag_of(name), tag)?;
                match answer {
                    Answer::Bytes(_, tag) => match self.small(&path, MAX_LIST_BYTES)? {
                        Answer::Bytes(bytes, _) => Ok(Answer::Bytes(bytes, tag)),
                        answer => Ok(answer),
                    },
                    answer => Ok(answer),
                }
            }
        }
    }

    /// Fetches a file of at most so many bytes.
    pub(super) fn small(&self, path: &str, limit: u64) -> Result<Answer, PackFailure> {
        let address = self.mirror.address(path);
        match self.mirror {
            Mirror::Directory(directory) => {
                let failed =
                    |message: String| PackFailure::Fetch { address: address.clone(), message };
                match File::open(directory.join(path)) {
                    Ok(file) => {
                        let mut bytes = Vec::new();
                        let read = file.take(limit + 1).read_to_end(&mut bytes);
                        read.map_err(|error| failed(error.to_string()))?;
                        if bytes.len() as u64 > limit {
                            return Err(failed(format!("it is longer than {limit} bytes")));
                        }
                        Ok(Answer::Bytes(bytes, None))
                    }
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Answer::Absent),
                    Err(error) => Err(failed(error.to_string())),
                }
            }
            Mirror::Web(_) => self.ask(Request::get(address.clone()), address, limit, None),
            Mirror::Registry(repository) => match self.layer(repository, path, digest_of(path))? {
                Some(layer) => {
                    self.ask(Request::get(repository.blob(&layer.digest)), address, limit, None)
                }
                None => Ok(Answer::Absent),
            },
        }
    }

    /// Fetches a file of so many bytes, from where an earlier try ended. `list` is the digest of a
    /// list that names the file.
    pub(super) fn large(
        &self,
        list: &str,
        path: &str,
        bytes: u64,
        part: &Path,
    ) -> Result<(), PackFailure> {
        let address = self.mirror.address(path);
        let source = match self.mirror {
            Mirror::Directory(directory) => Source::File(directory.join(path)),
            Mirror::Web(_) => Source::Server(address.clone()),
            Mirror::Registry(repository) => match self.layer(repository, path, Some(list))? {
                Some(layer) => Source::Server(repository.blob(&layer.digest)),
                None => return Err(PackFailure::no_such_file(address)),
            },
        };
        let mut held = fs::metadata(part).map_or(0, |facts| facts.len());
        if held > bytes {
            held = 0;
        }
        loop {
            let mut out = open_part(part, held)?;
            if held == bytes {
                return Ok(());
            }
            let mut request = match &source {
                Source::Server(address) => Request::get(address.clone()),
                Source::File(file) => {
                    return copy(file, held, bytes - held, &mut out).map_err(|error| {
                        PackFailure::Fetch { address, message: error.to_string() }
                    });
                }
            };
            if held > 0 {
                request = request.with("--continue-at", held.to_string());
            }
            let ended = self.client.send(&request, bytes - held, &mut out)?;
            match ended.status {
                Some(0) => return Ok(()),
                // The server begins at the beginning, and so do we.
                _ if held > 0 && ended.has_no_ranges() => held = 0,
                _ => return Err(ended.error(address)),
            }
        }
    }

    /// Asks a server for at most so many bytes. `address` is what errors call them.
    fn ask(
        &self,
        mut request: Request,
        address: String,
        limit: u64,
        tag: Option<&str>,
    ) -> Result<Answer, PackFailure> {
        if let Some(tag) = tag {
            request = request.with("--header", format!("If-None-Match: {tag}"));
        }
        let mut bytes = Vec::new();
        let ended = self.client.send(&request, limit, &mut bytes)?;
        match (ended.status, ended.code.as_str()) {
            (_, "404" | "410") => Ok(Answer::Absent),
            (Some(0), "304") => Ok(Answer::Unchanged),
            (Some(0), _) => Ok(Answer::Bytes(bytes, ended.header("etag").map(str::to_owned))),
            _ => Err(ended.error(address)),
        }
    }

    /// Reads which files the image of a tag has.
    fn read_image(
        &self,
        repository: &Repository,
        image: &str,
        tag: Option<&str>,
    ) -> Result<Answer, PackFailure> {
        let address = format!("image {image} in {repository}");
        let answer = self.ask(repository.image(image), address.clone(), MAX_IMAGE_BYTES, tag)?;
        if let Answer::Bytes(bytes, _) = &answer {
            let layers =
                read_layers(bytes).map_err(|message| PackFailure::Fetch { address, message })?;
            self.layers.replace(layers);
        }
        Ok(answer)
    }

    /// Finds a file in the image that was read, or in the image of the list with this digest.
    fn layer(
        &self,
        repository: &Repository,
        path: &str,
        list: Option<&str>,
    ) -> Result<Option<Layer>, PackFailure> {
        let find = || self.layers.borrow().iter().find(|layer| layer.title == path).cloned();
        match (find(), list) {
            (None, Some(list)) => {
                self.read_image(repository, list, None)?;
                Ok(find())
            }
            (found, _) => Ok(found),
        }
    }
}

/// Returns the digest of a list, if this is the path of one.
fn digest_of(path: &str) -> Option<&str> {
    let digest = path.rsplit('/').next()?.strip_suffix(".json")?;
    (digest.len() == 64).then_some(digest)
}

/// Opens a file that is fetched, with so many bytes of an earlier try.
fn open_part(part: &Path, held: u64) -> Result<File, PackFailure> {
    let open = || {
        let mut file = File::options().create(true).write(true).truncate(false).open(part)?;
        file.set_len(held)?;
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        Ok(file)
    };
    open().map_err(PackFailure::io("cannot write", part))
}

/// Copies the end of a file.
fn copy(from: &Path, start: u64, bytes: u64, to: &mut impl Write) -> io::Result<()> {
    let mut file = File::open(from)?;
    io::Seek::seek(&mut file, io::SeekFrom::Start(start))?;
    match io::copy(&mut file.take(bytes), to)? {
        copied if copied == bytes => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        let cases = [
            ("/srv/packs", Ok(Mirror::Directory("/srv/packs".into()))),
            ("packs", Ok(Mirror::Directory("packs".into()))),
            ("file:///srv/a%20b", Ok(Mirror::Directory("/srv/a b".into()))),
            ("https://x/packs/", Ok(Mirror::Web("https://x/packs".to_owned()))),
            ("file://srv", Err("after file://")),
            ("ftp://x", Err("not fetched by ftp://")),
            ("oci://x", Err("expected oci://HOST[:PORT]/NAME[:TAG]")),
            ("", Err("expected a directory")),
        ];
        for (text, expected) in cases {
            match (text.parse::<Mirror>(), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
