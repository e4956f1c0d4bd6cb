/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the isolator writes into a driver module and the runtime reads back.
 *
 * The isolator (fgft/isolator/) emits these records as assembler text in the
 * driver's own objects; fgft.ko finds them when the driver is loaded.  The
 * module's jump table is the registry: every translation unit owns one static
 * key inside its struct fgft_unit, named by one entry of __jump_table, so that
 * a driver needs no registration call and no line of source.
 *
 * Layout is fixed: 8-byte fields, no padding but the one written out.  Both
 * sides change together with FGFT_ABI_MAGIC.
 */
#ifndef FGFT_ABI_H
#define FGFT_ABI_H

#define FGFT_ABI_MAGIC	0x32544e5554464746ULL	/* "FGFTUNT2", little endian */

/* enum fgft_ret - how an entry point returns, from its C type. */
#define FGFT_RET_VOID	0
#define FGFT_RET_INT	1	/* signed: a negative errno is understood */
#define FGFT_RET_UINT	2	/* unsigned or enum: zero unless the class says */
#define FGFT_RET_BOOL	3
#define FGFT_RET_PTR	4
#define FGFT_RET_LONG	5	/* as FGFT_RET_INT, 64 bits wide */

/* flags of struct fgft_arg */
#define FGFT_ARG_POINTER	0x1	/* a pointer */
#define FGFT_ARG_CONST		0x2	/* to const: never writable through it */
#define FGFT_ARG_RECORD		0x4	/* to a complete struct or union */

/* kinds of struct fgft_reg */
#define FGFT_REG_PLAIN		1	/* reads back what was written: old value restores it */
#define FGFT_REG_EVENT		2	/* the write is a request, it leaves no state behind */
#define FGFT_REG_DOORBELL	3	/* hands memory over to the device: waits for commit */
#define FGFT_REG_RELAXED	4	/* a doorbell described writes may overtake */
#define FGFT_REG_SET		5	/* sets the bits written, in a mask */
#define FGFT_REG_CLEAR		6	/* clears them */
#define FGFT_REG_CLEARS		7	/* loses what it holds when it is read */
#define FGFT_REG_PAGED		8	/* as PLAIN, write by write: selects or is selected */
#define FGFT_REG_ACKS		9	/* loses the bits that are written to it */
#define FGFT_REG_PHY		10	/* writes a PHY's register, which mii.ko is asked for */
#define FGFT_REG_MAILBOX	11	/* a command that changes what lies behind it */

/* bar of a register that a control message reaches: its request is in the low byte */
#define FGFT_BAR_MESSAGE	0x100

#ifndef __ASSEMBLY__

#include <linux/jump_label.h>
#include <linux/types.h>

/* Bytes of the branch at the head of an entry point, patched by its key. */
#define FGFT_BRANCH_SIZE	5

/* One parameter of an entry point, from its C type. */
struct fgft_arg {
	const char *type;	/* tag of the pointed-to struct, "" if none */
	u32 size;		/* bytes pointed to, 0 if unknown */
	u32 flags;		/* FGFT_ARG_* */
};

struct fgft_entry;
struct fgft_entry_state;

/* One isolated entry point. */
struct fgft_entry {
	struct static_key_false key;	/* on: calls are transactions */
	const char *name;		/* symbol of the native function */
	const char *table;		/* "net_device_ops.ndo_start_xmit" */
	void *native;
	void *twin;
	const struct fgft_arg *args;
	u32 nargs;
	u32 ret;			/* FGFT_RET_* */
	struct fgft_entry_state *state;	/* the runtime's, NULL in the file */
};

/* A function whose address the driver takes: a legal indirect target. */
struct fgft_target {
	void *native;
	void *twin;
};

/*
 * A device register the driver's policy file describes.  A write matches when
 * it goes to @offset of BAR @bar and (value & mask) == match.
 *
 * @partner is the offset of the register that takes back what this one does:
 * that clears what FGFT_REG_SET sets, sets what FGFT_REG_CLEAR clears, raises
 * what FGFT_REG_CLEARS has lost.  @status is where the mask of the first two is
 * read.  For a row of registers, those of the first one.  Of a register that a
 * message reaches @partner is the request that reads it.  Of FGFT_REG_MAILBOX
 * @partner is what stands in the place of @mask in a command that fetches
 * @keeps, the data, and @status the bit that says it is there.
 */
struct fgft_reg {
	u32 bar;
	u32 offset;
	u32 count;		/* registers in a row, @width apart */
	u32 width;		/* bytes */
	u64 mask;
	u64 match;
	u64 kind;		/* FGFT_REG_* */
	u64 keeps;		/* bits of FGFT_REG_PLAIN and PAGED that read as written */
	u32 partner;		/* offsets, 0 for the other kinds */
	u32 status;
};

/*
 * Mutants of a translation unit, in injection builds: dormant while @armed is
 * zero.  A mutant's number is its effect (enum fgft_mutant_effect) in bits 24
 * and up, and its place in the unit's list.
 */
struct fgft_mutants {
	u64 armed;			/* number, or FGFT_MUTANTS_COVER */
	u64 count;
	unsigned long *covered;		/* the runtime's bitmap, or NULL */
};

/* One translation unit. */
struct fgft_unit {
	struct static_key_false key;	/* never enabled: finds the unit */
	u64 magic;			/* FGFT_ABI_MAGIC */
	const char *source;
	struct fgft_entry *entries;
	u64 nentries;
	const struct fgft_target *targets;
	u64 ntargets;
	const struct fgft_reg *regs;
	u64 nregs;
	struct fgft_mutants *mutants;	/* NULL if there are none */
};

/*
 * Called by twins.  None returns on a violation: the transaction is aborted.
 * __fgft_enter is reached by a jump from an entry's stub with the entry's
 * arguments in place and the struct fgft_entry in %rax.
 */
void __fgft_enter(void);
void __fgft_store1(void *addr, u64 value);	/* the low byte counts */
void __fgft_store2(void *addr, u64 value);
void __fgft_store4(void *addr, u64 value);
void __fgft_store8(void *addr, u64 value);
void __fgft_storen(void *addr, size_t size);
void *__fgft_icall(void *target);	/* native address in, twin out */
void __fgft_loop(void);			/* once per loop iteration */
void __fgft_stack(void);		/* at the head of a twin that calls */
void __fgft_smashed(void);		/* a twin's frame was written over; never returns */

/* Injection builds only, in natives and twins alike; see inject.h. */
void __fgft_inject_enter(struct fgft_entry *entry);
void __fgft_inject_leave(void);
int __fgft_inject_site(u32 site);	/* non-zero: strike with this fault */
u64 __fgft_mutant(struct fgft_mutants *unit, u32 number, u64 value, u64 aux);

#endif /* __ASSEMBLY__ */
#endif /* FGFT_ABI_H */
