// lamina::Model as native users see it: load, predict, fit, evaluate, save.
#include "lamina/model.h"

#include <atomic>
#include <thread>

#include "io/files.h"
#include "io/lamina_file.h"
#include "lamina/runtime.h"
#include "tiny_model.h"

namespace lamina {
namespace {

using support::expect_error;
using support::expect_error_text;
using support::Folder;
using support::same_bits;
using support::tiny_data;
using support::tiny_model;
using support::TinyData;
using support::TinyModel;

class ModelTest : public testing::Test {
 protected:
  Model load(const TinyModel& model = {}, const char* name = "model.lamina") {
    io::save(folder.path(name), *tiny_model(model), {{"config", "{}"}}, {tiny_data(2, model).x});
    return Model::load(folder.path(name));
  }
  static std::vector<Tensor> variables(const Model& model) {
    std::vector<Tensor> values;
    for (const std::string& name : model.variable_names()) values.push_back(model.variable(name));
    return values;
  }
  const Folder folder;
  const TinyData data = tiny_data(70);
};

TEST_F(ModelTest, SaysWhatItTakesAndGives) {
  const Model model = load();
  ASSERT_EQ(model.inputs().size(), 1u);
  EXPECT_EQ(model.inputs()[0].name, "image");
  EXPECT_EQ(model.inputs()[0].dtype, DType::float32);
  EXPECT_EQ(model.inputs()[0].shape, (std::vector<std::int64_t>{-1, 6, 6, 1}));
  ASSERT_EQ(model.outputs().size(), 1u);
  EXPECT_EQ(model.outputs()[0].name, "probabilities");
  EXPECT_EQ(model.outputs()[0].shape, (std::vector<std::int64_t>{-1, 3}));
  EXPECT_EQ(model.variable_names().front(), "conv/kernel");
}

TEST_F(ModelTest, Predicts) {
  const Model model = load();
  const Tensor all = tiny_model()->run("predict", {data.x})[0];
  for (const std::int64_t batch : {1, 32, 70, 100})
    EXPECT_LE(support::difference<float>(model.predict(data.x, batch), all), 1e-6);
  EXPECT_LE(support::difference<float>(model.predict(std::vector<Tensor>{data.x})[0], all), 1e-6);
}

TEST_F(ModelTest, LoadsFromMemoryAndPredictsByName) {
  const Model model = load();
  support::Bytes bytes = support::read_bytes(folder.path("model.lamina"));
  const Model other = Model::load(bytes.data(), bytes.size());
  bytes.clear();  // it was copied
  const NamedTensors found = other.predict(NamedTensors{{"image", data.x}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].first, "probabilities");
  EXPECT_TRUE(same_bits(found[0].second, model.predict(data.x)));
  expect_error(ErrorKind::value, "The model has no input 'imge'", [&] {
    other.predict(NamedTensors{{"imge", data.x}});
  });
  expect_error(ErrorKind::value, "An input is missing", [&] { other.predict(NamedTensors{}); });
  expect_error(ErrorKind::value, "is not a whole .lamina file", [] { Model::load("short", 5); });
}

TEST_F(ModelTest, PredictsFromManyThreads) {
  const Model model = load();
  const Tensor expected = model.predict(data.x);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 25; ++repeat) wrong += !same_bits(model.predict(data.x), expected);
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(ModelTest, FitsAndReportsEachEpoch) {
  Model model = load();
  const double before = model.evaluate({data.x}, {data.y})[0].second;
  std::vector<int> epochs;
  FitOptions options;
  options.epochs = 12;
  options.batch_size = 16;
  options.on_epoch_end = [&](int epoch, const Logs& logs) {
    EXPECT_EQ(logs[0].first, "loss");
    epochs.push_back(epoch);
    return epoch < 9;
  };
  const std::vector<Logs> history = model.fit({data.x}, {data.y}, options);
  EXPECT_EQ(epochs, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(history.size(), 10u);
  EXPECT_LT(history.back()[0].second, 0.5 * history.front()[0].second);
  EXPECT_LT(model.evaluate({data.x}, {data.y})[0].second, 0.5 * before);
  EXPECT_EQ(model.variable("optimizer/iterations").item<std::int64_t>(), 50);  // 5 batches, the last one short
  EXPECT_EQ(model.variable("sampler/epoch").item<std::int64_t>(), 10);
}

TEST_F(ModelTest, ShufflesAnewEachEpochAndTheSameEachTime) {
  Model one = load(), two = load(), plain = load();
  FitOptions options;
  options.epochs = 2;
  FitOptions unshuffled = options;
  unshuffled.shuffle = false;
  one.fit({data.x}, {data.y}, options);
  two.fit({data.x}, {data.y}, options);
  plain.fit({data.x}, {data.y}, unshuffled);
  EXPECT_TRUE(same_bits(variables(one), variables(two)));
  EXPECT_FALSE(same_bits(one.variable("dense/kernel"), plain.variable("dense/kernel")));
  EXPECT_EQ(plain.variable("sampler/epoch").item<std::int64_t>(), 0);
}

TEST_F(ModelTest, EvaluatesTheSameForEveryBatchSizeAndChangesNothing) {
  Model model = load();
  const Tensor weights = model.variable("dense/kernel");
  const double whole = model.evaluate({data.x}, {data.y}, 70)[0].second;
  for (const std::int64_t batch : {std::int64_t{1}, std::int64_t{32}, std::numeric_limits<std::int64_t>::max()})
    EXPECT_NEAR(model.evaluate({data.x}, {data.y}, batch)[0].second, whole, 1e-5);
  EXPECT_TRUE(same_bits(model.variable("dense/kernel"), weights));
}

TEST_F(ModelTest, GoesOnFromTheFileWithTheSameBits) {
  FitOptions epoch;
  epoch.batch_size = 16;
  Model whole = load();
  for (int i = 0; i < 4; ++i) whole.fit({data.x}, {data.y}, epoch);

  Model first = load();
  for (int i = 0; i < 2; ++i) first.fit({data.x}, {data.y}, epoch);
  first.save(folder.path("half.lamina"));
  Model second = Model::load(folder.path("half.lamina"));
  EXPECT_TRUE(same_bits(variables(first), variables(second)));
  EXPECT_TRUE(same_bits(first.predict(data.x), second.predict(data.x)));
  for (int i = 0; i < 2; ++i) second.fit({data.x}, {data.y}, epoch);
  EXPECT_TRUE(same_bits(variables(whole), variables(second)));

  second.save(folder.path("half.lamina"));  // over the file that it was read from
  EXPECT_TRUE(same_bits(variables(Model::load(folder.path("half.lamina"))), variables(second)));
  EXPECT_EQ(io::load(folder.path("half.lamina")).metadata.at("config"), "{}");
}

TEST_F(ModelTest, NumbersDoNotDependOnTheThreads) {
  const TinyModel size{16, 16, 4, 0.25, true};
  const TinyData images = tiny_data(64, size);
  const int before = num_threads();
  std::vector<std::vector<Tensor>> results;
  for (const int threads : {1, 2}) {
    set_num_threads(threads);
    Model model = load(size);
    model.fit({images.x}, {images.y});
    results.push_back(variables(model));
    results.back().push_back(model.predict(images.x));
  }
  set_num_threads(before);
  EXPECT_TRUE(same_bits(results[0], results[1]));
}

TEST_F(ModelTest, ItsVariablesAreReadAndSet) {
  Model model = load();
  EXPECT_FLOAT_EQ(static_cast<float>(model.learning_rate()), 0.05f);
  model.set_learning_rate(0);
  EXPECT_EQ(model.learning_rate(), 0);
  const Tensor weights = model.variable("dense/kernel");
  model.fit({data.x}, {data.y});
  EXPECT_TRUE(same_bits(model.variable("dense/kernel"), weights));
  const Tensor other = support::random<float>(weights.shape(), 5);
  model.set_variable("dense/kernel", other);
  EXPECT_TRUE(same_bits(model.variable("dense/kernel"), other));
  Tensor copy = model.variable("dense/kernel");
  copy.data<float>()[0] = 100;
  EXPECT_TRUE(same_bits(model.variable("dense/kernel"), other));
}

TEST_F(ModelTest, MovesAndOutlivesItsFile) {
  Model first = load();
  std::filesystem::remove(folder.path("model.lamina"));
  const Tensor expected = first.predict(data.x);
  Model second = std::move(first);
  EXPECT_TRUE(same_bits(second.predict(data.x), expected));
  second.save(folder.path("again.lamina"));
  EXPECT_TRUE(same_bits(Model::load(folder.path("again.lamina")).predict(data.x), expected));
}

TEST_F(ModelTest, Refuses) {
  Model model = load();
  TinyModel only_predicts;
  only_predicts.compiled = false;
  Model uncompiled = load(only_predicts, "plain.lamina");
  const Tensor& x = data.x;
  const Tensor& y = data.y;
  FitOptions no_batch, no_epochs;
  no_batch.batch_size = 0;
  no_epochs.epochs = -1;
  const struct {
    ErrorKind kind;
    const char* text;
    std::function<void()> call;
  } rows[] = {
      {ErrorKind::io, "Cannot read '/no/such/file.lamina'", [] { Model::load("/no/such/file.lamina"); }},
      {ErrorKind::io, "Cannot write '/no/such/file.lamina'", [&] { model.save("/no/such/file.lamina"); }},
      {ErrorKind::value, "'predict' got the wrong number of inputs",
       [&] {
         (void)model.predict({x, x});
       }},
      {ErrorKind::value, "Input 'image' has the wrong shape. Expected: (None, 6, 6, 1). Received: (32, 36)",
       [&] {
         (void)model.predict(x.reshaped({70, 36}));
       }},
      {ErrorKind::type, "Input 'image' has the wrong dtype", [&] { (void)model.predict(y); }},
      {ErrorKind::value, "There is nothing to run on", [&] { (void)model.predict(x.rows(0, 0)); }},
      {ErrorKind::value, "There is nothing to run on", [&] { (void)model.predict(x, 0); }},
      {ErrorKind::value, "'train_step' got the wrong number of inputs. Expected: 2. Received: 1.",
       [&] { model.fit({x}, {}); }},
      {ErrorKind::value, "do not have the same number of rows. Expected: 70 rows. Received: shape (3,)",
       [&] { model.fit({x}, {y.rows(0, 3)}); }},
      {ErrorKind::value, "There is no data. Expected: tensors with at least one row. Received: (0, 6, 6, 1).",
       [&] { model.fit({x.rows(0, 0)}, {y.rows(0, 0)}); }},
      {ErrorKind::value, "There is no data. Expected: tensors with at least one row. Received: none.",
       [&] { model.evaluate({}, {}); }},
      {ErrorKind::value, "fit cannot run", [&] { model.fit({x}, {y}, no_batch); }},
      {ErrorKind::value, "fit cannot run", [&] { model.fit({x}, {y}, no_epochs); }},
      {ErrorKind::value, "There are no such batches", [&] { model.evaluate({x}, {y}, 0); }},
      {ErrorKind::index,
       "A class label is out of range. Expected: integers from 0 to 2 for an output of 3 classes. Received: 3 at row "
       "0.",
       [&] { model.evaluate({x.rows(0, 1)}, {Tensor::of<std::int64_t>({1}, {3})}); }},
      {ErrorKind::state, "The model cannot be trained or evaluated: it has no 'train_step'",
       [&] { uncompiled.fit({x}, {y}); }},
      {ErrorKind::state, "The model cannot be trained or evaluated: it has no 'evaluate_step'",
       [&] { uncompiled.evaluate({x}, {y}); }},
      {ErrorKind::value, "The model has no variable 'optimizer/learning_rate'",
       [&] { (void)uncompiled.learning_rate(); }},
      {ErrorKind::value, "The model has no variable 'optimizer/learning_rate'",
       [&] { uncompiled.set_learning_rate(1); }},
      {ErrorKind::value,
       "The model has no variable 'dense/kernal'. Expected: one of its names; the nearest are dense/kernel",
       [&] { (void)model.variable("dense/kernal"); }},
      {ErrorKind::value, "Variable 'dense/bias' cannot be assigned. Expected: float32 (3,). Received: float32 (2,).",
       [&] {
         model.set_variable("dense/bias", Tensor::of<float>({2}, {1, 2}));
       }},
  };
  const std::vector<Tensor> before = variables(model);
  for (const auto& row : rows) expect_error(row.kind, row.text, row.call);
  EXPECT_TRUE(same_bits(model.variable("dense/kernel"), before[2]));  // refused calls train nothing
}

TEST(Runtime, SaysWhatItIs) {
  EXPECT_STREQ(version(), "0.1.0");
  EXPECT_FALSE(std::string(isa_level()).empty());
}

}  // namespace
}  // namespace lamina
