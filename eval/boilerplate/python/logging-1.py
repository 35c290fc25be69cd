import logging
import logging.handlers

logger = logging.getLogger(__name__)


def setup_logging(level=logging.INFO, filename=None):
    root = logging.getLogger()
    root.setLevel(level)
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root.addHandler(handler)
    if filename:
        file_handler = logging.handlers.RotatingFileHandler(filename, maxBytes=10485760, backupCount=5)
        file_handler.setFormatter(formatter)
        root.addHandler(file_handler)
    return root
