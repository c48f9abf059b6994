// The safetensors layer: what is written comes back, what is damaged is refused, and a failed save changes nothing.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <random>

#include "io/crc32c.h"
#include "io/files.h"
#include "io/safetensors.h"
#include "lamina/io.h"

namespace lamina::io {
namespace {

using support::Bytes;
using support::expect_error;
using support::Folder;
using support::read_bytes;
using support::write_bytes;
using Json = nlohmann::json;

TEST(Crc32c, KnownAnswers) {
  EXPECT_EQ(crc32c("123456789", 9), 0xE3069283u);
  EXPECT_EQ(crc32c("", 0), 0u);
  const Bytes zeros(32, '\0'), ones(32, '\xff');
  EXPECT_EQ(crc32c(zeros.data(), 32), 0x8A9136AAu);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(ones.data(), 32), 0x62A8AB43u);
  const std::string text = "The quick brown fox jumps over the lazy dog";
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_NE(crc32c(text.data() + i, text.size() - 8), crc32c(text.data() + i + 1, text.size() - 8));
}

TEST(Crc32c, OfAnyLengthIsThatOfItsBitsOneByOne) {
  std::mt19937_64 engine(1);
  Bytes bytes(30'000, '\0');
  for (char& c : bytes) c = static_cast<char>(engine());
  for (const std::size_t size : {1u, 7u, 8u, 9u, 4095u, 12'287u, 12'288u, 12'289u, 24'580u, 29'999u}) {
    std::uint32_t crc = ~0u;
    for (std::size_t i = 1; i <= size; ++i) {
      crc ^= static_cast<std::uint8_t>(bytes[i]);
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0x82F63B78u : 0u);
    }
    EXPECT_EQ(crc32c(bytes.data() + 1, size), ~crc) << size;
  }
}

TEST(Tensors, ThatKeepOthersAlignedComeFirst) {
  const Folder folder;
  const std::string path = folder.path("t");
  write_tensors(path, {{"odd", Tensor::zeros(DType::uint8, {3})}, {"large", Tensor::zeros(DType::float32, {4, 16})}});
  const Bytes bytes = read_bytes(path);
  const Json header = Json::parse(bytes.substr(8, support::header_bytes(bytes)));
  EXPECT_EQ(header["large"]["data_offsets"], Json({0, 256}));
  EXPECT_EQ(header["odd"]["data_offsets"], Json({256, 259}));
}

TEST(Tensors, ComeBackFromTheFile) {
  const Folder folder;
  const NamedTensors tensors = {{"weights", support::random<float>({3, 5}, 1)},
                                {"double", support::random<double>({2, 1, 2}, 2)},
                                {"int32", Tensor::of<std::int32_t>({3}, {-1, 0, 7})},
                                {"scalar", Tensor::scalar<std::int64_t>(-5)},
                                {"bytes", Tensor::of<std::uint8_t>({3}, {0, 127, 255})},
                                {"bools", Tensor::of<bool>({3}, {true, false, true})},
                                {"after odd bytes", support::random<double>({3}, 3)},
                                {"empty", Tensor(DType::float32, {0, 4})},
                                {"a \"quoted\" n\xc3\xa4me / with\nlines", Tensor::scalar(1.f)}};
  const std::string path = folder.path("t.safetensors");
  write_tensors(path, tensors);
  NamedTensors back = read_tensors(path);
  ASSERT_EQ(back.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    bool found = false;
    for (const auto& [other, copy] : back) {
      if (other != name) continue;
      found = true;
      EXPECT_TRUE(support::same_bits(copy, tensor)) << name;
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(copy.data()) % size_of(copy.dtype()), 0u) << name;
    }
    EXPECT_TRUE(found) << name;
  }
  // The data starts at a multiple of 64, and the tensors outlive the file.
  const Bytes bytes = read_bytes(path);
  EXPECT_EQ((8 + support::header_bytes(bytes)) % 64, 0u);
  ::unlink(path.c_str());
  for (auto& [name, tensor] : back) EXPECT_TRUE(support::same_bits(tensor, tensor.copy()));
  write_tensors(path, {});
  EXPECT_TRUE(read_tensors(path).empty());
}

TEST(Tensors, AreSafetensors) {  // as its specification lays them out
  const Folder folder;
  const std::string path = folder.path("t");
  write_tensors(path, {{"b", Tensor::of<float>({2}, {1, 2})}, {"a", Tensor::of<std::uint8_t>({1}, {7})}});
  const Bytes bytes = read_bytes(path);
  const std::size_t size = support::header_bytes(bytes);
  const Json header = Json::parse(bytes.substr(8, size));
  EXPECT_EQ(header["b"], Json::parse(R"({"dtype": "F32", "shape": [2], "data_offsets": [0, 8]})"));
  EXPECT_EQ(header["a"], Json::parse(R"({"dtype": "U8", "shape": [1], "data_offsets": [8, 9]})"));
  EXPECT_TRUE(header["__metadata__"].is_object());
  EXPECT_EQ(bytes.size(), 8 + size + 9);
  EXPECT_EQ(bytes.back(), '\x07');
}

TEST(Tensors, OfOtherWritersAreRead) {
  const Folder folder;
  const std::string path = folder.path("t");
  // No metadata, unaligned data, any order of the tensors.
  write_bytes(
      path,
      support::container(
          R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},"y":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})",
          Bytes("\x01\x00\x00\x80\x3f", 5)));
  const NamedTensors tensors = read_tensors(path);
  EXPECT_EQ(tensors[0].second.item<float>(), 1.0f);
  EXPECT_TRUE(tensors[1].second.item<bool>());
}

