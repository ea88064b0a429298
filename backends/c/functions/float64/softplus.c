/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). */
NOS_VECTOR double log1p(double);

static inline double nos_softplus(double x) {
    return (x > 0.0 ? x : 0.0) + log1p(nos_exp(-fabs(x)));
}
