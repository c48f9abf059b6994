// One strided copy. The axes are sorted by the destination's strides and merged where both sides run on, then one of
// three loops does the work: runs (contiguous on both sides), a blocked transpose (contiguous along different axes),
// or a strided loop (everything else: steps, flips, broadcasts, very narrow transposes).
#include "kernels/layout/layout.h"

#include "kernels/choice.h"
#include "kernels/families.h"
#include "kernels/layout/transpose.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

constexpr Index kGrainBytes = 1 << 18;

struct Axis {
  Index size, dst, src;
};

struct Axes {
  int rank = 0;
  Axis axis[8];

  Index count() const {
    Index n = 1;
    for (int d = 0; d < rank; ++d) n *= axis[d].size;
    return n;
  }
  void remove(int d) {
    for (--rank; d < rank; ++d) axis[d] = axis[d + 1];
  }
};

inline Index magnitude(Index a) { return a < 0 ? -a : a; }

// Without axes of size 1, the largest destination stride first, merged.
Axes simplified(const StridedCopy& copy) {
  Axes axes;
  for (int d = 0; d < copy.rank; ++d) {
    if (copy.shape[d] == 1) continue;
    const Axis axis = {copy.shape[d], copy.dst_strides[d], copy.src_strides[d]};
    int at = axes.rank++;
    for (; at > 0 && magnitude(axes.axis[at - 1].dst) < magnitude(axis.dst); --at) axes.axis[at] = axes.axis[at - 1];
    axes.axis[at] = axis;
  }
  for (int d = axes.rank - 2; d >= 0; --d) {
    Axis &outer = axes.axis[d], &inner = axes.axis[d + 1];
    if (outer.dst == inner.dst * inner.size && outer.src == inner.src * inner.size) {
      inner.size *= outer.size;
      axes.remove(d);
    }
  }
  return axes;
}

// body(index, dst, src) for linear indices [begin, end) of the axes.
template <class T, class Body>
inline void for_each_index(const Axes& axes, Index begin, Index end, const T* src, T* dst, const Body& body) {
  Index index[8] = {}, rest = begin;
  for (int d = axes.rank - 1; d >= 0; --d) {
    index[d] = rest % axes.axis[d].size;
    rest /= axes.axis[d].size;
    src += index[d] * axes.axis[d].src;
    dst += index[d] * axes.axis[d].dst;
  }
  for (Index i = begin; i < end; ++i) {
    body(i, dst, src);
    for (int d = axes.rank - 1; d >= 0; --d) {
      const Axis& axis = axes.axis[d];
      src += axis.src;
      dst += axis.dst;
      if (++index[d] < axis.size) break;
      index[d] = 0;
      src -= axis.size * axis.src;
      dst -= axis.size * axis.dst;
    }
  }
}

template <class T>
inline Index grain_of(Index elements) {
  return grain_for(kGrainBytes, 32 + elements * static_cast<Index>(sizeof(T)));
}

// Runs of so many bytes: successive ones of the innermost axis in a loop of their own.
template <Index Bytes>
void copy_short_runs(Axes axes, Index element_bytes, const char* src, char* dst) {
  for (int d = 0; d < axes.rank; ++d) axes.axis[d].dst *= element_bytes, axes.axis[d].src *= element_bytes;
  const Index count = axes.count();
  const Axis inner = axes.axis[--axes.rank];
  parallel(count, grain_of<char>(Bytes), [&](Index begin, Index end, int) {
    for (Index i = begin; i < end;) {
      const Index first = i % inner.size, stop = min_of(inner.size, first + end - i);
      for_each_index(axes, i / inner.size, i / inner.size + 1, src, dst, [&](Index, char* to, const char* from) {
        for (Index r = first; r < stop; ++r) __builtin_memcpy(to + r * inner.dst, from + r * inner.src, Bytes);
      });
      i += stop - first;
    }
  });
}

// Runs of `length` elements; long ones are cut, so that one of them gives work to many threads.
template <class T>
void copy_runs(Axes axes, const Axis& run, const T* src, T* dst) {
  constexpr Index longest = kGrainBytes / static_cast<Index>(sizeof(T));
  const Index length = run.size;
  if (length > 2 * longest) {
    const Index pieces = ceil_div(length, longest), outer = axes.count();
    parallel(outer * pieces, 1, [&](Index begin, Index end, int) {
      for (Index i = begin; i < end; ++i) {
        const Index first = i % pieces * longest, n = min_of(longest, length - first);
        for_each_index(axes, i / pieces, i / pieces + 1, src, dst, [&](Index, T* to, const T* from) {
          __builtin_memcpy(to + first, from + first, static_cast<std::size_t>(n) * sizeof(T));
        });
      }
    });
    return;
  }
  const Index element_bytes = static_cast<Index>(sizeof(T)), bytes = length * element_bytes;
  if (axes.rank > 0) {
    const char* const from = reinterpret_cast<const char*>(src);
    char* const to = reinterpret_cast<char*>(dst);
    if (bytes == 8) return copy_short_runs<8>(axes, element_bytes, from, to);
    if (bytes == 16) return copy_short_runs<16>(axes, element_bytes, from, to);
    if (bytes == 32) return copy_short_runs<32>(axes, element_bytes, from, to);
    if (bytes == 64) return copy_short_runs<64>(axes, element_bytes, from, to);
  }
  const bool is_short = bytes <= 32;  // not worth a call of memcpy
  parallel(axes.count(), grain_of<T>(length), [&](Index begin, Index end, int) {
    for_each_index(axes, begin, end, src, dst, [&](Index, T* to, const T* from) {
      if (is_short)
        for (Index i = 0; i < length; ++i) to[i] = from[i];
      else
        __builtin_memcpy(to, from, static_cast<std::size_t>(length) * sizeof(T));
    });
  });
}

