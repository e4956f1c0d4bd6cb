/* SPDX-License-Identifier: GPL-2.0 */
/* Device registers as a call accesses them, and their undo: see registers.c. */
#ifndef FGFT_REGISTERS_H
#define FGFT_REGISTERS_H

#include <linux/io.h>

#include "fgft.h"

/*
 * A port is known by the address ioport_map() gives it, which ioread8() and its
 * like take, too: mapped registers are above.
 */
#define FGFT_PORTS	0x10000UL	/* where port 0 is, and how many there are */

static __always_inline bool fgft_is_port(const volatile void __iomem *addr)
{
	return (unsigned long)addr - FGFT_PORTS < FGFT_PORTS;
}

static __always_inline void __iomem *fgft_port(u16 number)
{
	return (void __iomem *)(FGFT_PORTS + number);
}

/*
 * About to write @value to device register @addr.  Checks that @addr is the
 * driver's and logs the write with what it changes.  False: the write waits
 * for commit, do not do it.
 */
bool fgft_device_write(struct fgft_call *call, volatile void __iomem *addr,
		       u64 value, u32 width, unsigned long ip);
/* A doorbell that is known to be one waits without more ado.  False: it is none. */
static __always_inline bool
fgft_device_bell(struct fgft_call *call, volatile void __iomem *addr, u64 value,
		 u32 width)
{
	struct fgft_bell *bell = &call->bells[call->nbells];

	if (unlikely(addr != call->bell.addr) || unlikely(!addr) ||
	    unlikely(call->nbells >= FGFT_BELLS))
		return false;
	call->nbells++;
	bell->addr = (void __iomem *)addr;
	bell->value = value;
	bell->width = width;
	call->strict |= call->bell.strict;
	call->dev = call->bell.dev;
	return true;
}

/* About to read it.  If there is a row, hand it on with what was read. */
const struct fgft_reg *fgft_device_read(struct fgft_call *call,
					const volatile void __iomem *addr,
					unsigned long ip);
u64 fgft_device_keep(struct fgft_call *call, const struct fgft_reg *reg,
		     const volatile void __iomem *addr, u64 value);
/* What the policy says of a register that a control message writes. */
const struct fgft_reg *fgft_registers_message(const struct fgft_module *mod,
					      u8 request, u16 index, u64 value);
/* A command is about to change what lies behind a register; see mailbox.c. */
void fgft_mailbox_log(struct fgft_call *call, void __iomem *addr, u32 command,
		      const struct fgft_reg *reg);
/* It was told something by a message. */
void fgft_device_told(struct fgft_call *call, struct fgft_device *dev,
		      bool undone);
/* Ring what waits: the call commits, its locks are still held. */
void fgft_registers_commit(struct fgft_call *call);
/*
 * The same for a call with one doorbell of 32 bits, as nearly all have that
 * send, and nothing else to do before its end.  False: nothing was done.
 */
static __always_inline bool fgft_registers_ring_one(struct fgft_call *call)
{
	if (call->nbells != 1 || call->bells[0].width != sizeof(u32) ||
	    unlikely(fgft_is_port(call->bells[0].addr)))
		return false;
	writel(call->bells[0].value, call->bells[0].addr);
	call->nbells = 0;
	return true;
}

/* The same before the call sleeps or spins. */
void fgft_registers_wait(struct fgft_call *call);
void fgft_registers_forget(struct fgft_call *call);
/*
 * Put old register values back.  False: not every write can be undone so, or
 * the device is being restored anyway.
 */
bool fgft_registers_undo(struct fgft_call *call);
/* What was read and lost comes again. */
void fgft_registers_raise(struct fgft_call *call);

#endif /* FGFT_REGISTERS_H */
