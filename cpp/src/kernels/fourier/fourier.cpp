// Stockham's passes over the factors of n, which need no reordering; several rows go side by side ("lanes"), so that
// the innermost loop is long and contiguous from the first pass on. Lengths with a large prime factor become a
// convolution of a length that is a power of two (Bluestein).
#include "kernels/fourier/fourier.h"

#include <math.h>

#include "kernels/families.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

constexpr Index kLargestRadix = 31;
constexpr Index kLaneBytes = 64;
constexpr Index kCacheBytes = 1 << 20;
constexpr Index kGrain = 1 << 15;

template <class T>
struct Complex {
  T *re, *im;
  Complex swapped() const { return {im, re}; }
};

// Hands out parts of the scratch; without memory it only counts.
struct Booking {
  char* base;
  std::size_t used = 0;
  template <class T>
  Complex<T> take(Index count) {
    return {part<T>(count), part<T>(count)};
  }
  template <class T>
  T* part(Index count) {
    T* found = base == nullptr ? nullptr : reinterpret_cast<T*>(base + used);
    used += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return found;
  }
};

// exp(-2 pi i k / n) for 0 <= k < n. The angle is brought into [0, pi/4] with integers, so that nothing is lost.
template <class T>
inline void root(Index k, Index n, T& re, T& im) {
  Index eighths = 8 * k;  // of 1/n of a turn, divided by 8
  const bool below = eighths > 4 * n;
  if (below) eighths = 8 * n - eighths;
  const bool left = eighths > 2 * n;
  if (left) eighths = 4 * n - eighths;
  const bool steep = eighths > n;
  if (steep) eighths = 2 * n - eighths;
  const double angle = 0.78539816339744830962 * static_cast<double>(eighths) / static_cast<double>(n);
  double c = cos(angle), s = sin(angle);
  if (steep) {
    const double t = c;
    c = s;
    s = t;
  }
  re = static_cast<T>(left ? -c : c);
  im = static_cast<T>(below ? s : -s);
}

template <class T>
void fill_roots(Index n, const Complex<T>& w) {
  const Index parts = n % 4 == 0 ? 4 : 1, count = n / parts;
  for (Index k = 0; k < count; ++k) {
    root(k, n, w.re[k], w.im[k]);
    if (parts == 1) continue;
    const T re = w.re[k], im = w.im[k];  // a quarter of a turn further: times -i
    w.re[k + count] = im, w.im[k + count] = -re;
    w.re[k + 2 * count] = -re, w.im[k + 2 * count] = -im;
    w.re[k + 3 * count] = -im, w.im[k + 3 * count] = re;
  }
}

template <class T>
struct Plan {
  Index n;      // of the transform
  Index size;   // of the passes: n, or the power of two of Bluestein's convolution
  Index lanes;  // rows side by side
  int passes = 0;
  Index radices[64];
  Complex<T> roots;          // [size]
  Complex<T> chirp, filter;  // [n] and [size], of Bluestein's
  Complex<T> halves;         // [n + 1]: exp(-pi i k / n), for real rows of length 2n
  Complex<T> work[2];        // [size][lanes], of the first worker
  std::size_t worker_bytes;

  bool convolves() const { return size != n; }
  Complex<T> work_of(int worker, int i) const {
    const std::size_t step = static_cast<std::size_t>(worker) * (worker_bytes / sizeof(T));
    return {work[i].re + step, work[i].im + step};
  }
};

template <class T>
Plan<T> plan_of(Index rows, Index n, bool halves, Booking& scratch) {
  Plan<T> plan = {};
  plan.n = n;
  // Whether all prime factors are small; then `radices` are factors.
  const auto factor = [&](Index size) {
    plan.size = size;
    plan.passes = 0;
    for (Index radix = 4; radix <= kLargestRadix; radix = radix == 4 ? 2 : radix == 2 ? 3 : radix + 2)
      for (; size % radix == 0; size /= radix) plan.radices[plan.passes++] = radix;
    return size == 1;
  };
  if (!factor(n)) {
    Index size = 1;
    while (size < 2 * n - 1) size *= 2;
    factor(size);
  }
  const Index lanes = kLaneBytes / static_cast<Index>(sizeof(T));
  plan.lanes = rows >= lanes / 2 && 4 * plan.size * kLaneBytes <= kCacheBytes ? lanes : 1;
  plan.roots = scratch.take<T>(plan.size);
  if (plan.convolves()) {
    plan.chirp = scratch.take<T>(n);
    plan.filter = scratch.take<T>(plan.size);
  }
  if (halves) plan.halves = scratch.take<T>(n + 1);
  const std::size_t before = scratch.used;
  for (Complex<T>& work : plan.work) work = scratch.take<T>(plan.size * plan.lanes);
  plan.worker_bytes = scratch.used - before;
  scratch.used += static_cast<std::size_t>(max_threads() - 1) * plan.worker_bytes;
  return plan;
}

