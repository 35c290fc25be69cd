class ClientError(Exception):
    """Base class of all errors."""


class ConnectionFailed(ClientError):
    pass


class HTTPError(ClientError):
    def __init__(self, status, message=None, response=None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.response = response

    def __str__(self):
        return f"{self.status}: {self.message}"
