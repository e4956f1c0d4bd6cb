/* SPDX-License-Identifier: GPL-2.0 */
/* What a call keeps of device registers, for registers.c; included by fgft.h. */
#ifndef FGFT_CALL_REGISTERS_H
#define FGFT_CALL_REGISTERS_H

#include <linux/types.h>

struct fgft_device;
struct fgft_reg;

#define FGFT_KNOWN	32	/* device registers remembered, a power of two */
#define FGFT_WRITES	64	/* device writes kept for register undo */
#define FGFT_KEPT	4	/* registers cleared by reading them */
#define FGFT_BELLS	8	/* doorbells that wait without an effect for it */

/* A device register and what was found out about writes to it. */
struct fgft_known {
	void __iomem *addr;		/* empty: one of another slot */
	struct fgft_device *dev;
	const struct fgft_reg *reg;	/* for writes, NULL: none */
	const struct fgft_reg *clears;	/* for reads, NULL: none */
	bool varies;			/* @reg holds for one value only */
};

/* A doorbell, whatever is written; rung for every frame. */
struct fgft_bell_known {
	void __iomem *addr;		/* NULL: none yet */
	struct fgft_device *dev;
	bool strict;			/* FGFT_REG_DOORBELL */
};

struct fgft_write {
	void __iomem *addr;
	u64 old;		/* valid if @known */
	u64 value;
	u64 changes;		/* bits of a mask */
	u8 width;
	bool known;
	const struct fgft_reg *reg;	/* NULL: no row in the policy file */
};

/* What a call has read from a register that lost it. */
struct fgft_kept {
	void __iomem *addr;	/* of the register that raises it again */
	u64 value;
	const struct fgft_reg *reg;
	struct fgft_device *dev;
};

/* A doorbell that waits for commit. */
struct fgft_bell {
	void __iomem *addr;
	u64 value;
	u32 width;
};

#endif /* FGFT_CALL_REGISTERS_H */
