// The choice of the kernel of a convolution, and the packing of its weights.
//   one tap without stride, or one output per image   a matrix product
//   depthwise                                         depthwise.h
//   the gradient of an input with few channels        few_channels.h
//   3 x 3 taps of enough channels                     winograd.h
//   all others                                        correlate.h, grad_kernel.h
#include "kernels/conv/conv.h"

#include "kernels/choice.h"
#include "kernels/conv/correlate.h"
#include "kernels/conv/depthwise.h"
#include "kernels/conv/few_channels.h"
#include "kernels/conv/grad_kernel.h"
#include "kernels/conv/winograd.h"
#include "kernels/families.h"
#include "kernels/tile.h"

namespace lamina::kernels::LAMINA_LEVEL {

// ---- Convolutions that are matrix products: y (rows x filters) = x (rows x inner) . w (inner x filters)

struct MatrixForm {
  Index rows = 0, inner = 0;
  bool valid = false;
};

static MatrixForm matrix_form(const ConvShape& shape) {
  if (shape.groups != 1) return {};
  bool pointwise = true, whole = true;
  for (int i = 0; i < 3; ++i) {
    pointwise =
        pointwise && shape.kernel[i] == 1 && shape.stride[i] == 1 && shape.pad[i] == 0 && shape.in[i] == shape.out[i];
    whole = whole && shape.kernel[i] == shape.in[i] && shape.out[i] == 1 && shape.pad[i] == 0 &&
            (shape.dilation[i] == 1 || shape.kernel[i] == 1);
  }
  if (pointwise) return {shape.batch * shape.in_size(), shape.channels, true};
  if (whole) return {shape.batch, shape.in_size() * shape.channels, true};
  return {};
}

template <class T>
static GemmArgs<T> forward_product(const ConvShape& shape, const MatrixForm& form) {
  GemmArgs<T> args;
  args.m = form.rows, args.n = shape.filters, args.k = form.inner;
  args.lda = form.inner, args.ldb = shape.filters, args.ldc = shape.filters;
  return args;
}

template <class T>
static GemmArgs<T> grad_input_product(const ConvShape& shape, const MatrixForm& form) {
  GemmArgs<T> args;
  args.m = form.rows, args.n = form.inner, args.k = shape.filters;
  args.lda = shape.filters, args.ldb = shape.filters, args.ldc = form.inner;
  args.transpose_b = true;
  return args;
}

template <class T>
static GemmArgs<T> grad_kernel_product(const ConvShape& shape, const MatrixForm& form) {
  GemmArgs<T> args;
  args.m = form.inner, args.n = shape.filters, args.k = form.rows;
  args.lda = form.inner, args.ldb = shape.filters, args.ldc = shape.filters;
  args.transpose_a = true;
  return args;
}

// ---- Dense convolutions

template <class T>
static Correlation<T> forward_correlation(const ConvShape& shape) {
  Correlation<T> conv;
  for (int i = 0; i < 3; ++i) conv.axis[i] = forward_axis(shape, i);
  conv.batch = shape.batch;
  conv.groups = shape.groups;
  conv.group_in = shape.channels / shape.groups;
  conv.group_out = shape.filters / shape.groups;
  conv.y_axis[2] = shape.filters;
  conv.y_axis[1] = shape.out[2] * conv.y_axis[2];
  conv.y_axis[0] = shape.out[1] * conv.y_axis[1];
  conv.y_image = shape.out[0] * conv.y_axis[0];
  return conv;
}

// Reads dy, writes the input positions of one phase of the strides.
template <class T>
static Correlation<T> gradient_correlation(const ConvShape& shape, const Index phase[3]) {
  Correlation<T> conv;
  for (int i = 0; i < 3; ++i) conv.axis[i] = gradient_axis(shape, i, phase[i]);
  conv.batch = shape.batch;
  conv.groups = shape.groups;
  conv.group_in = shape.filters / shape.groups;
  conv.group_out = shape.channels / shape.groups;
  const Index row = shape.in[2] * shape.channels;
  conv.y_axis[2] = shape.stride[2] * shape.channels;
  conv.y_axis[1] = shape.stride[1] * row;
  conv.y_axis[0] = shape.stride[0] * shape.in[1] * row;
  conv.y_image = shape.in[0] * shape.in[1] * row;
  return conv;
}

// body(group, first column, columns, panel) for every panel of the packed weights, in parallel.
template <class T, class Body>
static void pack_panels(const Correlation<T>& conv, T* packed, const Body& body) {
  constexpr Index kColumns = kTileColumns<T>;
  const Index panels = ceil_div(conv.group_out, kColumns);
  const Index panel_elements = conv.inner() * kColumns;
  const Index units = conv.groups * panels;
  parallel(units, shared_grain(units, panel_elements, kWorkerElements), [&](Index begin, Index end, int) {
    for (Index unit = begin; unit < end; ++unit) {
      const Index group = unit / panels;
      const Index column = unit % panels * kColumns;
      body(group, column, min_of(conv.group_out - column, kColumns),
           packed + (group * padded_columns<T>(conv.group_out) + column) * conv.inner());
    }
  });
}

template <class T>
static void pack_forward(const ConvShape& shape, const Correlation<T>& conv, const T* w, T* packed) {
  pack_panels(conv, packed, [&](Index group, Index column, Index columns, T* panel) {
    pack_panel(w + group * conv.group_out + column, shape.filters, false, conv.inner(), columns,
               padded_columns<T>(columns), panel);
  });
}

template <class T>
static void pack_gradient(const ConvShape& shape, const Correlation<T>& conv, const T* w, T* packed) {
  const Axis* axis = conv.axis;
  pack_panels(conv, packed, [&](Index group, Index column, Index columns, T* panel) {
    const Index width = padded_columns<T>(columns);
    for (Index d = 0; d < axis[0].taps; ++d) {
      for (Index h = 0; h < axis[1].taps; ++h) {
        for (Index q = 0; q < axis[2].taps; ++q) {
          const Index plane = axis[0].tap_first + d * axis[0].tap_step;
          const Index row = axis[1].tap_first + h * axis[1].tap_step;
          const Index tap =
              (plane * shape.kernel[1] + row) * shape.kernel[2] + axis[2].tap_first + q * axis[2].tap_step;
          pack_panel(w + (tap * conv.group_out + column) * shape.filters + group * conv.group_in, shape.filters, true,
                     conv.group_in, columns, width, panel);
          panel += conv.group_in * width;
        }
      }
    }
  });
}

// ---- The choice

enum class Task { forward, grad_input, grad_kernel };

enum class Way { matrix_product, depthwise, few_channels, winograd, direct };  // in the order of the list

struct Choice {
  const ConvShape& shape;
  Task task;
};

template <class T>
constexpr Candidate<Choice> kWays[] = {
    {"matrix_product",
     [](const Choice& choice) -> const char* {
       if (choice.shape.groups != 1) return "groups";
       return matrix_form(choice.shape).valid ? nullptr : "neither one tap without stride nor one output per image";
     }},
    {"depthwise",
     [](const Choice& choice) -> const char* { return is_depthwise(choice.shape) ? nullptr : "channels are mixed"; }},
    {"few_channels",
     [](const Choice& choice) -> const char* {
       return choice.task == Task::grad_input ? few_channels_refusal<T>(choice.shape) : "for the gradient of the input";
     }},
    {"winograd",
     [](const Choice& choice) -> const char* {
       const ConvShape& shape = choice.shape;
       if (choice.task == Task::grad_kernel) return "not for the gradient of the kernel";
       if constexpr (!kHasWinograd<T>) return "not float32";
       if (shape.stride[0] != 1 || shape.stride[1] != 1 || shape.stride[2] != 1) return "strides";
       constexpr Index kPhase[3] = {0, 0, 0};
       return winograd_refusal(choice.task == Task::forward ? forward_correlation<float>(shape)
                                                            : gradient_correlation<float>(shape, kPhase));
     }},
    {"direct", nullptr},
};

template <class T>
static Way way_of(const ConvShape& shape, Task task) {
  return static_cast<Way>(choose(kWays<T>, Choice{shape, task}));
}

// The same before a run.
template <class T>
static Way explained(const ConvShape& s, Task task) {
  constexpr const char* kNames[] = {"conv", "conv_grad_input", "conv_grad_kernel"};
  if (logs_kernels())
    explain(kNames[static_cast<int>(task)], kWays<T>, Choice{s, task},
            {{"batch", s.batch},
             {"channels", s.channels},
             {"filters", s.filters},
             {"groups", s.groups},
             {"outputs", s.out[0] * s.out[1] * s.out[2]},
             {"taps", s.kernel[0] * s.kernel[1] * s.kernel[2]}});
  return way_of<T>(s, task);
}

// ---- The contract

// The rows of few filters lie about as close as in panels. Read where they are, they need not be fetched from the cache
// of the worker that would pack them. And Winograd's transform reads them once.
template <class T>
static bool reads_in_place(const ConvShape& shape, Way way) {
  return (shape.filters <= 64 || way == Way::winograd) && shape.filters / shape.groups % kLanes<T> == 0;
}

// Both kernels of dense convolutions read the same weights.
template <class T>
static Index dense_elements(const Correlation<T>& conv, Way way) {
  if constexpr (kHasWinograd<T>)
    if (way == Way::winograd) return winograd_elements(conv);
  return correlate_elements(conv);
}

template <class T>
static void run_dense(const Correlation<T>& conv, Way way, T* scratch) {
  if constexpr (kHasWinograd<T>)
    if (way == Way::winograd) return winograd(conv, scratch);
  correlate(conv, scratch);
}

template <class T>
static std::size_t bytes(Index elements) {
  return static_cast<std::size_t>(elements) * sizeof(T);
}

template <class T>
static std::size_t packed_bytes(const ConvShape& shape) {
  return bytes<T>(is_depthwise(shape) ? depthwise_packed_elements<T>(shape)
                                      : packed_elements(forward_correlation<T>(shape)));
}

// Without groups these are also the panels of a product by w.
template <class T>
static void pack(const ConvShape& shape, const T* w, void* packed) {
  if (is_depthwise(shape)) return depthwise_pack(shape, w, static_cast<T*>(packed));
  pack_forward(shape, forward_correlation<T>(shape), w, static_cast<T*>(packed));
}

template <class T>
static std::size_t forward_scratch(const ConvShape& shape, bool is_packed) {
  const Way way = way_of<T>(shape, Task::forward);
  if (way == Way::matrix_product) return make_gemm<T>().scratch(forward_product<T>(shape, matrix_form(shape)));
  if (way == Way::depthwise) return bytes<T>(depthwise_forward_elements<T>(shape, is_packed));
  const Correlation<T> conv = forward_correlation<T>(shape);
  const bool packs = !is_packed && !reads_in_place<T>(shape, way);
  return bytes<T>((packs ? aligned_elements<T>(packed_elements(conv)) : 0) + dense_elements(conv, way));
}

template <class T>
static void forward(const ConvShape& shape, const T* x, const T* w, const void* packed, const T* bias, const T* addend,
                    Activation activation, T* y, void* scratch) {
  const Way way = explained<T>(shape, Task::forward);
  T* own = static_cast<T*>(scratch);
  if (way == Way::matrix_product) {
    GemmArgs<T> args = forward_product<T>(shape, matrix_form(shape));
    args.a = x, args.b = packed ? nullptr : w, args.c = y;
    args.bias = bias;
    args.addend = addend;
    args.activation = activation;
    return packed ? make_gemm<T>().run_packed(args, packed, scratch) : make_gemm<T>().run(args, scratch);
  }
  if (way == Way::depthwise)
    return depthwise_forward(shape, x, w, static_cast<const T*>(packed), bias, addend, activation, y, own);
  Correlation<T> conv = forward_correlation<T>(shape);
  if (packed) {
    conv.weights = static_cast<const T*>(packed);
  } else if (reads_in_place<T>(shape, way)) {
    conv.weights = w;
    conv.weights_row = shape.filters;
  } else {
    pack_forward(shape, conv, w, own);
    conv.weights = own;
    own += aligned_elements<T>(packed_elements(conv));
  }
  conv.x = x;
  conv.bias = bias;
  conv.addend = addend;
  conv.activation = activation;
  conv.y = y;
  run_dense(conv, way, own);
}

template <class T>
static std::size_t grad_input_scratch(const ConvShape& shape) {
  const Way way = way_of<T>(shape, Task::grad_input);
  if (way == Way::matrix_product) return make_gemm<T>().scratch(grad_input_product<T>(shape, matrix_form(shape)));
  if (way == Way::depthwise) return bytes<T>(depthwise_grad_input_elements<T>(shape));
  if (way == Way::few_channels) return bytes<T>(few_channels_elements<T>(shape));
  Index most = 0;
  for_each_phase(shape, [&](const Index phase[3]) {
    const Correlation<T> conv = gradient_correlation<T>(shape, phase);
    most = max_of(most, aligned_elements<T>(packed_elements(conv)) + dense_elements(conv, way));
  });
  return bytes<T>(most);
}

template <class T>
static void grad_input(const ConvShape& shape, const T* dy, const T* w, T* dx, void* scratch) {
  const Way way = explained<T>(shape, Task::grad_input);
  T* const own = static_cast<T*>(scratch);
  if (way == Way::matrix_product) {
    GemmArgs<T> args = grad_input_product<T>(shape, matrix_form(shape));
    args.a = dy, args.b = w, args.c = dx;
    return make_gemm<T>().run(args, scratch);
  }
  if (way == Way::depthwise) return depthwise_grad_input(shape, dy, w, dx, own);
  if (way == Way::few_channels) return few_channels_grad_input(shape, dy, w, dx, own);
  for_each_phase(shape, [&](const Index phase[3]) {
    Correlation<T> conv = gradient_correlation<T>(shape, phase);
    pack_gradient(shape, conv, w, own);
    conv.x = dy;
    conv.weights = own;
    conv.y = dx + ((phase[0] * shape.in[1] + phase[1]) * shape.in[2] + phase[2]) * shape.channels;
    run_dense(conv, way, own + aligned_elements<T>(packed_elements(conv)));
  });
}

template <class T>
static std::size_t grad_kernel_scratch(const ConvShape& shape) {
  const Way way = way_of<T>(shape, Task::grad_kernel);
  if (way == Way::matrix_product) return make_gemm<T>().scratch(grad_kernel_product<T>(shape, matrix_form(shape)));
  if (way == Way::depthwise) return bytes<T>(depthwise_grad_kernel_elements<T>(shape));
  return bytes<T>(grad_kernel_elements<T>(shape));
}

template <class T>
static void run_grad_kernel(const ConvShape& shape, const T* x, const T* dy, T* dw, void* scratch) {
  const Way way = explained<T>(shape, Task::grad_kernel);
  T* const own = static_cast<T*>(scratch);
  if (way == Way::matrix_product) {
    GemmArgs<T> args = grad_kernel_product<T>(shape, matrix_form(shape));
    args.a = x, args.b = dy, args.c = dw;
    return make_gemm<T>().run(args, scratch);
  }
  if (way == Way::depthwise) return depthwise_grad_kernel(shape, x, dy, dw, own);
  grad_kernel(shape, x, dy, dw, own);
}

template <class T>
Conv<T> make_conv() {
  return {packed_bytes<T>,       pack<T>,       forward_scratch<T>,     forward<T>,
          grad_input_scratch<T>, grad_input<T>, grad_kernel_scratch<T>, run_grad_kernel<T>};
}

template Conv<float> make_conv();
template Conv<double> make_conv();

}  // namespace lamina::kernels::LAMINA_LEVEL
