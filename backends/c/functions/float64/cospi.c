/* cos(pi x) = sin(pi d), d = 1/2 - |x - 2 round(x / 2)|: the remainder is exact, as every double
   from 2^53 on is even. */
NOS_VECTOR double sin(double);

static inline double nos_cospi(double x) {
    double a = fabs(x);
    a = a < 9007199254740992.0 ? a : 0.0;
    double k = (0.5 * a + 4503599627370496.0) - 4503599627370496.0;
    double r = sin(3.14159265358979324 * (0.5 - fabs(a - 2.0 * k)));
    return fabs(x) < INFINITY ? r : NAN;
}
