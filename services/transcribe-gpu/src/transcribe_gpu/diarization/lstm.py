"""One layer of a long short-term memory (Hochreiter and Schmidhuber 1997), by NumPy."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def lstm(values: Floats, weights: Mapping[str, Floats], part: str) -> Floats:
    """Run float32 (n, n_frames, n_in) through a layer; return (n, n_frames, size).

    `weights` are named as torch.nn.LSTM names them; `part` is a name's end ("l0", "l0_reverse").
    """
    inner, outer, bias_in, bias_out = (
        weights[f"lstm.{name}_{part}"] for name in ("weight_hh", "weight_ih", "bias_hh", "bias_ih")
    )
    size = inner.shape[1]
    inputs = values @ outer.T + (bias_in + bias_out)
    hidden = np.zeros((len(values), size), np.float32)
    cell = np.zeros_like(hidden)
    result = np.empty((*values.shape[:2], size), np.float32)
    recurrent = np.ascontiguousarray(inner.T)
    for step in range(values.shape[1]):
        gates = inputs[:, step] + hidden @ recurrent
        entry, forget = sigmoid(gates[:, :size]), sigmoid(gates[:, size : 2 * size])
        cell = forget * cell + entry * np.tanh(gates[:, 2 * size : 3 * size])
        hidden = sigmoid(gates[:, 3 * size :]) * np.tanh(cell)
        result[:, step] = hidden
    return result


def sigmoid(values: Floats) -> Floats:
    """Return the logistic function of each, float32."""
    return np.asarray(1 / (1 + np.exp(-np.maximum(values, -80))), np.float32)
