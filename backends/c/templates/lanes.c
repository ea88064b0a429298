/* Sixteen entries at a time, where a processor has AVX-512 and all is float32. What compilers make of a
   choice takes two instructions there, the first of which waits for the units of products; a minimum of its
   own takes one, and leaves them alone. */
#if WEIGHT == 32 && STATE == 32 && defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>
#define LANES 16
typedef float lane __attribute__((vector_size(64)));
typedef float lane_at __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t lane_bits __attribute__((vector_size(64)));
#define AT(x) (*(lane_at *)&(x))
#define LANE(x) ((x) - (lane){0}) /* of a number, too */
static inline lane lane_signed(lane x, lane y)
{
    const __m512i sign = _mm512_set1_epi32((int)0x80000000u);
    return (lane)_mm512_ternarylogic_epi32(sign, (__m512i)y, (__m512i)x, 0xca);
}
/* Of two numbers a minimum is the second one where either is NaN. */
#define lane_fabs(x) ((lane)_mm512_abs_ps(x))
#define lane_sqrt(x) ((lane)_mm512_sqrt_ps(x))
#define lane_above(x, y) ((lane)_mm512_max_ps(LANE(y), LANE(x)))
#define lane_below(x, y) ((lane)_mm512_min_ps(LANE(y), LANE(x)))
#define lane_clamp(x, bound) lane_below(lane_above(x, -(bound)), bound)
#define lane_saturate(x) lane_clamp(x, LARGEST)
#define lane_positive(x) lane_above(x, TINY)
#define lane_max(x, y) lane_max_of(LANE(x), LANE(y))
#define lane_min(x, y) lane_min_of(LANE(x), LANE(y))
#define lane_ratio(x, y) lane_ratio_of(LANE(x), LANE(y))
#define lane_either(number, x, y) ((number) != 0 ? LANE(x) : LANE(y))
static inline lane lane_max_of(lane x, lane y)
{
    return _mm512_mask_mov_ps(_mm512_max_ps(x, y), _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), x);
}
static inline lane lane_min_of(lane x, lane y)
{
    return _mm512_mask_mov_ps(_mm512_min_ps(x, y), _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), x);
}
static inline lane lane_ratio_of(lane x, lane y)
{
    return _mm512_maskz_div_ps(_mm512_cmp_ps_mask(y, LANE(0.0f), _CMP_NEQ_UQ), x, y);
}
static inline lane lane_limit(lane x, real bound) { return (lane)_mm512_range_ps(x, LANE(bound), 2) + (x - x); }
static inline lane lane_sign(lane x)
{
    const lane one = lane_signed(LANE(1.0f), x);
    return _mm512_mask_mov_ps(x + 0.0f, _mm512_cmp_ps_mask(x, LANE(0.0f), _CMP_NEQ_OQ), one);
}
static inline lane lane_lerp(lane x, lane y, real weight)
{
    const lane near = weight < 0.5f ? x : y;
    return near + (weight < 0.5f ? weight : weight - 1) * (y - x);
}
#else
#define LANES 1
typedef real lane;
#define AT(x) (x)
#define lane_fabs nos_fabs
#define lane_sqrt nos_sqrt
#define lane_above nos_above
#define lane_below nos_below
#define lane_clamp nos_clamp
#define lane_saturate nos_saturate
#define lane_positive nos_positive
#define lane_max nos_max
#define lane_min nos_min
#define lane_ratio nos_ratio
#define lane_either nos_either
#define lane_limit nos_limit
#define lane_sign nos_sign
#define lane_lerp nos_lerp
#endif
