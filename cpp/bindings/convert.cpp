#include "convert.h"

#include <pybind11/complex.h>

#include "lamina/error.h"
#include "ops/functions.h"
#include "program/graph.h"

namespace lamina::python {

namespace {

DType dtype_of_array(const py::array& array) {
  const char kind = array.dtype().kind();
  const auto bytes = array.itemsize();
  if (kind == 'f' && bytes == 2) return DType::float16;
  if (kind == 'V' && bytes == 2 && py::str(array.dtype()).cast<std::string>() == "bfloat16") return DType::bfloat16;
  if (kind == 'f' && bytes == 4) return DType::float32;
  if (kind == 'f' && bytes == 8) return DType::float64;
  if (kind == 'i' && bytes == 4) return DType::int32;
  if (kind == 'i' && bytes == 8) return DType::int64;
  if (kind == 'u' && bytes == 1) return DType::uint8;
  if (kind == 'b') return DType::boolean;
  if (kind == 'c' && bytes == 8) return DType::complex64;
  if (kind == 'c' && bytes == 16) return DType::complex128;
  if (kind == 'U' || kind == 'S' || kind == 'O' || kind == 'T') return DType::string;
  fail(ErrorKind::type, "An array has a dtype the engine does not have",
       "float16, bfloat16, float32, float64, int32, int64, uint8, bool, complex64, complex128 or texts",
       py::str(array.dtype()).cast<std::string>(), "Convert it with astype.");
}

// Keeps a Python object alive from C++ threads that may not hold the GIL.
std::shared_ptr<const void> keep(py::object object) {
  PyObject* raw = object.release().ptr();
  return std::shared_ptr<const void>(raw, [](const void* p) {
    if (!Py_IsInitialized()) return;
    py::gil_scoped_acquire gil;
    Py_DECREF(static_cast<PyObject*>(const_cast<void*>(p)));
  });
}

// The UTF-8 bytes of a str, or bytes as they are, which `holder` keeps. Bytes that are no UTF-8 travel as the
// surrogates Python has for them.
Text text_of(PyObject* item, std::vector<py::object>& holder) {
  py::object bytes;
  if (PyUnicode_Check(item)) {
    Py_ssize_t size = 0;
    if (const char* data = PyUnicode_AsUTF8AndSize(item, &size)) return {data, size};
    PyErr_Clear();
    bytes = py::reinterpret_steal<py::object>(PyUnicode_AsEncodedString(item, "utf-8", "surrogateescape"));
    if (!bytes) throw py::error_already_set();
    item = bytes.ptr();
    holder.push_back(bytes);
  }
  if (!PyBytes_Check(item))
    fail(ErrorKind::type, "An array of objects holds something else than texts", "str or bytes in all its places",
         py::repr(item).cast<std::string>().substr(0, 80), "Make an array of numbers, or of texts only.");
  return {PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item)};
}

Tensor texts_of_array(const py::array& array) {
  Shape shape;
  for (py::ssize_t i = 0; i < array.ndim(); ++i) shape.push_back(array.shape(i));
  const py::object flat =
      py::module_::import("numpy").attr("array")(array, py::dtype("O"), py::arg("order") = "C").attr("reshape")(-1);
  auto* items = static_cast<PyObject* const*>(py::array(flat).data());
  const Tensor views(DType::string, shape);
  std::vector<py::object> holder;
  auto* texts = static_cast<Text*>(const_cast<void*>(views.data()));
  for (std::int64_t i = 0; i < views.size(); ++i) texts[i] = text_of(items[i], holder);
  return views.copy();
}

py::array array_of_texts(const Tensor& tensor) {
  const std::vector<py::ssize_t> shape(tensor.shape().begin(), tensor.shape().end());
  py::array array(py::dtype("O"), shape);
  auto* items = static_cast<PyObject**>(array.mutable_data());
  const Text* texts = tensor.data<Text>();
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    PyObject* item = text_object(texts[i]).release().ptr();
    Py_XDECREF(items[i]);
    items[i] = item;
  }
  return array;
}

py::dtype numpy_dtype(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return py::dtype::of<float>();
    case DType::float64:
      return py::dtype::of<double>();
    case DType::int32:
      return py::dtype::of<std::int32_t>();
    case DType::int64:
      return py::dtype::of<std::int64_t>();
    case DType::uint8:
      return py::dtype::of<std::uint8_t>();
    case DType::float16:
      return py::dtype("float16");
    case DType::bfloat16:  // NumPy has it when this package is there
      return py::dtype::from_args(py::module_::import("ml_dtypes").attr("bfloat16"));
    case DType::complex64:
      return py::dtype::of<std::complex<float>>();
    case DType::complex128:
      return py::dtype::of<std::complex<double>>();
    default:
      return py::dtype::of<bool>();
  }
}

bool numpy_has_bfloat16() {
  static const bool found = !py::module_::import("importlib.util").attr("find_spec")("ml_dtypes").is_none();
  return found;
}

}  // namespace

