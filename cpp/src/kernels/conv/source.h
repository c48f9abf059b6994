// Where a convolution reads: along each axis output o and tap t read  o * step + first + t * spacing  of the source,
// and nothing outside of [0, in). A block of output rows reads either the image itself, when nothing falls outside, or
// a slab: a copy of the rows it needs with the zeros of the border in place, so that the inner loops know no borders.
#pragma once

#include <cstring>

#include "kernels/window.h"
#include "kernels/workers.h"

namespace lamina::kernels::LAMINA_LEVEL {

struct Axis {
  Index in = 1, out = 1, taps = 1;
  Index first = 0, spacing = 1, step = 1;
  // Tap t of this axis is tap tap_first + t * tap_step of the kernel.
  Index tap_first = 0, tap_step = 1;

  // Source positions that `outputs` successive outputs span.
  Index extent(Index outputs) const { return (outputs - 1) * step + max_of(taps - 1, Index(0)) * spacing + 1; }
  // The taps of output o that fall inside: [first_tap(o), last_tap(o)).
  Index first_tap(Index o) const { return min_of(max_of(ceil_div(-(o * step + first), spacing), Index(0)), taps); }
  Index last_tap(Index o) const {
    const Index begin = o * step + first;
    return begin >= in ? first_tap(o) : max_of(min_of((in - 1 - begin) / spacing + 1, taps), first_tap(o));
  }
  // The outputs that read all taps: [whole_begin(), whole_end()).
  Index whole_begin() const {
    Index o = 0;
    while (o < out && first_tap(o) > 0) ++o;
    return o;
  }
  Index whole_end() const {
    Index o = out;
    while (o > whole_begin() && last_tap(o - 1) < taps) --o;
    return o;
  }
  bool inside() const { return first >= 0 && first + extent(out) <= in; }
};

inline Axis forward_axis(const Window& window, int axis) {
  Axis result;
  result.in = window.in[axis];
  result.out = window.out[axis];
  result.taps = window.kernel[axis];
  result.first = -window.pad[axis];
  result.spacing = window.dilation[axis];
  result.step = window.stride[axis];
  return result;
}

// The gradient of the input, for the input positions  phase + q * stride: tap t of the kernel meets them at output
// q + (phase + pad - t * dilation) / stride, if that divides. The taps are taken from the last to the first.
inline Axis gradient_axis(const Window& window, int axis, Index phase) {
  const Index stride = window.stride[axis], dilation = window.dilation[axis];
  Axis result;
  result.in = window.out[axis];
  result.out = max_of(ceil_div(window.in[axis] - phase, stride), Index(0));
  result.taps = 0;
  for (Index t = 0; t < window.kernel[axis]; ++t) {
    const Index distance = phase + window.pad[axis] - t * dilation;
    if (distance % stride != 0) continue;
    if (result.taps > 0) result.tap_step = result.tap_first - t;
    result.tap_first = t;
    result.first = distance / stride;
    ++result.taps;
  }
  // The taps that divide are equally spaced.
  if (result.taps > 1) result.spacing = -result.tap_step * dilation / stride;
  return result;
}

// body(phase) for every phase of the strides.
template <class Body>
inline void for_each_phase(const Window& window, const Body& body) {
  Index phase[3];
  for (phase[0] = 0; phase[0] < window.stride[0]; ++phase[0]) {
    for (phase[1] = 0; phase[1] < window.stride[1]; ++phase[1]) {
      for (phase[2] = 0; phase[2] < window.stride[2]; ++phase[2]) body(phase);
    }
  }
}

// Element (tap plane d, source row r, source column w, channel c) of a block lies at
//   first[d * plane + r * row + w * pixel + c].
template <class T>
struct Source {
  const T* first = nullptr;
  Index plane = 0, row = 0, pixel = 0;
};

// How the blocks of one tensor are read: the channels of one group, each `repeat` times side by side.
struct Reader {
  Axis axis[3];
  Index image_channels = 1;  // between the pixels of the image
  Index channels = 1;        // read from each pixel
  Index repeat = 1;
  Index pixel = 1;     // between the pixels of the slab: at least channels * repeat
  bool direct = true;  // no slab

