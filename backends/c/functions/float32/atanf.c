/* atan |x| is atan q + c with |q| <= tan(pi/8): q = a and c = 0, q = (a - 1) / (a + 1) and c = pi/4
   from tan(pi/8), q = -1 / a and c = pi/2 from tan(3 pi/8). atan q = q + q^3 P(q^2), P of degree 4,
   minimax to 2^-30. Largest error measured: 1.9 ulp. */
static inline float nos_atanf(float x) {
    float a = fabsf(x);
    int middle = a > 0.414213562f;
    int large = a > 2.41421356f;
    float q = (large ? -1.0f : middle ? a - 1.0f : a) / (large ? a : middle ? a + 1.0f : 1.0f);
    float c = large ? 1.57079637f : middle ? 0.785398185f : 0.0f;
    float rest = large ? -4.37113883e-8f : middle ? -2.18556941e-8f : 0.0f;
    float z = q * q;
    float p = -6.09005243e-2f;
    p = p * z + 1.05991684e-1f;
    p = p * z - 1.42443910e-1f;
    p = p * z + 1.99985281e-1f;
    p = p * z - 3.33333164e-1f;
    float r = c + ((q * z) * p + rest + q);
    return nos_signedf(r, x);
}
