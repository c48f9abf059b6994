// The coefficients of packet_math.h: minimax fits (weighted least squares, reweighted to equal ripple, the coefficients
// rounded one after the other and the rest fitted again). Each table says what it approximates, where, and the largest
// relative error of the function made of it, before rounding.
#pragma once

#include "kernels/level.h"

namespace lamina::kernels::LAMINA_LEVEL::math {

template <class T>
struct Tables;

template <>
struct Tables<float> {
  static constexpr float log2_e = 1.44269504f;
  // ln 2 = high + low; high has so few bits that its product with any exponent is exact.
  static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
  // exp is 0 below, infinite above (and nothing between is cut).
  static constexpr float exp_lowest = -104.0f, exp_highest = 89.0f;
  static constexpr float silu_lowest = -120.0f;  // x e^x is 0 below
  static constexpr float expm1_lowest = -18.0f;  // -1 from here on
  static constexpr float expm1_exact_power = 30.0f;

  // (e^r - 1 - r) / r^2, |r| <= ln(2) / 2: 2^-31
  static constexpr float exp[] = {0.5f, 0.16666666f, 0.041666478f, 0.0083335675f, 0.0013933697f, 0.00019742487f};
  // (ln((1 + s) / (1 - s)) - 2 s) / s^3 in s^2, |s| <= 0.1716: 2^-30
  static constexpr float log[] = {0.66666776f, 0.39977577f, 0.29871124f};
  // (tanh(x) - x) / x^3 in x^2, |x| <= 0.625: 2^-27.6
  static constexpr float tanh_n[] = {-0.33333308f, -0.0015414015f};
  static constexpr float tanh_d[] = {1.0f, 0.40461165f};
  static constexpr float tanh_one = 10.0f;  // tanh is 1 from here on
  // erf(x) / x - 1 in x^2, |x| <= 1: 2^-29
  static constexpr float erf_n[] = {0.12837917f,   -0.37612626f,   0.112835824f, -0.026853643f,
                                    0.0051879627f, -0.0008006793f, 7.842288e-05f};
  static constexpr float erf_d[] = {1.0f};
  // e^(x^2) (1 - erf(x)) on [1, 4]: 2^-26 in erf
  static constexpr float erf_tail_n[] = {0.9936325f, 0.4117704f, 0.0033861203f};
  static constexpr float erf_tail_d[] = {1.0f, 1.505452f, 0.78931695f};
  static constexpr float erf_one = 4.0f;
  // e^(t^2 / 2) (1 - Phi(t)), Phi the normal distribution function, on [0, gelu_zero]: 2^-25.1
  static constexpr float normal_tail_n[] = {0.5f, 0.4377991f, 0.18283124f, 0.040486477f, 0.0040914025f};
  static constexpr float normal_tail_d[] = {1.0f, 1.673483f, 1.200905f, 0.468395f, 0.10149101f, 0.010255505f};
  static constexpr float gelu_zero = 14.6f;  // t (1 - Phi(t)) is 0 from here on
  // pi / 2 in pieces of so few bits that their products with a quadrant below sin_highest are exact
  static constexpr float two_over_pi = 0.636619772f;
  static constexpr float half_pi[] = {1.5703125f, 4.837512969970703125e-4f, 7.54953362047672271728515625e-8f,
                                      2.56334406825708960297e-12f};
  static constexpr float sin_highest = 8192.0f;
  // (sin(r) - r) / r^3 and (cos(r) - 1 + r^2 / 2) / r^4 in r^2, |r| <= pi / 4: 2^-28, 2^-33
  static constexpr float sin[] = {-0.16666654f, 0.00833212f, -0.00019510802f};
  static constexpr float cos[] = {0.041666646f, -0.001388731f, 2.4432338e-05f};
};

template <>
struct Tables<double> {
  static constexpr double log2_e = 1.4426950408889634;
  static constexpr double ln2_high = 0.6931471806019545, ln2_low = -4.2009150726810846e-11;
  static constexpr double exp_lowest = -746.0, exp_highest = 710.0;
  static constexpr double silu_lowest = -800.0;
  static constexpr double expm1_lowest = -38.0;
  static constexpr double expm1_exact_power = 60.0;

