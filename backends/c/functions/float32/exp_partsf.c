/* e^r - 1 = r + r^2 P(r) for |r| <= 0.3467: P of degree 4, minimax; relative error of e^r below
   2^-27. */
static inline float nos_expm1_reducedf(float r) {
    float p = 1.39217905e-3f;
    p = p * r + 8.37639626e-3f;
    p = p * r + 4.16671261e-2f;
    p = p * r + 1.66664362e-1f;
    p = p * r + 4.99999940e-1f;
    return r + (r * r) * p;
}

/* x * 2^k of |k| <= 250 in two exact steps and one that rounds once, subnormal results too. k comes
   as the low bits of a float that was rounded by NOS_ROUNDERF; any bits are defined, those of NaN
   too. */
static inline float nos_scaledf(float x, float rounded) {
    uint32_t k = nos_bitsf(rounded) - NOS_ROUNDER_BITSF;
    uint32_t half = ((k + 1024u) >> 1) - 512u;
    float first = nos_from_bitsf((half + 127u) << 23);
    float second = nos_from_bitsf((k - half + 127u) << 23);
    return x * first * second;
}
