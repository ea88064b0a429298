/* cos(pi x) by b = |x - 2 round(x / 2)| in [0, 1], exact, as every float from 2^24 on is even:
   cos(pi b) up to 1/4, sin(pi d) with d = 1/2 - b, and -cos(pi (1 - b)) from 3/4. cos(pi c) = 1 +
   c^2 P(c^2), P of degree 3, minimax to 2^-31; sin(pi d) = pi d + d (rest + d^2 Q(d^2)), pi a float,
   rest what it lacks, Q of degree 2, minimax to 2^-28. Largest error measured: 1.7 ulp. */
static inline float nos_cospif(float x) {
    float a = fabsf(x);
    a = a < 16777216.0f ? a : 0.0f;
    float k = (0.5f * a + 8388608.0f) - 8388608.0f;
    float b = fabsf(a - 2.0f * k);
    float d = 0.5f - b;
    float z = d * d;
    float q = -5.88814199e-1f;
    q = q * z + 2.54974627f;
    q = q * z - 5.16770744f;
    q = q * z - 9.76332544e-8f;
    float sine = 3.14159274f * d + d * q;
    float c = b > 0.5f ? 1.0f - b : b;
    z = c * c;
    float p = 2.28988513e-1f;
    p = p * z - 1.33475816f;
    p = p * z + 4.05869675f;
    p = p * z - 4.93480206f;
    float cosine = 1.0f + z * p;
    cosine = b > 0.5f ? -cosine : cosine;
    float r = c > 0.25f ? sine : cosine;
    return fabsf(x) < INFINITY ? r : NAN;
}
