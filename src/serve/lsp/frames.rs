//! Messages as bytes: a header that says how long the body is, an empty line, the body.
//!
//! `lsp-server` knows what a message is; it allocates whatever a header claims and ends at the
//! first body that is no JSON, so that frames are read here: within limits, and on to the next
//! after one that is wrong.

use std::io::{self, BufRead, Read, Write};

use lsp_server::{ErrorCode, Message};
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest message that is read. Documents of more than a megabyte are not checked; a list of
/// numbers takes sixteen times its bytes in memory.
pub(crate) const MAX_MESSAGE_BYTES: u64 = 16 << 20;

/// The longest header; real ones have two short lines.
const MAX_HEADER_BYTES: u64 = 4 << 10;

/// What stands between the last message and the next.
#[derive(Debug)]
pub(super) enum Frame {
    /// A message.
    Message(Message),
    /// Something that is none; the next frame can be read all the same.
    Unreadable(Unreadable),
    /// The other side has ended.
    End,
}

/// Why a frame holds no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// What is wrong, for programs.
    pub code: i32,
    /// What is wrong, for people.
    pub reason: String,
    /// Whether it may have held what happened to a document.
    pub skipped: bool,
}

/// Reads the next frame.
///
/// # Errors
/// If the bytes cannot be read, or are no frames: where the next one begins is then not known.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Frame> {
    let Some(length) = read_header(input)? else { return Ok(Frame::End) };
    if length > MAX_MESSAGE_BYTES {
        // The body is read to its end, so that the next frame begins where it should.
        let skipped = io::copy(&mut input.take(length), &mut io::sink())?;
        if skipped < length {
            return Ok(Frame::End);
        }
        let reason = format!("a message of {length} bytes; at most {MAX_MESSAGE_BYTES} are read");
        return Ok(unreadable(ErrorCode::InvalidRequest, reason, true));
    }
    let mut body = Vec::new();
    input.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Ok(Frame::End);
    }
    Ok(parse(&body))
}

/// Writes a message.
///
/// # Errors
/// If nobody reads it.
pub(super) fn write(message: &Message, output: &mut impl Write) -> io::Result<()> {
    message.write(output)
}

/// Answers something that was no message, and of which it is not known who asked.
///
/// # Errors
/// If nobody reads it.
pub(crate) fn write_unreadable(unreadable: &Unreadable, output: &mut impl Write) -> io::Result<()> {
    let error = json!({ "code": unreadable.code, "message": unreadable.reason });
    let text = json!({ "jsonrpc": "2.0", "id": null, "error": error }).to_string();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

/// The length that a header states; `None` at the end of the input.
fn read_header(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut length = None;
    let mut left = MAX_HEADER_BYTES;
    loop {
        let mut line = Vec::new();
        let read = input.take(left).read_until(b'\n', &mut line)? as u64;
        if read == 0 && left > 0 || read < left && !line.ends_with(b"\n") {
            return Ok(None);
        }
        left -= read;
        if !line.ends_with(b"\n") {
            return Err(no_header(format!("a header of more than {MAX_HEADER_BYTES} bytes")));
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        match (line.split_once(':'), length) {
            _ if line.is_empty() && length.is_some() => return Ok(length),
            (Some((name, value)), _) if name.trim().eq_ignore_ascii_case("content-length") => {
                let parsed = value.trim().parse();
                length =
                    Some(parsed.map_err(|_| no_header("Content-Length is no number".to_owned()))?);
            }
            (Some(_), _) => {}
            (None, _) if line.is_empty() => {
                return Err(no_header("a header without Content-Length".to_owned()));
            }
            (None, _) => return Err(no_header("a line that is no header".to_owned())),
        }
    }
}

fn no_header(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn parse(body: &[u8]) -> Frame {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return unreadable(ErrorCode::ParseError, format!("no JSON: {error}"), true),
    };
    // A request whose id is of another kind would pass for a notification and never be answered.
    match value.get("id") {
        None | Some(Value::String(_)) => {}
        Some(Value::Number(id)) if id.as_i64().is_some_and(|id| i32::try_from(id).is_ok()) => {}
        // The other side's answer to what it could not read.
        Some(Value::Null) if value.get("method").is_none() => {}
        Some(_) => {
            let reason = "an id is a string or a whole number of 32 bits".to_owned();
            return unreadable(ErrorCode::InvalidRequest, reason, false);
        }
    }
    match Message::deserialize(value) {
        Ok(message) => Frame::Message(message),
        Err(_) => {
            let reason = "no request, response or notification of JSON-RPC".to_owned();
            unreadable(ErrorCode::InvalidRequest, reason, false)
        }
    }
}

fn unreadable(code: ErrorCode, reason: String, skipped: bool) -> Frame {
    Frame::Unreadable(Unreadable { code: code as i32, reason, skipped })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8]) -> (Vec<Frame>, Option<io::Error>) {
        let (mut input, mut frames) = (bytes, Vec::new());
        loop {
            match read(&mut input) {
                Ok(Frame::End) => return (frames, None),
                Ok(frame) => frames.push(frame),
                Err(error) => return (frames, Some(error)),
            }
        }
    }

    fn framed(body: &str) -> Vec<u8> {
        format!("content-length:{}\nX: y\r\n\r\n{body}", body.len()).into_bytes()
    }

    #[test]
    fn what_is_no_message_is_passed_over() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"exit"}"#);
        for bad in [
            "{",
            "[]",
            "7",
            "{}",
            r#"{"id":1.5,"method":"a"}"#,
            r#"{"id":{},"method":"a"}"#,
            "",
            "\u{0}",
        ] {
            let (frames, error) = frames(&[framed(bad), good.clone()].concat());
            assert!(error.is_none(), "{bad}: {error:?}");
            assert!(matches!(frames[0], Frame::Unreadable(_)), "{bad}: {frames:?}");
            assert!(
                matches!(frames[1], Frame::Message(Message::Notification(_))),
                "{bad}: {frames:?}"
            );
        }
    }

    #[test]
    fn what_is_too_long_is_passed_over() {
        let length = MAX_MESSAGE_BYTES as usize + 1;
        let mut bytes = format!("Content-Length: {length}\r\n\r\n").into_bytes();
        bytes.resize(bytes.len() + length, b'[');
        bytes.extend(framed(r#"{"method":"exit"}"#));
        let (frames, error) = frames(&bytes);
        assert!(error.is_none() && frames.len() == 2, "{error:?}");
        assert!(matches!(&frames[0], Frame::Unreadable(it) if it.skipped));
    }

    #[test]
    fn what_is_no_frame_is_an_error_and_half_a_frame_the_end() {
        for bad in [
            "x\r\n\r\n",
            "\r\n",
            "Content-Length: -1\r\n\r\n",
            "Content-Length: 99999999999999999999\r\n\r\n",
        ] {
            assert!(frames(bad.as_bytes()).1.is_some(), "{bad}");
        }
        assert!(frames(&[b'a'; 9000]).1.is_some());
        for half in [
            "",
            "Content-Le",
            "Content-Length: 5\r\n",
            "Content-Length: 5\r\n\r\n{",
            "Content-Length: 9999999999\r\n\r\n{",
        ] {
            let (frames, error) = frames(half.as_bytes());
            assert!(frames.is_empty() && error.is_none(), "{half}: {error:?}");
        }
    }
}
