#[derive(Debug, Clone, Default)]
pub struct RequestBuilder {
    url: String,
    timeout: Option<std::time::Duration>,
    headers: Vec<(String, String)>,
    retries: u32,
}

impl RequestBuilder {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Default::default() }
    }

    pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub fn header(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((key.into(), value.into()));
        self
    }

    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    pub fn build(self) -> Result<Request, Error> {
        Ok(Request { url: self.url.parse()?, timeout: self.timeout, headers: self.headers, retries: self.retries })
    }
}
