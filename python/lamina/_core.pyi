"""The native engine as Python sees it: tensors, the generic op call, variables, traces and programs. Nothing else."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# base of what has no closer Python class; most errors arrive as ValueError, TypeError, ...
class Dim:
    """A size that may be known only when data comes: an integer expression over named symbols."""

    def __init__(self, value: int | str): ...  # a number, or the name of a symbol
    @staticmethod
    def fresh() -> Dim: ...  # a new symbol
    @property
    def value(self) -> int | None: ...  # None unless constant
    @property
    def name(self) -> str | None: ...  # None unless a symbol
    @property
    def parts(self) -> tuple[str, Dim | int, Dim | int] | None: ...  # operation and its sides, None without one
    # + - * // % with Dim and int, both sides; == compares structurally; maximum, minimum, ceil_div
    def __add__(self, other: Dim | int) -> Dim: ...
    def __sub__(self, other: Dim | int) -> Dim: ...
    def __mul__(self, other: Dim | int) -> Dim: ...
    def __floordiv__(self, other: Dim | int) -> Dim: ...
    def __mod__(self, other: Dim | int) -> Dim: ...
    def __neg__(self) -> Dim: ...
    def ceil_divide(self, other: Dim | int) -> Dim | int: ...
    def maximum(self, other: Dim | int) -> Dim | int: ...
    def minimum(self, other: Dim | int) -> Dim | int: ...
    def substitute(self, sizes: dict[str, Dim | int]) -> Dim | int: ...  # in place of parts, by their repr

class Tensor:
    """An array of one dtype. Concrete (has numbers) or symbolic (stands for numbers to come, inside a trace).

    Immutable. Any attribute may be set on it (masks, histories).
    """

    def __init__(self, array: np.ndarray): ...  # zero-copy when contiguous, aligned and of a supported dtype
    @property
    def shape(self) -> tuple[int | None, ...]: ...  # None = unknown
    @property
    def dims(self) -> tuple[int | Dim, ...]: ...  # the same with the expressions; what shape attributes take
    @property
    def dtype(self) -> str: ...  # 'float32' 'float64' 'int32' 'int64' 'uint8' 'bool' 'complex64' 'complex128' 'string'
    @property
    def ndim(self) -> int: ...
    @property
    def is_symbolic(self) -> bool: ...
    @property
    def op(self) -> str | None: ...  # the op that made it, while its graph is known
    def op_inputs(self) -> list[Tensor]: ...
    def numpy(self) -> np.ndarray: ...  # zero-copy, read-only; TypeError when symbolic
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray: ...
    def __dlpack__(self, **kwargs: Any) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    def item(self) -> float | int | bool: ...
    def __getattr__(self, name: str) -> Any: ...  # attributes set by others, and the operators
    def __setattr__(self, name: str, value: Any) -> None: ...

def symbolic(shape: Sequence[int | Dim | None], dtype: str = "float32", name: str = "") -> Tensor:
    """A placeholder. None makes a fresh symbol; pass Dim('batch') for the batch axis."""

class Variable:
    """A named tensor that programs update in place.

    Inside a Trace `value` is symbolic and `assign` only takes effect in the trace; outside they act on the numbers.
    Arrays and tensors read from it earlier never change (copy on write).
    """

    def __init__(self, value: Tensor, name: str = "variable", trainable: bool = True, shares: bool = False): ...
    # `shares`: the numbers are those of `value`, which nobody else writes, until they are written here
    @property
    def value(self) -> Tensor: ...
    def assign(self, value: Tensor) -> None: ...  # the shape and dtype must match exactly
    def share(
        self, other: Variable
    ) -> None: ...  # like `assign`, but nothing is copied before one of the two is written
    name: str
    trainable: bool
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...

class Trace:
    """Context manager. While open on this thread, variables are read and assigned symbolically."""

    def __init__(self) -> None: ...
    def __enter__(self) -> Trace: ...
    def __exit__(self, *exc: object) -> None: ...
    @property
    def variables(self) -> list[Variable]: ...  # those read or assigned so far, in order
    @property
    def entries(self) -> list[tuple[Variable, Tensor, Tensor, bool]]: ...  # (variable, at the start, now, assigned)
    @staticmethod
    def active() -> bool: ...
    @staticmethod
    def suspended() -> Any: ...  # a context manager in which no trace is open on this thread

class Tape:
    """Context manager that records concrete ops for `gradient`. Symbolic ops are always recorded."""

    def __enter__(self) -> Tape: ...
    def __exit__(self, *exc: object) -> None: ...
    # trainable variables read while a tape is open are watched by themselves
    def watch(self, tensor: Tensor) -> None: ...
    @staticmethod
    def active() -> bool: ...

class Graph:
    """A body of control flow: an attribute of ops."""

def close_over(
    parameters: Sequence[Tensor], outputs: Sequence[Sequence[Tensor]], since: int | None = None
) -> tuple[list[Graph], list[Tensor]]:
    """(graphs, captured): one graph per list of outputs; all take the parameters, then what was captured.

    What does not depend on the parameters is captured, unless it was made after `since`, a number of `next_number`.
    """

def next_number() -> int: ...  # nodes that are made from now on have larger numbers
def make_vocabulary(texts: Tensor) -> list[Tensor]: ...  # bytes, offsets and slots, which ops of texts take

class TokenCounter:
    """How often tokens come in texts, which are added batch by batch."""

    # each `per_document` rows are one document; the rest are rules of tokens, as the op text_count has them
    def add(self, texts: Tensor, per_document: int = 1, **rules: Any) -> None: ...
    # the most frequent tokens, how often each came, and in how many documents
    def found(self, most: int) -> list[Tensor]: ...

def alike(a: Any, b: Any) -> int:
    """1, 2 or 3 if an op takes both as they are (tensors of one dtype: bool, whole numbers, floats), else 0."""

def with_gradient(outputs: Sequence[Tensor], inputs: Sequence[Tensor], pull: Any) -> list[Tensor]:
    """The outputs, with the gradients of the inputs that `pull(gradients of the outputs)` gives."""

def recomputed(outputs: Sequence[Tensor], since: int) -> list[Tensor]:
    """The outputs, whose gradient computes again what led to them since `since`, a number of `next_number`."""

def gradient(
    targets: Sequence[Tensor], sources: Sequence[Tensor | Variable], output_gradients: Sequence[Tensor] | None = None
) -> list[Tensor | None]:
    """Reverse mode: d sum(targets) / d source, None where nothing leads from source to target."""

class Entry:
    """One function of a program."""

    name: str
    inputs: list[tuple[str, tuple[int | None, ...], str]]
    outputs: list[tuple[str, tuple[int | None, ...], str]]

class Program:
    """Variables and entries, optimized and planned natively.

    A plan is made for each new set of input shapes and kept. Runs release the GIL.
    """

    def __init__(self) -> None: ...
    def add_entry(
        self, name: str, inputs: Sequence[tuple[str, Tensor]], outputs: Sequence[tuple[str, Tensor]], trace: Trace
    ) -> None:
        """`inputs` are placeholders, `outputs` were computed from them; what `trace` assigned is written."""
    def add_variable(self, variable: Variable) -> None: ...  # kept and saved though no entry touches it
    def has_entry(self, name: str) -> bool: ...
    def entry(self, name: str) -> Entry: ...
    @property
    def variables(self) -> list[Variable]: ...
    def run(self, entry: str, inputs: Sequence[Tensor]) -> list[Tensor]: ...
    def predict_arrays(self, *arrays: Any) -> list[Any]: ...  # the outputs of 'predict', as arrays of their own
    def run_batches(
        self, entry: str, arrays: Sequence[Tensor], batch_size: int, first: int, count: int, order: Tensor | None = None
    ) -> list[Tensor]:
        """Runs `count` batches from batch `first` of the arrays' rows (taken in `order`); the last batch may be short.

        Returns the outputs of the last batch. One crossing for many steps.
        """
    def map_batches(self, entry: str, arrays: Sequence[Tensor], batch_size: int) -> list[Tensor]:
        """Runs the entry over all rows and concatenates each output along axis 0."""
    def plan_bytes(self, entry: str, shapes: Sequence[Sequence[int]]) -> dict[str, int]:
        """What a run for these shapes takes: its 'arena', its 'outputs', and what is 'prepared' from the variables.

        'live' is the most that lives at one step: no arena can be smaller.
        """

    # the optimized graph as text
    def describe(self, entry: str, shapes: Sequence[Sequence[int]] | None = None) -> str: ...
    def save(self, path: str, metadata: dict[str, str], golden: Sequence[Tensor] | None = None) -> None:
        """Writes a .lamina file atomically; `golden` are inputs of `predict`, kept for verification."""

def load(path: str) -> tuple[Program, dict[str, str]]: ...  # verified; variables by name in Program.variables
def write_tensors(path: str, tensors: dict[str, Tensor]) -> None: ...  # a safetensors file, atomically
def read_tensors(path: str) -> dict[str, Tensor]: ...
def permutation(n: int, seed: int, epoch: int) -> Tensor: ...  # int64; a pure function of its arguments
def set_num_threads(n: int) -> None: ...
def num_threads() -> int: ...
def isa_level() -> str: ...
def set_log_topics(topics: str) -> None: ...  # "kernels,programs"
def log_topics() -> str: ...
def set_log(function: Callable[[str, str], object] | None) -> None: ...  # called in any thread; None: stderr
def version() -> str: ...
def allocation_count() -> int: ...  # tensors and arenas allocated by the engine so far; for tests

# Every op of cpp/src/ops/ops.def is a function here: positional tensors, attributes by keyword. No promotion,
#   no conversion here:
# binary ops need equal dtypes. `shape`-like attributes take ints and Dims.

# Unary (one tensor): negative absolute square sign floor ceil round trunc reciprocal sqrt rsqrt exp expm1 log log1p sin
#   cos tan asin acos atan sinh cosh asinh acosh atanh tanh erf sigmoid softplus log_sigmoid relu relu6 silu gelu
#   gelu_tanh softsign hard_sigmoid hard_silu selu mish logical_not is_finite is_nan is_inf; with alpha=: elu
#   leaky_relu celu
# Binary (broadcast): add subtract multiply divide maximum minimum power floor_divide mod atan2 squared_difference
#   logical_and logical_or logical_xor equal not_equal less less_equal greater greater_equal
# where(condition, a, b); clip(x, low=, high=); cast(x, dtype=); stop_gradient(x); identity(x)
# after(x, other): x, not before `other` is there
# Reductions: sum mean prod max min any all (x, axes=[...], keepdims=False); argmax argmin (x, axis=) -> int64
# softmax log_softmax (x, axis=-1); sparse_crossentropy(logits, labels) -> per row, labels int64 in [0, n)
# matmul(a, b, transpose_a=False, transpose_b=False): rank >= 2, batch axes broadcast
# linear(x, kernel[, bias], activation='linear'): contracts the last axis of x; fused by the program's passes
# conv(x, kernel[, bias], strides=[..], padding='valid'|'same'|'causal', dilation=[..], groups=1, activation='linear'):
#   channels last, rank 3, 4 or 5; kernel [spatial..., in/groups, filters]
# max_pool average_pool (x, window=[..], strides=[..], padding='valid'|'same'): channels last
# batch_norm(x, gamma, beta, epsilon=, axis=-1) -> (y, mean, variance, rstd)
# batch_norm_inference(x, gamma, beta, mean, variance, epsilon=, axis=-1) -> y
# layer_norm(x, gamma, beta, epsilon=, axes=1): over the last `axes` axes; gamma, beta of that shape -> (y, mean, rstd)
# cholesky(x); triangular_solve(a, b, lower=False, transpose=False, unit_diagonal=False); solve(a, b, transpose=False)
# lu(x) -> lu, pivots, permutation; qr(x, complete=False); eigh(x); eig(x) -> 4 parts; pinv(x, rcond=)
# svd(x, full_matrices=True, compute_uv=True) -> u, s, vh or s
# fft(re, im, inverse=False); rfft(x, interior=1.0); irfft(re, im, length=, interior=2.0): not scaled
# view_as_complex(x); view_as_real(x): with reshape, identity, after and stop_gradient the only ops of complex tensors
# take(x, indices, axis=0); one_hot(indices, classes=, dtype='float32')
# resample(x, starts, weights, axis=0): weighted sums of windows; starts int64 [count], weights [count, taps];
#   resample_grad(dy, starts, weights, axis=, size=)
# map_coordinates(x, coordinates, order=1, fill_mode='constant'|'nearest'|'wrap'|'mirror'|'reflect', value=0.0,
#   derivatives=[]): x [batch, sizes..., channels], coordinates [batch or 1, axes, points...];
#   map_coordinates_grad(dy, coordinates, shape=, order=, fill_mode=, derivatives=)
# take_along_axis(x, indices, axis=); add_along_axis(dy, indices, axis=, size=); scatter_add(dy, indices, axis=, shape=)
# scatter(x, indices, updates, reduction='set'|'add'|'max'|'min'|'mul'): rows of x at indices of one axis
# sort argsort (x, axis=-1, descending=False); top_k(x, k=) -> values, indices; search_sorted(sorted, values, right=):
#   positions are int32, NaN is the largest, equal entries keep their order
# cumulative(x, kind='sum'|'prod'|'max'|'min', axis=-1, reverse=False, exclusive=False)
# linear_scan(a, b, axis=-1, reverse=False): y[j] = a[j] y[j - 1] + b[j]
# reshape(x, shape=); transpose(x, axes=); broadcast_to(x, shape=); sum_to(x, shape=); concatenate(*tensors, axis=)
# slice(x, starts=, stops=, strides=): per axis, already normalised (0 <= start <= stop <= dim for positive strides)
# dynamic_slice(x, starts, shape=); dynamic_update_slice(x, starts, block): starts is a tensor, clamped to x
# pad(x, low=[..], high=[..], value=0.0)
# fill(shape=, value=, dtype=); arange(size=, start=, step=, dtype=); dim_value(dim=, dtype=) -> scalar
# random_uniform(state, shape=, low=, high=, dtype=) random_normal random_truncated_normal (state, shape=,
#   mean=, stddev=, dtype=)
#   random_integers(state, shape=, low=, high=) -> int64; dropout(x, state, rate=): state is int64 [key, counter]
#   random_permutation(state, size=) -> int64; random_gamma(alpha, state, logarithm=False)
#   random_binomial(counts, probabilities, state)
# sgd_update(p, g, learning_rate[, m], momentum=, nesterov=) -> p[, m]
# adam_update(p, g, m, v, alpha[, v_hat], beta_1=, beta_2=, epsilon=) -> p, m, v[, v_hat]
# rmsprop_update(p, g, learning_rate, v[, a if centered][, b if momentum > 0], rho=, momentum=, epsilon=,
#   centered=) -> p, v[, a][, b]
ops: Any
