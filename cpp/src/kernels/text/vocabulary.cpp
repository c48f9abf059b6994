#include <cstring>

#include "kernels/text/text.h"

namespace lamina::kernels::text {

Index find(const Vocabulary& v, const char* token, Index size) {
  const auto mask = static_cast<std::uint64_t>(v.num_slots - 1);
  std::uint64_t at = fingerprint(token, size);
  for (Index tries = 0; tries < v.num_slots; ++tries, ++at) {
    const Index place = v.slots[at & mask];
    if (place < 0 || place >= v.size) return -1;
    const Index begin = v.offsets[place], end = v.offsets[place + 1];
    if (begin < 0 || end < begin || end > v.num_bytes || end - begin != size) continue;
    if (size == 0 || std::memcmp(v.bytes + begin, token, static_cast<std::size_t>(size)) == 0) return place;
  }
  return -1;
}

void fill_slots(const std::uint8_t* bytes, const Index* offsets, Index size, std::int32_t* slots, Index num_slots) {
  std::memset(slots, 0xff, static_cast<std::size_t>(num_slots) * sizeof *slots);
  const Vocabulary so_far{bytes, offsets[size], offsets, size, slots, num_slots};
  const auto mask = static_cast<std::uint64_t>(num_slots - 1);
  for (Index i = 0; i < size; ++i) {
    const char* token = reinterpret_cast<const char*>(bytes) + offsets[i];
    if (find(so_far, token, offsets[i + 1] - offsets[i]) >= 0) continue;
    std::uint64_t at = fingerprint(token, offsets[i + 1] - offsets[i]);
    while (slots[at & mask] >= 0) ++at;
    slots[at & mask] = static_cast<std::int32_t>(i);
  }
}

}  // namespace lamina::kernels::text
