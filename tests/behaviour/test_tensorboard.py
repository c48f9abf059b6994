"""The files of the TensorBoard callback, read by TensorBoard's own reader."""

import json
import struct

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util

import lamina
from lamina import layers
from lamina.callbacks import TensorBoard
from lamina.callbacks.event_file import EventFile, masked_crc

X = np.arange(40, dtype="int32").reshape(20, 2) % 7
Y = np.linspace(-1, 1, 20, dtype="float32")[:, None]


def fitted(folder, epochs=2, **arguments):
    lamina.utils.clear_session()
    lamina.utils.set_random_seed(1)
    inputs = lamina.Input((2,), dtype="int32")
    hidden = layers.Flatten()(layers.Embedding(7, 3, name="words")(inputs))
    model = lamina.Model(inputs, layers.Dense(1, name="out")(hidden))
    model.compile(lamina.optimizers.SGD(0.1), "mse", metrics=["mae"])
    history = model.fit(
        *(X, Y),
        batch_size=5,
        epochs=epochs,
        verbose=0,
        validation_data=(X, Y),
        callbacks=[TensorBoard(folder, **arguments)],
    )
    return model, history


def events(folder):
    """(step, value) lists by tag, of one folder."""
    found = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    tags = found.Tags()["tensors"]
    return {
        tag: [(e.step, tensor_util.make_ndarray(e.tensor_proto)) for e in found.Tensors(tag)] for tag in tags
    }, found


def test_logs_of_epochs(tmp_path):
    _, history = fitted(tmp_path)
    train, found = events(tmp_path / "train")
    assert set(train) == {"keras", "model", "epoch_loss", "epoch_mae", "epoch_learning_rate"}
    for name in ("loss", "mae"):
        assert [step for step, _ in train[f"epoch_{name}"]] == [0, 1]
        assert [float(v) for _, v in train[f"epoch_{name}"]] == pytest.approx(history.history[name])
    assert float(train["epoch_learning_rate"][1][1]) == pytest.approx(0.1)
    assert found.SummaryMetadata("epoch_loss").plugin_data.plugin_name == "scalars"
    validation, _ = events(tmp_path / "validation")
    assert [float(v) for _, v in validation["epoch_loss"]] == pytest.approx(history.history["val_loss"])
    assert [step for step, _ in validation["evaluation_mae_vs_iterations"]] == [4, 8]


def test_the_model(tmp_path):
    model, _ = fitted(tmp_path)
    train, found = events(tmp_path / "train")
    assert json.loads(train["keras"][0][1].item()) == json.loads(model.to_json())
    metadata = found.SummaryMetadata("keras").plugin_data
    assert (metadata.plugin_name, metadata.content) == ("graph_keras_model", b"1")
    text = train["model"][0][1].item().decode()
    assert "words" in text
    assert "out" in text
    other = tmp_path / "without"
    fitted(other, write_graph=False)
    assert "keras" not in events(other / "train")[0]


def test_logs_of_batches(tmp_path):
    fitted(tmp_path, update_freq=3, write_steps_per_second=True)
    train, _ = events(tmp_path / "train")
    assert [step for step, _ in train["batch_loss"]] == [3, 6]
    assert float(train["batch_steps_per_second"][0][1]) > 0
    assert float(train["epoch_steps_per_second"][0][1]) > 0


@pytest.mark.parametrize(
    ("profile_batch", "told", "size"),
    [("6, 7", "Batches 6 to 7", 5), (1, "Batches 1 to 1", 5), ((8, 99), "Batches 8 to 8", 5), (99, None, 0)],
)
def test_profiles_of_batches(tmp_path, profile_batch, told, size):
    """Training goes on as without them."""
    model, history = fitted(tmp_path, profile_batch=profile_batch)
    train, _ = events(tmp_path / "train")
    assert ("profile" in train) == ("profile_ms_per_batch" in train) == (told is not None)
    if told:
        text = train["profile"][0][1].item().decode()
        assert text.startswith(told)
        assert f"A prediction of {size} samples" in text
        assert "words (Embedding)" in text
        assert float(train["profile_ms_per_batch"][0][1]) > 0
    plain, other = fitted(tmp_path / "without")
    assert history.history == other.history
    for one, two in zip(model.get_weights(), plain.get_weights()):
        np.testing.assert_array_equal(one, two)


def test_histograms_and_pictures(tmp_path):
    from io import BytesIO

    from PIL import Image

    model, _ = fitted(tmp_path, epochs=3, histogram_freq=2, write_images=True)
    train, found = events(tmp_path / "train")
    (first, _), (last, rows) = train["out/kernel/histogram"]
    assert (first, last) == (0, 2)
    assert found.SummaryMetadata("out/kernel/histogram").plugin_data.plugin_name == "histograms"
    kernel = model.get_layer("out").kernel.numpy()
    assert rows.shape == (30, 3)
    assert rows[:, 2].sum() == kernel.size
    assert (rows[0, 0], rows[-1, 1]) == pytest.approx((kernel.min(), kernel.max()))
    (_, bias), _ = train["out/bias/histogram"]
    assert bias.shape == (1, 3)  # of one number
    width, height, blob = train["words/embeddings/image"][-1][1].tolist()
    picture = np.asarray(Image.open(BytesIO(blob)))
    assert (int(width), int(height)) == picture.shape[::-1] == (7, 3)
    expected = np.clip(model.get_layer("words").embeddings.numpy().T, 0, 1) * 255
    np.testing.assert_allclose(picture, expected, atol=0.51)


def test_embeddings(tmp_path):
    model, _ = fitted(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "labels.tsv"})
    table = np.loadtxt(tmp_path / "words.tsv", delimiter="\t")
    np.testing.assert_allclose(table, model.get_layer("words").embeddings.numpy(), rtol=1e-6)
    text = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "words.tsv"' in text
    assert 'metadata_path: "labels.tsv"' in text


def test_evaluate_and_an_interrupted_run(tmp_path):
    model, _ = fitted(tmp_path / "a")
    model.evaluate(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path / "b")])
    assert "evaluation_loss_vs_iterations" in events(tmp_path / "b" / "validation")[0]

    def fail(epoch, logs):
        raise RuntimeError("out of coffee")

    stop = lamina.callbacks.LambdaCallback(on_epoch_end=fail)
    board = TensorBoard(tmp_path / "c")
    with pytest.raises(RuntimeError, match="coffee"):
        model.fit(X, Y, epochs=3, verbose=0, callbacks=[board, stop])
    assert board._files == {}
    assert len(events(tmp_path / "c" / "train")[0]["epoch_loss"]) == 1


def test_records(tmp_path):
    assert masked_crc(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF  # RFC 3720
    file = EventFile(str(tmp_path))
    file.histogram("empty", np.array([np.nan, np.inf]), step=1)
    file.scalar("far", 1.0, step=2**40)
    file.scalar("before", -1.0, step=-1)
    file.close()
    (path,) = tmp_path.iterdir()
    first, *rest = EventFileLoader(str(path)).Load()
    assert first.file_version == "brain.Event:2"
    assert [e.step for e in rest] == [1, 2**40, -1]
    assert tensor_util.make_ndarray(rest[0].summary.value[0].tensor).shape == (0, 3)
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    assert struct.unpack("<I", data[8:12]) == (masked_crc(data[:8]),)
    assert struct.unpack("<I", data[12 + length : 16 + length]) == (masked_crc(data[12 : 12 + length]),)
