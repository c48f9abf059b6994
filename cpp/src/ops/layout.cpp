#include "ops/layout.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "autodiff/gradient.h"
#include "kernels/table.h"
#include "ops/dispatch.h"
#include "ops/functions.h"

namespace lamina {

namespace k = kernels;

namespace {

struct Strides {
  std::int64_t of[Shape::max_rank];
};

Strides contiguous(const Shape& shape) {
  Strides s{};
  std::int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    s.of[i] = stride;
    stride *= shape[i];
  }
  return s;
}

// Elements of 16 bytes as pairs of 8.
k::StridedCopy of_pairs(k::StridedCopy c) {
  if (c.rank == Shape::max_rank)
    fail(ErrorKind::value, "Texts cannot be moved in a tensor of so many axes", "at most 7 axes", "8",
         "Merge axes with reshape.");
  for (int i = 0; i < c.rank; ++i) {
    c.src_strides[i] *= 2;
    c.dst_strides[i] *= 2;
  }
  c.shape[c.rank] = 2;
  c.src_strides[c.rank] = c.dst_strides[c.rank] = 1;
  ++c.rank;
  return c;
}

void copy(const k::StridedCopy& c, DType dtype, const void* src, std::int64_t src_offset, void* dst,
          std::int64_t dst_offset) {
  const auto bytes = static_cast<std::int64_t>(size_of(dtype));
  if (bytes == 16)
    return k::table().layout.copy(of_pairs(c), 8, static_cast<const char*>(src) + src_offset * bytes,
                                  static_cast<char*>(dst) + dst_offset * bytes);
  k::table().layout.copy(c, static_cast<std::int32_t>(bytes), static_cast<const char*>(src) + src_offset * bytes,
                         static_cast<char*>(dst) + dst_offset * bytes);
}

void fill_with(const Operand& out, double value) {
  for_dtype(out.dtype, [&](auto t) {
    using T = decltype(t);
    k::any_table<T>().elementwise.fill(out.shape.size(), static_cast<T>(value), static_cast<T*>(out.data));
  });
}

}  // namespace

Specs Reshape::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  const Dim total = inputs[0].dims.elements();
  Dims out = shape;
  Dim rest = 1;
  int open = -1;
  for (int i = 0; i < out.rank(); ++i) {
    const Dim& d = out[static_cast<std::size_t>(i)];
    if (d.known() && d.value() == -1 && open < 0)
      open = i;
    else if (d.known() && d.value() < 0)
      fail(ErrorKind::value, "reshape: wrong sizes", "sizes of 0 or more, and at most one -1",
           to_string(Attribute(shape)), "Check the shape.");
    else
      rest = rest * d;
  }
  if (open >= 0) {
    if (rest.known() && rest.value() == 0)
      fail(ErrorKind::value, "reshape: -1 cannot be told next to a size of 0", "sizes above 0",
           to_string(Attribute(shape)), "Give every size.");
    out[static_cast<std::size_t>(open)] = total / rest;
  }
  const Dim product = out.elements();
  const bool fits = !(total.known() && product.known()) || (total.value() == product.value());
  if (!fits)
    fail(ErrorKind::value, "reshape: the number of elements changes", "a shape of " + to_string(total) + " elements",
         to_string(Attribute(shape)) + " for an input of shape " + to_string(inputs[0].dims),
         "Choose sizes with the same product.");
  return {{inputs[0].dtype, out}};
}

Values Reshape::vjp(const Vjp& v) const { return {ops::reshape(v.grad(), v.in(0).dims())}; }

Specs Transpose::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  const int rank = inputs[0].rank();
  std::vector<bool> seen(static_cast<std::size_t>(rank), false);
  Dims out;
  for (std::int64_t a : axes) {
    const auto i = static_cast<std::size_t>(check::axis(name, a, rank));
    if (!seen[i]) out.push_back(inputs[0].dims[i]);
    seen[i] = true;
  }
  if (out.rank() != rank || static_cast<int>(axes.size()) != rank)
    fail(ErrorKind::value, "transpose: wrong axes", "each of the " + std::to_string(rank) + " axes once",
         to_string(Attribute(axes)) + " for shape " + to_string(inputs[0].dims), "Give a permutation.");
  return {{inputs[0].dtype, out}};
}

