/* log x = e ln 2 + log m, x = 2^e m, sqrt(1/2) <= m < sqrt(2); subnormal x is scaled by 2^23 first.
   -inf at 0, NaN below. Largest error measured: 0.9 ulp. */
static inline float nos_logf(float x) {
    int small = x < 1.17549435e-38f;
    uint32_t bits = nos_bitsf(small ? x * 8388608.0f : x) - NOS_SQRT_HALF_BITSF;
    float m = nos_from_bitsf((bits & 0x007fffffu) + NOS_SQRT_HALF_BITSF);
    float e = (float)((int32_t)((bits + 0x40000000u) >> 23) - (small ? 151 : 128));
    float f = m - 1.0f;
    float r = (nos_log1p_restf(f) + e * NOS_LN2_LOWF) + f;
    r = r + e * NOS_LN2_HIGHF;
    r = x < INFINITY ? r : x;
    r = x < 0.0f ? NAN : r;
    return x == 0.0f ? -INFINITY : r;
}