TEST(Tensors, RefuseDamagedHeaders) {
  const Folder folder;
  const std::string path = folder.path("t");
  const std::string four = R"("dtype":"F32","shape":[1])";
  const std::pair<const char*, std::string> rows[] = {
      {"negative offset", R"({"x":{)" + four + R"(,"data_offsets":[-4,0]}})"},
      {"offsets past the end", R"({"x":{)" + four + R"(,"data_offsets":[4,8]}})"},
      {"huge offsets", R"({"x":{)" + four + R"(,"data_offsets":[18446744073709551612,18446744073709551615]}})"},
      {"offsets in reverse", R"({"x":{)" + four + R"(,"data_offsets":[4,0]}})"},
      {"fractional offsets", R"({"x":{)" + four + R"(,"data_offsets":[0.0,4.0]}})"},
      {"three offsets", R"({"x":{)" + four + R"(,"data_offsets":[0,4,4]}})"},
      {"too small for the shape", R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})"},
      {"negative size", R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})"},
      {"huge size", R"({"x":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})"},
      {"sizes that overflow",
       R"({"x":{"dtype":"F32","shape":[4294967296,4294967296,4294967297],"data_offsets":[0,4]}})"},
      {"nine axes", R"({"x":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})"},
      {"a size as text", R"({"x":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})"},
      {"unknown dtype", R"({"x":{"dtype":"F8","shape":[4],"data_offsets":[0,4]}})"},
      {"dtype of another kind", R"({"x":{"dtype":3,"shape":[1],"data_offsets":[0,4]}})"},
      {"no dtype", R"({"x":{"shape":[1],"data_offsets":[0,4]}})"},
      {"entry of another kind", R"({"x":[1,2]})"},
      {"overlap",
       R"({"x":{)" + four + R"(,"data_offsets":[0,4]},"y":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})"},
      {"overlap that hides a gap",
       R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})"},
      {"gap", R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})"},
      {"uncovered end", R"({"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})"},
      {"a name twice",
       R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"x":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})"},
      {"a bool of 120", R"({"x":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}})"},
      {"metadata of numbers", R"({"__metadata__":{"a":1},"x":{)" + four + R"(,"data_offsets":[0,4]}})"},
      {"metadata of another kind", R"({"__metadata__":[],"x":{)" + four + R"(,"data_offsets":[0,4]}})"},
      {"a list", "[]"},
      {"no JSON", "{"},
      {"nothing", ""},
      {"text after the header", "{}x"},
      {"not UTF-8", "{\"\xff\":1}"},
      {"deep nesting", std::string(1 << 20, '[')},
      {"deep and closed", "{\"x\":" + std::string(1 << 20, '[') + std::string(1 << 20, ']') + "}"},
      {"deep offsets",
       R"({"x":{)" + four + ",\"data_offsets\":[" + std::string(1 << 20, '[') + std::string(1 << 20, ']') + ",4]}}"},
  };
  for (const auto& [what, header] : rows) {
    SCOPED_TRACE(what);
    write_bytes(path, support::container(header, "xxxx"));
    expect_error(ErrorKind::value, "is not a whole .lamina file", [&] { read_tensors(path); });
  }
  for (const std::uint64_t length : {~std::uint64_t{0}, std::uint64_t{1} << 63, std::uint64_t{1} << 32,
                                     std::uint64_t{100'000'001}, std::uint64_t{11}}) {
    Bytes bytes(8, '\0');
    for (int i = 0; i < 8; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<char>(length >> (8 * i));
    write_bytes(path, bytes + "{}        ");
    expect_error(ErrorKind::value, "a header inside the file", [&] { read_tensors(path); });
  }
  for (std::size_t size = 0; size < 8; ++size) {
    write_bytes(path, Bytes(size, '\0'));
    expect_error(ErrorKind::value, "at least 8 bytes", [&] { read_tensors(path); });
  }
}

