//! Requests to web servers, which `curl` makes, so that a user's proxies and credentials apply.
//! birthmark has no network code.
//!
//! A registry may want a *bearer token*: it answers with 401 and names a server that gives tokens.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;

use super::error::PackFailure;
use crate::project::git::last_line;

/// Seconds until a mirror that does not answer, or is slower than [`LEAST_RATE`], is given up.
const PATIENCE: &str = "5";
/// Bytes a second.
const LEAST_RATE: &str = "1024";
/// Seconds for the answer to an upload: a registry reads all of a file before it answers.
const UPLOAD_PATIENCE: &str = "120";

/// Exit status of curl where a server is too slow.
const TOO_SLOW: i32 = 28;
/// Exit status of curl where a server cannot go on in the middle.
const NO_RANGES: i32 = 33;

/// Most bytes of the answer of a server that gives tokens.
const MAX_TOKEN_BYTES: u64 = 1 << 20;

/// A request to a web server.
pub(super) struct Request {
    address: String,
    patience: &'static str,
    arguments: Vec<OsString>,
}

impl Request {
    /// Asks for what is at an address.
    pub(super) fn get(address: String) -> Request {
        Request { address, patience: PATIENCE, arguments: Vec::new() }
    }

    /// Sends something to an address.
    pub(super) fn send(address: String) -> Request {
        Request { patience: UPLOAD_PATIENCE, ..Request::get(address) }
    }

    /// Adds an option of curl and its value.
    pub(super) fn with(mut self, option: &str, value: impl AsRef<OsStr>) -> Request {
        self.arguments.extend([option.into(), value.as_ref().to_owned()]);
        self
    }

    /// Adds an option of curl that has no value.
    pub(super) fn flag(mut self, option: &str) -> Request {
        self.arguments.push(option.into());
        self
    }

    /// The program and its arguments. The token is not among them: other users see arguments.
    fn command(&self) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--location", "--max-redirs", "5"])
            // No redirection leads to a file of this machine.
            .args(["--proto", "=http,https", "--globoff", "--netrc-optional"])
            .args(["--connect-timeout", PATIENCE])
            .args(["--speed-limit", LEAST_RATE, "--speed-time", self.patience])
            .args(["--write-out", "%{stderr}\n%{http_code}"])
            .args(&self.arguments)
            .args(["--url", &self.address]);
        curl
    }
}

/// How a request ended.
pub(super) struct Ended {
    /// The exit status of curl; none if it was killed.
    pub status: Option<i32>,
    /// The status of the server's answer.
    pub code: String,
    /// What curl says.
    pub message: String,
    /// Names, in lower case, and values of the headers of the answer.
    headers: Vec<(String, String)>,
}

impl Ended {
    /// The value of a header, whose name is in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Returns whether the server cannot go on in the middle of a file.
    pub(super) fn has_no_ranges(&self) -> bool {
        self.status == Some(NO_RANGES) || self.code == "416"
    }

    /// Returns the error that the request ended with. `address` is what the error calls it.
    pub(super) fn error(&self, address: String) -> PackFailure {
        match (self.status, self.code.as_str()) {
            (Some(TOO_SLOW), _) => PackFailure::TooSlow { address },
            (_, "401" | "403") => {
                let message = format!(
                    "{}; if it wants a user name and a password, write them into ~/.netrc",
                    self.message
                );
                PackFailure::Fetch { address, message }
            }
            _ => PackFailure::Fetch { address, message: self.message.clone() },
        }
    }
}

/// Makes requests, with the token that was given last.
#[derive(Default)]
pub(super) struct Client {
    token: RefCell<Option<Token>>,
    /// What tokens are to permit, if not what the server names.
    scope: Option<String>,
}

/// A token, and the scheme and host that it is for.
struct Token {
    origin: String,
    text: String,
}

/// What a server that gives tokens answers.
#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(alias = "access_token")]
    token: String,
}

impl Client {
    /// Makes a client whose tokens permit all that it does, so that it needs only one.
    pub(super) fn with_scope(scope: String) -> Client {
        Client { token: RefCell::default(), scope: Some(scope) }
    }

    /// Makes a request and writes what comes, so many bytes at most. If the server wants a token,
    /// asks for one and makes the request again.
    pub(super) fn send(
        &self,
        request: &Request,
        limit: u64,
        to: &mut impl Write,
    ) -> Result<Ended, PackFailure> {
        let origin = origin(&request.address);
        let held = self.token.take().filter(|token| token.origin == origin);
        let ended = run(request, held.as_ref().map(|token| token.text.as_str()), limit, to)?;
        let challenges = ended.headers.iter().filter(|(name, _)| name == "www-authenticate");
        let challenge = challenges.filter_map(|(_, value)| Challenge::read(value)).next();
        let (Some(mut challenge), "401") = (challenge, ended.code.as_str()) else {
            self.token.replace(held);
            return Ok(ended);
        };
        if let Some(scope) = &self.scope {
            challenge.parameters.retain(|(name, _)| name != "scope");
            challenge.parameters.push(("scope".to_owned(), scope.clone()));
        }
        let text = challenge.ask_for_token(origin)?;
        let ended = run(request, Some(&text), limit, to)?;
        self.token.replace(Some(Token { origin: origin.to_owned(), text }));
        Ok(ended)
    }
}

