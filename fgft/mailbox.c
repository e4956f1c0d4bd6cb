// SPDX-License-Identifier: GPL-2.0
/*
 * Registers behind a register: a word written to one is a command, with the
 * number of what it goes to in it, and data; the device says when it is done,
 * and another command fetches what is there.  A PHY behind its MAC is the
 * common case (MDIO, IEEE 802.3 clause 22), and keeps what it was told over a
 * reset of the MAC, and over whatever the driver's callbacks do that read,
 * change and write: a driver that is restored does not know of a loopback it
 * was in before.
 *
 * So what is there is fetched before each command that changes it, and is told
 * again on abort, newest first, with the driver's memory: where the device has
 * been written otherwise, too, that no register undo covers.  Having the old
 * value does not mean that nothing has come of the new one: a link is
 * negotiated anew.  That is left to the driver's callbacks.
 */
#include <linux/delay.h>

#include "fgft.h"
#include "registers.h"

#define POLL_US		10	/* a command on an MDIO bus takes 26 us and more */
#define POLLS		1000

/* A command, waited for.  False: the device does not answer. */
static bool tell(void __iomem *addr, u32 command, const struct fgft_reg *reg,
		 u32 *answer)
{
	u32 i;

	iowrite32(command, addr);
	for (i = 0; i < POLLS; i++) {
		*answer = ioread32(addr);
		/* A device that has gone reads as all ones. */
		if (*answer == U32_MAX)
			return false;
		if (*answer & reg->status)
			return true;
		udelay(POLL_US);
	}
	return false;
}

/* An inverse.  What is not taken is left to the driver's callbacks. */
static void put_back(u64 addr, u64 command, u64 row, u64 call)
{
	u32 answer;

	if (!tell((void __iomem *)addr, command, (const struct fgft_reg *)row,
		  &answer))
		((struct fgft_call *)call)->fault.effects_left++;
}

/**
 * fgft_mailbox_log - a command is about to change what lies behind a register
 * @call: running call
 * @addr: the register, mapped or a port
 * @command: what will be written to it
 * @reg: its row, of FGFT_REG_MAILBOX
 *
 * Fetches what is there, which leaves other contents in @addr than the driver's
 * last command did: nobody reads it before the answer to @command.
 *
 * Context: Inside @call.
 */
void fgft_mailbox_log(struct fgft_call *call, void __iomem *addr, u32 command,
		      const struct fgft_reg *reg)
{
	u32 data = reg->keeps;
	u32 fetch = (command & ~(u32)reg->mask & ~data) | reg->partner;
	u32 answer;

	if (tell(addr, fetch, reg, &answer))
		fgft_call_undo(call, put_back, 0, (unsigned long)addr,
			       (command & ~data) | (answer & data),
			       (unsigned long)reg, (unsigned long)call);
}