void Transpose::run(const Run& run) const {
  const Shape &x = run.inputs[0].shape, &y = run.outputs[0].shape;
  const Strides from = contiguous(x), to = contiguous(y);
  k::StridedCopy c;
  c.rank = y.rank();
  for (int i = 0; i < y.rank(); ++i) {
    c.shape[i] = y[i];
    c.dst_strides[i] = to.of[i];
    c.src_strides[i] = from.of[check::axis(name, axes[static_cast<std::size_t>(i)], x.rank())];
  }
  copy(c, run.inputs[0].dtype, run.inputs[0].data, 0, run.outputs[0].data, 0);
}

Values Transpose::vjp(const Vjp& v) const {
  std::vector<std::int64_t> back(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i)
    back[static_cast<std::size_t>(check::axis(name, axes[i], v.in(0).rank()))] = static_cast<std::int64_t>(i);
  return {ops::transpose(v.grad(), back)};
}

Specs BroadcastTo::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  const Dims& x = inputs[0].dims;
  bool fits = x.rank() <= shape.rank();
  for (int i = 0; fits && i < x.rank(); ++i) {
    const Dim &from = x[static_cast<std::size_t>(i)],
              &to = shape[static_cast<std::size_t>(shape.rank() - x.rank() + i)];
    fits = !from.known() || from.value() == 1 || !to.known() || from == to;
  }
  if (!fits)
    fail(ErrorKind::value, "broadcast_to: the shape does not fit",
         "sizes equal to the input's, or anything where it has 1",
         to_string(Attribute(shape)) + " for shape " + to_string(x), "Check the shapes.");
  return {{inputs[0].dtype, shape}};
}

void BroadcastTo::run(const Run& run) const {
  const Shape &x = run.inputs[0].shape, &y = run.outputs[0].shape;
  const Strides from = contiguous(x), to = contiguous(y);
  k::StridedCopy c;
  c.rank = y.rank();
  for (int i = 0; i < y.rank(); ++i) {
    const int a = i - (y.rank() - x.rank());
    c.shape[i] = y[i];
    c.dst_strides[i] = to.of[i];
    c.src_strides[i] = a < 0 || x[a] == 1 ? 0 : from.of[a];
  }
  copy(c, run.inputs[0].dtype, run.inputs[0].data, 0, run.outputs[0].data, 0);
}

Values BroadcastTo::vjp(const Vjp& v) const { return {ops::sum_to(v.grad(), v.in(0).dims())}; }

Specs Concatenate::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1 << 20);
  check::same_dtype(name, inputs);
  const auto a = static_cast<std::size_t>(check::axis(name, axis, inputs[0].rank()));
  Dims out = inputs[0].dims;
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i].rank() != inputs[0].rank())
      fail(ErrorKind::value, "concatenate: the inputs have different ranks", "the same number of axes",
           to_string(inputs), "Reshape them first.");
    for (std::size_t d = 0; d < out.size(); ++d)
      out[d] = d == a ? out[d] + inputs[i].dims[d]
                      : check::equal(name, out[d], inputs[i].dims[d], inputs, "sizes off the concatenated axis");
  }
  return {{inputs[0].dtype, out}};
}

void Concatenate::run(const Run& run) const {
  const Shape& y = run.outputs[0].shape;
  const int a = check::axis(name, axis, y.rank());
  const std::int64_t inner = y.size(a + 1, y.rank());
  std::int64_t offset = 0;
  for (int i = 0; i < run.num_inputs; ++i) {
    const std::int64_t size = run.inputs[i].shape[a];
    k::StridedCopy c;
    c.rank = 2;
    c.shape[0] = y.size(0, a);
    c.shape[1] = size * inner;
    c.src_strides[0] = size * inner;
    c.dst_strides[0] = y[a] * inner;
    c.src_strides[1] = c.dst_strides[1] = 1;
    copy(c, run.outputs[0].dtype, run.inputs[i].data, 0, run.outputs[0].data, offset * inner);
    offset += size;
  }
}

Values Concatenate::vjp(const Vjp& v) const {
  Values gradients;
  const int rank = v.in(0).rank();
  const auto a = static_cast<std::size_t>(check::axis(name, axis, rank));
  Dim offset = 0;
  for (std::size_t i = 0; i < v.inputs.size(); ++i) {
    const Dims x = v.inputs[i].dims();
    Slice slice{Dims(static_cast<std::size_t>(rank), Dim(0)), x, {}};
    slice.starts[a] = offset;
    offset = offset + x[a];
    slice.stops[a] = offset;
    gradients.push_back(v.needed[i] ? call(slice, {v.grad()})[0] : Value());
  }
  return gradients;
}

