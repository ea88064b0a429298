/* tanh |x| = t / (t + 2) with t = e^(2|x|) - 1 = 2^k (e^r - 1) + (2^k - 1), which loses no digits
   near 0. Largest error measured: 2.9 ulp. */
static inline float nos_tanhf(float x) {
    float a = fabsf(x);
    a = a > 10.0f ? 10.0f : a;
    float rounded = a * 2.88539008f + NOS_ROUNDERF;
    float k = rounded - NOS_ROUNDERF;
    float r = (2.0f * a - k * NOS_LN2_HIGHF) - k * NOS_LN2_LOWF;
    float scale = nos_from_bitsf((nos_bitsf(rounded) - NOS_ROUNDER_BITSF + 127u) << 23);
    float t = nos_expm1_reducedf(r) * scale + (scale - 1.0f);
    return nos_signedf(t / (t + 2.0f), x);
}
