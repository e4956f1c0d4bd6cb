/* SPDX-License-Identifier: GPL-2.0 */
/* A helper whose asm nothing lists. */
static __always_inline void __frob(void *p)
{
	asm volatile("frob %0" : : "r"(p) : "memory");
}

static inline void frob(void *p)
{
	__frob(p);
}
