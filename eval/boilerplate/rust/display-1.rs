use std::error::Error;
use std::fmt;

#[derive(Debug)]
pub enum LoadError {
    Io(std::io::Error),
    Parse(std::num::ParseIntError),
    Missing(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Io(e) => write!(f, "I/O error: {}", e),
            LoadError::Parse(e) => write!(f, "parse error: {}", e),
            LoadError::Missing(name) => write!(f, "missing: {}", name),
        }
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            LoadError::Io(e) => Some(e),
            LoadError::Parse(e) => Some(e),
            LoadError::Missing(_) => None,
        }
    }
}
