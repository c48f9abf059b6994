"""Logs for TensorBoard."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ..checks import explain, integer
from .batch_profile import BatchProfile
from .frequency import Frequency, Periodic
from .learning_rate import present_rates

if TYPE_CHECKING:
    from .event_file import EventFile


class TensorBoard(Periodic):
    """Writes what TensorBoard shows: `tensorboard --logdir logs` (package `tensorboard`, extra of that name).

    Logs of epochs go to the folders 'train' and 'validation' of `log_dir`, and those of batches after every
    `update_freq` of them ('batch' is 1; 'epoch' leaves them out). Every `histogram_freq` epochs the weights are written
    as histograms, with `write_images` also as pictures; every `embeddings_freq` epochs embeddings for the projector,
    with the files `embeddings_metadata` (one path, or paths by the names of layers) for their labels. `write_graph`
    writes the model, `write_steps_per_second` the speed; `profile_batch`, a number or a pair (first, last), what these
    batches of all took, and the layers in a prediction. The files are written without any other package. ValueError for
    frequencies and batches that cannot be, and labels of layers that are not there.

    >>> import lamina
    >>> callback = lamina.callbacks.TensorBoard("logs", histogram_freq=1, update_freq=100)
    """

    def __init__(
        self,
        log_dir: Any = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = integer("TensorBoard", "histogram_freq", histogram_freq or 0, 0)
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._frequency = Frequency("TensorBoard", "update_freq", self.update_freq)
        self.profile_batch = profile_batch
        self._profile = BatchProfile(profile_batch)
        self.embeddings_freq = integer("TensorBoard", "embeddings_freq", embeddings_freq or 0, 0)
        self.embeddings_metadata = embeddings_metadata
        self._files: dict[str, EventFile] = {}

    def _file(self, name: str) -> EventFile:
        """The event file of 'train' or 'validation', begun when it is first written to."""
        from .event_file import EventFile

        if name not in self._files:
            self._files[name] = EventFile(os.path.join(self.log_dir, name))
        return self._files[name]

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if self.write_graph and getattr(model, "built", False):
            self._write_model()
        if self.embeddings_freq:
            self._write_projector()

    def _write_model(self) -> None:
        from ..models import Functional, Sequential

        file = self._file("train")
        if isinstance(self.model, (Functional, Sequential)):
            try:
                file.keras_model("keras", self.model.to_json())
            except TypeError as error:  # something in it has no configuration
                import warnings

                warnings.warn(f"TensorBoard: the graph of the model is not written. {error}", stacklevel=2)
        lines: list[str] = []
        self.model.summary(print_fn=lambda line, **_: lines.append(str(line)), line_length=100)
        file.text("model", "```\n" + "\n".join(lines) + "\n```", 0)

    def _batches_left(self, entry: str) -> int | None:
        left = self._profile.left(self._frequency.batches) if entry == "train_step" else None
        return min((n for n in (left, super()._batches_left(entry)) if n is not None), default=None)

    def on_train_begin(self, logs: Any = None) -> None:
        self._frequency = Frequency("TensorBoard", "update_freq", self.update_freq)
        self._profile = BatchProfile(self.profile_batch)
        self._profile.begin()
        self._last_time, self._last_batches = time.perf_counter(), 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.write_steps_per_second:
            self._epoch_start = time.perf_counter()
            self._iterations_before = int(self.model.optimizer.iterations)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        is_due = self._frequency.after_batch(batch)
        if self._profile.after(self._frequency.batches, batch, self.model):
            self._write_profile()
        if not is_due:
            return
        found = {f"batch_{name}": value for name, value in (logs or {}).items()}
        now, batches = time.perf_counter(), self._frequency.batches
        if self.write_steps_per_second:
            found["batch_steps_per_second"] = (batches - self._last_batches) / max(now - self._last_time, 1e-9)
        self._last_time, self._last_batches = now, batches
        self._scalars("train", found, batches)

    def on_test_end(self, logs: Any = None) -> None:
        if self.model.optimizer is not None:
            found = {f"evaluation_{name}_vs_iterations": value for name, value in (logs or {}).items()}
            self._scalars("validation", found, int(self.model.optimizer.iterations))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = logs or {}
        train = {f"epoch_{name}": value for name, value in logs.items() if not name.startswith("val_")}
        train |= {f"epoch_{name}": value for name, value in present_rates(self.model).items()}
        if self.write_steps_per_second:
            steps = int(self.model.optimizer.iterations) - self._iterations_before
            train["epoch_steps_per_second"] = steps / max(time.perf_counter() - self._epoch_start, 1e-9)
        self._scalars("train", train, epoch)
        validation = {f"epoch_{name[4:]}": value for name, value in logs.items() if name.startswith("val_")}
        self._scalars("validation", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings()

    def _scalars(self, name: str, values: dict[str, Any], step: int) -> None:
        for tag, value in values.items():
            if isinstance(value, (list, tuple)):  # a metric with a value per class
                for i, one in enumerate(np.ravel(value)):
                    self._file(name).scalar(f"{tag}/{i}", float(one), step)
            else:
                self._file(name).scalar(tag, float(value), step)
        if values:
            self._file(name).flush()

    def _write_weights(self, epoch: int) -> None:
        file = self._file("train")
        for layer in self.model.layers:
            for weight in layer.weights:
                values = weight.numpy()
                file.histogram(f"{weight.path}/histogram", values, epoch)
                pictures = _pictures(values) if self.write_images else None
                if pictures is not None:
                    file.image(f"{weight.path}/image", pictures, epoch)
        file.flush()

    def _embeddings(self) -> list[Any]:
        from ..layers import Embedding

        return [layer for layer in self.model.layers if isinstance(layer, Embedding)]

    def _write_projector(self) -> None:
        """The list of embeddings; their numbers come in files of their own."""
        known = self.embeddings_metadata
        labels = dict(known) if isinstance(known, dict) else {}
        lines = []
        for layer in self._embeddings():
            path = known if isinstance(known, (str, os.PathLike)) else labels.pop(layer.name, None)
            lines.append(f'embeddings {{\n  tensor_name: "{layer.name}"\n  tensor_path: "{layer.name}.tsv"')
            if path is not None:
                lines.append(f'  metadata_path: "{os.fspath(path)}"')
            lines.append("}")
        if labels:
            raise ValueError(
                explain(
                    "TensorBoard: `embeddings_metadata` names layers that are not there.",
                    f"names among {[layer.name for layer in self._embeddings()]}",
                    ", ".join(map(repr, labels)),
                    "use the names of the Embedding layers.",
                )
            )
        os.makedirs(self.log_dir, exist_ok=True)
        with open(os.path.join(self.log_dir, "projector_config.pbtxt"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def _write_embeddings(self) -> None:
        from ..saving.atomic import replacing

        for layer in self._embeddings():
            with replacing(os.path.join(self.log_dir, f"{layer.name}.tsv")) as temporary:
                np.savetxt(temporary, layer.embeddings.numpy(), delimiter="\t", fmt="%.7g")

    def _write_profile(self) -> None:
        profile = self._profile
        self._scalars("train", {"profile_ms_per_batch": profile.seconds / profile.batches * 1e3}, profile.first)
        self._file("train").text("profile", profile.text(self.model), profile.first)

    def on_train_end(self, logs: Any = None) -> None:
        if self._profile.end(self._frequency.batches):
            self._write_profile()
        self._close()

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}


def _pictures(values: np.ndarray) -> np.ndarray | None:
    """Weights as gray pictures (count, height, width, 1): rows, matrices, or the slices of three axes; else None."""
    values = np.squeeze(values)
    if values.ndim == 1:
        values = values[None, :, None, None]
    elif values.ndim == 2:
        values = (values.T if values.shape[0] > values.shape[1] else values)[None, :, :, None]
    elif values.ndim == 3:
        values = values.transpose(2, 0, 1)[..., None]
    if values.ndim != 4 or values.shape[-1] not in (1, 3, 4):
        return None
    return (np.clip(values, 0.0, 1.0) * 255.0 + 0.5).astype("uint8")
