#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Types: of weights and gradients (WEIGHT), of states (STATE), of the arithmetic, and of sums. */
#if WEIGHT == 64
typedef double real;
typedef long double wide;
typedef uint64_t word; /* of the bits of a real */
#define BOUND(single, twice) (twice)
#define LARGEST 0x1p1022
#define TINY 0x1p-1022
#else
typedef float real;
typedef double wide;
typedef uint32_t word;
#define BOUND(single, twice) ((real)(single))
#define LARGEST 0x1p126f
#define TINY 0x1p-126f
#endif
#define R(x) ((real)(x))
#define nos_sqrt(x) _Generic((x), float: sqrtf, double: sqrt, long double: sqrtl)(x)
#define nos_fabs(x) _Generic((x), float: fabsf, double: fabs)(x)
#define nos_copysign(x, y) _Generic((x), float: copysignf, double: copysign)(x, y)
#define nos_floor(x) _Generic((x), float: floorf, double: floor)(x)
#define nos_fmod(x, y) _Generic((x), float: fmodf, double: fmod)(x, y)

static inline float of_bf16(uint16_t x)
{
    uint32_t bits = (uint32_t)x << 16;
    float y;
    memcpy(&y, &bits, 4);
    return y;
}

static inline uint16_t to_bf16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    bits += 0x7fff + ((bits >> 16) & 1); /* to the nearest, ties to even */
    return x != x ? 0x7fc0 : (uint16_t)(bits >> 16);
}

#if WEIGHT == 160
typedef uint16_t weight_t;
#define LOAD(x) of_bf16(x)
#define STORE(x) to_bf16(x)
#define LARGEST_WEIGHT 0x1.fep125f
#elif WEIGHT == 16
typedef _Float16 weight_t;
#define LOAD(x) ((float)(x))
#define STORE(x) ((_Float16)(x))
#define LARGEST_WEIGHT (65504.0f / 4)
#else
typedef real weight_t;
#define LOAD(x) (x)
#define STORE(x) (x)
#define LARGEST_WEIGHT LARGEST
#endif
#if STATE == 160
typedef uint16_t state_t;
#define LOAD_STATE(x) of_bf16(x)
#define STORE_STATE(x) to_bf16(x)
#else
typedef real state_t;
#define LOAD_STATE(x) (x)
#define STORE_STATE(x) (x)
#endif
