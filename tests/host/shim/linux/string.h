/* SPDX-License-Identifier: GPL-2.0 */
/* memcpy and memset are the C library's, watched by the address sanitizer. */
#include <string.h>
