"""Predicts with the C interface (lamina/lamina.h) from Python's ctypes, as any other language would.

    cmake -B build/shared -DBUILD_SHARED_LIBS=ON -DLAMINA_BUILD_PYTHON=OFF && cmake --build build/shared
    python cpp/examples/predict_ctypes.py build/shared/cpp/liblamina.so MODEL.lamina

prints the inputs of the model, and its prediction for zeros.
"""

import ctypes
import math
import sys

SIZES = {0: 4, 1: 8, 2: 4, 3: 8, 4: 1, 5: 1, 6: 2, 7: 2, 10: 16}  # bytes of an element, by dtype
FLOAT32 = 0


class Tensor(ctypes.Structure):
    """`struct lamina_tensor`."""

    _fields_ = [
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("shape", ctypes.c_int64 * 8),
        ("data", ctypes.c_void_p),
        ("owner", ctypes.c_void_p),
    ]

    @property
    def sizes(self):
        return tuple(self.shape[: self.rank])


def open_library(path):
    library = ctypes.CDLL(path)
    library.lamina_load.restype = ctypes.c_void_p
    library.lamina_last_error.restype = ctypes.c_char_p
    library.lamina_version.restype = ctypes.c_char_p
    return library


def check(library, ok):
    if not ok:
        raise SystemExit(library.lamina_last_error().decode())


def main(library_path, model_path):
    library = open_library(library_path)
    model = ctypes.c_void_p(library.lamina_load(model_path.encode()))
    check(library, model)
    inputs = (Tensor * library.lamina_num_inputs(model))()
    outputs = (Tensor * library.lamina_num_outputs(model))()
    memory = []
    for i, x in enumerate(inputs):
        name = ctypes.c_char_p()
        check(library, library.lamina_input(model, i, ctypes.byref(name), ctypes.byref(x)) == 0)
        print(f"input {name.value.decode()}: {x.sizes}")
        for axis in range(x.rank):
            x.shape[axis] = max(x.shape[axis], 1)  # -1: any size
        memory.append(ctypes.create_string_buffer(math.prod(x.sizes) * SIZES[x.dtype]))
        x.data = ctypes.cast(memory[-1], ctypes.c_void_p)
    check(library, library.lamina_predict(model, inputs, len(inputs), ctypes.c_int64(32), outputs, len(outputs)) == 0)
    for y in outputs:
        if y.dtype == FLOAT32:
            values = ctypes.cast(y.data, ctypes.POINTER(ctypes.c_float))[: math.prod(y.sizes)]
            print(f"output {y.sizes}: {values}")
    library.lamina_release(outputs, len(outputs))
    library.lamina_free(model)


if __name__ == "__main__":
    main(*sys.argv[1:3])
