/* erf x of the C library, four values or more at a time where libmvec has it: at most 4 ulp there. */
NOS_VECTOR double erf(double);

static inline double nos_erf(double x) {
    return erf(x);
}
