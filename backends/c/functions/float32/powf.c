/* |x|^y, total: 0 where x is 0 (a negative power of 0 is 0), 1 where y is 0, whatever x is.
   |x| = 2^e m with sqrt(1/2) <= m < sqrt(2); log2 m = f P(f), f = m - 1, in double, P of degree 12, minimax to 2^-35,
   as y log2 |x| reaches 150 and is needed to 2^-26; its integer part k scales 2^r = 1 + r Q(r), Q of degree 5. */
static inline float nos_powf(float x, float y) {
    float a = fabsf(x);
    int small = a < 1.17549435e-38f;
    uint32_t bits = nos_bitsf(small ? a * 8388608.0f : a) - NOS_SQRT_HALF_BITSF;
    float m = nos_from_bitsf((bits & 0x007fffffu) + NOS_SQRT_HALF_BITSF);
    int32_t e = (int32_t)((bits + 0x40000000u) >> 23) - (small ? 151 : 128);
    double f = (double)(m - 1.0f);
    double p = 0.077371805852971057;
    p = p * f - 0.14284145756316549;
    p = p * f + 0.14474902505912568;
    p = p * f - 0.1431561076379563;
    p = p * f + 0.15876964657731799;
    p = p * f - 0.18030061849580689;
    p = p * f + 0.20617537139018166;
    p = p * f - 0.24045316544025763;
    p = p * f + 0.28853729311013954;
    p = p * f - 0.3606736748230277;
    p = p * f + 0.48089836139926689;
    p = p * f - 0.72134752086880449;
    p = p * f + 1.4426950408686992;
    double t = (double)y * ((double)e + f * p);
    t = t > 140.0 ? 140.0 : t;
    t = t < -160.0 ? -160.0 : t;
    float rounded = (float)t + NOS_ROUNDERF;
    float r = (float)(t - (double)(rounded - NOS_ROUNDERF));
    float q = 1.33325346e-4f;
    q = q * r + 1.33879273e-3f;
    q = q * r + 9.62544512e-3f;
    q = q * r + 5.55036627e-2f;
    q = q * r + 2.40225941e-1f;
    q = q * r + 6.93147182e-1f;
    float v = nos_scaledf(1.0f + r * q, rounded);
    v = a < INFINITY ? v : y < 0.0f && a == INFINITY ? 0.0f : y == y ? a : y;
    v = a == 0.0f ? (y == y ? 0.0f : y) : v;
    return y == 0.0f ? 1.0f : v;
}
