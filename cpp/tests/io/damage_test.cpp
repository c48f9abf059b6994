// Each sample file, cut at every length and with flipped bits: an error each time. Only what says the same in other
// words may still load.
#include <random>
#include <set>

#include "io/files.h"
#include "io/lamina_file.h"
#include "lamina/error.h"

namespace lamina::io {
namespace {

using support::Bytes;

// The files of the corpus that hold a whole model.
std::vector<std::pair<std::string, Bytes>> samples() {
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(LAMINA_CORPUS) / "file"))
    if (entry.path().extension() == ".lamina") paths.insert(entry.path());
  std::vector<std::pair<std::string, Bytes>> found;
  for (const auto& path : paths) {
    Bytes bytes = support::read_bytes(path.string());
    if (8 + support::header_bytes(bytes) <= bytes.size()) found.emplace_back(path.stem().string(), std::move(bytes));
  }
  return found;
}

Loaded load(const Bytes& bytes) { return io::load(bytes.data(), bytes.size()); }

// All that the bytes say, in the words of this version: program, variables, metadata and golden values.
Bytes rewritten(const Bytes& bytes, const support::Folder& folder) {
  const Loaded loaded = load(bytes);
  save(folder.path("again"), *loaded.program, loaded.metadata, loaded.golden);
  return support::read_bytes(folder.path("again"));
}

TEST(DamagedSamples, AreOfAllKinds) {
  std::set<std::string> names;
  for (const auto& [name, bytes] : samples()) {
    SCOPED_TRACE(name);
    load(bytes);
    names.insert(name);
  }
  for (const char* name : {"attention", "control", "convolution", "dense", "mixed", "quantized", "recurrent", "texts"})
    EXPECT_EQ(names.count(name), 1u) << name;
}

TEST(DamagedSamples, AreRefusedAtEveryLength) {
  for (const auto& [name, bytes] : samples()) {
    for (std::size_t size = 0; size < bytes.size(); ++size)
      ASSERT_THROW(io::load(bytes.data(), size), Error) << name << ": " << size << " of " << bytes.size() << " bytes";
    EXPECT_THROW(load(bytes + "x"), Error) << name;
  }
}

TEST(DamagedSamples, AreRefusedWithFlippedBits) {
  const support::Folder folder;
  for (const auto& [name, bytes] : samples()) {
    const std::size_t header = 8 + support::header_bytes(bytes);
    std::mt19937_64 engine(3);
    Bytes meaning;
    int loaded = 0;
    for (int repeat = 0; repeat < 2000; ++repeat) {
      Bytes damaged = bytes;
      // Half of the flips hit the header.
      const std::size_t at = engine() % (repeat % 2 ? header : bytes.size());
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << engine() % 8));
      try {
        load(damaged);
      } catch (const Error&) {
        continue;
      }
      ++loaded;
      if (meaning.empty()) meaning = rewritten(bytes, folder);
      EXPECT_EQ(rewritten(damaged, folder), meaning) << name << ": byte " << at;
    }
    RecordProperty(name, loaded);
    EXPECT_LT(loaded, 10) << name;
  }
}

}  // namespace
}  // namespace lamina::io