py::object text_object(const Text& text) {
  auto object = py::reinterpret_steal<py::object>(PyUnicode_DecodeUTF8(text.data, text.size, "surrogateescape"));
  if (!object) throw py::error_already_set();
  return object;
}

Tensor tensor_of_array(const py::array& array) {
  const DType dtype = dtype_of_array(array);
  if (dtype == DType::string) return texts_of_array(array);
  const auto address = reinterpret_cast<std::uintptr_t>(array.data());
  const bool native = array.dtype().byteorder() != '>';
  py::array ready = array;
  if (!(array.flags() & py::array::c_style) || address % size_of(dtype) != 0 || !native)
    ready = py::module_::import("numpy").attr("array")(array, numpy_dtype(dtype), py::arg("order") = "C");
  Shape shape;
  for (py::ssize_t i = 0; i < ready.ndim(); ++i) shape.push_back(ready.shape(i));
  void* data = const_cast<void*>(ready.data());
  return Tensor(dtype, shape, data, keep(std::move(ready)));
}

py::array array_of_tensor(const Tensor& tensor) {
  if (tensor.dtype() == DType::string) return array_of_texts(tensor);
  if (tensor.dtype() == DType::bfloat16 && !numpy_has_bfloat16()) return array_of_tensor(widened(tensor));
  const bool alone = tensor.owner() && !tensor.shared();
  std::vector<py::ssize_t> shape(tensor.shape().begin(), tensor.shape().end());
  auto* held = new Tensor(tensor);
  py::capsule owner(held, [](void* p) { delete static_cast<Tensor*>(p); });
  py::array array(numpy_dtype(tensor.dtype()), shape, {}, tensor.data(), owner);
  if (!alone) py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  return array;
}

Dim dim_of(const py::handle& object) {
  if (py::isinstance<Dim>(object)) return object.cast<Dim>();
  if (PyIndex_Check(object.ptr()))
    return py::reinterpret_steal<py::object>(PyNumber_Index(object.ptr())).cast<std::int64_t>();
  fail(ErrorKind::type, "A size has the wrong type", "an integer or a Dim", py::repr(object).cast<std::string>(),
       "Use tensor.dims for sizes that are not known yet.");
}

Dims dims_of(const py::handle& sequence) {
  Dims dims;
  for (py::handle item : py::reinterpret_borrow<py::iterable>(sequence)) dims.push_back(dim_of(item));
  return dims;
}

py::object dim_object(const Dim& dim) { return dim.known() ? py::object(py::int_(dim.value())) : py::cast(dim); }

py::tuple shape_tuple(const Dims& dims) {
  py::tuple t(dims.size());
  for (std::size_t i = 0; i < dims.size(); ++i)
    t[i] = dims[i].known() ? py::object(py::int_(dims[i].value())) : py::object(py::none());
  return t;
}

Attribute attribute_of(const std::string& name, const py::handle& object) {
  if (PyBool_Check(object.ptr())) return object.cast<bool>();
  if (PyLong_Check(object.ptr())) return object.cast<std::int64_t>();
  if (PyFloat_Check(object.ptr())) return object.cast<double>();
  if (PyUnicode_Check(object.ptr())) return object.cast<std::string>();
  if (py::isinstance<Dim>(object)) return Dims{object.cast<Dim>()};
  if (PyList_Check(object.ptr()) || PyTuple_Check(object.ptr())) {
    const auto items = py::reinterpret_borrow<py::sequence>(object);
    if (items.empty() || !py::isinstance<Graph>(items[0])) return dims_of(object);
    Graphs graphs;
    for (py::handle item : items) graphs.push_back(item.cast<std::shared_ptr<Graph>>());
    return graphs;
  }
  if (PyIndex_Check(object.ptr())) return dim_of(object).value();
  if (PyNumber_Check(object.ptr())) return PyFloat_AsDouble(object.ptr());
  fail(ErrorKind::type, "Attribute '" + name + "' has a type that ops do not take",
       "a bool, number, string or list of sizes", py::repr(object).cast<std::string>(), "Convert it first.");
}

Values values_of(const py::handle& sequence) {
  Values values;
  for (py::handle item : py::reinterpret_borrow<py::iterable>(sequence)) {
    if (!py::isinstance<Value::Impl>(item))
      fail(ErrorKind::type, "An op got something that is not a tensor", "lamina tensors",
           py::str(py::type::handle_of(item)).cast<std::string>(), "Convert it with lamina.ops.convert_to_tensor.");
    values.emplace_back(item.cast<ValuePtr>());
  }
  return values;
}

py::object object_of(const Value& value) { return value ? py::cast(value.impl()) : py::object(py::none()); }

std::vector<Tensor> tensors_of(const py::handle& sequence) {
  std::vector<Tensor> tensors;
  for (const Value& v : values_of(sequence)) tensors.push_back(v.tensor());
  return tensors;
}

py::list list_of(std::vector<Tensor> tensors) {
  py::list list;
  for (Tensor& t : tensors) list.append(object_of(Value(std::move(t))));
  return list;
}

}  // namespace lamina::python
