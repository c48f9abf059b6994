// The largest entries of rows: a few best are kept in order; for more, candidates above the k-th best so far are
// collected, and cut back to the best k when there is no more room for them. And binary search.
#include <algorithm>

#include "kernels/once.h"
#include "kernels/order/keys.h"
#include "kernels/order/order.h"

namespace lamina::kernels {
namespace {

constexpr Index kGrainEntries = 1 << 14;
constexpr Index kFew = 32;
constexpr Index kBlock = 16;  // entries that are passed over together

Index room(Index size, Index k) { return std::min(size, 2 * k + 64); }

// Whether one of the next kBlock entries is larger, or NaN.
template <class T>
inline bool any_above(const T* x, T limit) {
  int count = 0;
  for (Index i = 0; i < kBlock; ++i) count += !(x[i] <= limit);
  return count != 0;
}

// The next entry from j on that may be among the best, when all not above `limit` are not.
template <class T>
inline Index next_above(Index j, Index size, const T* x, T limit) {
  while (j + kBlock <= size && !any_above(x + j, limit)) j += kBlock;
  return j;
}

template <class T>
void top_k_of_row(Index size, Index k, const T* x, T* values, std::int32_t* positions,
                  order::Placed<order::Key<T>>* best) {
  using K = order::Key<T>;
  using Entry = order::Placed<K>;
  const auto better = [](const Entry& a, const Entry& b) { return a > b; };
  const bool few = k <= kFew;  // kept in order; more than a few are cut back now and then
  const Index capacity = few ? k : room(size, k);
  Index count = 0;
  K threshold = 0;  // the k-th best key so far: an equal one comes later, and so after it
  T limit = T();
  bool full = false;
  const auto tighten = [&] {
    threshold = best[k - 1].key();
    limit = order::value_of<T>(threshold);
    full = true;
  };
  for (Index j = 0; j < size; ++j) {
    if (full && j % kBlock == 0) {
      j = next_above(j, size, x, limit);
      if (j == size) break;
    }
    const K key = order::comparison_key(x[j]);
    if (full && key <= threshold) continue;
    // The complement, so that the first of equals is the larger.
    const Entry entry = Entry::make(key, ~static_cast<std::uint32_t>(j));
    if (few) {
      Index i = count < k ? count++ : k - 1;
      for (; i > 0 && entry > best[i - 1]; --i) best[i] = best[i - 1];
      best[i] = entry;
      if (count == k) tighten();
      continue;
    }
    if (count == capacity) {
      std::nth_element(best, best + (k - 1), best + count, better);
      count = k;
      tighten();
      if (key <= threshold) continue;
    }
    best[count++] = entry;
  }
  if (count > k) std::nth_element(best, best + (k - 1), best + count, better);
  if (!few) std::sort(best, best + k, better);
  for (Index j = 0; j < k; ++j) {
    const std::uint32_t position = ~best[j].position();
    values[j] = x[position];
    positions[j] = static_cast<std::int32_t>(position);
  }
}

// The number of leading entries for which `leads` holds, without a branch that could be guessed wrong.
template <class T, class F>
inline Index count_leading(Index size, const T* sorted, const F& leads) {
  const T* base = sorted;
  for (Index n = size; n > 1;) {
    const Index half = n / 2;
    base += half & -static_cast<Index>(leads(base[half - 1]));
    n -= half;
  }
  return base - sorted + (size > 0 && leads(*base));
}

}  // namespace

template <class T>
std::size_t top_k_scratch(Index outer, Index size, Index k) {
  return static_cast<std::size_t>(scratch_slots(outer) * room(size, k)) * sizeof(order::Placed<order::Key<T>>);
}

template <class T>
void top_k(Index outer, Index size, Index k, const T* x, T* values, std::int32_t* positions, void* scratch) {
  if (k <= 0) return;
  parallel(outer, grain_for(kGrainEntries, size), [&](Index begin, Index end, int worker) {
    auto* best =
        static_cast<order::Placed<order::Key<T>>*>(scratch) + scratch_slot(outer, begin, worker) * room(size, k);
    for (Index o = begin; o < end; ++o) top_k_of_row(size, k, x + o * size, values + o * k, positions + o * k, best);
  });
}

template <class T>
void search_sorted(Index size, const T* sorted, Index count, const T* values, bool right, std::int32_t* y) {
  parallel(count, measured_grain(2048), [&](Index begin, Index end, int) {
    for (Index j = begin; j < end; ++j) {
      const T value = values[j];
      Index found = size;
      if (value != value)
        found = right ? size : count_leading(size, sorted, [](T entry) { return entry == entry; });
      else if (right)
        found = count_leading(size, sorted, [value](T entry) { return entry <= value; });
      else
        found = count_leading(size, sorted, [value](T entry) { return entry < value; });
      y[j] = static_cast<std::int32_t>(found);
    }
  });
}

#define LAMINA_TOP_K(T)                                                         \
  template std::size_t top_k_scratch<T>(Index, Index, Index);                   \
  template void top_k(Index, Index, Index, const T*, T*, std::int32_t*, void*); \
  template void search_sorted(Index, const T*, Index, const T*, bool, std::int32_t*);
LAMINA_FOR_ALL_TYPES(LAMINA_TOP_K)

}  // namespace lamina::kernels
