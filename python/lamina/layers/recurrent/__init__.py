"""Recurrent layers: cells, and the loop over time that runs them.

* `cell.py`, `dense_cell.py`: what a cell is. `custom.py`: those of users. `stacked.py`: several as one.
* `loop.py`: `run_cell`, the loop. `rnn.py`: the layer around it; `cell_layer.py`: its form with a cell of its own.
* `simple_rnn.py`, `lstm.py`, `gru.py`, `conv_lstm.py`: a cell and a layer each.
* `bidirectional.py`, `time_distributed.py`: layers around layers. `samples.py`: when steps can be samples.
"""

from .bidirectional import Bidirectional
from .cell import AbstractRNNCell
from .conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from .gru import GRU, GRUCell
from .lstm import LSTM, LSTMCell
from .rnn import RNN
from .simple_rnn import SimpleRNN, SimpleRNNCell
from .stacked import StackedRNNCells
from .time_distributed import TimeDistributed

CuDNNLSTM, CuDNNGRU = LSTM, GRU  # names in files of Keras 1 and 2

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AbstractRNNCell",
    "Bidirectional",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "CuDNNGRU",
    "CuDNNLSTM",
    "GRUCell",
    "LSTMCell",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
    "TimeDistributed",
]
