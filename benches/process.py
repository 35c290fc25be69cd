"""What processes cost, as Linux accounts for them."""

import ctypes
import json
import os
import signal
import subprocess
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
PTRACE_TRACEME, PTRACE_CONT, PTRACE_SETOPTIONS = 0, 7, 0x4200
PTRACE_O_TRACEEXIT, PTRACE_EVENT_EXIT = 1 << 6, 6


class Run:
    """Processor seconds (user and system, its children's too), page faults, and megabytes resident at most, which are never
    fewer than this program has: a process has that memory until it is the command. `memory` knows the true figure."""

    def __init__(self, usage) -> None:
        self.processor = usage.ru_utime + usage.ru_stime
        self.faults = usage.ru_minflt + usage.ru_majflt
        self.resident = usage.ru_maxrss / 1024


def measured(command: list[str], statuses: tuple[int, ...] = (0, 1), **options) -> Run:
    """Runs a command to its end; an exit status that is not among those allowed ends this program."""
    process = subprocess.Popen(command, **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in statuses:
        raise SystemExit(f"{command[:4]}: exit status {process.returncode}")
    return Run(usage)


class Memory:
    """Megabytes that were resident at most, and those that are at the end and are no mapped file."""

    def __init__(self, status: str) -> None:
        figures = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if line.startswith(("VmHWM", "RssAnon"))}
        self.resident, self.own = int(figures["VmHWM"]) / 1024, int(figures["RssAnon"]) / 1024


def memory(command: list[str], stdin: Path = Path(os.devnull)) -> Memory:
    """Runs a command, stops it at its exit and asks."""
    process = os.fork()
    if process == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(os.open(stdin, os.O_RDONLY), 0)
        os.dup2(null, 1)
        os.dup2(null, 2)
        LIBC.ptrace(PTRACE_TRACEME, 0, None, None)
        os.execvp(command[0], command)
    os.waitpid(process, 0)
    LIBC.ptrace(PTRACE_SETOPTIONS, process, None, PTRACE_O_TRACEEXIT)
    found, passed_on = None, 0
    while True:
        LIBC.ptrace(PTRACE_CONT, process, None, passed_on)
        _, status = os.waitpid(process, 0)
        if not os.WIFSTOPPED(status):
            return found
        is_exit = status >> 8 == signal.SIGTRAP | PTRACE_EVENT_EXIT << 8
        if is_exit:
            found = Memory(Path(f"/proc/{process}/status").read_text())
        passed_on = 0 if is_exit else os.WSTOPSIG(status)


def bench_program(name: str) -> str:
    """The program of one of the benchmarks in Rust, built if it has to be."""
    command = ["cargo", "bench", "--bench", name, "--no-run", "--message-format=json"]
    package = Path(__file__).parent.parent
    lines = subprocess.run(command, cwd=package, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    messages = [json.loads(line) for line in lines if line.startswith("{")]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == name)