// ---- Passes: rows of length radix * m at stride s become `radix` times as many of length m.

template <class T>
void pass2(Index m, Index s, Index step, const Complex<T>& w, const Complex<T>& x, const Complex<T>& y) {
  for (Index p = 0; p < m; ++p) {
    const T wr = w.re[p * step], wi = w.im[p * step];
    const T* __restrict ar = x.re + p * s, * __restrict ai = x.im + p * s;
    const T* __restrict br = ar + m * s, * __restrict bi = ai + m * s;
    T* __restrict yr = y.re + 2 * p * s, * __restrict yi = y.im + 2 * p * s;
    for (Index q = 0; q < s; ++q) {
      const T dr = ar[q] - br[q], di = ai[q] - bi[q];
      yr[q] = ar[q] + br[q];
      yi[q] = ai[q] + bi[q];
      yr[s + q] = wr * dr - wi * di;
      yi[s + q] = wr * di + wi * dr;
    }
  }
}

template <class T>
void pass4(Index m, Index s, Index step, const Complex<T>& w, const Complex<T>& x, const Complex<T>& y) {
  for (Index p = 0; p < m; ++p) {
    const T w1r = w.re[p * step], w1i = w.im[p * step];
    const T w2r = w.re[2 * p * step], w2i = w.im[2 * p * step];
    const T w3r = w.re[3 * p * step], w3i = w.im[3 * p * step];
    const T* __restrict xr = x.re + p * s, * __restrict xi = x.im + p * s;
    T* __restrict yr = y.re + 4 * p * s, * __restrict yi = y.im + 4 * p * s;
    const Index one = m * s, two = 2 * one, three = 3 * one;
    for (Index q = 0; q < s; ++q) {
      const T sr = xr[q] + xr[two + q], si = xi[q] + xi[two + q];
      const T dr = xr[q] - xr[two + q], di = xi[q] - xi[two + q];
      const T tr = xr[one + q] + xr[three + q], ti = xi[one + q] + xi[three + q];
      const T er = xi[one + q] - xi[three + q], ei = xr[three + q] - xr[one + q];  // times -i
      yr[q] = sr + tr;
      yi[q] = si + ti;
      yr[s + q] = w1r * (dr + er) - w1i * (di + ei);
      yi[s + q] = w1r * (di + ei) + w1i * (dr + er);
      yr[2 * s + q] = w2r * (sr - tr) - w2i * (si - ti);
      yi[2 * s + q] = w2r * (si - ti) + w2i * (sr - tr);
      yr[3 * s + q] = w3r * (dr - er) - w3i * (di - ei);
      yi[3 * s + q] = w3r * (di - ei) + w3i * (dr - er);
    }
  }
}

template <class T>
void pass_any(Index radix, Index m, Index s, Index step, const Complex<T>& w, const Complex<T>& x,
              const Complex<T>& y) {
  const Index part = step * m;  // the root of order `radix`
  for (Index p = 0; p < m; ++p)
    for (Index j = 0; j < radix; ++j) {
      T* __restrict yr = y.re + (radix * p + j) * s, * __restrict yi = y.im + (radix * p + j) * s;
      for (Index k = 0; k < radix; ++k) {
        const Index turn = p * j * step + j * k % radix * part;
        const Index at = turn >= radix * part ? turn - radix * part : turn;
        const T wr = w.re[at], wi = w.im[at];
        const T* __restrict xr = x.re + (p + m * k) * s, * __restrict xi = x.im + (p + m * k) * s;
        if (k == 0) {
          for (Index q = 0; q < s; ++q) {
            yr[q] = wr * xr[q] - wi * xi[q];
            yi[q] = wr * xi[q] + wi * xr[q];
          }
        } else {
          for (Index q = 0; q < s; ++q) {
            yr[q] += wr * xr[q] - wi * xi[q];
            yi[q] += wr * xi[q] + wi * xr[q];
          }
        }
      }
    }
}

// The transform of a[size][lanes]; both are overwritten, and the one that holds the result is returned.
template <class T>
Complex<T> run_passes(const Plan<T>& plan, Index lanes, Complex<T> a, Complex<T> b) {
  Index length = plan.size, s = lanes;
  for (int i = 0; i < plan.passes; ++i) {
    const Index radix = plan.radices[i], m = length / radix, step = plan.size / length;
    if (radix == 4)
      pass4(m, s, step, plan.roots, a, b);
    else if (radix == 2)
      pass2(m, s, step, plan.roots, a, b);
    else
      pass_any(radix, m, s, step, plan.roots, a, b);
    const Complex<T> other = a;
    a = b;
    b = other;
    length = m;
    s *= radix;
  }
  return a;
}

