"""A small language model in the words of Keras: built with this library or with Keras, it is the same model."""

import numpy as np

TOKENS, LENGTH = 11, 8


def classes(library):
    """The layers of one's own that the model has."""

    class TokensAndPlaces(library.layers.Layer):
        """The sum of an embedding of the tokens, where 0 is padding, and one of their places."""

        def __init__(self, size, **kwargs):
            super().__init__(**kwargs)
            self.size = size
            self.tokens = library.layers.Embedding(TOKENS, size, mask_zero=True)
            self.places = library.layers.Embedding(LENGTH, size)

        def build(self, input_shape):
            self.tokens.build(input_shape)
            self.places.build((input_shape[1],))

        def call(self, inputs):
            return self.tokens(inputs) + self.places(library.ops.arange(library.ops.shape(inputs)[1]))

        def compute_mask(self, inputs, previous_mask=None):
            return library.ops.not_equal(inputs, 0)

        def compute_output_shape(self, input_shape):
            return (*input_shape, self.size)

        def get_config(self):
            return {**super().get_config(), "size": self.size}

    return {"TokensAndPlaces": TokensAndPlaces}


def transformer(library, attention="MultiHeadAttention", size=16, **options):
    """Token numbers (batch, time) to the probabilities of each token at each time."""
    layers = library.layers
    heads = {"num_heads": 2, "key_dim": size // 2}
    if attention == "GroupQueryAttention":
        heads = {"num_query_heads": 4, "num_key_value_heads": 2, "head_dim": size // 4}
    inputs = layers.Input((None,), dtype="int32")
    x = classes(library)["TokensAndPlaces"](size)(inputs)
    attended = getattr(layers, attention)(**heads, **options)(x, x, use_causal_mask=True)
    x = layers.LayerNormalization(epsilon=1e-6)(x + attended)
    dense = layers.Dense(size)(layers.Dense(2 * size, activation="gelu")(x))
    x = layers.LayerNormalization(epsilon=1e-6)(x + dense)
    return library.Model(inputs, layers.Dense(TOKENS, activation="softmax")(x))


def sentences(count=96, seed=0):
    """Tokens, some padded at the end, and as labels the token before each (0 at the start and in the padding)."""
    rng = np.random.default_rng(seed)
    tokens = rng.integers(1, TOKENS, (count, LENGTH)).astype("int32")
    tokens[np.arange(LENGTH) >= rng.integers(4, LENGTH + 1, count)[:, None]] = 0
    before = np.concatenate([np.zeros((count, 1), "int32"), tokens[:, :-1]], axis=1) * (tokens > 0)
    return tokens, before
