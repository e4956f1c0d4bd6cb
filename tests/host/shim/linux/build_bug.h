/* SPDX-License-Identifier: GPL-2.0 */
/* static_assert with an optional message, as the kernel has it. */
#ifndef SHIM_LINUX_BUILD_BUG_H
#define SHIM_LINUX_BUILD_BUG_H

#ifndef __cplusplus
#undef static_assert
#define static_assert(expr, ...)	_Static_assert(expr, #expr)
#endif

#endif
