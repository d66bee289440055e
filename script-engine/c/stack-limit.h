// Included before each file of QuickJS. QuickJS checks no stack depth where `__wasi__` is defined, and deep recursion is
// then a trap. The headers of the system, which need `__wasi__`, are read first.
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#undef __wasi__
// Of the systems that QuickJS knows, the one that has `malloc_usable_size` in <malloc.h> and changes nothing else.
#define __ANDROID__ 1
