/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The faults an injection build can strike with.
 *
 * Shared by fgft.ko, which picks one (fgft/inject.c), and by the driver, which
 * executes it in its own instructions (fgft_strike.h).  The numbers travel in
 * the result of __fgft_inject_site(): both sides are built from this header.
 */
#ifndef _LINUX_FGFT_FAULT_H
#define _LINUX_FGFT_FAULT_H

/**
 * enum fgft_fault_kind - what the driver does wrong when struck
 * @FGFT_FAULT_NONE: nothing: the site is passed and only counted
 * @FGFT_FAULT_NULL_LOAD: loads through a NULL pointer
 * @FGFT_FAULT_WILD_STORE: stores into the data of another module
 * @FGFT_FAULT_DIVIDE: divides by zero
 * @FGFT_FAULT_BUG: runs into BUG()
 * @FGFT_FAULT_LOOP: loops for ever
 * @FGFT_FAULT_WILD_ARGUMENT: hands a wild pointer to a kernel function
 * @FGFT_FAULT_COUNT: how many there are
 */
enum fgft_fault_kind {
	FGFT_FAULT_NONE,
	FGFT_FAULT_NULL_LOAD,
	FGFT_FAULT_WILD_STORE,
	FGFT_FAULT_DIVIDE,
	FGFT_FAULT_BUG,
	FGFT_FAULT_LOOP,
	FGFT_FAULT_WILD_ARGUMENT,
	FGFT_FAULT_COUNT
};

/* What a site stands behind: bits 28 and up of its number. */
#define FGFT_SITE_SHIFT		28
#define FGFT_SITE_STORE		1	/* a store to memory that outlives the call */
#define FGFT_SITE_WRITE		2	/* a device write */
#define FGFT_SITE_RETURN	3	/* just before an entry point returns */

/* Data of another module than the driver: where wild stores go. */
extern unsigned long *fgft_inject_victim;

#endif /* _LINUX_FGFT_FAULT_H */
