#include "io/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "core/arena.h"
#include "lamina/error.h"

namespace lamina::io {

using Json = nlohmann::json;

namespace {

constexpr std::array<const char*, 8> kDTypeNames = {"F32", "F64", "I32", "I64", "U8", "BOOL", "F16", "BF16"};
constexpr std::size_t kLargestHeader = 100'000'000;  // what the reference implementation accepts

[[noreturn]] void io_error(const std::string& what, const std::string& path) {
  fail(ErrorKind::io, what + " '" + path + "'",
       "a file that can be " + std::string(what.find("read") != std::string::npos ? "read" : "written"),
       std::strerror(errno), "Check the path, the permissions and the space left.");
}

[[noreturn]] void damaged(const std::string& path, const std::string& expected, const std::string& received) {
  fail(ErrorKind::value, "The file '" + path + "' is not a whole .lamina file", expected, received,
       "Copy or save the file again.");
}

struct Descriptor {
  int fd;
  explicit Descriptor(int descriptor) : fd(descriptor) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

void write_all(int fd, const void* data, std::size_t bytes, const std::string& path) {
  const char* p = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::write(fd, p, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) io_error("Cannot write", path);
    p += n;
    bytes -= static_cast<std::size_t>(n);
  }
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// A file that disappears unless it is renamed into place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target) : target_(target) {
    static std::atomic<int> count{0};
    path_ = target + ".tmp" + std::to_string(::getpid()) + "-" + std::to_string(count.fetch_add(1));
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0) io_error("Cannot write", target_);
  }
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!committed_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return fd_; }
  void commit() {
    if (::fsync(fd_) != 0) io_error("Cannot write", target_);
    const int closed = ::close(fd_);
    fd_ = -1;
    if (closed != 0 || ::rename(path_.c_str(), target_.c_str()) != 0) io_error("Cannot write", target_);
    committed_ = true;
    const Descriptor folder(::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.fd >= 0) ::fsync(folder.fd);
  }

 private:
  std::string target_, path_;
  int fd_ = -1;
  bool committed_ = false;
};

// The bytes of a file, mapped for as long as somebody holds them.
std::pair<std::shared_ptr<const void>, std::size_t> map_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe must not make us wait
  if (file.fd < 0) io_error("Cannot read", path);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) io_error("Cannot read", path);
  if (!S_ISREG(status.st_mode))
    fail(ErrorKind::io, "Cannot read '" + path + "'", "a regular file",
         S_ISDIR(status.st_mode) ? "a folder" : "a special file", "Give the path of a .lamina file.");
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes == 0) damaged(path, "at least 8 bytes", "an empty file");
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) io_error("Cannot read", path);
  return {std::shared_ptr<const void>(data, [bytes](const void* p) { ::munmap(const_cast<void*>(p), bytes); }), bytes};
}

Tensor read_tensor(const std::string& path, const std::string& name, const Json& entry, const char* data,
                   std::size_t bytes, const std::shared_ptr<const void>& owner) {
  auto wrong = [&](const std::string& what) {
    damaged(path, "a dtype, a shape and data offsets that fit the file",
            what + " of tensor '" + name.substr(0, 80) + "'");
  };
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets"))
    wrong("the entry");
  int dtype = -1;
  for (int i = 0; i < static_cast<int>(kDTypeNames.size()); ++i)
    if (entry["dtype"] == kDTypeNames[static_cast<std::size_t>(i)]) dtype = i;
  if (dtype < 0) wrong("the dtype");
  const Json &sizes = entry["shape"], &offsets = entry["data_offsets"];
  if (!sizes.is_array() || sizes.size() > Shape::max_rank || !offsets.is_array() || offsets.size() != 2)
    wrong("the shape");
  Shape shape;
  std::uint64_t elements = 1;
  for (const Json& s : sizes) {
    if (!s.is_number_unsigned() || s.get<std::uint64_t>() > (std::uint64_t{1} << 40)) wrong("the shape");
    shape.push_back(s.get<std::int64_t>());
    if (__builtin_mul_overflow(elements, s.get<std::uint64_t>(), &elements)) wrong("the shape");
  }
  if (!offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) wrong("the offsets");
  const auto begin = offsets[0].get<std::uint64_t>(), end = offsets[1].get<std::uint64_t>();
  if (begin > end || end > bytes || elements > bytes || end - begin != elements * size_of(static_cast<DType>(dtype)))
    wrong("the offsets");
  Tensor view(static_cast<DType>(dtype), shape, const_cast<char*>(data + begin), owner);
  if (view.dtype() == DType::boolean)
    for (auto at = begin; at < end; ++at)
      if (static_cast<unsigned char>(data[at]) > 1) wrong("a bool other than 0 and 1");
  const bool misaligned = reinterpret_cast<std::uintptr_t>(data + begin) % size_of(view.dtype()) != 0;
  return misaligned ? view.copy() : view;
}

}  // namespace

