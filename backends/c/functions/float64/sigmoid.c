/* 1 / (1 + e^-x), written by z = e^-|x| so that nothing overflows: 1 / (1 + z), and z / (1 + z)
   below 0. */
static inline double nos_sigmoid(double x) {
    double z = nos_exp(-fabs(x));
    return (x >= 0.0 ? 1.0 : z) / (1.0 + z);
}
