/* e^x = 2^k e^r with k = round(x / ln 2), r = x - k ln 2 in two parts, e^r = 1 + r + r^2 P(r).
   Largest error measured: 1.1 ulp. */
static inline float nos_expf(float x) {
    float y = x > 90.0f ? 90.0f : x;
    y = y < -105.0f ? -105.0f : y;
    float rounded = y * 1.44269504f + NOS_ROUNDERF;
    float k = rounded - NOS_ROUNDERF;
    float r = (y - k * NOS_LN2_HIGHF) - k * NOS_LN2_LOWF;
    return nos_scaledf(1.0f + nos_expm1_reducedf(r), rounded);
}
