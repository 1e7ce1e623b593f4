"""Reads the tensors of a PyTorch checkpoint without PyTorch, and without running what is in it.

Both forms: the zip of PyTorch 1.6 and later, and the stream of pickles before it. The unpickler
builds nothing but containers and tensors, so a hostile file cannot call anything.
"""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from everyword_events import InvalidInput

_TYPES: Final[Mapping[str, Any]] = {
    "FloatStorage": np.float32,
    "DoubleStorage": np.float64,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
    "IntStorage": np.int32,
}
_UNREADABLE: Final = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    struct.error,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
)
_HEADER_PICKLES: Final = 3
"""A magic number, the protocol and facts about the machine."""


@dataclass(frozen=True)
class _Tensor:
    key: str
    kind: str
    offset: int
    shape: tuple[int, ...]


def read_tensors(raw: bytes, *, under: str) -> dict[str, NDArray[Any]]:
    """Return the named arrays of the state that a checkpoint keeps under the key `under`.

    Raises:
        InvalidInput: not a PyTorch checkpoint, or it has no such state.
    """
    try:
        content, stored = _zipped(raw) if raw[:2] == b"PK" else _streamed(raw)
        state = content[under]
        return {
            name: _array(tensor, stored)
            for name, tensor in state.items()
            if isinstance(tensor, _Tensor)
        }
    except _UNREADABLE as error:
        raise InvalidInput("not a readable PyTorch checkpoint", code="checkpoint_unreadable") from (
            error
        )


def _array(tensor: _Tensor, stored: Callable[[str, str], NDArray[Any]]) -> NDArray[Any]:
    size = int(np.prod(tensor.shape))
    values = stored(tensor.key, tensor.kind)[tensor.offset : tensor.offset + size]
    return values.reshape(tensor.shape)


def _zipped(raw: bytes) -> tuple[Any, Callable[[str, str], NDArray[Any]]]:
    archive = zipfile.ZipFile(io.BytesIO(raw))
    root = archive.namelist()[0].split("/")[0]
    content = _Unpickler(io.BytesIO(archive.read(f"{root}/data.pkl"))).load()
    return content, lambda key, kind: np.frombuffer(
        archive.read(f"{root}/data/{key}"), _TYPES[kind]
    )


def _streamed(raw: bytes) -> tuple[Any, Callable[[str, str], NDArray[Any]]]:
    stream = io.BytesIO(raw)
    for _ in range(_HEADER_PICKLES):
        _Unpickler(stream).load()
    reader = _Unpickler(stream)
    content = reader.load()
    found: dict[str, NDArray[Any]] = {}
    for key in _Unpickler(stream).load():
        (count,) = struct.unpack("<q", stream.read(8))
        kind = _TYPES[reader.kinds[key]]
        found[key] = np.frombuffer(stream.read(count * np.dtype(kind).itemsize), kind)
    return content, lambda key, _kind: found[key]


class _Inert:
    """Stands for any object but a container or a tensor; it does nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


def _rebuild_tensor(storage: tuple[str, str], offset: int, shape: tuple[int, ...], *_: Any) -> Any:
    key, kind = storage
    return _Tensor(key, kind, offset, shape)


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.kinds: dict[str, str] = {}

    def find_class(self, module: str, name: str) -> Any:
        if name in _TYPES:
            return name
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        return _Inert

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        _, kind, key, *_rest = pid
        self.kinds[key] = kind
        return key, kind
