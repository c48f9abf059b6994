#include "kernels/resample/resample.h"

#include "kernels/families.h"
#include "kernels/resample/sample.h"
#include "kernels/resample/windows.h"

namespace lamina::kernels::LAMINA_LEVEL {

template <class T>
Resample<T> make_resample() {
  return {windows::windows<T>, windows::windows_transposed<T>, sampling::sample<T>, sampling::sample_transposed<T>};
}

template Resample<float> make_resample();
template Resample<double> make_resample();

}  // namespace lamina::kernels::LAMINA_LEVEL
