impl From<std::io::Error> for LoadError {
    fn from(e: std::io::Error) -> Self {
        LoadError::Io(e)
    }
}

impl From<std::num::ParseIntError> for LoadError {
    fn from(e: std::num::ParseIntError) -> Self {
        LoadError::Parse(e)
    }
}

impl TryFrom<u8> for Level {
    type Error = LoadError;

    fn try_from(value: u8) -> Result<Self, Self::Error> {
        match value {
            0 => Ok(Level::Low),
            1 => Ok(Level::Middle),
            2 => Ok(Level::High),
            _ => Err(LoadError::Missing(value.to_string())),
        }
    }
}

impl std::str::FromStr for Level {
    type Err = LoadError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "low" => Ok(Level::Low),
            "middle" => Ok(Level::Middle),
            "high" => Ok(Level::High),
            other => Err(LoadError::Missing(other.to_owned())),
        }
    }
}