// a[j] *= w[j] for all lanes.
template <class T>
void multiply(Index count, Index lanes, const Complex<T>& w, const Complex<T>& a) {
  for (Index j = 0; j < count; ++j) {
    const T wr = w.re[j], wi = w.im[j];
    T* __restrict re = a.re + j * lanes, * __restrict im = a.im + j * lanes;
    for (Index l = 0; l < lanes; ++l) {
      const T r = re[l];
      re[l] = wr * r - wi * im[l];
      im[l] = wr * im[l] + wi * r;
    }
  }
}

template <class T>
void clear(const Complex<T>& a, Index begin, Index end) {
  for (Index i = begin; i < end; ++i) a.re[i] = a.im[i] = T(0);
}

template <class T>
void fill_tables(const Plan<T>& plan) {
  fill_roots(plan.size, plan.roots);
  if (plan.halves.re != nullptr)
    for (Index k = 0; k <= plan.n; ++k) root(k, 2 * plan.n, plan.halves.re[k], plan.halves.im[k]);
  if (!plan.convolves()) return;
  // The filter: the conjugate chirp, mirrored around 0, transformed, with the factor of the inverse.
  const Index n = plan.n, size = plan.size;
  const Complex<T> a = plan.work[0];
  clear(a, 0, size);
  const T scale = T(1) / static_cast<T>(size);
  Index square = 0;  // j * j modulo 2n
  for (Index j = 0; j < n; ++j) {
    root(square, 2 * n, plan.chirp.re[j], plan.chirp.im[j]);
    square = (square + 2 * j + 1) % (2 * n);
    const Index places[] = {j, j == 0 ? 0 : size - j};
    for (const Index at : places) {
      a.re[at] = plan.chirp.re[j] * scale;
      a.im[at] = -plan.chirp.im[j] * scale;
    }
  }
  const Complex<T> found = run_passes(plan, 1, a, plan.work[1]);
  for (Index i = 0; i < size; ++i) plan.filter.re[i] = found.re[i], plan.filter.im[i] = found.im[i];
}

template <class T>
Complex<T> transform(const Plan<T>& plan, const Complex<T>& a, const Complex<T>& b) {
  if (!plan.convolves()) return run_passes(plan, plan.lanes, a, b);
  multiply(plan.n, plan.lanes, plan.chirp, a);
  clear(a, plan.n * plan.lanes, plan.size * plan.lanes);
  const Complex<T> found = run_passes(plan, plan.lanes, a, b);
  multiply(plan.size, plan.lanes, plan.filter, found);
  const Complex<T> other = found.re == a.re ? b : a;
  const Complex<T> back = run_passes(plan, plan.lanes, found.swapped(), other.swapped()).swapped();
  multiply(plan.n, plan.lanes, plan.chirp, back);
  return back;
}

// load(row, lane, a) puts a row into its lane of a[n][lanes], store(row, lane, y) takes its transform.
template <class T, class Load, class Store>
void transform_rows(const Plan<T>& plan, Index rows, const Load& load, const Store& store) {
  fill_tables(plan);
  const Index lanes = plan.lanes, work = plan.size * lanes * (plan.convolves() ? 2 * plan.passes + 3 : plan.passes + 1);
  parallel(ceil_div(rows, lanes), max_of<Index>(1, kGrain / work), [&](Index begin, Index end, int worker) {
    const Complex<T> a = plan.work_of(worker, 0), b = plan.work_of(worker, 1);
    for (Index block = begin; block < end; ++block) {
      const Index first = block * lanes, count = min_of(lanes, rows - first);
      if (count < lanes) clear(a, 0, plan.n * lanes);
      for (Index l = 0; l < count; ++l) load(first + l, Complex<T>{a.re + l, a.im + l});
      const Complex<T> y = transform(plan, a, b);
      for (Index l = 0; l < count; ++l) store(first + l, Complex<T>{y.re + l, y.im + l});
    }
  });
}

template <class T>
void complex(Index rows, Index n, const T* x_real, const T* x_imag, T* y_real, T* y_imag, void* scratch) {
  Booking booking{static_cast<char*>(scratch)};
  const Plan<T> plan = plan_of<T>(rows, n, false, booking);
  const Index lanes = plan.lanes;
  transform_rows(
      plan, rows,
      [=](Index row, const Complex<T>& a) {
        for (Index j = 0; j < n; ++j) a.re[j * lanes] = x_real[row * n + j], a.im[j * lanes] = x_imag[row * n + j];
      },
      [=](Index row, const Complex<T>& y) {
        for (Index k = 0; k < n; ++k) y_real[row * n + k] = y.re[k * lanes], y_imag[row * n + k] = y.im[k * lanes];
      });
}