  Index plane(Index outputs) const { return axis[1].extent(outputs) * row(); }
  Index row() const { return axis[2].extent(axis[2].out) * pixel; }
  Index slab_elements(Index rows) const { return direct ? 0 : max_of(axis[0].taps, Index(1)) * plane(rows); }
};

inline bool all_inside(const Axis axis[3]) { return axis[0].inside() && axis[1].inside() && axis[2].inside(); }

// Strides of the source of every block of at most `rows` output rows; `first` is left out.
template <class T>
inline Source<T> source_strides(const Reader& reader, Index rows) {
  Source<T> source;
  if (reader.direct) {
    source.pixel = reader.image_channels;
    source.row = reader.axis[2].in * source.pixel;
    source.plane = reader.axis[0].spacing * reader.axis[1].in * source.row;
  } else {
    source.pixel = reader.pixel;
    source.row = reader.row();
    source.plane = reader.plane(rows);
  }
  return source;
}

template <class T>
inline void fill_zero(T* to, Index count) {
  if (count > 0) std::memset(to, 0, static_cast<std::size_t>(count) * sizeof(T));
}

template <class T>
inline void copy_pixels(const Reader& reader, const T* from, Index count, T* to) {
  if (count <= 0) return;
  if (reader.pixel == reader.image_channels && reader.channels == reader.pixel) {
    std::memcpy(to, from, static_cast<std::size_t>(count * reader.pixel) * sizeof(T));
    return;
  }
  for (Index w = 0; w < count; ++w) {
    const T* const pixel = from + w * reader.image_channels;
    T* const out = to + w * reader.pixel;
    if (reader.repeat == 1) {
      for (Index c = 0; c < reader.channels; ++c) out[c] = pixel[c];
    } else {
      for (Index c = 0; c < reader.channels; ++c) {
        for (Index q = 0; q < reader.repeat; ++q) out[c * reader.repeat + q] = pixel[c];
      }
    }
    fill_zero(out + reader.channels * reader.repeat, reader.pixel - reader.channels * reader.repeat);
  }
}

// The source of output rows [row, row + count) of output plane `plane`. `image` is one image from its first wanted
// channel on; `rows` is the largest block, which fixes the strides of the slab.
template <class T>
inline Source<T> open_block(const Reader& reader, const T* image, Index plane, Index row, Index count, Index rows,
                            T* slab) {
  const Axis& depth = reader.axis[0];
  const Axis& height = reader.axis[1];
  const Axis& width = reader.axis[2];
  Source<T> source = source_strides<T>(reader, rows);
  const Index first_depth = plane * depth.step + depth.first;
  const Index first_row = row * height.step + height.first;
  if (reader.direct) {
    source.first = image + ((first_depth * height.in + first_row) * width.in + width.first) * reader.image_channels;
    return source;
  }
  source.first = slab;
  const Index columns = width.extent(width.out);
  const Index begin = min_of(max_of(-width.first, Index(0)), columns);
  const Index end = max_of(min_of(width.in - width.first, columns), begin);
  const Index source_rows = height.extent(count);
  for (Index d = 0; d < depth.taps; ++d) {
    const Index z = first_depth + d * depth.spacing;
    for (Index r = 0; r < source_rows; ++r) {
      const Index y = first_row + r;
      T* const to = slab + d * source.plane + r * source.row;
      if (z < 0 || z >= depth.in || y < 0 || y >= height.in) {
        fill_zero(to, source.row);
        continue;
      }
      const T* const from = image + ((z * height.in + y) * width.in + width.first) * reader.image_channels;
      fill_zero(to, begin * reader.pixel);
      copy_pixels(reader, from + begin * reader.image_channels, end - begin, to + begin * reader.pixel);
      fill_zero(to + end * reader.pixel, (columns - end) * reader.pixel);
    }
  }
  return source;
}

// Output rows of one image plane are cut into blocks; the blocks of all images are the units of work.
constexpr Index kSlabElements = 32 * 1024;  // of one block: leaves room for weights in the second cache

// The most output rows of a block.
inline Index most_rows(const Reader& reader, Index elements = kSlabElements) {
  const Index rows = reader.axis[1].out;
  Index fitting = 1;
  while (fitting < rows && max_of(reader.axis[0].taps, Index(1)) * reader.plane(fitting + 1) <= elements) ++fitting;
  return fitting;
}

}  // namespace lamina::kernels::LAMINA_LEVEL