template <class T>
inline void copy_strided_run(const Axis& run, const T* from, T* to) {
  const Index n = run.size, src = run.src, step = run.dst;
  if (step != 1) {
    for (Index i = 0; i < n; ++i) to[i * step] = from[i * src];
  } else if (src == 0) {
    const T value = *from;
    for (Index i = 0; i < n; ++i) to[i] = value;
  } else if (src == -1) {
    for (Index i = 0; i < n; ++i) to[i] = from[-i];
  } else if (src == 2) {
    for (Index i = 0; i < n; ++i) to[i] = from[2 * i];
  } else {
    for (Index i = 0; i < n; ++i) to[i] = from[i * src];
  }
}

// The innermost axis in pieces of a cache-sized number of elements, one piece of all outer indices of a task.
template <class T>
void copy_strided(const Axes& axes, const Axis& run, const T* src, T* dst) {
  constexpr Index longest = kGrainBytes / 4 / static_cast<Index>(sizeof(T));
  const Index pieces = ceil_div(run.size, longest), outer = axes.count();
  if (pieces == 1) {
    parallel(outer, grain_of<T>(4 * run.size), [&](Index begin, Index end, int) {
      for_each_index(axes, begin, end, src, dst, [&](Index, T* to, const T* from) { copy_strided_run(run, from, to); });
    });
    return;
  }
  parallel(outer * pieces, 1, [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) {
      const Index first = i % pieces * longest;
      const Axis piece = {min_of(longest, run.size - first), run.dst, run.src};
      for_each_index(axes, i / pieces, i / pieces + 1, src, dst, [&](Index, T* to, const T* from) {
        copy_strided_run(piece, from + first * run.src, to + first * run.dst);
      });
    }
  });
}

// dst is contiguous along `columns`, src along `rows`.
template <class T>
void copy_transposed(const Axes& axes, const Axis& rows, const Axis& columns, const T* src, T* dst) {
  constexpr Index band = 64;  // destination rows of one task
  const Index bands = ceil_div(rows.size, band);
  parallel(axes.count() * bands, grain_of<T>(band * columns.size), [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) {
      const Index first = i % bands * band;
      for_each_index(axes, i / bands, i / bands + 1, src, dst, [&](Index, T* to, const T* from) {
        layout::transpose(min_of(band, rows.size - first), columns.size, from + first, columns.src,
                          to + first * rows.dst, rows.dst);
      });
    }
  });
}

struct Ends {
  Axis last;   // of the destination
  Axis other;  // along which the source is contiguous and not narrow; of size 0 if there is none
};

enum class Way { runs, transposed, strided };  // in the order of the list

constexpr Candidate<Ends> kWays[] = {
    {"runs",
     [](const Ends& e) -> const char* {
       return e.last.dst == 1 && e.last.src == 1 ? nullptr : "the last axis is not contiguous on both sides";
     }},
    {"transposed",
     [](const Ends& e) -> const char* {
       if (e.last.dst != 1 || e.last.src == 0) return "steps or repeats";
       if (e.other.size == 0) return "the source is contiguous along no axis, or a narrow one";
       return e.last.size < layout::kNarrow ? "the last axis is narrow" : nullptr;
     }},
    {"strided", nullptr},
};

template <class T>
void copy_elements(const StridedCopy& copy, const T* src, T* dst) {
  Axes axes = simplified(copy);
  if (axes.count() == 0) return;
  if (axes.rank == 0) {
    *dst = *src;
    return;
  }
  Ends ends = {axes.axis[--axes.rank], {}};
  int at = 0;
  while (at < axes.rank && (axes.axis[at].src != 1 || axes.axis[at].size < layout::kNarrow)) ++at;
  if (at < axes.rank) ends.other = axes.axis[at];
  if (logs_kernels())
    explain("copy", kWays, ends,
            {{"elements", axes.count() * ends.last.size},
             {"last", ends.last.size},
             {"from_step", ends.last.src},
             {"to_step", ends.last.dst},
             {"bytes", sizeof(T)}});
  switch (static_cast<Way>(choose(kWays, ends))) {
    case Way::runs:
      return copy_runs(axes, ends.last, src, dst);
    case Way::transposed:
      axes.remove(at);
      return copy_transposed(axes, ends.other, ends.last, src, dst);
    case Way::strided:
      return copy_strided(axes, ends.last, src, dst);
  }
}

void copy(const StridedCopy& copy, std::int32_t element_bytes, const void* src, void* dst) {
  if (element_bytes == 1)
    copy_elements(copy, static_cast<const std::uint8_t*>(src), static_cast<std::uint8_t*>(dst));
  else if (element_bytes == 2)
    copy_elements(copy, static_cast<const std::uint16_t*>(src), static_cast<std::uint16_t*>(dst));
  else if (element_bytes == 4)
    copy_elements(copy, static_cast<const std::uint32_t*>(src), static_cast<std::uint32_t*>(dst));
  else
    copy_elements(copy, static_cast<const std::uint64_t*>(src), static_cast<std::uint64_t*>(dst));
}

}  // namespace

Layout make_layout() { return {copy}; }

}  // namespace lamina::kernels::LAMINA_LEVEL