const Tensor* Container::find(const std::string& name) const {
  for (const auto& [key, tensor] : tensors)
    if (key == name) return &tensor;
  return nullptr;
}

void write_container(const std::string& path, const Container& container) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    fail(ErrorKind::io, "Cannot write '" + path + "'", "a regular file",
         S_ISDIR(status.st_mode) ? "a folder" : "a special file", "Give the path of a file.");
  std::set<std::string> names = {"__metadata__"};
  for (const auto& [name, tensor] : container.tensors)
    if (!names.insert(name).second)
      fail(ErrorKind::value, "A tensor's name is taken", "names that are unique in the file, and not '__metadata__'",
           "'" + name + "'", "Rename the layer or the tensor.");
  for (const auto& [name, tensor] : container.tensors)
    if (is_complex(tensor.dtype()) || tensor.dtype() == DType::string)
      fail(ErrorKind::type, "A tensor cannot be written: safetensors has no such dtype", "real numbers",
           "'" + name + "' of " + name_of(tensor.dtype()),
           "Keep the real and imaginary parts of complex numbers (ops.view_as_real), and the bytes of texts.");
  // Tensors that keep the next one aligned come first, so that as many as possible are used where they are mapped.
  std::vector<std::pair<std::string, Tensor>> tensors = container.tensors;
  std::stable_partition(tensors.begin(), tensors.end(),
                        [](const auto& t) { return t.second.bytes() % kAlignment == 0; });
  nlohmann::ordered_json header;
  header["__metadata__"] = container.metadata;
  std::size_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    header[name] = {{"dtype", kDTypeNames[static_cast<std::size_t>(tensor.dtype())]},
                    {"shape", std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end())},
                    {"data_offsets", {offset, offset + tensor.bytes()}}};
    offset += tensor.bytes();
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.resize(aligned(text.size() + 8) - 8, ' ');  // the data starts at a multiple of 64
  std::uint8_t length[8];
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<std::uint8_t>(text.size() >> (8 * i));

  TemporaryFile file(path);
  write_all(file.fd(), length, sizeof length, path);
  write_all(file.fd(), text.data(), text.size(), path);
  for (const auto& [name, tensor] : tensors) write_all(file.fd(), tensor.data(), tensor.bytes(), path);
  file.commit();
}

namespace {

Container container_of(const std::string& path, const std::shared_ptr<const void>& owner, std::size_t bytes) {
  if (bytes < 8) damaged(path, "at least 8 bytes", std::to_string(bytes) + " bytes");
  const char* data = static_cast<const char*>(owner.get());
  std::uint64_t header_bytes = 0;
  for (std::size_t i = 0; i < 8; ++i)
    header_bytes |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(data[i])) << (8 * i);
  if (header_bytes > bytes - 8 || header_bytes > kLargestHeader)
    damaged(path, "a header inside the file",
            "a header of " + std::to_string(header_bytes) + " bytes in a file of " + std::to_string(bytes));
  const Json header = Json::parse(data + 8, data + 8 + header_bytes, nullptr, false);
  if (header.is_discarded() || !header.is_object()) damaged(path, "a JSON header", "something else");

  Container container;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) damaged(path, "metadata of strings", "something else");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string())
          damaged(path, "metadata of strings", "something else under '" + key.substr(0, 80) + "'");
        container.metadata[key] = value.get<std::string>();
      }
      continue;
    }
    container.tensors.emplace_back(
        name, read_tensor(path, name, entry, data + 8 + header_bytes, bytes - 8 - header_bytes, owner));
    const Json& offsets = entry["data_offsets"];
    ranges.emplace_back(offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>());
  }
  std::sort(ranges.begin(), ranges.end());
  std::uint64_t covered = 0;
  for (const auto& [begin, end] : ranges) {
    if (begin != covered)
      damaged(path, "tensors one after the other", "a gap or an overlap at byte " + std::to_string(covered));
    covered = end;
  }
  if (covered != bytes - 8 - header_bytes)
    damaged(path, std::to_string(covered) + " bytes of tensors", std::to_string(bytes - 8 - header_bytes) + " bytes");
  return container;
}

}  // namespace

Container read_container(const std::string& path) {
  const auto [owner, bytes] = map_file(path);
  return container_of(path, owner, bytes);
}

Container read_container(const void* bytes, std::size_t size) {
  auto memory = allocate(size);
  if (size > 0) std::memcpy(memory.get(), bytes, size);
  return container_of("(in memory)", memory, size);
}

}  // namespace lamina::io
