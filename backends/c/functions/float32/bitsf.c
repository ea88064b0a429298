/* The bits of a float, and back. Shifts are those of unsigned numbers, which are defined for every
   pattern. */
static inline uint32_t nos_bitsf(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float nos_from_bitsf(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* |x| with the sign of y. */
static inline float nos_signedf(float x, float y) {
    return nos_from_bitsf((nos_bitsf(x) & 0x7fffffffu) | (nos_bitsf(y) & 0x80000000u));
}

/* Rounding by addition needs sums that are floats, in the order that they are written in. */
#if defined(__FAST_MATH__) || __FLT_EVAL_METHOD__ == 1 || __FLT_EVAL_METHOD__ == 2
#error "float sums must be rounded to float: compile without -ffast-math, for a processor with SSE2 or the like"
#endif

/* Adding 3 * 2^22 rounds a float of magnitude below 2^22 to an integer, which the low bits then
   hold. */
#define NOS_ROUNDERF 12582912.0f
#define NOS_ROUNDER_BITSF 0x4b400000u

/* ln 2 in two parts; k times the upper one is exact for integers k of up to 14 bits. */
#define NOS_LN2_HIGHF 0.693359375f
#define NOS_LN2_LOWF -2.12194440e-4f
