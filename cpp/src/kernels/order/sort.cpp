// Short rows are sorted by counting, longer ones by the digits of their keys, least digit first: both keep the order
// of equals. Columns are sorted in tiles, so that memory is read and written in whole cache lines.
#include <algorithm>
#include <limits>

#include "kernels/choice.h"
#include "kernels/once.h"
#include "kernels/order/keys.h"
#include "kernels/order/order.h"

namespace lamina::kernels {
namespace order {
namespace {

constexpr Index kColumns = 16;       // of a tile
constexpr Index kPadding = 16;       // entries between the columns of a tile, against cache sets that clash
constexpr Index kShortestLong = 80;  // with keys of 64 bits
constexpr Index kShortest = 128;     // rows up to this long are sorted by counting smaller entries
constexpr Index kShortRow = 6000;    // rows up to this long have digits of 8 bits, longer ones of 11
constexpr Index kGrainEntries = 1 << 13;

template <class E>
void insertion_sort(E* entries, Index n) {
  for (Index i = 1; i < n; ++i) {
    const E entry = entries[i];
    Index j = i;
    for (; j > 0 && entries[j - 1].key() > entry.key(); --j) entries[j] = entries[j - 1];
    entries[j] = entry;
  }
}

// The place of each entry is the number of entries before it in the order, counted without a branch.
template <class E>
E* counting_sort(const E* from, E* to, Index n) {
  using K = typename E::KeyType;
  using Signed = std::int32_t;
  constexpr Index step = 4;
  Signed keys[kShortest];
  std::uint8_t taken[kShortest] = {};  // by equal entries that came earlier
  for (Index i = 0; i < n; ++i) {
    const K key = from[i].key();
    keys[i] = sizeof(K) == 1 ? static_cast<Signed>(key) : static_cast<Signed>(key ^ (K(1) << (8 * sizeof(K) - 1)));
  }
  const Index padded = (n + 7) / 8 * 8;  // before nothing
  for (Index i = n; i < padded; ++i) keys[i] = std::numeric_limits<Signed>::max();
  for (Index i = 0; i < n; i += step) {
    const Signed a = keys[i], b = keys[i + 1], c = keys[i + 2], d = keys[i + 3];
    Signed places[step] = {};
    for (Index j = 0; j < padded; ++j) {
      const Signed key = keys[j];
      places[0] += key < a;
      places[1] += key < b;
      places[2] += key < c;
      places[3] += key < d;
    }
    for (Index r = 0; r < std::min(step, n - i); ++r) to[places[r] + taken[places[r]]++] = from[i + r];
  }
  return to;
}

// Sorts between the two lists; gives the one that holds the result. Digits that all entries share cost no pass.
template <int DigitBits, class E>
E* radix_sort(E* from, E* to, Index n) {
  using K = typename E::KeyType;
  constexpr int passes = (8 * static_cast<int>(sizeof(K)) + DigitBits - 1) / DigitBits;
  constexpr std::uint32_t digits = 1u << DigitBits;
  std::uint32_t counts[passes][digits] = {};
  const auto digit = [](const E& e, int pass) {
    return static_cast<std::uint32_t>(e.key() >> (pass * DigitBits)) & (digits - 1);
  };
  for (Index i = 0; i < n; ++i)
    for (int pass = 0; pass < passes; ++pass) ++counts[pass][digit(from[i], pass)];
  for (int pass = 0; pass < passes; ++pass) {
    std::uint32_t* starts = counts[pass];
    if (starts[digit(from[0], pass)] == static_cast<std::uint32_t>(n)) continue;
    std::uint32_t total = 0;
    for (std::uint32_t d = 0; d < digits; ++d) {
      const std::uint32_t count = starts[d];
      starts[d] = total;
      total += count;
    }
    for (Index i = 0; i < n; ++i) to[starts[digit(from[i], pass)]++] = from[i];
    std::swap(from, to);
  }
  return from;
}

struct Row {
  Index n;
  int key_bytes;
};

enum class Way { counting, insertion, digits_of_8_bits, digits_of_11_bits };  // in the order of the list

constexpr Candidate<Row> kWays[] = {
    {"counting",
     [](const Row& r) -> const char* {
       return r.key_bytes > 4   ? "keys of 64 bits are not compared several at a time"
              : r.n > kShortest ? "long rows"
                                : nullptr;
     }},
    {"insertion",
     [](const Row& r) -> const char* { return r.key_bytes <= 4 || r.n > kShortestLong ? "long rows" : nullptr; }},
    {"digits_of_8_bits",
     [](const Row& r) -> const char* { return r.n > kShortRow && r.key_bytes > 1 ? "long rows" : nullptr; }},
    {"digits_of_11_bits", nullptr},
};

template <class E>
constexpr Row row_of(Index n) {
  return {n, static_cast<int>(sizeof(typename E::KeyType))};
}

template <class E>
E* sort_entries(E* entries, E* spare, Index n) {
  switch (static_cast<Way>(choose(kWays, row_of<E>(n)))) {
    case Way::counting:
      if constexpr (sizeof(typename E::KeyType) <= 4) return counting_sort(entries, spare, n);
      [[fallthrough]];
    case Way::insertion:
      insertion_sort(entries, n);
      return entries;
    case Way::digits_of_8_bits:
      return radix_sort<8>(entries, spare, n);
    default:
      return radix_sort<11>(entries, spare, n);
  }
}

Index tile_columns(const OrderShape& s) { return std::min(s.inner, kColumns); }
Index tiles(const OrderShape& s) { return s.inner > 0 ? s.outer * ((s.inner + kColumns - 1) / kColumns) : 0; }
Index worker_entries(const OrderShape& s) { return (tile_columns(s) + 1) * (s.size + kPadding); }

template <class E>
std::size_t scratch(const OrderShape& s) {
  return static_cast<std::size_t>(scratch_slots(tiles(s)) * worker_entries(s)) * sizeof(E);
}

// load(x, position) makes an entry, store(entry) an output; `backward` writes them last first.
template <class E, class T, class Y, class Load, class Store>
void sort_tiles(const OrderShape& s, bool backward, const T* x, Y* y, void* scratch, const Load& load,
                const Store& store) {
  const Index n = s.size, columns = tile_columns(s), per_row = s.inner > 0 ? (s.inner + kColumns - 1) / kColumns : 0;
  if (n <= 0) return;
  const Row row = row_of<E>(n);
  if (logs_kernels()) explain("sort", kWays, row, {{"rows", s.outer * s.inner}, {"n", n}, {"bytes", row.key_bytes}});
  parallel(tiles(s), grain_for(kGrainEntries, n * columns), [&](Index begin, Index end, int worker) {
    E* entries = static_cast<E*>(scratch) + scratch_slot(tiles(s), begin, worker) * worker_entries(s);
    E* spare = entries + columns * (n + kPadding);
    for (Index tile = begin; tile < end; ++tile) {
      const Index first = tile % per_row * kColumns, width = std::min(kColumns, s.inner - first);
      const Index offset = tile / per_row * n * s.inner + first;
      for (Index j = 0; j < n; ++j)
        for (Index c = 0; c < width; ++c)
          entries[c * (n + kPadding) + j] = load(x[offset + j * s.inner + c], static_cast<std::uint32_t>(j));
      if (width == 1) {
        const E* sorted = sort_entries(entries, spare, n);
        for (Index j = 0; j < n; ++j) y[offset + j * s.inner] = store(sorted[backward ? n - 1 - j : j]);
        continue;
      }
      for (Index c = 0; c < width; ++c) {
        E* column = entries + c * (n + kPadding);
        const E* sorted = sort_entries(column, spare, n);
        if (sorted != column) std::copy(sorted, sorted + n, column);
      }
      for (Index j = 0; j < n; ++j)
        for (Index c = 0; c < width; ++c)
          y[offset + j * s.inner + c] = store(entries[c * (n + kPadding) + (backward ? n - 1 - j : j)]);
    }
  });
}

}  // namespace
}  // namespace order

template <class T>
std::size_t sort_scratch(const OrderShape& s) {
  return order::scratch<order::Plain<order::Key<T>>>(s);
}

template <class T>
void sort(const OrderShape& s, bool descending, const T* x, T* y, void* scratch) {
  using Entry = order::Plain<order::Key<T>>;
  order::sort_tiles<Entry>(
      s, descending, x, y, scratch, [](T value, std::uint32_t) { return Entry{order::key_of(value)}; },
      [](const Entry& e) { return order::value_of<T>(e.bits); });
}

template <class T>
std::size_t argsort_scratch(const OrderShape& s) {
  return order::scratch<order::Placed<order::Key<T>>>(s);
}

template <class T>
void argsort(const OrderShape& s, bool descending, const T* x, std::int32_t* y, void* scratch) {
  using K = order::Key<T>;
  using Entry = order::Placed<K>;
  const K flip = descending ? static_cast<K>(-1) : K(0);  // reading backward would turn the order of equals round
  order::sort_tiles<Entry>(
      s, false, x, y, scratch,
      [flip](T value, std::uint32_t position) {
        return Entry::make(static_cast<K>(order::comparison_key(value) ^ flip), position);
      },
      [](const Entry& e) { return static_cast<std::int32_t>(e.position()); });
}

#define LAMINA_SORT(T)                                              \
  template std::size_t sort_scratch<T>(const OrderShape&);          \
  template void sort(const OrderShape&, bool, const T*, T*, void*); \
  template std::size_t argsort_scratch<T>(const OrderShape&);       \
  template void argsort(const OrderShape&, bool, const T*, std::int32_t*, void*);
LAMINA_FOR_ALL_TYPES(LAMINA_SORT)

}  // namespace lamina::kernels
