// Dim and Tensor.
#include "convert.h"
#include "lamina/error.h"
#include "ops/functions.h"

namespace lamina::python {

namespace {

// The C structures of DLPack, version 0 (dmlc.github.io/dlpack), as far as CPU tensors need them.
struct DLDevice {
  std::int32_t device_type, device_id;
};
struct DLDataType {
  std::uint8_t code, bits;
  std::uint16_t lanes;
};
struct DLTensor {
  void* data;
  DLDevice device;
  std::int32_t ndim;
  DLDataType dtype;
  std::int64_t *shape, *strides;
  std::uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor tensor;
  void* context;
  void (*deleter)(DLManagedTensor*);
};

py::capsule dlpack_of(const Tensor& tensor) {
  if (tensor.dtype() == DType::string)
    fail(ErrorKind::type, "Texts cannot be handed over by DLPack", "a tensor of numbers", "a string tensor",
         "Use numpy().");
  struct Owner {
    DLManagedTensor managed;
    Tensor kept;
    Shape shape;
  };
  auto* owner = new Owner{{}, tensor, tensor.shape()};
  const std::uint8_t code = tensor.dtype() == DType::bfloat16  ? 4
                            : is_floating(tensor.dtype())      ? 2
                            : is_complex(tensor.dtype())       ? 5
                            : tensor.dtype() == DType::boolean ? 6
                            : tensor.dtype() == DType::uint8   ? 1
                                                               : 0;
  owner->managed.tensor = {owner->kept.data(),
                           {1, 0},
                           tensor.rank(),
                           {code, static_cast<std::uint8_t>(8 * size_of(tensor.dtype())), 1},
                           tensor.rank() ? &owner->shape[0] : nullptr,
                           nullptr,
                           0};
  owner->managed.context = owner;
  owner->managed.deleter = [](DLManagedTensor* m) { delete static_cast<Owner*>(m->context); };
  PyObject* capsule = PyCapsule_New(&owner->managed, "dltensor", [](PyObject* self) {
    if (!PyCapsule_IsValid(self, "dltensor")) return;  // taken
    auto* m = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(self, "dltensor"));
    m->deleter(m);
  });
  return py::reinterpret_steal<py::capsule>(capsule);
}

py::object item_of(const Tensor& tensor) {
  const Tensor t = widened(tensor);
  if (t.size() != 1)
    fail(ErrorKind::value, "Only a tensor of one element is a number", "one element", "shape " + to_string(t.shape()),
         "Reduce it first, or use numpy().");
  switch (t.dtype()) {
    case DType::float32:
      return py::float_(*t.data<float>());
    case DType::float64:
      return py::float_(*t.data<double>());
    case DType::int32:
      return py::int_(*t.data<std::int32_t>());
    case DType::int64:
      return py::int_(*t.data<std::int64_t>());
    case DType::uint8:
      return py::int_(*t.data<std::uint8_t>());
    case DType::complex64: {
      const auto* parts = static_cast<const float*>(t.data());
      return py::reinterpret_steal<py::object>(PyComplex_FromDoubles(parts[0], parts[1]));
    }
    case DType::complex128: {
      const auto* parts = static_cast<const double*>(t.data());
      return py::reinterpret_steal<py::object>(PyComplex_FromDoubles(parts[0], parts[1]));
    }
    case DType::string:
      return text_object(*t.data<Text>());
    default:
      return py::bool_(*t.data<bool>());
  }
}

// The numbers. A symbolic tensor has none: it says so by the method that the Python package attaches, which knows the
// line of the user's code.
const Tensor& numbers_of(const ValuePtr& v, const char* asked) {
  const Value value(v);
  if (!value.concrete()) {
    const py::object self = py::cast(v);
    if (py::hasattr(self, "_no_numbers")) self.attr("_no_numbers")(asked);
  }
  return value.tensor();
}

}  // namespace

namespace {

// An operator of Dim; NotImplemented leaves other operands (tensors) to their own operator.
template <class F>
auto dim_operator(F compute) {
  return [compute](const Dim& a, const py::object& b) -> py::object {
    if (!py::isinstance<Dim>(b) && (!PyIndex_Check(b.ptr()) || py::isinstance<Value::Impl>(b)))
      return py::reinterpret_borrow<py::object>(Py_NotImplemented);
    return dim_object(compute(a, dim_of(b)));
  };
}

Dim remainder(const Dim& a, const Dim& b) { return a - a / b * b; }

const char* const operations[] = {"add", "subtract", "multiply", "floor_divide", "ceil_divide", "minimum", "maximum"};

py::object parts_of(const Dim& d) {
  if (d.kind() == Dim::Kind::number || d.kind() == Dim::Kind::symbol) return py::none();
  const int operation = static_cast<int>(d.kind()) - static_cast<int>(Dim::Kind::add);
  return py::make_tuple(operations[operation], dim_object(d.left()), dim_object(d.right()));
}

}  // namespace

