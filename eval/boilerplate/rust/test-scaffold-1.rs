#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    #[test]
    fn empty_store_has_no_entries() {
        let dir = tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.len(), 0);
        assert!(store.is_empty());
    }

    #[test]
    fn inserted_value_is_read_back() {
        let dir = tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        store.insert("key", "value").unwrap();
        assert_eq!(store.get("key").unwrap(), Some("value".to_string()));
    }

    #[tokio::test]
    async fn request_times_out() {
        let server = Server::start().await;
        let result = server.get("/slow").await;
        assert!(result.is_err());
    }
}
