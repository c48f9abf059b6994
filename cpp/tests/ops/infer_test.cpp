// Shapes and dtypes: what the ops refuse, and that unknown sizes lead to the same shapes as known ones.
#include "support.h"

namespace lamina {
namespace {

using support::Ints;

const Dim n = Dim::symbol("n"), m = Dim::symbol("m");
const DType f32 = DType::float32, f64 = DType::float64, i64 = DType::int64, boolean = DType::boolean;

struct Refused {
  const char* op;
  Attributes attributes;
  Specs inputs;
  ErrorKind kind;
  const char* text;
};

TEST(Infer, RefusesWithFourParts) {
  const std::vector<Refused> rows = {
      {"relu",
       {},
       {},
       ErrorKind::type,
       "relu: wrong number of inputs. Expected: 1 tensors. Received: 0. Check the call."},
      {"exp",
       {},
       {{i64, {2}}},
       ErrorKind::type,
       "exp: needs floating-point numbers. Expected: float32 or float64. Received: int64 (2,). Cast the input."},
      {"add",
       {},
       {{f32, {2, 3}}, {f32, {4, 3}}},
       ErrorKind::value,
       "add: the shapes cannot be broadcast together. Expected: sizes that are equal or 1, counted from the last axis. "
       "Received: "
       "float32 (2, 3), float32 (4, 3). Check the shapes, or reshape one."},
      {"add",
       {},
       {{f32, {2}}, {f64, {2}}},
       ErrorKind::type,
       "add: the inputs have different dtypes. Expected: one dtype. Received: float32 (2,), float64 (2,). "
       "Cast them to the same dtype."},
      {"subtract",
       {},
       {{boolean, {2}}, {boolean, {2}}},
       ErrorKind::type,
       "subtract: wrong dtype. Expected: numbers. Received: bool (2,), bool (2,). Cast the inputs first."},
      {"logical_and",
       {},
       {{f32, {2}}, {f32, {2}}},
       ErrorKind::type,
       "logical_and: wrong dtype. Expected: bool. Received: float32 (2,), float32 (2,). Compare the inputs first."},
      {"where",
       {},
       {{f32, {2}}, {f32, {2}}, {f32, {2}}},
       ErrorKind::type,
       "where: wrong dtype of the condition. Expected: bool. Received: float32 (2,), float32 (2,), float32 (2,). "
       "Compare something first."},
      {"unary_grad",
       {},
       {{f32, {4}}, {f32, {2}}},
       ErrorKind::value,
       "unary_grad: wrong shape of the gradient. Expected: (4,). Received: float32 (4,), float32 (2,). Check the "
       "shapes."},
      {"sum",
       {{"axes", Ints{2}}},
       {{f32, {2, 3}}},
       ErrorKind::value,
       "sum: axis out of range. Expected: an axis in [-2, 2). Received: 2. Use an axis that the tensor has."},
      {"sum",
       {{"axes", Ints{1, -1}}},
       {{f32, {2, 3}}},
       ErrorKind::value,
       "sum: an axis is named twice. Expected: each axis once. Received: -1. Remove the duplicate."},
      {"any",
       {{"axes", Ints{0}}},
       {{f32, {2}}},
       ErrorKind::type,
       "any: wrong dtype. Expected: bool. Received: float32 (2,). Cast the input first."},
      {"argmax",
       {{"axis", std::int64_t{0}}},
       {{f32, {0, 2}}},
       ErrorKind::value,
       "argmax: nothing to choose from. Expected: at least one element along the axis. Received: float32 (0, 2). Check "
       "the data."},
      {"sum_to",
       {{"shape", Ints{3}}},
       {{f32, {2, 4}}},
       ErrorKind::value,
       "sum_to: wrong shape of the result. Expected: (4,). Received: float32 (2, 4). Check the shapes."},
      {"matmul",
       {},
       {{f32, {2, 3}}, {f32, {4, 5}}},
       ErrorKind::value,
       "matmul: the inputs do not fit together. Expected: inner sizes that agree. Received: float32 (2, 3), float32 "
       "(4, 5) "
       "(3 and 4). Check the shapes."},
      {"matmul",
       {},
       {{f32, {3}}, {f32, {3, 5}}},
       ErrorKind::value,
       "matmul: the input has too few axes. Expected: at least 2 axes. Received: shape (3,). "
       "Add an axis, or check what the input is."},
      {"linear",
       {},
       {{f32, {2, 3}}, {f32, {3}}},
       ErrorKind::value,
       "linear: wrong ranks. Expected: a kernel of 2 axes and a bias of 1. Received: float32 (2, 3), float32 (3,). "
       "Check the weights."},
      {"conv",
       {},
       {{f32, {2, 8, 8, 3}}, {f32, {3, 3, 2, 4}}},
       ErrorKind::value,
       "conv: channels, groups and kernel do not fit together. Expected: channels = groups * the kernel's next-to-last "
       "size, and "
       "filters divisible by groups. Received: float32 (2, 8, 8, 3), float32 (3, 3, 2, 4), groups 1. "
       "Check groups and the number of channels."},
      {"conv",
       {},
       {{f32, {2, 2, 8, 3}}, {f32, {3, 3, 3, 4}}},
       ErrorKind::value,
       "conv: the window does not fit into the input. Expected: at least 3 elements along the axis. Received: "
       "float32 (2, 2, 8, 3), float32 (3, 3, 3, 4). Use padding='same', a smaller window, or a larger input."},
      {"conv",
       {{"strides", Ints{1}}},
       {{f32, {2, 8, 8, 3}}, {f32, {3, 3, 3, 4}}},
       ErrorKind::value,
       "conv: wrong strides. Expected: 2 positive integers. Received: [1]. Give one per spatial axis."},
      {"conv",
       {},
       {{f32, {2, 8, 8, 3}}, {f32, {3, 3, 3, 4}}, {f32, {4}}, {f32, {2, 6, 6, 5}}},
       ErrorKind::value,
       "conv: wrong shape of the addend. Expected: (2, 6, 6, 4). Received: float32 (2, 8, 8, 3), float32 (3, 3, 3, 4), "
       "float32 (4,), float32 (2, 6, 6, 5). Check the shapes."},
      {"linear",
       {},
       {{f32, {2, 3}}, {f32, {3, 4}}, {f32, {4}}, {f32, {4}}},
       ErrorKind::value,
       "linear: wrong shape of the addend. Expected: (2, 4). Received: float32 (2, 3), float32 (3, 4), float32 (4,), "
       "float32 (4,). Check the shapes."},
      {"conv",
       {},
       {{f32, {2, 8, 8, 3}}, {f32, {3, 3, 3, 4}}, {f32, {}}},
       ErrorKind::value,
       "conv: wrong shape of the bias. Expected: (4,). Received: float32 (2, 8, 8, 3), float32 (3, 3, 3, 4), float32 "
       "(). "
       "Check the shapes."},
      {"conv_grad_input",
       {{"input_shape", Ints{2, 8, 8, 3}}},
       {{f32, {2, 6, 6}}, {f32, {3, 3, 3, 4}}},
       ErrorKind::value,
       "conv_grad_input: wrong shape of the gradient. Expected: (2, 6, 6, 4). Received: float32 (2, 6, 6), "
       "float32 (3, 3, 3, 4). Check the shapes."},
      {"conv_grad_kernel",
       {{"kernel_shape", Ints{3, 3, 3, 4}}},
       {{f32, {2, 8, 8, 3}}, {f32, {2, 6, 5, 4}}},
       ErrorKind::value,
       "conv_grad_kernel: wrong shape of the gradient. Expected: (2, 6, 6, 4). Received: float32 (2, 8, 8, 3), "
       "float32 (2, 6, 5, 4). Check the shapes."},
      {"max_pool",
       {{"window", Ints{2, 2}}},
       {{f32, {2, 8}}},
       ErrorKind::value,
       "max_pool: wrong rank. Expected: (batch, 1 to 3 spatial axes, channels). Received: float32 (2, 8). Add the "
       "missing axes."},
      {"max_pool_grad",
       {{"window", Ints{2}}},
       {{f32, {2, 8, 1}}, {f32, {2, 8, 1}}, {f32, {2, 4, 1}}},
       ErrorKind::value,
       "max_pool_grad: wrong shape of the output. Expected: (2, 4, 1). Received: float32 (2, 8, 1), float32 (2, 8, 1), "
       "float32 (2, 4, 1). Check the shapes."},
      {"average_pool_grad",
       {{"window", Ints{2}}, {"input_shape", Ints{2, 8, 1}}},
       {{f32, {2, 8, 1}}},
       ErrorKind::value,
       "average_pool_grad: wrong shape of the gradient. Expected: (2, 4, 1). Received: float32 (2, 8, 1). Check the "
       "shapes."},
      {"batch_norm",
       {},
       {{f32, {2, 3}}, {f32, {4}}, {f32, {3}}},
       ErrorKind::value,
       "batch_norm: the inputs do not fit together. Expected: numbers of channels that agree. Received: float32 (2, "
       "3), "
       "float32 (4,), float32 (3,) (4 and 3). Check the shapes."},
      {"batch_norm_grad",
       {},
       {{f32, {2, 2}}, {f32, {2, 3}}, {f32, {3}}, {f32, {3}}, {f32, {3}}},
       ErrorKind::value,
       "batch_norm_grad: wrong shape of the gradient. Expected: (2, 3). Received: float32 (2, 2), float32 (2, 3), "
       "float32 (3,), "
       "float32 (3,), float32 (3,). Check the shapes."},
      {"batch_norm_grad",
       {{"activation", std::string("tanh")}},
       {{f32, {2, 3}}, {f32, {2, 3}}, {f32, {3}}, {f32, {3}}, {f32, {3}}, {f32, {3}}},
       ErrorKind::value,
       "batch_norm_grad: wrong activation. Expected: linear, relu or relu6. Received: tanh. Apply other activations "
       "afterwards."},
      {"attention",
       {},
       {{f32, {2, 3, 4, 5}}, {f32, {2, 3, 3, 5}}, {f32, {2, 3, 3, 5}}},
       ErrorKind::value,
       "attention: the heads do not fit. Expected: a multiple of the key's heads in the query. Received: float32 "
       "(2, 3, 4, 5), float32 (2, 3, 3, 5), float32 (2, 3, 3, 5). Check the numbers of heads."},
      {"layer_norm",
       {{"axes", std::int64_t{3}}},
       {{f32, {2, 3}}, {f32, {3}}, {f32, {3}}},
       ErrorKind::value,
       "layer_norm: wrong number of axes. Expected: 1 to 2. Received: 3. Check the axis argument."},
      {"layer_norm_grad",
       {},
       {{f32, {2, 3}}, {f32, {2, 3}}, {f32, {3}}, {f32, {1}}, {f32, {2}}},
       ErrorKind::value,
       "layer_norm_grad: wrong shape of the mean. Expected: (2,). Received: float32 (2, 3), float32 (2, 3), float32 "
       "(3,), "
       "float32 (1,), float32 (2,). Check the shapes."},
      {"softmax_grad",
       {},
       {{f32, {2, 3}}, {f32, {3, 2}}},
       ErrorKind::value,
       "softmax_grad: wrong shape of the gradient. Expected: (2, 3). Received: float32 (2, 3), float32 (3, 2). Check "
       "the shapes."},
      {"sparse_crossentropy",
       {},
       {{f32, {2, 3}}, {i64, {2, 1}}},
       ErrorKind::value,
       "sparse_crossentropy: wrong rank of the labels. Expected: one class number per row of the logits. Received: "
       "float32 (2, 3), int64 (2, 1). Remove or add an axis of the labels."},
      {"sparse_crossentropy_grad",
       {},
       {{f32, {2, 3}}, {i64, {2}}, {f64, {2}}},
       ErrorKind::type,
       "sparse_crossentropy_grad: the inputs have different dtypes. Expected: one dtype. Received: float32 (2, 3), "
       "float64 (2,). "
       "Cast them to the same dtype."},
      {"take",
       {},
       {{f32, {2, 3}}, {f32, {2}}},
       ErrorKind::type,
       "take: wrong dtype of the indices. Expected: int32 or int64. Received: float32 (2, 3), float32 (2,). Cast the "
       "indices."},
      {"scatter_add",
       {{"shape", Ints{5, 3}}},
       {{f32, {2, 4}}, {i64, {2}}},
       ErrorKind::value,
       "scatter_add: the inputs do not fit together. Expected: sizes that agree. Received: float32 (2, 4), int64 (2,) "
       "(3 and 4). "
       "Check the shapes."},
      {"reshape",
       {{"shape", Ints{4, 2}}},
       {{f32, {2, 3}}},
       ErrorKind::value,
       "reshape: the number of elements changes. Expected: a shape of 6 elements. Received: [4, 2] for an input of "
       "shape (2, 3). "
       "Choose sizes with the same product."},
      {"reshape",
       {{"shape", Ints{-1, -1}}},
       {{f32, {2, 3}}},
       ErrorKind::value,
       "reshape: wrong sizes. Expected: sizes of 0 or more, and at most one -1. Received: [-1, -1]. Check the shape."},
      {"transpose",
       {{"axes", Ints{0, 0}}},
       {{f32, {2, 3}}},
       ErrorKind::value,
       "transpose: wrong axes. Expected: each of the 2 axes once. Received: [0, 0] for shape (2, 3). Give a "
       "permutation."},
      {"broadcast_to",
       {{"shape", Ints{3}}},
       {{f32, {2}}},
       ErrorKind::value,
       "broadcast_to: the shape does not fit. Expected: sizes equal to the input's, or anything where it has 1. "
       "Received: [3] for "
       "shape (2,). Check the shapes."},
      {"concatenate",
       {},
       {{f32, {2, 3}}, {f32, {3}}},
       ErrorKind::value,
       "concatenate: the inputs have different ranks. Expected: the same number of axes. Received: float32 (2, 3), "
       "float32 (3,). "
       "Reshape them first."},
      {"slice",
       {{"starts", Ints{0}}, {"stops", Ints{5}}},
       {{f32, {4}}},
       ErrorKind::value,
       "slice: wrong bounds. Expected: for each axis 0 <= start <= stop <= size and a stride other than 0. Received: "
       "starts [0], "
       "stops [5], strides [] for shape (4,). Clip the bounds to the shape."},
      {"slice",
       {{"starts", Ints{0}}, {"stops", Ints{-1}}, {"strides", Ints{-1}}},
       {{f32, {0}}},
       ErrorKind::value,
       "slice: wrong bounds. Expected: for each axis 0 <= start <= stop <= size and a stride other than 0. Received: "
       "starts [0], "
       "stops [-1], strides [-1] for shape (0,). Clip the bounds to the shape."},
      {"slice_grad",
       {{"shape", Ints{4}}, {"starts", Ints{4}}, {"stops", Ints{4}}},
       {{f32, {4}}},
       ErrorKind::value,
       "slice_grad: wrong shape of the gradient. Expected: (0,). Received: float32 (4,). Check the shapes."},
      {"pad",
       {{"low", Ints{-1}}, {"high", Ints{0}}},
       {{f32, {4}}},
       ErrorKind::value,
       "pad: wrong widths. Expected: a number of 0 or more per axis, before and after. Received: low [-1], high [0] "
       "for shape "
       "(4,). Give one pair per axis."},
      {"fill",
       {{"shape", Ints{2, -3}}},
       {},
       ErrorKind::value,
       "fill: a size is negative. Expected: sizes of 0 or more. Received: [2, -3]. Check the shape."},
      {"random_uniform",
       {},
       {{i64, {3}}},
       ErrorKind::value,
       "random_uniform: wrong random state. Expected: int64 (2,): key and counter. Received: int64 (3,). "
       "Pass the state of a SeedGenerator."},
      {"random_integers",
       {{"high", std::int64_t{0}}},
       {{i64, {2}}},
       ErrorKind::value,
       "random_integers: the range is empty. Expected: low < high. Received: 0 and 0. Widen the range."},
      {"dropout",
       {{"rate", 1.5}},
       {{f32, {2}}, {i64, {2}}},
       ErrorKind::value,
       "dropout: wrong rate. Expected: a number in [0, 1]. Received: 1.500000. Use a probability."},
      {"sgd_update",
       {},
       {{f32, {2}}, {f32, {2}}, {f32, {2}}},
       ErrorKind::value,
       "sgd_update: the inputs do not fit together. Expected: gradient and slots of the variable's shape, and scalar "
       "rates. "
       "Received: float32 (2,), float32 (2,), float32 (2,). Check the shapes."},
  };
  for (const Refused& row : rows)
    support::expect_error_text(row.kind, row.text, [&] { make_op(row.op, row.attributes)->infer(row.inputs); });
}

TEST(Infer, RefusesNumbersThatOverflow) {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const struct {
    const char* op;
    Attributes attributes;
    Specs inputs;
  } rows[] = {
      {"pad", {{"low", Ints{huge}}, {"high", Ints{huge}}}, {{f32, {2}}}},
      {"reshape", {{"shape", Ints{huge, huge}}}, {{f32, {2}}}},
      {"conv", {{"dilation", Ints{huge}}}, {{f32, {1, 8, 1}}, {f32, {3, 1, 1}}}},
      {"conv", {{"groups", huge}}, {{f32, {1, 8, 1}}, {f32, {3, 2, 1}}}},
      {"slice", {{"starts", Ints{1}}, {"stops", Ints{0}}, {"strides", Ints{-huge - 1}}}, {{f32, {2}}}},
  };
  for (const auto& row : rows) EXPECT_THROW(make_op(row.op, row.attributes)->infer(row.inputs), Error) << row.op;
  // Sizes that only the tensor refuses.
  for (const char* name : {"one_hot", "broadcast_to", "random_normal"}) {
    const bool one_hot = std::string(name) == "one_hot", random = std::string(name) == "random_normal";
    const Attributes attributes = {{one_hot ? "classes" : "shape", Ints{one_hot ? -5 : huge}}};
    const Tensor input = random ? Tensor::of<std::int64_t>({2}, {1, 2}) : Tensor::of<std::int64_t>({1}, {0});
    EXPECT_THROW(support::op(name, {Value(input)}, attributes), Error) << name;
  }
}

struct Symbolic {
  const char* op;
  Attributes attributes;
  Specs inputs;
};

TEST(Infer, UnknownSizesLeadToTheSameShapes) {
  const Bindings bindings = {{"n", 6}, {"m", 9}};
  const Spec x{f32, {n, m, 3}}, image{f32, {n, m, 8, 4}};
  const std::vector<Symbolic> rows = {
      {"relu", {}, {x}},
      {"unary_grad", {}, {x, x}},
      {"add", {}, {x, {f32, {m, 1}}}},
      {"add", {}, {x, {f32, {6, 9, 3}}}},
      {"multiply", {}, {{f32, {n, 1}}, {f32, {1, m}}}},
      {"less", {}, {x, {f32, {}}}},
      {"where", {}, {{boolean, {n, 1, 1}}, x, {f32, {3}}}},
      {"cast", {{"dtype", std::string("int32")}}, {x}},
      {"sum", {{"axes", Ints{0, 2}}}, {x}},
      {"mean", {{"axes", Ints{1}}, {"keepdims", true}}, {x}},
      {"argmax", {{"axis", std::int64_t{1}}}, {x}},
      {"sum_to", {{"shape", Dims{m, 1}}}, {x}},
      {"matmul", {}, {{f32, {n, m, 4}}, {f32, {n, 4, m}}}},
      {"matmul", {{"transpose_a", true}}, {{f32, {n, m}}, {f32, {n, 5}}}},
      {"linear", {}, {x, {f32, {3, 7}}, {f32, {7}}}},
      {"conv", {{"strides", Ints{2, 1}}}, {image, {f32, {3, 2, 4, 5}}}},
      {"conv",
       {{"strides", Ints{2, 3}}, {"padding", std::string("same")}, {"groups", std::int64_t{2}}},
       {image, {f32, {3, 3, 2, 6}}, {f32, {6}}}},
      {"conv", {{"dilation", Ints{2}}, {"padding", std::string("causal")}}, {{f32, {n, m, 2}}, {f32, {3, 2, 4}}}},
      {"conv_grad_input", {{"input_shape", Dims{n, m, 8, 4}}}, {{f32, {n, m - 2, 6, 5}}, {f32, {3, 3, 4, 5}}}},
      {"conv_grad_kernel", {{"kernel_shape", Ints{3, 3, 4, 5}}}, {image, {f32, {n, m - 2, 6, 5}}}},
      {"max_pool", {{"window", Ints{2, 2}}}, {image}},
      {"average_pool", {{"window", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"padding", std::string("same")}}, {image}},
      {"batch_norm", {}, {image, {f32, {4}}, {f32, {4}}}},
      {"attention", {}, {{f32, {n, m, 4, 2}}, {f32, {n, 7, 2, 2}}, {f32, {n, 7, 2, 3}}}},
      {"layer_norm", {{"axes", std::int64_t{1}}}, {x, {f32, {3}}, {f32, {3}}}},
      {"softmax", {}, {x}},
      {"sparse_crossentropy", {}, {x, {i64, {n, m}}}},
      {"take", {{"axis", std::int64_t{1}}}, {x, {i64, {n, 2}}}},
      {"scatter_add", {{"shape", Dims{100, 3}}}, {x, {i64, {n, m}}}},
      {"one_hot", {{"classes", Dims{m + 1}}}, {{i64, {n}}}},
      {"reshape", {{"shape", Dims{n, m * 3}}}, {x}},
      {"reshape", {{"shape", Ints{-1, 3}}}, {x}},
      {"transpose", {{"axes", Ints{2, 0, 1}}}, {x}},
      {"broadcast_to", {{"shape", Dims{n, m}}}, {{f32, {1, m}}}},
      {"concatenate", {{"axis", std::int64_t{1}}}, {x, {f32, {n, 4, 3}}, {f32, {n, m, 3}}}},
      {"slice", {{"starts", Dims{0, m - 3, 0}}, {"stops", Dims{n, m, 2}}, {"strides", Ints{2, 1, 1}}}, {x}},
      {"slice", {{"starts", Dims{n - 1, 0, 0}}, {"stops", Dims{-1, m, 3}}, {"strides", Ints{-1, 2, 1}}}, {x}},
      {"slice_grad", {{"shape", Dims{n, m}}, {"starts", Ints{0, 1}}, {"stops", Dims{n, m}}}, {{f32, {n, m - 1}}}},
      {"pad", {{"low", Ints{1, 0, 2}}, {"high", Ints{0, 3, 0}}}, {x}},
      {"fill", {{"shape", Dims{n, m * 2}}}, {}},
      {"arange", {{"size", Dims{m}}}, {}},
      {"dim_value", {{"dim", Dims{n * m}}}, {}},
      {"random_normal", {{"shape", Dims{n, 2}}}, {{i64, {2}}}},
      {"dropout", {{"rate", 0.5}}, {x, {i64, {2}}}},
      {"sgd_update", {}, {x, x, {f32, {}}}},
  };
  for (const Symbolic& row : rows) {
    const OpPtr op = make_op(row.op, row.attributes);
    Specs known;
    for (const Spec& s : row.inputs) known.push_back({s.dtype, Dims(s.dims.evaluate(bindings))});
    const Specs symbolic = op->infer(row.inputs), concrete = op->bind(bindings)->infer(known);
    ASSERT_EQ(symbolic.size(), concrete.size()) << row.op;
    for (std::size_t i = 0; i < symbolic.size(); ++i) {
      EXPECT_EQ(symbolic[i].dtype, concrete[i].dtype) << row.op;
      EXPECT_EQ(symbolic[i].dims.evaluate(bindings), concrete[i].dims.shape())
          << row.op << " " << to_string(row.attributes);
    }
  }
}

TEST(Run, RefusesIndicesThatAreNotThere) {
  const Value x(support::random<float>({3, 2}, 1)), y(support::random<float>({2, 2}, 1));
  const Value indices(Tensor::of<std::int64_t>({2}, {-3, 3}));
  support::expect_error_text(
      ErrorKind::index,
      "take: an index is out of range. Expected: integers in [-3, 3). Received: 3 at position 1. "
      "Check the indices, or enlarge the table.",
      [&] {
        support::op("take", {x, indices});
      });
  support::expect_error(ErrorKind::index, "scatter_add: an index is out of range", [&] {
    support::op("scatter_add", {y, indices}, {{"shape", Ints{3, 2}}});
  });
  support::expect_error(ErrorKind::index,
                        "A class label is out of range. Expected: integers from 0 to 1 for an output of 2 classes",
                        [&] {
                          support::op("sparse_crossentropy", {y, indices});
                        });
}

}  // namespace
}  // namespace lamina
