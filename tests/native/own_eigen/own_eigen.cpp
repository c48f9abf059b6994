// Both Eigens compute the same: that of this program, and that inside Lamina.
//   own_eigen MODEL.lamina     a model from square matrices a to a . a, the inverse of a, and its singular values
#include <lamina/model.h>

#include <Eigen/Dense>
#include <cstdio>

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

float difference(const Matrix& expected, const lamina::Tensor& found) {
  return (expected - Eigen::Map<const Matrix>(found.data<float>(), expected.rows(), expected.cols()))
      .cwiseAbs()
      .maxCoeff();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    const lamina::Model model = lamina::Model::load(argv[1]);
    const auto n = static_cast<Eigen::Index>(model.inputs()[0].shape[1]);
    const Matrix a = Matrix::Random(n, n) + 4 * Matrix::Identity(n, n);
    lamina::Tensor input = lamina::Tensor::zeros(lamina::DType::float32, {1, n, n});
    Eigen::Map<Matrix>(input.data<float>(), n, n) = a;
    const auto outputs = model.predict(std::vector<lamina::Tensor>{input});
    const Matrix singular = Eigen::JacobiSVD<Matrix>(a).singularValues();
    const float product = difference(a * a, outputs[0]), inverse = difference(a.inverse(), outputs[1]),
                values = difference(singular, outputs[2]);
    std::printf("%g %g %g\n", static_cast<double>(product), static_cast<double>(inverse), static_cast<double>(values));
    return product <= 1e-3F && inverse <= 1e-3F && values <= 1e-3F ? 0 : 1;
  } catch (const lamina::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
