/* NOS_LIBMVEC tells gcc that glibc's vector library has a function for whole registers; it is
   defined where a trial of compiling and loading with -lmvec succeeds. Without it a loop calls the C
   library once an element. */
#if defined(NOS_LIBMVEC) && defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#define NOS_VECTOR __attribute__((simd("notinbranch"), const))
#else
#define NOS_VECTOR
#endif
