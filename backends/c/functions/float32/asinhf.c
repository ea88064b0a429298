/* asinh |x| = log(1 + t), t = a + a^2 / (1 + sqrt(1 + a^2)), a = |x|; beyond 2^12, log(a) + ln 2. 1
   + t is rounded, so what it lost is added to the reduced argument. Largest error measured: 1.9 ulp. */
static inline float nos_asinhf(float x) {
    float a = fabsf(x);
    int huge = a > 4096.0f;
    float z = a * a;
    float t = a + z / (1.0f + sqrtf(1.0f + z));
    float y = huge ? a : 1.0f + t;
    uint32_t bits = nos_bitsf(y) - NOS_SQRT_HALF_BITSF;
    uint32_t k = bits >> 23;
    float m = nos_from_bitsf((bits & 0x007fffffu) + NOS_SQRT_HALF_BITSF);
    float lost = huge ? 0.0f : (t - (y - 1.0f)) * nos_from_bitsf((127u - k) << 23);
    float e = (float)(int32_t)(k & 0xffu) + (huge ? 1.0f : 0.0f);
    float f = (m - 1.0f) + lost;
    float r = (nos_log1p_restf(f) + e * NOS_LN2_LOWF) + f;
    r = r + e * NOS_LN2_HIGHF;
    return nos_signedf(a < INFINITY ? r : a, x);
}
