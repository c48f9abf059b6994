// The C interface: the same as lamina::Model, and nothing that is passed to it crashes.
#include <string>

#include "io/files.h"
#include "io/lamina_file.h"
#include "lamina/lamina.h"
#include "lamina/model.h"
#include "tiny_model.h"

namespace lamina {
namespace {

lamina_tensor view(const Tensor& tensor) {
  lamina_tensor t{
      static_cast<std::int32_t>(tensor.dtype()), tensor.rank(), {}, const_cast<void*>(tensor.data()), nullptr};
  for (int i = 0; i < tensor.rank(); ++i) t.shape[i] = tensor.dim(i);
  return t;
}

class CApi : public testing::Test {
 protected:
  CApi() {
    io::save(folder.path("m"), *support::tiny_model(), {}, {support::tiny_data(2).x});
    model = lamina_load(folder.path("m").c_str());
  }
  ~CApi() override { lamina_free(model); }
  static bool says(const std::string& part) { return std::string(lamina_last_error()).find(part) != std::string::npos; }

  const support::Folder folder;
  const support::TinyData data = support::tiny_data(40);
  const lamina_tensor x = view(data.x), y = view(data.y);
  lamina_model* model;
};

TEST_F(CApi, PredictsTrainsAndSaves) {
  ASSERT_NE(model, nullptr) << lamina_last_error();
  Model same = Model::load(folder.path("m"));
  EXPECT_EQ(lamina_num_inputs(model), 1);
  const char* name = nullptr;
  lamina_tensor port;
  ASSERT_EQ(lamina_input(model, 0, &name, &port), 0);
  EXPECT_STREQ(name, "image");
  EXPECT_EQ(port.rank, 4);
  EXPECT_EQ(port.shape[0], -1);
  ASSERT_EQ(lamina_output(model, 0, &name, nullptr), 0);
  EXPECT_STREQ(name, "probabilities");

  double loss = 0, expected = 0;
  ASSERT_EQ(lamina_fit(model, &x, 1, &y, 1, 2, 16, &loss), 0) << lamina_last_error();
  FitOptions options;
  options.epochs = 2;
  options.batch_size = 16;
  expected = same.fit({data.x}, {data.y}, options).back()[0].second;
  EXPECT_EQ(loss, expected);
  ASSERT_EQ(lamina_evaluate(model, &x, 1, &y, 1, 16, &loss), 0);
  EXPECT_EQ(loss, same.evaluate({data.x}, {data.y}, 16)[0].second);

  lamina_tensor output{};
  ASSERT_EQ(lamina_predict(model, &x, 1, 32, &output, 1), 0);
  const Tensor wanted = same.predict(data.x);
  ASSERT_EQ(output.rank, 2);
  EXPECT_EQ(output.shape[1], 3);
  EXPECT_EQ(std::memcmp(output.data, wanted.data(), wanted.bytes()), 0);
  lamina_release(&output, 1);
  EXPECT_EQ(output.data, nullptr);
  lamina_release(&output, 1);

  ASSERT_EQ(lamina_save(model, folder.path("again").c_str()), 0);
  lamina_free(lamina_load(folder.path("again").c_str()));
  const support::Bytes bytes = support::read_bytes(folder.path("again"));
  lamina_model* copy = lamina_load_memory(bytes.data(), bytes.size());
  EXPECT_NE(copy, nullptr);
  lamina_free(copy);
}

TEST_F(CApi, PredictsIntoTheCallersMemory) {
  const Tensor wanted = Model::load(folder.path("m")).predict(data.x);
  Tensor own = Tensor::zeros(DType::float32, {40, 3});
  lamina_tensor output = view(own);
  ASSERT_EQ(lamina_prepare(model, &x, 1, 32, 2), 0) << lamina_last_error();
  ASSERT_EQ(lamina_predict_into(model, &x, 1, 32, &output, 1), 0) << lamina_last_error();
  EXPECT_TRUE(support::same_bits(own, wanted));
  output.shape[0] = 39;
  EXPECT_NE(lamina_predict_into(model, &x, 1, 32, &output, 1), 0);
  EXPECT_TRUE(says("The tensor for output 'probabilities' does not fit"));
  output = view(own);
  output.dtype = LAMINA_INT32;
  EXPECT_NE(lamina_predict_into(model, &x, 1, 32, &output, 1), 0);
  EXPECT_NE(lamina_predict_into(model, &x, 1, 32, nullptr, 1), 0);
  EXPECT_NE(lamina_predict_into(model, &x, 1, 32, &output, 0), 0);
  EXPECT_NE(lamina_predict_into(nullptr, &x, 1, 32, &output, 1), 0);
  EXPECT_NE(lamina_prepare(model, &x, 1, 0, 2), 0);
  EXPECT_NE(lamina_prepare(nullptr, &x, 1, 32, 2), 0);
}

TEST_F(CApi, TellsAndTakesTheSettings) {
  EXPECT_GE(lamina_num_threads(), 1);
  EXPECT_STRNE(lamina_isa_level(), "");
  lamina_set_seed(3);
  std::string lines;
  const auto add = [](void* context, const char* topic, const char* line) {
    *static_cast<std::string*>(context) += std::string(topic) + ": " + line + "\n";
  };
  ASSERT_EQ(lamina_set_log("programs,kernels", add, &lines), 0);
  lamina_tensor output{};
  ASSERT_EQ(lamina_predict(model, &x, 1, 7, &output, 1), 0);
  lamina_release(&output, 1);
  EXPECT_NE(lamina_set_log("colours", add, &lines), 0);
  EXPECT_TRUE(says("There is no such topic of the log"));
  ASSERT_EQ(lamina_set_log(nullptr, nullptr, nullptr), 0);
  EXPECT_NE(lines.find("programs: predict of (7, 6, 6, 1): "), std::string::npos) << lines;
  EXPECT_NE(lines.find("kernels: conv batch=7 "), std::string::npos) << lines;
}

TEST_F(CApi, SaysWhatIsWrong) {
  lamina_tensor output{}, wrong = x;
  EXPECT_EQ(lamina_load("/no/such/file"), nullptr);
  EXPECT_TRUE(says("Cannot read"));
  EXPECT_EQ(lamina_load(nullptr), nullptr);
  EXPECT_EQ(lamina_load_memory(nullptr, 3), nullptr);
  EXPECT_EQ(lamina_load_memory("abc", 3), nullptr);
  EXPECT_NE(lamina_predict(nullptr, &x, 1, 32, &output, 1), 0);
  EXPECT_TRUE(says("There is no model"));
  EXPECT_NE(lamina_predict(model, &x, 1, 32, nullptr, 1), 0);
  EXPECT_NE(lamina_predict(model, &x, 1, 32, &output, 2), 0);
  EXPECT_NE(lamina_predict(model, nullptr, 1, 32, &output, 1), 0);
  EXPECT_NE(lamina_predict(model, &x, -1, 32, &output, 1), 0);
  EXPECT_NE(lamina_predict(model, &x, 0, 32, &output, 1), 0);
  EXPECT_NE(lamina_predict(model, &x, 1, 0, &output, 1), 0);
  for (const int dtype : {-1, 8, 9, 11, int{LAMINA_INT64}}) {
    wrong.dtype = dtype;
    EXPECT_NE(lamina_predict(model, &wrong, 1, 32, &output, 1), 0) << dtype;
  }
  for (const int rank : {-1, 9, 3}) {
    wrong = x;
    wrong.rank = rank;
    EXPECT_NE(lamina_predict(model, &wrong, 1, 32, &output, 1), 0) << rank;
  }
  for (const std::int64_t rows : {std::int64_t{-1}, std::int64_t{1} << 60}) {
    wrong = x;
    wrong.shape[0] = rows;
    EXPECT_NE(lamina_predict(model, &wrong, 1, 32, &output, 1), 0);
  }
  wrong = x;
  wrong.data = nullptr;
  EXPECT_NE(lamina_predict(model, &wrong, 1, 32, &output, 1), 0);
  EXPECT_TRUE(says("A tensor has no data"));
  EXPECT_NE(lamina_input(model, 1, nullptr, nullptr), 0);
  EXPECT_NE(lamina_save(model, "/no/such/folder/m"), 0);
  EXPECT_NE(lamina_set_num_threads(0), 0);
  EXPECT_EQ(output.owner, nullptr);
  lamina_free(nullptr);
  lamina_release(nullptr, 3);
  EXPECT_EQ(lamina_num_inputs(nullptr), 0);
}

}  // namespace
}  // namespace lamina