void bind_dim(py::module_& m) {
  py::class_<Dim>(m, "Dim", "A size that may be known only when data comes: an integer expression over named symbols.")
      .def(py::init([](std::int64_t n) { return Dim(n); }), py::arg("value"))
      .def(py::init([](const std::string& name) { return Dim::symbol(name); }), py::arg("value"))
      .def_static("fresh", &Dim::fresh, "A new symbol.")
      .def_property_readonly("value",
                             [](const Dim& d) { return d.known() ? py::object(py::int_(d.value())) : py::none(); })
      .def_property_readonly(
          "name",
          [](const Dim& d) { return d.kind() == Dim::Kind::symbol ? py::object(py::str(d.name())) : py::none(); })
      .def_property_readonly("parts", &parts_of, "The name of the outermost operation and its two sides, if any.")
      .def("__add__", dim_operator([](const Dim& a, const Dim& b) { return a + b; }))
      .def("__radd__", dim_operator([](const Dim& a, const Dim& b) { return b + a; }))
      .def("__sub__", dim_operator([](const Dim& a, const Dim& b) { return a - b; }))
      .def("__rsub__", dim_operator([](const Dim& a, const Dim& b) { return b - a; }))
      .def("__mul__", dim_operator([](const Dim& a, const Dim& b) { return a * b; }))
      .def("__rmul__", dim_operator([](const Dim& a, const Dim& b) { return b * a; }))
      .def("__floordiv__", dim_operator([](const Dim& a, const Dim& b) { return a / b; }))
      .def("__rfloordiv__", dim_operator([](const Dim& a, const Dim& b) { return b / a; }))
      .def("__mod__", dim_operator([](const Dim& a, const Dim& b) { return remainder(a, b); }))
      .def("__rmod__", dim_operator([](const Dim& a, const Dim& b) { return remainder(b, a); }))
      .def("__neg__", [](const Dim& a) { return dim_object(Dim(0) - a); })
      .def("ceil_divide", [](const Dim& a, const py::object& b) { return dim_object(ceil_divide(a, dim_of(b))); })
      .def("maximum", [](const Dim& a, const py::object& b) { return dim_object(maximum(a, dim_of(b))); })
      .def("minimum", [](const Dim& a, const py::object& b) { return dim_object(minimum(a, dim_of(b))); })
      .def(
          "substitute",
          [](const Dim& d, const py::dict& sizes) {
            Substitutions substitutions;
            for (const auto& [name, size] : sizes) substitutions.emplace(name.cast<std::string>(), dim_of(size));
            return dim_object(d.substitute(substitutions));
          },
          "The expression with the sizes (ints or dims) in place of the symbols and expressions of these texts.",
          py::arg("sizes"))
      .def("__eq__",
           [](const Dim& a, const py::object& b) {
             return py::isinstance<Dim>(b) || PyIndex_Check(b.ptr()) ? a == dim_of(b) : false;
           })
      .def("__hash__", [](const Dim& a) { return std::hash<std::string>()(to_string(a)); })
      .def("__repr__", [](const Dim& d) { return to_string(d); });
}

void bind_tensor(py::module_& m) {
  py::class_<Value::Impl, ValuePtr>(
      m, "Tensor", py::dynamic_attr(),
      "An array of one dtype: concrete (has numbers) or symbolic (stands for numbers to come).")
      .def(py::init([](const py::array& array) { return Value(tensor_of_array(array)).impl(); }), py::arg("array"))
      .def_property_readonly("shape", [](const ValuePtr& v) { return shape_tuple(Value(v).dims()); })
      .def_property_readonly("dims",
                             [](const ValuePtr& v) {
                               const Dims dims = Value(v).dims();
                               py::tuple t(dims.size());
                               for (std::size_t i = 0; i < dims.size(); ++i) t[i] = dim_object(dims[i]);
                               return t;
                             })
      .def_property_readonly("dtype", [](const ValuePtr& v) { return name_of(Value(v).dtype()); })
      .def_property_readonly("ndim", [](const ValuePtr& v) { return Value(v).rank(); })
      .def_property_readonly("is_symbolic", [](const ValuePtr& v) { return !Value(v).concrete(); })
      .def_property_readonly("op",
                             [](const ValuePtr& v) -> py::object {
                               return v->node ? py::object(py::str(v->node->op->name())) : py::object(py::none());
                             })
      .def("op_inputs",
           [](const ValuePtr& v) {
             py::list inputs;
             if (v->node)
               for (const Value& in : v->node->inputs) inputs.append(object_of(in));
             return inputs;
           })
      .def("numpy", [](const ValuePtr& v) { return array_of_tensor(numbers_of(v, "numpy()")); })
      .def(
          "__array__",
          [](const ValuePtr& v, const py::object& dtype, const py::object& copy) -> py::object {
            py::object array = array_of_tensor(numbers_of(v, "A NumPy array"));
            const bool must_copy = !copy.is_none() && copy.cast<bool>();
            if (!dtype.is_none()) return array.attr("astype")(dtype, py::arg("copy") = must_copy);
            return must_copy ? array.attr("copy")() : array;
          },
          py::arg("dtype") = py::none(), py::arg("copy") = py::none())
      .def(
          "__dlpack__",
          [](const ValuePtr& v, const py::kwargs&) { return dlpack_of(numbers_of(v, "A DLPack capsule")); },
          "A DLPack capsule; the numbers must not be written.")
      .def("__dlpack_device__", [](const ValuePtr&) { return py::make_tuple(1, 0); })
      .def("item", [](const ValuePtr& v) { return item_of(numbers_of(v, "item()")); });

  m.def(
      "symbolic",
      [](const py::iterable& shape, const std::string& dtype, const std::string& name) {
        Dims dims;
        for (py::handle d : shape) dims.push_back(d.is_none() ? Dim::fresh() : dim_of(d));
        return Value::placeholder({dtype_of(dtype), dims}, name).impl();
      },
      py::arg("shape"), py::arg("dtype") = "float32", py::arg("name") = "",
      "A placeholder; None in the shape makes a fresh symbol.");
  m.def("allocation_count", &allocation_count, "Buffers the engine has allocated so far.");
}

}  // namespace lamina::python
