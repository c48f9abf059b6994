// One model and several, used by many threads at once: they predict, train, evaluate, read, write and save. The thread
// sanitizer sees what these tests cannot.
#include <atomic>
#include <functional>
#include <thread>

#include "core/parallel_for.h"
#include "io/files.h"
#include "lamina/graph.h"
#include "lamina/runtime.h"
#include "support.h"

namespace lamina {
namespace {

using support::same_bits;

struct Subject {
  Model model;
  std::vector<Tensor> x, y;
};

Training training_of(const Symbol& logits, const Symbol& label) {
  Training training;
  training.labels = {label};
  training.loss = op("sparse_crossentropy", {logits, label});
  training.optimizer = {"adam", 0.01};
  return training;
}

Tensor labels(std::int64_t rows) {
  Tensor y(DType::int64, {rows});
  for (std::int64_t i = 0; i < rows; ++i) y.data<std::int64_t>()[i] = i * 5 % 3;
  return y;
}

Subject dense_model() {
  GraphBuilder graph;
  const Symbol x = graph.input("x", {-1, 16}), label = graph.input("label", {-1}, DType::int64);
  const Symbol h = linear(x, graph.variable("hidden/kernel", initial_value("glorot_uniform", {16, 64}, 1)),
                          graph.variable("hidden/bias", initial_value("zeros", {64}, 0)), "relu");
  const Symbol logits = matmul(h, graph.variable("kernel", initial_value("glorot_uniform", {64, 3}, 2)));
  return {graph.compile({{"logits", logits}}, training_of(logits, label)),
          {support::random<float>({90, 16}, 3)},
          {labels(90)}};
}

Subject text_model() {
  GraphBuilder graph;
  const Symbol text = graph.input("text", {-1}, DType::string), label = graph.input("label", {-1}, DType::int64);
  const Symbol words = op("text_split", {text}, {{"split", "whitespace"}, {"length", 4}});
  const Symbol rows = op("text_hash", {words}, {{"num_bins", 32}});
  const Symbol table = graph.variable("embeddings", initial_value("random_normal", {32, 8}, 4));
  const Symbol pooled = mean(op("take", {table, rows}), {1});
  const Symbol logits = matmul(pooled, graph.variable("kernel", initial_value("glorot_uniform", {8, 3}, 5)));
  std::vector<std::string> texts;
  for (int i = 0; i < 90; ++i) texts.push_back("word" + std::to_string(i % 7) + " and word" + std::to_string(i % 5));
  return {
      graph.compile({{"logits", logits}}, training_of(logits, label)), {Tensor::of_texts({90}, texts)}, {labels(90)}};
}

// Large enough for workers in most steps of `predict` and `fit`.
Subject image_model() {
  GraphBuilder graph;
  const Symbol x = graph.input("x", {-1, 16, 16, 8}), label = graph.input("label", {-1}, DType::int64);
  const Symbol filters = graph.variable("filters", initial_value("he_normal", {3, 3, 8, 16}, 6));
  const Symbol maps = relu(op("conv", {x, filters}, {{"padding", "same"}}));
  const Symbol pooled = op("max_pool", {maps}, {{"window", {2, 2}}});
  const Symbol rows = reshape(pooled, {x.size(0), 8, 128});
  const Symbol steps = matmul(op("transpose", {rows}, {{"axes", {1, 0, 2}}}),
                              graph.variable("rnn/kernel", initial_value("glorot_uniform", {128, 32}, 7)));
  const Symbol begin = matmul(mean(rows, {1}), graph.variable("begin", initial_value("glorot_uniform", {128, 32}, 8)));
  const Symbol states =
      op("simple_rnn", {steps, graph.variable("rnn/recurrent", initial_value("glorot_uniform", {32, 32}, 9)), begin});
  const Symbol logits = matmul(mean(states, {0}), graph.variable("kernel", initial_value("he_normal", {32, 3}, 10)));
  return {graph.compile({{"logits", logits}}, training_of(logits, label)),
          {support::random<float>({90, 16, 16, 8}, 11)},
          {labels(90)}};
}

// All of them at once, a few times each.
void together(const std::vector<std::function<void()>>& jobs, int times) {
  std::vector<std::thread> threads;
  for (const auto& job : jobs)
    threads.emplace_back([&job, times] {
      for (int i = 0; i < times; ++i) job();
    });
  for (std::thread& t : threads) t.join();
}

class Threads : public testing::TestWithParam<Subject (*)()> {
 protected:
  void SetUp() override { set_num_threads(2); }
  void TearDown() override { set_num_threads(before); }
  const int before = num_threads();
};

TEST_P(Threads, PredictionsSeeTheWeightsBetweenTwoSteps) {
  Subject s = GetParam()();
  Subject twin = GetParam()();
  FitOptions options;
  options.epochs = 2;
  options.batch_size = 45;
  options.shuffle = false;
  std::vector<Tensor> possible = {twin.model.predict(s.x)[0]};  // after each of the four steps
  for (int step = 0; step < 4; ++step) {
    FitOptions one = options;
    one.epochs = 1;
    const std::int64_t begin = step % 2 * 45;
    twin.model.fit({twin.x[0].rows(begin, begin + 45)}, {twin.y[0].rows(begin, begin + 45)}, one);
    possible.push_back(twin.model.predict(s.x)[0]);
  }
  std::atomic<int> wrong{0};
  std::atomic<bool> done{false};
  const auto predict = [&] {
    std::vector<Tensor> out = {Tensor(DType::float32, {90, 3})};
    for (bool last = false; !last;) {
      last = done;
      s.model.predict_into(s.x, out);
      wrong += std::none_of(possible.begin(), possible.end(), [&](const Tensor& t) { return same_bits(t, out[0]); });
    }
  };
  std::thread one(predict), two(predict);
  s.model.fit(s.x, s.y, options);
  done = true;
  one.join();
  two.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(same_bits(s.model.predict(s.x)[0], possible.back()));
}

TEST_P(Threads, OneModelDoesAllAtOnce) {
  const support::Folder folder;
  Subject s = GetParam()();
  Model& model = s.model;
  std::atomic<int> files{0}, wrong{0};
  FitOptions options;
  options.on_epoch_end = [&](int, const Logs&) { return model.evaluate(s.x, s.y)[0].second >= 0; };
  together({[&] { model.fit(s.x, s.y, options); }, [&] { model.fit(s.x, s.y); },
            [&] { wrong += model.predict(s.x)[0].size() != 270; },
            [&] { wrong += model.predict(s.x, 7)[0].size() != 270; }, [&] { model.evaluate(s.x, s.y, 16); },
            [&] {
              model.set_learning_rate(model.learning_rate() * 0.9);
              model.set_variable("kernel", model.variable("kernel"));
            },
            [&] {
              const std::string path = folder.path(std::to_string(files++));
              model.save(path);
              wrong += Model::load(path).predict(s.x)[0].size() != 270;  // its golden values are right
            }},
           3);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(model.variable("optimizer/iterations").item<std::int64_t>(), 6 * 3);
}

TEST_P(Threads, ModelsDoNotKnowOfEachOther) {
  Subject alone = GetParam()();
  alone.model.fit(alone.x, alone.y);
  std::vector<Subject> several;
  for (int i = 0; i < 3; ++i) several.push_back(GetParam()());
  std::vector<std::function<void()>> jobs;
  for (Subject& s : several) {
    s.model.set_variable("sampler/seed", alone.model.variable("sampler/seed"));
    jobs.emplace_back([&s] { s.model.fit(s.x, s.y); });
    jobs.emplace_back([&s] { s.model.predict(s.x); });
  }
  together(jobs, 1);
  for (Subject& s : several) EXPECT_TRUE(same_bits(s.model.variable("kernel"), alone.model.variable("kernel")));
}

const char* const subjects[] = {"numbers", "texts", "images"};

INSTANTIATE_TEST_SUITE_P(Models, Threads, testing::Values(dense_model, text_model, image_model),
                         [](const auto& subject) { return subjects[subject.index]; });

TEST(ThreadsOfImages, WorkersTakePart) {
  const int before = num_threads();
  set_num_threads(2);
  Subject s = image_model();
  for (const auto& call :
       std::vector<std::function<void()>>{[&] { s.model.predict(s.x); }, [&] { s.model.fit(s.x, s.y); }}) {
    const std::uint64_t jobs = jobs_for_workers();
    call();
    EXPECT_GT(jobs_for_workers(), jobs);
  }
  set_num_threads(before);
}

TEST(ThreadsOfTexts, SizesThatAreMeasured) {
  const Model model = Model::load(std::string(LAMINA_CORPUS) + "/file/texts.lamina");
  const Tensor few = Tensor::of_texts({2}, {"a", "b c d"}), many = Tensor::of_texts({3}, {"", "a b c d e f g", "h"});
  const Tensor y_few = model.predict(few), y_many = model.predict(many);
  std::atomic<int> wrong{0};
  together({[&] { wrong += !same_bits(model.predict(few), y_few); },
            [&] { wrong += !same_bits(model.predict(many), y_many); },
            [&] { wrong += !same_bits(model.predict(many), y_many); }},
           10);
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace lamina
