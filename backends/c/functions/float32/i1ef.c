/* i1e(x) = I1(x) e^-|x|. Up to 6, a e^-a P(a^2) with P = I1(a) / a of degree 8, minimax to 2^-30,
   all coefficients positive; beyond, Q(1/a) / sqrt(a), Q of degree 6, minimax to 2^-25. Largest
   error measured: 3.95 ulp. */
static inline float nos_i1ef(float x) {
    float a = fabsf(x);
    float z = a * a;
    float p = 7.73333087e-16f;
    p = p * z + 1.34661095e-13f;
    p = p * z + 3.41216638e-11f;
    p = p * z + 5.64319080e-9f;
    p = p * z + 6.78243907e-7f;
    p = p * z + 5.42531343e-5f;
    p = p * z + 2.60416721e-3f;
    p = p * z + 6.25e-2f;
    p = p * z + 0.5f;
    float rounded = a * -1.44269504f + NOS_ROUNDERF;
    float k = rounded - NOS_ROUNDERF;
    float r = (-a - k * NOS_LN2_HIGHF) - k * NOS_LN2_LOWF;
    float scale = nos_from_bitsf((nos_bitsf(rounded) - NOS_ROUNDER_BITSF + 127u) << 23);
    float near = (p + p * nos_expm1_reducedf(r)) * (scale * a);
    float s = 1.0f / sqrtf(a);
    float t = s * s;
    float q = -6.61840022e-1f;
    q = q * t - 3.47703755e-1f;
    q = q * t + 2.01499369e-2f;
    q = q * t - 4.88841645e-2f;
    q = q * t - 4.64193039e-2f;
    q = q * t - 1.49608195e-1f;
    q = q * t + 3.98942292e-1f;
    return nos_signedf(a <= 6.0f ? near : q * s, x);
}