/// The scheme and the host of an address.
pub(super) fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |scheme| scheme + 3);
    address[host..].find('/').map_or(address, |path| &address[..host + path])
}

/// Where to ask for a token, and for what.
#[derive(Debug, PartialEq, Eq)]
struct Challenge {
    realm: String,
    /// `service` and `scope`.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Reads the header `WWW-Authenticate`, if it asks for a bearer token.
    fn read(header: &str) -> Option<Challenge> {
        let (scheme, mut rest) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (mut realm, mut parameters) = (None, Vec::new());
        while let Some((name, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"')?;
            match name.trim_start_matches([',', ' ']) {
                "realm" => realm = Some(value.to_owned()),
                name @ ("service" | "scope") => {
                    parameters.push((name.to_owned(), value.to_owned()));
                }
                _ => {}
            }
            rest = after;
        }
        Some(Challenge { realm: realm?, parameters })
    }

    /// Asks for a token, with the credentials of `~/.netrc` for that server if there are any.
    fn ask_for_token(&self, origin: &str) -> Result<String, PackFailure> {
        let failed = |message: String| PackFailure::Fetch { address: self.realm.clone(), message };
        // Credentials go there: not in the clear, unless the registry is on this machine.
        if !self.realm.starts_with("https://") && origin.starts_with("https://") {
            let message = "a token is only asked for by https://; use another mirror".to_owned();
            return Err(failed(message));
        }
        let mut request = Request::get(self.realm.clone()).flag("--get");
        for (name, value) in &self.parameters {
            request = request.with("--data-urlencode", format!("{name}={value}"));
        }
        let mut bytes = Vec::new();
        let ended = run(&request, None, MAX_TOKEN_BYTES, &mut bytes)?;
        if ended.status != Some(0) {
            return Err(ended.error(self.realm.clone()));
        }
        let answer: TokenAnswer = serde_json::from_slice(&bytes)
            .map_err(|error| failed(format!("it gives no token ({error})")))?;
        if !answer.token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(failed("it gives a token that cannot be sent".to_owned()));
        }
        Ok(answer.token)
    }
}

/// Runs curl and takes what it writes, so much at most.
fn run(
    request: &Request,
    token: Option<&str>,
    limit: u64,
    to: &mut impl Write,
) -> Result<Ended, PackFailure> {
    let no_program = |source| PackFailure::NoProgram { program: "curl", source };
    let headers = tempfile::NamedTempFile::new()
        .map_err(PackFailure::io("cannot write", &std::env::temp_dir()))?;
    let mut command = request.command();
    command.arg("--dump-header").arg(headers.path());
    if token.is_some() {
        command.args(["--header", "@-"]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(no_program)?;
    give_token(&mut child, token);
    let taken = child.stdout.take().map_or(Ok(0), |out| io::copy(&mut out.take(limit + 1), to));
    let is_too_long = taken.as_ref().is_ok_and(|taken| *taken > limit);
    if is_too_long || taken.is_err() {
        // Whoever sends more than there is sends no end.
        let _ = child.kill();
    }
    let output = child.wait_with_output().map_err(no_program)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let (message, code) = said.trim_end().rsplit_once('\n').unwrap_or(("", said.trim()));
    let message = match (is_too_long, taken) {
        (true, _) => format!("it is longer than {limit} bytes"),
        (_, Err(error)) => error.to_string(),
        _ => last_line(message.as_bytes()),
    };
    let status = if is_too_long { None } else { output.status.code() };
    let headers = std::fs::read(headers.path()).unwrap_or_default();
    let headers = read_headers(&String::from_utf8_lossy(&headers));
    Ok(Ended { status, code: code.to_owned(), message, headers })
}

/// Gives curl the token, and ends its input.
fn give_token(child: &mut Child, token: Option<&str>) {
    if let (Some(mut input), Some(token)) = (child.stdin.take(), token) {
        // If curl has ended, it says why.
        let _ = writeln!(input, "Authorization: Bearer {token}");
    }
}

/// Reads the headers of the last answer: before it may be those of redirections.
fn read_headers(text: &str) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for line in text.lines() {
        if line.starts_with("HTTP/") {
            headers.clear();
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_names_where_to_ask() {
        let header =
            r#"Bearer realm="https://a/token",service="a",scope="repository:x/y:pull,push""#;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let parameters = vec![pair("service", "a"), pair("scope", "repository:x/y:pull,push")];
        let expected = Challenge { realm: "https://a/token".to_owned(), parameters };
        assert_eq!(Challenge::read(header), Some(expected));
        for other in [r#"Basic realm="x""#, "Bearer", r#"Bearer service="x""#, r#"Bearer realm="x"#]
        {
            assert_eq!(Challenge::read(other), None, "{other}");
        }
    }

    #[test]
    fn the_headers_of_the_last_answer_count() {
        let text = "HTTP/1.1 307 x\r\nLocation: a\r\n\r\nHTTP/2 200\r\nETag: \"b:c\"\r\n\r\n";
        assert_eq!(read_headers(text), [("etag".to_owned(), "\"b:c\"".to_owned())]);
        assert_eq!(origin("https://a:1/b/c"), "https://a:1");
        assert_eq!(origin("https://a"), "https://a");
    }
}
