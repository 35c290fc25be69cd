"""Finds the program `birthmark` that this package installs.

Checking code needs no Python: run the program. The module `birthmark.spark` builds large indexes on Apache Spark.
"""

import os
import shutil
import sysconfig


def find_program() -> str:
    """Returns the path of the program: `$BIRTHMARK`, else the one of this environment, else the first on the PATH.

    Raises FileNotFoundError if there is none.
    """
    name = "birthmark.exe" if os.name == "nt" else "birthmark"
    for candidate in (os.environ.get("BIRTHMARK"), os.path.join(sysconfig.get_path("scripts"), name), shutil.which(name)):
        if candidate and os.path.isfile(candidate):
            return candidate
    raise FileNotFoundError("there is no program `birthmark`; install the package `birthmark`, or set BIRTHMARK to its path")
