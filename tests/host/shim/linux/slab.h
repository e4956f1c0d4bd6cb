/* SPDX-License-Identifier: GPL-2.0 */
/* Objects, counted and made to fail by memory.cc. */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <linux/gfp.h>
#include <linux/string.h>

#ifdef __cplusplus
extern "C" {
#endif
void *kzalloc(size_t size, gfp_t gfp);
void kfree(const void *object);
#ifdef __cplusplus
}
#endif

#endif
