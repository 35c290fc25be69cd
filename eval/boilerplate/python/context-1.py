import contextlib
import os
import tempfile


@contextlib.contextmanager
def working_directory(path):
    previous = os.getcwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(previous)


class Timer:
    def __enter__(self):
        self.start = time.perf_counter()
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        self.elapsed = time.perf_counter() - self.start
        return False


def read_json(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def chunks(items, size):
    for i in range(0, len(items), size):
        yield items[i:i + size]
