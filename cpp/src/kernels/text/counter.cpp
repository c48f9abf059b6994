#include "kernels/text/counter.h"

#include <cstring>
#include <exception>

#include "kernels/text/rows.h"

namespace lamina::kernels::text {

namespace {

bool equal(const Text& a, const Text& b) {
  return a.size == b.size && (a.size == 0 || std::memcmp(a.data, b.data, static_cast<std::size_t>(a.size)) == 0);
}

bool larger(const Text& a, const Text& b) {
  const Index size = std::min(a.size, b.size);
  const int order = size == 0 ? 0 : std::memcmp(a.data, b.data, static_cast<std::size_t>(size));
  return order != 0 ? order > 0 : a.size > b.size;
}

// The first bytes as a number: most tokens are told apart by it, without a look at where their bytes are.
std::uint64_t first_bytes(const Text& text) {
  std::uint64_t number = 0;
  for (Index i = 0; i < 8; ++i) number = number << 8 | (i < text.size ? static_cast<unsigned char>(text.data[i]) : 0u);
  return number;
}

}  // namespace

Counter::Kept& Counter::place(const Text& text, std::uint64_t hash) {
  if (2 * kept_.size() >= slots_.size()) {
    slots_.assign(std::max<std::size_t>(64, 2 * slots_.size()), -1);
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      std::uint64_t at = kept_[i].hash;
      while (slots_[at & (slots_.size() - 1)] >= 0) ++at;
      slots_[at & (slots_.size() - 1)] = static_cast<std::int32_t>(i);
    }
  }
  for (std::uint64_t at = hash;; ++at) {
    std::int32_t& slot = slots_[at & (slots_.size() - 1)];
    if (slot >= 0) {
      Kept& kept = kept_[static_cast<std::size_t>(slot)];
      if (kept.hash == hash && equal(token(kept), text)) return kept;
      continue;
    }
    const auto begin = static_cast<Index>(bytes_.size());
    bytes_.insert(bytes_.end(), text.data, text.data + text.size);
    kept_.push_back({hash, begin, text.size, 0, 0, -1});
    slot = static_cast<std::int32_t>(kept_.size() - 1);
    return kept_.back();
  }
}

void Counter::see(const Text& text, Index document) {
  Kept& kept = place(text, fingerprint(text.data, text.size));
  ++kept.count;
  kept.documents += kept.last != document;
  kept.last = document;
}

void Counter::add(const Text& text, Index count, Index documents) {
  Kept& kept = place(text, fingerprint(text.data, text.size));
  kept.count += count;
  kept.documents += documents;
}

void Counter::merge(const Counter& other) {
  for (const Kept& theirs : other.kept_) {
    Kept& ours = place(other.token(theirs), theirs.hash);
    ours.count += theirs.count;
    ours.documents += theirs.documents;
  }
}

void Counter::add(const Rules& rules, const Rows& rows, Index per_document, void* scratch) {
  // Each piece is of one worker; sums do not depend on which of them had a document.
  const auto pieces = static_cast<std::size_t>(scratch_slots(tasks_of(rows.count)));
  std::vector<Counter> parts(pieces);
  std::vector<std::exception_ptr> failed(pieces);  // there was not enough memory
  const auto body = [&](Index r, const Row& row, Index piece) {
    const auto at = static_cast<std::size_t>(piece);
    if (failed[at] != nullptr) return;
    try {
      for_each_gram(rules, row, [&](const char* begin, const char* end) {
        parts[at].see({begin, end - begin}, r / per_document);
        return true;
      });
    } catch (...) {
      failed[at] = std::current_exception();
    }
  };
  for_each_row(rules, rows, scratch, body, per_document);
  for (const std::exception_ptr& error : failed)
    if (error != nullptr) std::rethrow_exception(error);
  for (Counter& part : parts) {
    if (kept_.empty())
      *this = std::move(part);
    else
      merge(part);
  }
}

std::vector<Counter::Entry> Counter::found(Index most) const {
  struct Key {
    Index count;
    std::uint64_t first;
    const Kept* kept;
  };
  std::vector<Key> keys;
  keys.reserve(kept_.size());
  for (const Kept& kept : kept_) keys.push_back({kept.count, first_bytes(token(kept)), &kept});
  const auto size = static_cast<std::ptrdiff_t>(std::min<Index>(most, static_cast<Index>(keys.size())));
  std::partial_sort(keys.begin(), keys.begin() + size, keys.end(), [&](const Key& a, const Key& b) {
    if (a.count != b.count) return a.count > b.count;
    return a.first != b.first ? a.first > b.first : larger(token(*a.kept), token(*b.kept));
  });
  std::vector<Entry> entries;
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    const Kept& kept = *keys[static_cast<std::size_t>(i)].kept;
    entries.push_back({token(kept), kept.count, kept.documents});
  }
  return entries;
}

}  // namespace lamina::kernels::text
