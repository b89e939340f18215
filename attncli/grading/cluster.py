"""The workers of a Dask cluster as a crew (the package `distributed`)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from attncli import __version__
from attncli.errors import AttncliError
from attncli.grading.crew import Crew

PATIENCE = 4  # seconds to wait for the scheduler, and then for its workers
RETRIES = 2  # times that a task is tried again after an error of its worker
START = "Start one: dask worker {address} --nworkers 2 --nthreads 1"


@contextmanager
def cluster_crew(address: str) -> Iterator[Crew]:
    """Connect to the scheduler at an address such as `tcp://10.0.0.1:8786`, and use its workers.

    Raises AttncliError if the address is not one, if the scheduler does not answer, or ends within
    the block, if it has no workers, and if a worker has another version of this program or of
    Python.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        message = "--scheduler needs the package distributed, which is not installed."
        raise AttncliError(message, "Install it: pip install 'attncli[dask]'") from None
    _check_address(address)
    with _quiet():
        client = _connected(Client, address)
        try:
            workers = _workers(client, address)

            def start() -> Any:
                return client.get_executor(pure=False, retries=RETRIES)

            def shared(data: bytes) -> Any:
                return client.scatter(data, broadcast=True)

            def is_lost() -> bool:
                return bool(client.status != "running")

            yield Crew(start, workers, KilledWorker, shared=shared, is_lost=is_lost)
        except CancelledError:
            message = f"--scheduler {address}: the scheduler has ended before the work was done."
            hint = "Start it again, and repeat the command; attncli grade has --resume."
            raise AttncliError(message, hint) from None
        finally:
            client.close(timeout=PATIENCE)  # the scheduler then drops the tasks that are left


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the log of `distributed` from standard error; errors arrive as exceptions."""
    from logging import CRITICAL, getLogger

    loggers = [getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _check_address(address: str) -> None:
    """Raise AttncliError for a text that is not an address with a port."""
    from distributed.comm.addressing import get_address_host_port

    try:
        get_address_host_port(address)
    except ValueError as error:
        # The reason may list all known schemes behind the first words.
        message = f"--scheduler {address!r} is not an address: {str(error).partition(' (')[0]}."
        raise AttncliError(
            message, "Write tcp://HOST:PORT, such as tcp://127.0.0.1:8786."
        ) from None


def _connected(client: Any, address: str) -> Any:
    try:
        return client(address, timeout=PATIENCE, set_as_default=False)
    except Exception as error:  # a wrong address raises errors of many classes
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        message = f"--scheduler {address}: no scheduler answers there: {reason}."
        hint = "Start one: dask scheduler --host 127.0.0.1 --port 8786"
        raise AttncliError(message, hint) from error


def _workers(client: Any, address: str) -> int:
    """Return the number of tasks that the workers run at once."""

    def versions() -> str:  # an inner function goes to the worker whole, with its code
        import platform

        import attncli

        python = ".".join(platform.python_version_tuple()[:2])
        return f"attncli {attncli.__version__} and Python {python}"

    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        message = f"--scheduler {address}: the scheduler has no workers."
        raise AttncliError(message, START.format(address=address)) from None
    here = versions()
    for worker, found in client.run(versions, on_error="return").items():
        if found != here:
            has = f"has {found}" if isinstance(found, str) else f"cannot load attncli: {found}"
            message = f"--scheduler {address}: the worker {worker} {has}; here are {here}."
            hint = f"Install the same there: pip install attncli=={__version__}"
            raise AttncliError(message, hint)
    return sum(client.nthreads().values())
