"""Layers: what models are made of. Each is a class with a signature, `build` (makes the weights) and `call` (uses ops).

>>> import lamina
>>> lamina.layers.Dense(3).units
3
"""

from ..namespaces import Namespace
from .activation import ELU, LeakyReLU, PReLU, ReLU, Softmax, ThresholdedReLU
from .adaptive_pooling import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
)
from .attention import AdditiveAttention, Attention
from .batch_normalization import BatchNormalization
from .convolution_depthwise import (
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
    SeparableConvolution1D,
    SeparableConvolution2D,
)
from .convolution_transposed import (
    Conv1DTranspose,
    Conv2DTranspose,
    Conv3DTranspose,
    Convolution1DTranspose,
    Convolution2DTranspose,
    Convolution3DTranspose,
)
from .convolutional import Conv1D, Conv2D, Conv3D, Convolution1D, Convolution2D, Convolution3D
from .core import Activation, Dense, Identity, Lambda, Masking
from .einsum_dense import EinsumDense
from .embedding import Embedding, ReversibleEmbedding
from .input import Input, InputLayer
from .input_spec import InputSpec
from .layer import Layer
from .locally_connected import LocallyConnected1D, LocallyConnected2D
from .merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from .multi_head_attention import GroupQueryAttention, MultiHeadAttention
from .normalization import GroupNormalization, LayerNormalization, RMSNormalization, UnitNormalization
from .pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalAvgPool3D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPool3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from .recurrent import (
    GRU,
    LSTM,
    RNN,
    AbstractRNNCell,
    Bidirectional,
    ConvLSTM1D,
    ConvLSTM2D,
    ConvLSTM3D,
    CuDNNGRU,
    CuDNNLSTM,
    GRUCell,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
    TimeDistributed,
)
from .regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from .reshaping import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Flatten,
    Permute,
    RepeatVector,
    Reshape,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from .spectral_normalization import SpectralNormalization
from .up_sampling import UpSampling1D, UpSampling2D, UpSampling3D
from .wrapper import Remat, Wrapper


def _layers() -> dict[str, type[Layer]]:
    from . import preprocessing

    public = {**globals(), **{name: getattr(preprocessing, name) for name in preprocessing.__all__}}
    return {name: value for name, value in public.items() if isinstance(value, type) and issubclass(value, Layer)}


NAMESPACE = Namespace("layer", _layers)
_, serialize, deserialize = NAMESPACE.functions("layer")


def __getattr__(name: str) -> object:
    """The layers of preprocessing, which most models do without: loaded for those who ask."""
    if not name.startswith("__"):
        from importlib import import_module

        if name in ("preprocessing", "experimental"):  # the latter is where Keras 2 had them
            return import_module(f"lamina.layers.{name}")
        preprocessing = import_module("lamina.layers.preprocessing")
        if name in preprocessing.__all__:
            return getattr(preprocessing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    from . import preprocessing

    return sorted({*globals(), *preprocessing.__all__})
