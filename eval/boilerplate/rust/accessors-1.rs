impl Account {
    pub fn new(id: u64, name: String, balance: i64) -> Self {
        Self { id, name, balance }
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn balance(&self) -> i64 {
        self.balance
    }

    pub fn set_name(&mut self, name: String) {
        self.name = name;
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for Account {
    fn default() -> Self {
        Self::new(0, String::new(), 0)
    }
}