// A real row of even length is a complex one of half the length: pairs of neighbours.
template <class T>
void real_forward(Index rows, Index n, T interior, const T* x, T* y_real, T* y_imag, void* scratch) {
  const bool even = n % 2 == 0;
  const Index half = n / 2, bins = half + 1, length = even ? half : n;
  Booking booking{static_cast<char*>(scratch)};
  const Plan<T> plan = plan_of<T>(rows, length, even, booking);
  const Index lanes = plan.lanes;
  transform_rows(
      plan, rows,
      [=](Index row, const Complex<T>& a) {
        const T* from = x + row * n;
        for (Index j = 0; j < length; ++j) {
          a.re[j * lanes] = even ? from[2 * j] : from[j];
          a.im[j * lanes] = even ? from[2 * j + 1] : T(0);
        }
      },
      [=, &plan](Index row, const Complex<T>& z) {
        for (Index k = 0; k < bins; ++k) {
          const T factor = k > 0 && 2 * k < n ? interior : T(1);
          T re, im;
          if (even) {  // the transforms of the even and of the odd entries
            const Index a = (k == half ? 0 : k) * lanes, b = (k == 0 ? 0 : half - k) * lanes;
            const T er = (z.re[a] + z.re[b]) / 2, ei = (z.im[a] - z.im[b]) / 2;
            const T odd_r = (z.im[a] + z.im[b]) / 2, odd_i = (z.re[b] - z.re[a]) / 2;
            const T wr = plan.halves.re[k], wi = plan.halves.im[k];
            re = er + (wr * odd_r - wi * odd_i);
            im = ei + (wr * odd_i + wi * odd_r);
          } else {
            re = z.re[k * lanes];
            im = z.im[k * lanes];
          }
          y_real[row * bins + k] = factor * re;
          y_imag[row * bins + k] = k == 0 || 2 * k == n ? T(0) : factor * im;
        }
      });
}

// The inverse transform is the forward one with both parts exchanged before and after.
template <class T>
void real_inverse(Index rows, Index n, T interior, const T* x_real, const T* x_imag, T* y, void* scratch) {
  const bool even = n % 2 == 0;
  const Index half = n / 2, bins = half + 1, length = even ? half : n;
  Booking booking{static_cast<char*>(scratch)};
  const Plan<T> plan = plan_of<T>(rows, length, even, booking);
  const Index lanes = plan.lanes;
  const T factor = interior / 2;
  transform_rows(
      plan, rows,
      [=, &plan](Index row, const Complex<T>& a) {
        const T *re = x_real + row * bins, *im = x_imag + row * bins;
        if (!even) {
          a.im[0] = re[0];
          a.re[0] = T(0);
          for (Index k = 1; k < bins; ++k) {
            a.im[k * lanes] = a.im[(n - k) * lanes] = factor * re[k];
            a.re[k * lanes] = factor * im[k];
            a.re[(n - k) * lanes] = -factor * im[k];
          }
          return;
        }
        a.im[0] = re[0] + re[half];
        a.re[0] = re[0] - re[half];
        for (Index k = 1; k < half; ++k) {
          const T sr = factor * (re[k] + re[half - k]), si = factor * (im[k] - im[half - k]);
          const T dr = factor * (re[k] - re[half - k]), di = factor * (im[k] + im[half - k]);
          const T wr = plan.halves.re[k], wi = plan.halves.im[k];
          a.im[k * lanes] = sr - (wr * di - wi * dr);
          a.re[k * lanes] = si + (wr * dr + wi * di);
        }
      },
      [=](Index row, const Complex<T>& z) {
        T* to = y + row * n;
        for (Index j = 0; j < length; ++j) {
          if (even) {
            to[2 * j] = z.im[j * lanes];
            to[2 * j + 1] = z.re[j * lanes];
          } else {
            to[j] = z.im[j * lanes];
          }
        }
      });
}

template <class T>
std::size_t scratch(Index rows, Index n) {
  const auto bytes = [=](Index length, bool halves) {
    Booking booking{nullptr};
    plan_of<T>(rows, length, halves, booking);
    return booking.used;
  };
  return max_of(bytes(n, false), n % 2 == 0 ? bytes(n / 2, true) : std::size_t{0});
}

}  // namespace

template <class T>
Fourier<T> make_fourier() {
  return {scratch<T>, complex<T>, real_forward<T>, real_inverse<T>};
}

template Fourier<float> make_fourier();
template Fourier<double> make_fourier();

}  // namespace lamina::kernels::LAMINA_LEVEL