  // 2^-61
  static constexpr double exp[] = {0.5,
                                   0.16666666666666677,
                                   0.0416666666666666,
                                   0.008333333333321457,
                                   0.0013888888888928335,
                                   0.0001984126988650898,
                                   2.4801587227582338e-05,
                                   2.7557243859914046e-06,
                                   2.755736187845215e-07,
                                   2.5109150342499663e-08,
                                   2.0886628566207795e-09};
  // 2^-59
  static constexpr double log[] = {0.6666666666666736, 0.39999999999404784, 0.28571428744338684, 0.22222198387121375,
                                   0.1818357357917086, 0.15313819648172886, 0.147982324330147};
  // 2^-60
  static constexpr double tanh_n[] = {-0.33333333333333326, -0.02049699500579616, -0.00019909815325744692};
  static constexpr double tanh_d[] = {1.0, 0.46149098501737557, 0.02328892656219648, 0.00020644818095988315};
  static constexpr double tanh_one = 20.0;
  // 2^-56
  static constexpr double erf_n[] = {0.1283791670955126,   -0.3169313512885117,   -0.048513689838420214,
                                     -0.00884521341529425, -0.000500159962569291, -2.0945413961923202e-05};
  static constexpr double erf_d[] = {
      1.0, 0.4610953559099393, 0.0940847720313429, 0.010746941759419693, 0.0006979921596469964, 2.1060802340550276e-05};
  // on [1, 6]: 2^-59
  static constexpr double erf_tail_n[] = {0.9999998909823862, 1.3894838981352928,  0.9481696910552713,
                                          0.3727965000367073, 0.08409466525070886, 0.00889247803327282};
  static constexpr double erf_tail_d[] = {1.0,
                                          2.5178619140092042,
                                          2.789278417238853,
                                          1.7545324230502195,
                                          0.668705601122031,
                                          0.1490499491407973,
                                          0.015761631611060443};
  static constexpr double erf_one = 6.0;
  // on [0, gelu_zero]: 2^-57
  static constexpr double normal_tail_n[] = {0.5,
                                             0.8307134625721359,
                                             0.6839797636901139,
                                             0.36073053836042523,
                                             0.13371259113297027,
                                             0.03623678996261003,
                                             0.007262121965714616,
                                             0.001064147432939558,
                                             0.00010954839196530406,
                                             7.206223845768315e-06,
                                             2.329524973595966e-07};
  static constexpr double normal_tail_d[] = {1.0,
                                             2.459311485947137,
                                             2.830206192222594,
                                             2.015944678678103,
                                             0.9898954423177172,
                                             0.3528278406899147,
                                             0.09346345794325911,
                                             0.018476869491767953,
                                             0.0026854853683907377,
                                             0.00027518102205465855,
                                             1.8063324445145513e-05,
                                             5.839253165273744e-07};
  static constexpr double gelu_zero = 40.0;
  static constexpr double two_over_pi = 0.63661977236758134;
  static constexpr double half_pi[] = {1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21,
                                       8.4784276603689e-32};
  static constexpr double sin_highest = 1048576.0;
  // 2^-58, 2^-64
  static constexpr double sin[] = {-0.1666666666666663,   0.008333333333321888,   -0.0001984126982941891,
                                   2.755731356505335e-06, -2.505073921556132e-08, 1.5895744543462727e-10};
  static constexpr double cos[] = {0.04166666666666659,    -0.0013888888888872318, 2.4801587288437122e-05,
                                   -2.755731406911518e-07, 2.0875686841899258e-09, -1.1357850815217086e-11};
};

// Functions of float that are evaluated in double, to float accuracy.
struct FloatTables {
  // as Tables::exp: 2^-32
  static constexpr double exp[] = {0.5000000046678613,  0.16666666418291318,   0.041666354203772855,
                                   0.00833337865729029, 0.0013941031841787012, 0.00019851600649605454};
};

}  // namespace lamina::kernels::LAMINA_LEVEL::math
