"""How masks travel: from tensors to the calls of layers, and on to what they give."""

from __future__ import annotations

from typing import Any

from .. import _core, tree
from .building import all_tensors
from .calls import CallSignature
from .state import LayerState, leaves

Tensor = _core.Tensor


class MaskedLayer(LayerState):
    """The part of a layer that knows masks."""

    supports_masking: bool

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the output, from that of the input. The default passes it on."""
        return previous_mask

    def _fill_masks(
        self, signature: CallSignature, arguments: dict[str, Any], kwargs: dict[str, Any], first: Any
    ) -> Any:
        """Gives `call` the masks that the inputs carry, and returns the mask of the first input."""
        tensors = [n for n, v in arguments.items() if n != "mask" and not n.endswith("_mask") and all_tensors(v)]
        if signature.has_mask and len(tensors) <= 1:
            if arguments.get("mask") is None and first is not None:
                kwargs["mask"] = masks_of(first)
            mask = kwargs.get("mask", arguments.get("mask"))
            if mask is not None:
                return mask
        else:
            for name in tensors:
                if f"{name}_mask" in signature.names and arguments.get(f"{name}_mask") is None:
                    kwargs[f"{name}_mask"] = masks_of(arguments[name])
        return None if first is None else masks_of(first)

    def _set_masks(self, inputs: Any, outputs: Any, previous_mask: Any) -> None:
        flat = [t for t in tree.flatten(outputs) if isinstance(t, Tensor)]
        if not self.supports_masking:
            if any(m is not None for m in tree.flatten(previous_mask)):
                import warnings

                warnings.warn(
                    f"Layer {self.name!r} ({type(self).__name__}) ignores masks: the mask of its input ends here.",
                    stacklevel=4,
                )
            return
        if all(getattr(t, "_keras_mask", None) is not None for t in flat):
            return
        masks = self.compute_mask(inputs, previous_mask)
        if masks is None:
            return
        for tensor, mask in zip(flat, tree.flatten(masks)):
            if mask is not None and getattr(tensor, "_keras_mask", None) is None:
                tensor._keras_mask = mask


def masks_of(value: Any) -> Any:
    """The masks of a nest of tensors in its structure; None when there is none."""
    if isinstance(value, Tensor):
        return getattr(value, "_keras_mask", None)
    if isinstance(value, (list, tuple, dict)):
        masks = tree.map_structure(lambda t: getattr(t, "_keras_mask", None), value)
        return masks if any(m is not None for m in leaves(masks)) else None
    return None
