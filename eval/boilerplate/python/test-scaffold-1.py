import os
import shutil
import tempfile
import unittest
from unittest import mock


class StoreTest(unittest.TestCase):
    def setUp(self):
        self.tmpdir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.tmpdir)
        self.store = Store(self.tmpdir)

    def tearDown(self):
        self.store.close()

    def test_empty(self):
        self.assertEqual(len(self.store), 0)
        self.assertFalse(self.store)

    def test_missing(self):
        with self.assertRaises(KeyError):
            self.store["missing"]

    @mock.patch("store.open")
    def test_open(self, mock_open):
        mock_open.return_value = None
        self.store.open("name")
        mock_open.assert_called_once_with("name")


if __name__ == "__main__":
    unittest.main()
