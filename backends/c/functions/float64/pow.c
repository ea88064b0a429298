/* |x|^y, total: 0 where x is 0 (a negative power of 0 is 0), 1 where y is 0, whatever x is. */
NOS_VECTOR double pow(double, double);

static inline double nos_pow(double x, double y) {
    double v = pow(fabs(x), y);
    v = x == 0.0 ? (y == y ? 0.0 : y) : v;
    return y == 0.0 ? 1.0 : v;
}
