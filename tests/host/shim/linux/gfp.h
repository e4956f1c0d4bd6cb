/* SPDX-License-Identifier: GPL-2.0 */
/* Pages, counted and made to fail by memory.cc. */
#ifndef SHIM_LINUX_GFP_H
#define SHIM_LINUX_GFP_H

#include <linux/types.h>

#define __GFP_RECLAIM	0x1u	/* may sleep */
#define __GFP_HIGH	0x2u
#define __GFP_NOWARN	0x4u
#define GFP_KERNEL	__GFP_RECLAIM
#define GFP_ATOMIC	__GFP_HIGH

#ifdef __cplusplus
extern "C" {
#endif
unsigned long __get_free_page(gfp_t gfp);
void free_page(unsigned long page);
#ifdef __cplusplus
}
#endif

#endif
