// The corpus of the fuzzers: samples that reach into all corners of the readers, and whatever once broke them.
#include <set>

#include "fuzz/targets.h"
#include "io/files.h"

namespace lamina {
namespace {

template <class Target>
int replay(const std::string& folder, const Target& target) {
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(LAMINA_CORPUS) / folder))
    paths.insert(entry.path());
  for (const auto& path : paths) {
    SCOPED_TRACE(path.string());
    const support::Bytes bytes = support::read_bytes(path.string());
    target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  return static_cast<int>(paths.size());
}

TEST(Corpus, FilesEndInAModelOrAnError) { EXPECT_GT(replay("file", fuzz::read_file), 3); }
TEST(Corpus, ProgramsEndInAPlanOrAnError) { EXPECT_GT(replay("program", fuzz::read_program), 3); }

}  // namespace
}  // namespace lamina
