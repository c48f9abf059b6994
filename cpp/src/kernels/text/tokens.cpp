// What becomes of the n-grams of rows.
#include "kernels/text/rows.h"

namespace lamina::kernels::text {

void standardize(bool lower, bool strip, Index count, const Text* texts, char* memory, Text* out) {
  const Bytes bytes(lower, strip);
  Index size = 0;
  for (Index i = 0; i < count; ++i) {
    out[i].data = memory + size;
    size += texts[i].size;
  }
  parallel(count, std::max<Index>(1, count * measured_grain(kGrainBytes) / std::max<Index>(1, size)),
           [&](Index begin, Index end, int) {
             for (Index i = begin; i < end; ++i) {
               char* to = memory + (out[i].data - memory);
               for (Index k = 0; k < texts[i].size; ++k) {
                 const auto c = static_cast<unsigned char>(texts[i].data[k]);
                 *to = static_cast<char>(bytes.to[c]);
                 to += !bytes.drop[c];
               }
               out[i].size = to - out[i].data;
             }
           });
}

std::size_t scratch(const Rules& rules, const Rows& rows) {
  return static_cast<std::size_t>(scratch_slots(tasks_of(rows.count)) * slot_bytes(largest_room(rules, rows)));
}

void count(const Rules& rules, const Rows& rows, void* scratch, Index* lengths) {
  for_each_row(rules, rows, scratch, [&](Index r, const Row& row, Index) {
    const Index widths = rules.up_to > 0 ? std::min(rules.up_to, row.count()) : rules.num_widths;
    lengths[r] = 0;
    for (Index w = 0; w < widths; ++w)
      lengths[r] += std::max<Index>(0, row.count() - (rules.up_to > 0 ? w : rules.widths[w] - 1));
  });
}

std::size_t n_grams_bytes(const Rules& rules, const Rows& rows) {
  Index bytes = 0;
  for (Index r = 0; r < rows.count; ++r) bytes += room_of(rules, rows.texts + r * rows.per_row, rows.per_row).bytes;
  return static_cast<std::size_t>(bytes);
}

void n_grams(const Rules& rules, const Rows& rows, Index length, void* scratch, char* memory, Text* out) {
  Index offset = 0;  // where a row's bytes begin, kept in its first element until it is read
  for (Index r = 0; r < rows.count && length > 0; ++r) {
    out[r * length].size = offset;
    offset += room_of(rules, rows.texts + r * rows.per_row, rows.per_row).bytes;
  }
  if (length == 0) return;
  for_each_row(rules, rows, scratch, [&](Index r, const Row& row, Index) {
    Text* to = out + r * length;
    char* mine = memory + to->size;
    if (row.count() > 0)
      std::memcpy(mine, row.begin(0), static_cast<std::size_t>(row.end(row.count() - 1, 1) - row.begin(0)));
    Index t = 0;
    for_each_gram(rules, row, [&](const char* begin, const char* end) {
      if (t == length) return false;
      to[t++] = {mine + (begin - row.begin(0)), end - begin};
      return true;
    });
    for (; t < length; ++t) to[t] = {};
  });
}

void numbers(const Rules& rules, const Rows& rows, const Vocabulary& vocabulary, Index first, Index unknown,
             Index length, void* scratch, Index* out) {
  for_each_row(rules, rows, scratch, [&](Index r, const Row& row, Index) {
    Index t = 0, *to = out + r * length;
    for_each_gram(rules, row, [&](const char* begin, const char* end) {
      if (t == length) return false;
      const Index place = find(vocabulary, begin, end - begin);
      to[t++] = begin == end ? 0 : place < 0 ? unknown : first + place;
      return true;
    });
    for (; t < length; ++t) to[t] = 0;
  });
}

template <class T>
void counts(const Rules& rules, const Rows& rows, const Vocabulary& vocabulary, Index first, Index unknown, Index size,
            bool once, const T* weights, void* scratch, T* out) {
  for_each_row(rules, rows, scratch, [&](Index r, const Row& row, Index) {
    T* to = out + r * size;
    std::fill(to, to + size, T(0));
    for_each_gram(rules, row, [&](const char* begin, const char* end) {
      const Index place = find(vocabulary, begin, end - begin), number = place < 0 ? unknown : first + place;
      if (begin != end && number < size) to[number] = once ? T(1) : to[number] + 1;
      return true;
    });
    if (weights != nullptr)
      for (Index i = 0; i < size; ++i) to[i] *= weights[i];
  });
}

#define LAMINA_COUNTS(T) \
  template void counts(const Rules&, const Rows&, const Vocabulary&, Index, Index, Index, bool, const T*, void*, T*);
LAMINA_COUNTS(float)
LAMINA_COUNTS(double)
#undef LAMINA_COUNTS

}  // namespace lamina::kernels::text
