"""Tells a GPU that is gone from a job that fails: only another process can do better then."""

from typing import Final

from everyword_events import BrokenHost

_SIGNS: Final = (
    "driver/library version mismatch",
    "driver version is insufficient",
    "no cuda-capable device",
    "cuda-capable device(s) is/are busy or unavailable",
    "cuda driver initialization failed",
    "initialization error",
    "no nvidia driver",
    "illegal memory access",
    "unspecified launch failure",
    "device-side assert",
    "uncorrectable ecc",
    "fallen off the bus",
    "cudnn_status_not_initialized",
    "cublas_status_not_initialized",
    "cudnn_status_internal_error",
    "libcuda.so",
    "libcudnn",
    "libcublas",
)
"""What CUDA, cuDNN, CTranslate2 and PyTorch say of a device, not of what they are given."""


def is_broken_gpu(error: BaseException) -> bool:
    """Tell whether an error, or what caused it, speaks of the GPU itself."""
    seen: BaseException | None = error
    while seen is not None:
        said = str(seen).lower()
        if any(sign in said for sign in _SIGNS):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def broken_gpu(error: BaseException) -> BrokenHost:
    """Return the error that stops the worker and gives its job back unharmed."""
    return BrokenHost(
        f"the GPU does not work any more: {str(error).splitlines()[0][:200] if str(error) else ''}",
        hint="look at nvidia-smi; a restart of the driver or the machine mends most of it",
        code="gpu_broken",
    )