namespace {

std::int64_t stride_of(const std::vector<std::int64_t>& strides, int axis) {
  return strides.empty() ? 1 : strides[static_cast<std::size_t>(axis)];
}

// The copy between a slice and the whole; `offset` is the slice's first element in the whole.
k::StridedCopy between(const Shape& slice, const Shape& whole, const Dims& starts,
                       const std::vector<std::int64_t>& strides, bool whole_is_source, std::int64_t* offset) {
  const Strides in_whole = contiguous(whole), in_slice = contiguous(slice);
  k::StridedCopy c;
  c.rank = whole.rank();
  *offset = 0;
  for (int i = 0; i < whole.rank(); ++i) {
    const std::int64_t step =
        slice[i] < 2 ? 0 : stride_of(strides, i) * in_whole.of[i];  // any stride reaches one element
    c.shape[i] = slice[i];
    c.src_strides[i] = whole_is_source ? step : in_slice.of[i];
    c.dst_strides[i] = whole_is_source ? in_slice.of[i] : step;
    *offset += starts[static_cast<std::size_t>(i)].value() * in_whole.of[i];
  }
  return c;
}

}  // namespace

Specs Slice::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  const Dims& x = inputs[0].dims;
  const auto rank = static_cast<std::size_t>(x.rank());
  auto wrong = [&] {
    fail(ErrorKind::value, "slice: wrong bounds", "for each axis 0 <= start <= stop <= size and a stride other than 0",
         "starts " + to_string(Attribute(starts)) + ", stops " + to_string(Attribute(stops)) + ", strides " +
             to_string(Attribute(strides)) + " for shape " + to_string(x),
         "Clip the bounds to the shape.");
  };
  if (starts.size() != rank || stops.size() != rank || (!strides.empty() && strides.size() != rank)) wrong();
  Dims out;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t s = stride_of(strides, static_cast<int>(i));
    const Dim &from = starts[i], &to = stops[i];
    if (s == 0 || s == std::numeric_limits<std::int64_t>::min()) wrong();
    if (x[i].known() && from.known() && to.known()) {
      const std::int64_t n = x[i].value(), a = from.value(), b = to.value();
      if (s > 0 ? (a < 0 || b < a || b > n) : (b < -1 || a < b || (a >= n && a != b))) wrong();
    }
    out.push_back(s > 0 ? ceil_divide(to - from, s) : ceil_divide(from - to, -s));
  }
  return {{inputs[0].dtype, out}};
}

void Slice::run(const Run& run) const {
  if (run.outputs[0].shape.size() == 0) return;
  std::int64_t offset;
  const auto c = between(run.outputs[0].shape, run.inputs[0].shape, starts, strides, true, &offset);
  copy(c, run.inputs[0].dtype, run.inputs[0].data, offset, run.outputs[0].data, 0);
}

Values Slice::vjp(const Vjp& v) const { return call(SliceGrad{v.in(0).dims(), starts, stops, strides}, {v.grad()}); }

Specs SliceGrad::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  const Specs slice = Slice{starts, stops, strides}.infer({{inputs[0].dtype, shape}});
  check::shape(name, inputs[0], slice[0].dims, inputs, "the gradient");
  return {{inputs[0].dtype, shape}};
}

void SliceGrad::run(const Run& run) const {
  const Operand& out = run.outputs[0];
  std::memset(out.data, 0, out.bytes());
  if (run.inputs[0].shape.size() == 0) return;
  std::int64_t offset;
  const auto c = between(run.inputs[0].shape, out.shape, starts, strides, false, &offset);
  copy(c, out.dtype, run.inputs[0].data, 0, out.data, offset);
}

Values SliceGrad::vjp(const Vjp& v) const { return call(Slice{starts, stops, strides}, {v.grad()}); }

Specs Pad::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1);
  const Dims& x = inputs[0].dims;
  const bool negative = std::any_of(low.begin(), low.end(), [](auto n) { return n < 0; }) ||
                        std::any_of(high.begin(), high.end(), [](auto n) { return n < 0; });
  if (low.size() != x.size() || high.size() != x.size() || negative)
    fail(ErrorKind::value, "pad: wrong widths", "a number of 0 or more per axis, before and after",
         "low " + to_string(Attribute(low)) + ", high " + to_string(Attribute(high)) + " for shape " + to_string(x),
         "Give one pair per axis.");
  Dims out;
  for (std::size_t i = 0; i < x.size(); ++i) out.push_back(x[i] + Dim(low[i]) + Dim(high[i]));
  return {{inputs[0].dtype, out}};
}

