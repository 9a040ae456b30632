"""Where a model's files are, and how they come here from the Hugging Face hub. Imports no torch."""

from __future__ import annotations

import errno
import logging
import shutil
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import HfApi, constants, hf_hub_download, set_client_factory, try_to_load_from_cache
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.utils._http import default_client_factory

from model_utils.errors import ModelError, ModelMissingError
from model_utils.jobs import Job
from model_utils.models.files import CONFIG, EXTRAS, TOKENIZERS, WEIGHTS
from model_utils.models.registry import FOLDERS_VARIABLE, ModelEntry, check_folder

# The weights come last: a hub that lacks a small file is noticed before the long download.
WANTED = (CONFIG, *(name for group in TOKENIZERS for name in group), *EXTRAS, WEIGHTS)

# Bytes between two looks at progress and cancel. The library's own 10 MB are 10 s on a slow line.
_PIECE = 2**20

log = logging.getLogger("maskscope")

_jobs: dict[str, Job[Path]] = {}
_jobs_lock = threading.Lock()


def find(entry: ModelEntry) -> Path | None:
    """Return the folder with the files of `entry` on this computer, or None when they would have to be fetched.

    A hub model counts as here when its config, weights and a tokenizer lie in one snapshot of the Hugging Face cache,
    under its full id or under the short one that older programs used (`gpt2`).
    """
    if entry.source != "hub":
        return Path(entry.location)
    for repository in (entry.location, entry.location.rpartition("/")[2]):
        weights = _cached(repository, WEIGHTS)
        tokenizer = any(all(_cached(repository, name) for name in group) for group in TOKENIZERS)
        if weights and tokenizer and _cached(repository, CONFIG):
            return weights.parent
    return None


def fetch(entry: ModelEntry, job: Job[Path]) -> Path:
    """Return the folder with the files of `entry` after fetching them, progress in bytes reported to `job`.

    Only configuration, tokenizer and safetensors weights are fetched. A connection that is cut is taken up again where
    it broke off; what a failed or stopped download left behind is removed. Where all files are here already (and were
    found damaged, or nobody would ask) they are fetched anew. Raises ModelMissingError when the hub does not give them,
    ModelDamagedError when what came cannot be used, Cancelled when the job is stopped.
    """
    _check_address()
    again = find(entry) is not None
    try:
        sizes = _sizes(entry)
        total = sum(sizes.values())
        _check_disk(entry, total)
        before = 0
        for name, size in sizes.items():
            job.check()
            job.report(before, total)
            _download(entry, name, job, before=before, total=total, again=again)
            before += size
        job.report(total, total)
    except RepositoryNotFoundError as error:
        raise ModelMissingError(
            f"The hub at {constants.ENDPOINT} has no model {entry.location}. {_other_ways(entry)}"
        ) from error
    except (httpx2.HTTPError, HfHubHTTPError, OSError) as error:
        log.warning("Fetching %s failed: %s: %s", entry.location, type(error).__name__, error)
        raise _unreachable(entry, error) from error
    folder = find(entry)
    if folder is None:
        raise ModelMissingError(f"{entry.location} changed while it was fetched. Fetch it again.")
    check_folder(entry, folder)
    return folder


def start(entry: ModelEntry) -> Job[Path]:
    """Return the job that fetches `entry`: the one under way on this server if there is one, else a new one."""
    with _jobs_lock:
        job = _jobs.get(entry.id)
        if job is None or job.done:
            job = _jobs[entry.id] = Job.start(lambda job: fetch(entry, job), name=f"fetch {entry.id}")
        return job


def under_way(entry: ModelEntry) -> Job[Path] | None:
    """Return the job that is fetching `entry` now, started by whichever session, or None."""
    with _jobs_lock:
        job = _jobs.get(entry.id)
        return None if job is None or job.done else job


def _client() -> httpx2.Client:
    """Return the client with which huggingface_hub asks the hub."""
    client = default_client_factory()
    client.event_hooks["response"].append(_in_small_pieces)
    return client


