"""Export to ONNX (opset 20, IR version 9): `model.export("model.onnx")`.

What is exported are the predictions: the traced program of the entry `predict`, op by op, so that every layer and own
code made of `lamina.ops` is exported if its ops are. Weights are initializers named as the model's variables; the batch
and other open sizes stay open; float16 and bfloat16 are computed in float32, as here. Models of float64 are exported
too, but ONNX Runtime has few ops for it. Needs the package `onnx`.

What has no counterpart is refused by name:

* gradients and the ops of training: all ops that end with `_grad` but `slice_grad`, `adam_update`, `batch_norm`,
  `conv_grad_kernel`, `dropout`, `max_pool_gather`, `rmsprop_update`, `sgd_update`, `sparse_crossentropy`, `sum_to`
* random numbers: all ops that begin with `random_`, `gamma_density`
* texts: all ops that begin with `text_`, `bitcast`
* linear algebra: `cholesky`, `eig`, `eigh`, `lu`, `pinv`, `qr`, `solve`, `svd`, `triangular_solve`
* complex numbers: `view_as_complex`, `view_as_real`
* functions: `bessel_i0`, `bessel_i1`, `digamma`, `erfc`, `erfinv`, `gammainc`, `gammainc_slope`, `next_after`, `ldexp`
* whole numbers: `gcd`, `lcm`, `left_shift`, `right_shift`
* others: `ctc_beam_search`, `ctc_collapse`, `ctc_loss`, `linear_scan`, `map_coordinates`, `measure`

and so are Fourier transforms of open length, gradients of slices with strides, predictions that change variables
(layers with `stateful=True`), and models whose inputs are texts or complex numbers. Keras' ExportArchive writes files
of TensorFlow only, and is not here.
"""

from .files import export_model, onnx_model

__all__ = ["export_model", "onnx_model"]