void Pad::run(const Run& run) const {
  fill_with(run.outputs[0], value);
  if (run.inputs[0].shape.size() == 0) return;
  std::int64_t offset;
  const Dims starts(low.begin(), low.end());
  const auto c = between(run.inputs[0].shape, run.outputs[0].shape, starts, {}, false, &offset);
  copy(c, run.inputs[0].dtype, run.inputs[0].data, 0, run.outputs[0].data, offset);
}

Values Pad::vjp(const Vjp& v) const {
  const Dims x = v.in(0).dims();
  Slice slice;
  for (std::size_t i = 0; i < x.size(); ++i) {
    slice.starts.push_back(low[i]);
    slice.stops.push_back(x[i] + Dim(low[i]));
  }
  return call(slice, {v.grad()});
}

namespace {

void check_block(const char* name, const Specs& inputs, const Dims& block) {
  const Dims& x = inputs[0].dims;
  if (inputs[1].dtype != DType::int32 && inputs[1].dtype != DType::int64)
    fail(ErrorKind::type, std::string(name) + ": wrong dtype of the starts", "int32 or int64", to_string(inputs),
         "Cast the starts.");
  check::shape(name, inputs[1], {Dim(x.rank())}, inputs, "the starts");
  bool fits = block.rank() == x.rank();
  for (std::size_t i = 0; fits && i < x.size(); ++i)
    fits = !block[i].known() || (block[i].value() >= 0 && block[i].value() <= x[i].value_or(block[i].value()));
  if (!fits)
    fail(ErrorKind::value, std::string(name) + ": the block does not fit",
         "as many axes as the input has, none longer than there", to_string(block) + " for shape " + to_string(x),
         "Choose a smaller block.");
}

// Where the block begins: negative starts count from the end, and it is moved back where it would reach beyond.
Dims block_starts(const Operand& starts, const Shape& whole, const Shape& block) {
  Dims found;
  for (int i = 0; i < whole.rank(); ++i) {
    const std::int64_t start = starts.dtype == DType::int32 ? static_cast<const std::int32_t*>(starts.data)[i]
                                                            : static_cast<const std::int64_t*>(starts.data)[i];
    const std::int64_t counted = start < 0 ? start + whole[i] : start;
    found.push_back(std::max<std::int64_t>(0, std::min(counted, whole[i] - block[i])));
  }
  return found;
}

}  // namespace

Specs DynamicSlice::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 2, 2);
  check_block(name, inputs, shape);
  return {{inputs[0].dtype, shape}};
}

void DynamicSlice::run(const Run& run) const {
  const Shape &whole = run.inputs[0].shape, &block = run.outputs[0].shape;
  if (block.size() == 0) return;
  std::int64_t offset;
  const auto c = between(block, whole, block_starts(run.inputs[1], whole, block), {}, true, &offset);
  copy(c, run.inputs[0].dtype, run.inputs[0].data, offset, run.outputs[0].data, 0);
}

Values DynamicSlice::vjp(const Vjp& v) const {
  return {call(DynamicUpdateSlice{}, {ops::zeros_like(v.in(0)), v.in(1), v.grad()})[0], Value()};
}

Specs DynamicUpdateSlice::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 3, 3);
  if (inputs[2].dtype != inputs[0].dtype)
    fail(ErrorKind::type, "dynamic_update_slice: the block has another dtype", name_of(inputs[0].dtype),
         to_string(inputs), "Cast it to the same dtype.");
  check_block(name, inputs, inputs[2].dims);
  return {inputs[0]};
}

void DynamicUpdateSlice::run(const Run& run) const {
  const Operand &out = run.outputs[0], &block = run.inputs[2];
  if (out.data != run.inputs[0].data) std::memcpy(out.data, run.inputs[0].data, out.bytes());
  if (block.shape.size() == 0) return;
  std::int64_t offset;
  const Dims starts = block_starts(run.inputs[1], out.shape, block.shape);
  const auto c = between(block.shape, out.shape, starts, {}, false, &offset);
  copy(c, out.dtype, block.data, 0, out.data, offset);
}

Values DynamicUpdateSlice::vjp(const Vjp& v) const {
  return {call(DynamicUpdateSlice{}, {v.grad(), v.in(1), ops::zeros_like(v.in(2))})[0], Value(),
          call(DynamicSlice{v.in(2).dims()}, {v.grad(), v.in(1)})[0]};
}

}  // namespace lamina
