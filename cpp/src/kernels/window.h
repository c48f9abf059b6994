// The geometry that convolution and pooling share. Data is channels last: x[batch][in...][channels]. Spatial sizes are
// always three (depth, height, width); 1D and 2D set the leading ones to 1 (kernel 1, stride 1, padding 0).
//   x index along an axis = out * stride - pad + tap * dilation ; taps that fall outside read nothing
#pragma once

#include <cstdint>

namespace lamina::kernels {

struct Window {
  std::int64_t batch = 1;
  std::int64_t in[3] = {1, 1, 1};
  std::int64_t out[3] = {1, 1, 1};
  std::int64_t kernel[3] = {1, 1, 1};
  std::int64_t stride[3] = {1, 1, 1};
  std::int64_t dilation[3] = {1, 1, 1};
  std::int64_t pad[3] = {0, 0, 0};  // before the first element; what lies after the last follows from `out`

  std::int64_t in_size() const { return in[0] * in[1] * in[2]; }
  std::int64_t out_size() const { return out[0] * out[1] * out[2]; }
  std::int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
};

}  // namespace lamina::kernels
