/* erf |x| = a + a P(a^2) up to 1, P of degree 6, minimax to 2^-29; beyond, 1 - e^Q(a), Q of degree
   6, minimax with an error of e^Q below 2^-29 of erf; from 4 on erf is 1. Largest error measured:
   1.3 ulp. */
static inline float nos_erff(float x) {
    float a = fabsf(x);
    float z = a * a;
    float p = 7.80690389e-5f;
    p = p * z - 7.99785780e-4f;
    p = p * z + 5.18716220e-3f;
    p = p * z - 2.68533472e-2f;
    p = p * z + 1.12835787e-1f;
    p = p * z - 3.76126260e-1f;
    p = p * z + 1.28379166e-1f;
    float near = a + a * p;
    float b = a > 4.0f ? 4.0f : a;
    float q = 1.87608122e-4f;
    q = q * b - 2.96013616e-3f;
    q = q * b + 2.18896866e-2f;
    q = q * b - 1.03218228e-1f;
    q = q * b - 6.38012230e-1f;
    q = q * b - 1.12717164f;
    q = q * b - 3.20575229e-4f;
    float rounded = q * 1.44269504f + NOS_ROUNDERF;
    float k = rounded - NOS_ROUNDERF;
    float r = (q - k * NOS_LN2_HIGHF) - k * NOS_LN2_LOWF;
    float scale = nos_from_bitsf((nos_bitsf(rounded) - NOS_ROUNDER_BITSF + 127u) << 23);
    float far = 1.0f - (scale + scale * nos_expm1_reducedf(r));
    return nos_signedf(a > 1.0f ? far : near, x);
}