def _in_small_pieces(response: httpx2.Response) -> None:
    """Have a file read in pieces of _PIECE bytes, and over plain HTTPS: that passes the proxies of schools."""
    response.headers.pop(constants.HUGGINGFACE_HEADER_X_XET_HASH, None)
    read = response.iter_bytes
    response.iter_bytes = lambda chunk_size=None: read(min(chunk_size or _PIECE, _PIECE))  # type: ignore[method-assign]


set_client_factory(_client)


def _cached(repository: str, name: str) -> Path | None:
    path = try_to_load_from_cache(repository, name, cache_dir=constants.HF_HUB_CACHE)
    return Path(path) if isinstance(path, str) else None


def _sizes(entry: ModelEntry) -> dict[str, int]:
    """Return the bytes of each file to fetch, by name, in the order of fetching."""
    info = HfApi(endpoint=constants.ENDPOINT).model_info(entry.location, files_metadata=True)
    there = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    for needed in (CONFIG, WEIGHTS):
        if needed not in there:
            raise ModelMissingError(f"{entry.location} on the hub has no {needed}, so it cannot be used here.")
    return {name: there[name] for name in WANTED if name in there}


def _download(entry: ModelEntry, name: str, job: Job[Path], *, before: int, total: int, again: bool) -> None:
    class Progress:
        """What huggingface_hub expects of a tqdm bar, passing on the bytes and a request to stop."""

        def __init__(self, *_: Any, initial: int = 0, **__: Any) -> None:
            self.bytes = initial

        def __enter__(self) -> Progress:
            return self

        def __exit__(self, *_: object) -> None:
            self.close()

        def update(self, more: int = 1) -> None:
            self.bytes += more
            job.report(before + self.bytes, total)
            job.check()

        def close(self) -> None:
            """Do nothing: there is no bar on a terminal to tidy up."""

    hf_hub_download(
        entry.location,
        name,
        endpoint=constants.ENDPOINT,
        cache_dir=constants.HF_HUB_CACHE,
        force_download=again,
        tqdm_class=Progress,  # it mimics tqdm, which the library allows
    )


def _check_address() -> None:
    """Raise ModelMissingError unless HF_ENDPOINT is an address that can be asked."""
    try:
        address = urlsplit(constants.ENDPOINT)
        sound = address.scheme in ("http", "https") and address.hostname and (address.port or 1) > 0
        httpx2.URL(constants.ENDPOINT)
    except (ValueError, httpx2.InvalidURL):
        sound = False
    if not sound:
        raise ModelMissingError(
            f"HF_ENDPOINT of this server is {constants.ENDPOINT!r}, which is no address: it must begin with https:// and name "
            "a host. Set it anew, or leave it out, and start the server again."
        )


def _check_disk(entry: ModelEntry, total: int) -> None:
    place = Path(constants.HF_HUB_CACHE)
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < total:
        raise ModelMissingError(
            f"{entry.id} needs {total / 1e6:,.0f} MB on the disk of the Hugging Face cache, and that has "
            f"{free / 1e6:,.0f} MB free. Make room, or set HF_HOME to a larger disk."
        )


def _unreachable(entry: ModelEntry, error: Exception) -> ModelError:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return ModelMissingError(f"The disk is full, so {entry.id} was not fetched. Make room and fetch it again.")
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EROFS):
        return ModelMissingError(
            f"{entry.id} was not fetched: the Hugging Face cache cannot be written. Set HF_HOME to a folder that can."
        )
    return ModelMissingError(
        f"{entry.id} could not be fetched: the hub at {constants.ENDPOINT} did not answer as it should. "
        f"Connect to the internet and fetch it again. {_other_ways(entry)}"
    )


def _other_ways(entry: ModelEntry) -> str:
    return f"Or give this server a folder with the files by {FOLDERS_VARIABLE}={entry.id}-here=/path/to/folder."
