"""Every public name of Keras exists here and takes the same arguments, in the same order, with the same defaults."""

import importlib
import inspect

import pytest

import lamina

pytestmark = pytest.mark.filterwarnings("default")  # Keras and JAX warn about themselves

# Layers that are not there yet, by family.
LATER = {
    "interop": ["FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"],
}

# Layers of older versions of Keras.
OLDER = {
    *(
        "AbstractRNNCell",
        "CuDNNGRU",
        "CuDNNLSTM",
        "LocallyConnected1D",
        "LocallyConnected2D",
        "RandomHeight",
        "RandomWidth",
    ),
    "ThresholdedReLU",
}

NAMESPACES = [
    *("layers", "activations", "initializers", "regularizers", "constraints", "losses", "metrics"),
    *("optimizers", "optimizers.schedules", "optimizers.legacy", "callbacks"),
]

# Arguments of recurrent layers that come last, which Keras takes among its `**kwargs`.
NAMED = {"unroll", "zero_output_for_mask"}

# Arguments that have to be given in Keras only, and what they are here otherwise.
OPTIONAL = {
    **{
        f"{kind}{rank}D": {"pool_size": 2} for kind in ("AveragePooling", "AvgPool") for rank in (1, 2, 3)
    },  # as Keras 2
    **{name: {"rate": None} for name in ("Dropout", "AlphaDropout")},  # Keras 1 called it `p`
}


def parameters_of(thing):
    """The parameters that have names, in order."""
    function = thing.__init__ if inspect.isclass(thing) else thing
    if function is object.__init__:
        return []
    parameters = inspect.signature(function).parameters.values()
    return [p for p in parameters if p.name != "self" and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]


def same_default(mine, wanted):
    """Equal, or one number for the tuple that repeats it."""
    return mine == wanted or (isinstance(wanted, tuple) and all(same_default(mine, item) for item in wanted))


def difference(name, mine, wanted):
    """What is different about a parameter, if anything."""
    if mine.name != wanted.name:
        return f"{wanted.name} is called {mine.name}"
    if mine.kind is not wanted.kind:
        return f"{wanted.name} is {mine.kind.description}, not {wanted.kind.description}"
    optional = OPTIONAL.get(name, {})
    if mine.name in optional:
        as_told = wanted.default is wanted.empty and mine.default == optional[mine.name]
        return None if as_told else f"{wanted.name}={mine.default!r} is not what the table of exceptions says"
    if not same_default(mine.default, wanted.default):
        return f"{wanted.name}={mine.default!r}, not {wanted.default!r}"
    return None


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_names_and_arguments(namespace):
    theirs, ours = (importlib.import_module(f"{library}.{namespace}") for library in ("keras", "lamina"))
    later = {name for names in LATER.values() for name in names} if namespace == "layers" else set()
    public = [name for name in dir(theirs) if not name.startswith("_")]
    found = [f"{name}: not a name of Keras" for name in later.difference(public)]
    for name in public:
        there = hasattr(ours, name)
        if there == (name in later):
            found.append(f"{name}: {'no longer belongs to LATER' if there else 'missing'}")
        if there and not inspect.ismodule(getattr(ours, name)) and namespace != "optimizers.legacy":
            mine, wanted = parameters_of(getattr(ours, name)), parameters_of(getattr(theirs, name))
            found += [f"{name}: {text}" for pair in zip(mine, wanted) if (text := difference(name, *pair))]
            if not NAMED.issuperset(p.name for p in mine[len(wanted) :]) or len(mine) < len(wanted):
                found.append(f"{name}: {[p.name for p in mine]}, not {[p.name for p in wanted]}")
    assert not found, "\n".join(found)


def test_layers_that_keras_does_not_have():
    theirs = importlib.import_module("keras.layers")
    ours = {name for name in lamina.layers.NAMESPACE.objects if not hasattr(theirs, name)}
    assert ours == OLDER | {"Remat"}  # Keras has the scope only
