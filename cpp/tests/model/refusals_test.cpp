// Files that cannot be read or written: an error with the path and the reason, the same from C++ and from C, and what
// was there before is untouched.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "io/files.h"
#include "lamina/graph.h"
#include "lamina/lamina.h"
#include "support.h"

namespace lamina {
namespace {

using support::Folder;

Model small_model() {
  GraphBuilder graph;
  const Symbol x = graph.input("x", {-1, 3});
  return graph.compile({{"y", matmul(x, graph.variable("kernel", initial_value("ones", {3, 2})))}});
}

// While one lives no file may grow beyond so many bytes, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small = before_;
    small.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

// While one lives the process has no rights beyond those of anybody.
class Anybody {
 public:
  Anybody() { changed_ = geteuid() == 0 && seteuid(65534) == 0; }
  ~Anybody() {
    if (changed_ && seteuid(0) != 0) std::abort();
  }

 private:
  bool changed_;
};

class Refusals : public testing::Test {
 protected:
  Refusals() {
    model.save(path("good"));
    same = lamina_load(path("good").c_str());
    ::mkdir(path("closed").c_str(), 0755);
    ::mkdir(path("secret").c_str(), 0755);
    model.save(path("secret/m"));
    ::chmod(path("secret/m").c_str(), 0);
    ::chmod(path("closed").c_str(), 0555);
    ::chmod(folder.path("").c_str(), 0755);
    ::mkfifo(path("pipe").c_str(), 0666);
    support::write_bytes(path("empty"), "");
    support::write_bytes(path("text"), "This is no model, whatever its name says.");
    support::write_bytes(path("half"), support::read_bytes(path("good")).substr(0, 700));
  }
  ~Refusals() override {
    lamina_free(same);
    ::chmod(path("closed").c_str(), 0755);
  }
  std::string path(const std::string& name) const { return folder.path(name); }

  void load_refused(const std::string& name, ErrorKind kind, const std::string& reason) const {
    const auto right = [&](const std::string& text) {
      return text.find("'" + path(name) + "'") != std::string::npos && text.find(reason) != std::string::npos;
    };
    try {
      Model::load(path(name));
      ADD_FAILURE() << name << ": no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      EXPECT_TRUE(right(error.what())) << error.what();
    }
    EXPECT_EQ(lamina_load(path(name).c_str()), nullptr);
    EXPECT_TRUE(right(lamina_last_error())) << lamina_last_error();
  }

  void save_refused(const std::string& name, const std::string& reason) {
    const auto right = [&](const std::string& text) {
      return text.find("Cannot write '" + path(name) + "'") != std::string::npos &&
             text.find(reason) != std::string::npos;
    };
    try {
      model.save(path(name));
      ADD_FAILURE() << name << ": no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io) << error.what();
      EXPECT_TRUE(right(error.what())) << error.what();
    }
    EXPECT_EQ(lamina_save(same, path(name).c_str()), 1 + static_cast<int>(ErrorKind::io));
    EXPECT_TRUE(right(lamina_last_error())) << lamina_last_error();
  }

  const Folder folder;
  Model model = small_model();
  lamina_model* same = nullptr;
};

TEST_F(Refusals, OfWhatCannotBeRead) {
  load_refused("missing", ErrorKind::io, "No such file or directory");
  load_refused("good/inside", ErrorKind::io, "Not a directory");
  load_refused("closed", ErrorKind::io, "Received: a folder");
  load_refused("pipe", ErrorKind::io, "Received: a special file");
  load_refused("empty", ErrorKind::value, "Received: an empty file");
  load_refused("text", ErrorKind::value, "is not a whole .lamina file");
  load_refused("half", ErrorKind::value, "is not a whole .lamina file");
  const Anybody rights;
  load_refused("secret/m", ErrorKind::io, "Permission denied");
}

TEST_F(Refusals, OfWhatCannotBeWritten) {
  save_refused("missing/m", "No such file or directory");
  save_refused("good/m", "Not a directory");
  save_refused("closed", "Received: a folder");
  save_refused("pipe", "Received: a special file");
  {
    const Anybody rights;
    save_refused("closed/m", "Permission denied");
  }
  const support::Bytes before = support::read_bytes(path("good"));
  const std::size_t files = folder.count();
  for (const rlim_t limit : {0, 100, 600}) {
    const FullDisk disk(limit);
    save_refused("good", "File too large");
  }
  EXPECT_EQ(support::read_bytes(path("good")), before);
  EXPECT_EQ(folder.count(), files);
  model.save(path("good"));  // and all is well again
  EXPECT_NO_THROW(Model::load(path("good")));
}

TEST_F(Refusals, OfWhatDoesNotFit) {
  const Tensor x = support::random<float>({4, 3}, 1);
  std::vector<Tensor> none, wrong = {Tensor(DType::float32, {4, 3})}, other = {Tensor(DType::float64, {4, 2})};
  std::vector<Tensor> two = {Tensor(DType::float32, {4, 2}), Tensor(DType::float32, {4, 2})}, right = {two[0]};
  support::expect_error(ErrorKind::value,
                        "The tensor for output 'y' does not fit. Expected: float32 (4, 2). Received: an empty",
                        [&] { model.predict_into({x}, none); });
  support::expect_error(ErrorKind::value, "Expected: float32 (4, 2). Received: float32 (4, 3).",
                        [&] { model.predict_into({x}, wrong); });
  support::expect_error(ErrorKind::type, "Expected: float32 (4, 2). Received: float64 (4, 2).",
                        [&] { model.predict_into({x}, other); });
  support::expect_error(ErrorKind::value,
                        "There is another number of tensors for the outputs. Expected: 1. Received: 2.",
                        [&] { model.predict_into({x}, two); });
  support::expect_error(ErrorKind::value, "Input 'x' has the wrong shape", [&] {
    model.predict_into({support::random<float>({4, 5}, 1)}, right);
  });
  support::expect_error(ErrorKind::type, "Input 'x' has the wrong dtype", [&] {
    model.predict_into({support::random<double>({4, 3}, 1)}, right);
  });
  support::expect_error(ErrorKind::value, "There is nothing to run on", [&] { model.predict_into({x}, right, 0); });
  support::expect_error(ErrorKind::value, "There is nothing to run on", [&] { model.prepare({x}, -1); });
  support::expect_error(ErrorKind::value, "The program has no entry 'predit'", [&] { model.run("predit", {x}); });
  GraphBuilder graph;
  const Symbol all = graph.input("x", {-1, 3});
  const Model whole = graph.compile({{"mean", mean(all, {0})}});  // one number per column, not per row
  std::vector<Tensor> short_one = {Tensor(DType::float32, {1})}, three = {Tensor(DType::float32, {4})};
  for (std::vector<Tensor>* into : {&short_one, &three})
    support::expect_error(ErrorKind::value, "'predict' cannot be mapped over batches",
                          [&] { whole.predict_into({x}, *into); });
  model.predict_into({x}, right, 3);
  EXPECT_TRUE(support::same_bits(right[0], model.predict(x)));
}

}  // namespace
}  // namespace lamina