TEST(Tensors, RefuseWhatIsNoFile) {
  const Folder folder;
  expect_error(ErrorKind::io, "Cannot read '" + folder.path("none") + "'", [&] { read_tensors(folder.path("none")); });
  expect_error(ErrorKind::io, "a folder", [&] { read_tensors(folder.path("")); });
  expect_error(ErrorKind::io, "a special file", [] { read_tensors("/dev/null"); });
  expect_error(ErrorKind::io, "a special file", [] { write_tensors("/dev/null", {}); });
  expect_error(ErrorKind::io, "a folder", [&] { write_tensors(folder.path(""), {}); });
  for (const char* name : {"__metadata__", "x"})
    expect_error(ErrorKind::value, "A tensor's name is taken", [&] {
      write_tensors(folder.path("t"), {{"x", Tensor::scalar(1.f)}, {name, Tensor::scalar(1.f)}});
    });
  expect_error(ErrorKind::io, "Cannot write '" + folder.path("no/such/folder") + "'",
               [&] { write_tensors(folder.path("no/such/folder"), {}); });
}

TEST(Tensors, AFailedSaveLeavesTheOldFile) {
  const Folder folder;
  const std::string path = folder.path("t");
  const Tensor large(DType::uint8, {1 << 16});
  std::memset(const_cast<void*>(large.data()), 1, large.bytes());
  write_tensors(path, {{"x", Tensor::scalar(1.f)}});
  const Bytes before = read_bytes(path);

  rlimit old_limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  auto* old_handler = std::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t limit : {0, 4, 100, 1 << 15, (1 << 16) + 200}) {
    rlimit small = old_limit;
    small.rlim_cur = limit;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    try {
      write_tensors(path, {{"x", large}, {"y", large}});
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io) << error.what();
    }
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
    EXPECT_EQ(read_bytes(path), before);
    EXPECT_EQ(folder.count(), 1u) << "a temporary file is left";
  }
  std::signal(SIGXFSZ, old_handler);
  write_tensors(path, {{"x", large}});
  EXPECT_TRUE(support::same_bits(read_tensors(path)[0].second, large));
  EXPECT_EQ(folder.count(), 1u);
}

TEST(Tensors, AreReadWhileTheFileIsReplaced) {
  const Folder folder;
  const std::string path = folder.path("t");
  write_tensors(path, {{"x", Tensor::scalar(1.f)}});
  const Tensor old = read_tensors(path)[0].second;
  write_tensors(path, {{"x", Tensor::scalar(2.f)}});
  EXPECT_EQ(old.item<float>(), 1.f);
  EXPECT_EQ(read_tensors(path)[0].second.item<float>(), 2.f);
}

}  // namespace
}  // namespace lamina::io
