// SPDX-License-Identifier: GPL-2.0
/*
 * Device registers: what a call does to them, and how that is taken back.
 *
 * Each access is looked up in the rows of the driver's policy file.  By kind:
 *
 *   plain      the old value is read before the first write that changes it,
 *              and written back on abort; read back then, it must be there, but
 *              for bits the device has a say in
 *   event      nothing to take back
 *   set,       two registers over one mask: bits that were not in the mask and
 *   clear      are set are cleared on abort, and the other way round.  Only
 *              those: somebody else may have changed the rest meanwhile
 *   doorbell   waits for commit; a later write that is no doorbell forces it
 *   relaxed    a doorbell that only a write no row describes forces
 *   paged      as plain, but for what selects a register, and what is selected:
 *              each write is taken back by itself, newest first, so that the
 *              same one is selected again
 *   mailbox    a command to what lies behind: the undo log has it (mailbox.c)
 *   clears     the read loses what it returns: kept until commit, and after an
 *              abort raised again through another register, so that what was
 *              lost comes again
 *   acks       a write takes back the bits it has, as causes of interrupts.  Of
 *              an aborted call, they are read again by whoever reads next
 *
 * Doorbells keep their order among each other.  They are rung before the call
 * sleeps or spins, too: it may be waiting for what the device does then.
 *
 * A write no row describes, or one more register than the log holds, leaves
 * the device to its driver's own callbacks (checkpoint.c).
 */
#include <linux/io.h>

#include "bus.h"
#include "registers.h"

/* ---- looking up ------------------------------------------------------------------ */

/* What is to be known of one address. */
struct place {
	const struct fgft_reg *write;	/* row for the value, NULL: none */
	const struct fgft_reg *read;	/* FGFT_REG_CLEARS or _ACKS, or NULL */
	bool varies;			/* the row depends on the value */
};

static bool row_has(const struct fgft_reg *reg, u32 bar, u32 offset)
{
	return reg->bar == bar && offset >= reg->offset &&
	       offset - reg->offset < reg->count * reg->width;
}

/* Rows are in the driver's order: the first that takes the value counts. */
static struct place find_place(const struct fgft_module *mod, u32 bar,
			       u32 offset, u64 value)
{
	struct place place = {};
	u32 unit;
	u64 i;

	for (unit = 0; unit < mod->nunits; unit++) {
		const struct fgft_unit *u = mod->units[unit];

		for (i = 0; i < u->nregs; i++) {
			const struct fgft_reg *reg = &u->regs[i];

			if (!row_has(reg, bar, offset))
				continue;
			if (reg->kind == FGFT_REG_CLEARS ||
			    reg->kind == FGFT_REG_ACKS)
				place.read = reg;
			if (reg->kind == FGFT_REG_CLEARS)
				continue;
			if (place.write)
				continue;
			if (reg->mask)
				place.varies = true;
			if ((value & reg->mask) == reg->match)
				place.write = reg;
		}
		/* The policy file is one; so are the tables made from it. */
		if (u->nregs)
			break;
	}
	return place;
}

/**
 * fgft_registers_message - the row of a register that a control message reaches
 * @mod: the driver
 * @request: what writes it
 * @index: the register
 * @value: its bytes and those of the registers behind it, as far as there are
 *
 * Context: Any.
 * Return: the row, or NULL if there is none for it.
 */
const struct fgft_reg *fgft_registers_message(const struct fgft_module *mod,
					      u8 request, u16 index, u64 value)
{
	return find_place(mod, FGFT_BAR_MESSAGE | request, index, value).write;
}

/* The register that belongs to @addr as @offset belongs to the row's. */
static void __iomem *partner(const struct fgft_reg *reg,
			     volatile void __iomem *addr, u32 offset)
{
	return (void __iomem *)addr + (s64)offset - reg->offset;
}

/* A row that names registers at or behind @end, where the BAR ends, is none. */
static const struct fgft_reg *within(const struct fgft_reg *reg,
				     unsigned long end,
				     volatile void __iomem *addr)
{
	if (!reg || (reg->kind != FGFT_REG_SET && reg->kind != FGFT_REG_CLEAR &&
		     reg->kind != FGFT_REG_CLEARS))
		return reg;
	if ((unsigned long)partner(reg, addr, reg->partner) + reg->width > end ||
	    (unsigned long)partner(reg, addr, reg->status) + reg->width > end)
		return NULL;
	return reg;
}

/* The registers around an address, and the device whose they are. */
struct registers {
	unsigned long start, end;
	u32 bar;
	struct fgft_device *dev;	/* NULL: not known yet */
};

struct port_search {
	unsigned long number;
	struct registers *found;
	bool any;
};

static void match_port(struct fgft_device *record, void *data)
{
	struct port_search *search = data;
	struct fgft_ports ports;

	if (!record->bus->find_port ||
	    !record->bus->find_port(record, search->number, &ports))
		return;
	search->any = true;
	*search->found = (struct registers){
		.start = (unsigned long)fgft_port(ports.first),
		.end = (unsigned long)fgft_port(ports.first) + ports.count,
		.bar = ports.bar,
		.dev = record,
	};
}

static bool find_registers(const struct fgft_call *call,
			   const volatile void __iomem *addr,
			   struct registers *found)
{
	const struct fgft_range *range;
	struct port_search search = { .found = found };

	if (fgft_is_port(addr)) {
		search.number = (unsigned long)addr - FGFT_PORTS;
		fgft_checkpoint_each(call->mod, match_port, &search);
		return search.any;
	}
	range = fgft_domain_find((const void __force *)addr);
	if (!range || range->mod != call->mod || range->kind != FGFT_RANGE_MMIO)
		return false;
	*found = (struct registers){
		.start = range->start,
		.end = range->end,
		.bar = range->bar,
		.dev = range->dev,
	};
	return true;
}

/* Registers of a device are words, in pages of what belongs together. */
static struct fgft_known *known_slot(struct fgft_call *call,
				     const volatile void __iomem *addr)
{
	unsigned long at = (unsigned long)addr;

	return &call->known[((at >> 2) ^ (at >> 11)) % FGFT_KNOWN];
}

/*
 * What a slot without a register holds.  Not NULL, which a driver may read by
 * mistake, but an address that is looked for in another slot.
 */
static void __iomem *nothing(const volatile void __iomem *addr)
{
	return (void __iomem *)((unsigned long)addr ^ 4);
}

/**
 * fgft_registers_forget - remember no register any more
 * @call: call about to run
 *
 * Context: Any.
 */
void fgft_registers_forget(struct fgft_call *call)
{
	memset(call->known, 0, sizeof(call->known));
	known_slot(call, NULL)->addr = nothing(NULL);
}

/*
 * Find what is to be known of a register and remember it, but for the row of
 * writes if that depends on the value.  False: it is none of the driver's.
 */
static bool look_up(struct fgft_call *call, volatile void __iomem *addr,
		    u64 value, struct fgft_known *known)
{
	struct registers around;
	struct place place;

	if (!find_registers(call, addr, &around))
		return false;
	place = find_place(call->mod, around.bar,
			   (unsigned long)addr - around.start, value);
	/* A range is known a moment before its device is. */
	known->addr = around.dev ? (void __iomem *)addr : nothing(addr);
	known->dev = around.dev;
	known->reg = within(place.write, around.end, addr);
	known->clears = within(place.read, around.end, addr);
	known->varies = place.varies;
	return true;
}

/* ---- access ------------------------------------------------------------------------ */

/* Ports as well, which are no wider than four bytes. */
static u64 read_reg(const volatile void __iomem *addr, u32 width)
{
	const void __iomem *at = (const void __iomem *)addr;

	switch (width) {
	case 1:
		return ioread8(at);
	case 2:
		return ioread16(at);
	case 4:
		return ioread32(at);
	default:
		return readq(addr);
	}
}

static void write_reg(volatile void __iomem *addr, u64 value, u32 width)
{
	void __iomem *at = (void __iomem *)addr;

	switch (width) {
	case 1:
		iowrite8(value, at);
		break;
	case 2:
		iowrite16(value, at);
		break;
	case 4:
		iowrite32(value, at);
		break;
	default:
		writeq(value, addr);
	}
}

static u64 ones(u32 width)
{
	return GENMASK_ULL(8 * width - 1, 0);
}

/* ---- doorbells ----------------------------------------------------------------------- */

/* An effect: one of the doorbells of a committed call that rings many. */
static void ring(u64 addr, u64 value, u64 width, u64 unused)
{
	/* As the driver's own barrier ordered it: descriptors first. */
	write_reg((void __iomem *)addr, value, width);
}

/**
 * fgft_registers_commit - ring the doorbells that wait
 * @call: running call; from here on no register undo covers it
 *
 * Context: Inside @call.
 */
void fgft_registers_commit(struct fgft_call *call)
{
	u32 i;

	for (i = 0; i < call->nbells && i < FGFT_BELLS; i++)
		write_reg(call->bells[i].addr, call->bells[i].value,
			  call->bells[i].width);
	if (unlikely(call->nbells > FGFT_BELLS))
		fgft_call_hasten(call, ring);
	call->nwrites += call->nbells;
	call->nbells = 0;
	call->strict = false;
	call->rung = true;
	call->touched = true;
}

/**
 * fgft_registers_wait - the call is about to wait, maybe for the device
 * @call: running call
 *
 * Context: Inside @call.
 */
void fgft_registers_wait(struct fgft_call *call)
{
	if (likely(!call->nbells))
		return;
	fgft_registers_commit(call);
	fgft_window_close(call);
}

/* ---- causes taken back ----------------------------------------------------------- */

/*
 * Bits an aborted call had taken back, which the device does not show any more:
 * of one register a device, the kernel's view of it.  Under the device's lock,
 * but for a first look.
 */
static u64 unacked(struct fgft_device *dev, const volatile void __iomem *addr)
{
	return READ_ONCE(dev->unacked) && dev->unacked_at == addr ?
		       READ_ONCE(dev->unacked) : 0;
}

static void ack(struct fgft_device *dev, const volatile void __iomem *addr,
		u64 bits)
{
	unsigned long flags;

	if (likely(!unacked(dev, addr)))
		return;
	raw_spin_lock_irqsave(&dev->lock, flags);
	if (dev->unacked_at == addr)
		WRITE_ONCE(dev->unacked, dev->unacked & ~bits);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
}

/* Under the device's lock. */
static void unack(struct fgft_call *call, const struct fgft_write *write)
{
	struct fgft_device *dev = call->dev;

	if (dev->unacked_at != write->addr)
		dev->unacked = 0;
	dev->unacked_at = write->addr;
	WRITE_ONCE(dev->unacked, dev->unacked | write->changes);
	call->unacked = true;
}

/* ---- the log ------------------------------------------------------------------------- */

static bool is_plain(const struct fgft_reg *reg)
{
	return reg->kind == FGFT_REG_PLAIN || reg->kind == FGFT_REG_PAGED;
}

/* One entry a plain register: the first has its old value. */
static bool is_logged(const struct fgft_call *call,
		      const volatile void __iomem *addr)
{
	u32 i;

	for (i = call->nlogged; i--;)
		if (call->writes[i].addr == addr && call->writes[i].known)
			return true;
	return false;
}

/* How register undo would take @value back: false if there is nothing to. */
static bool note_old(const struct fgft_call *call, struct fgft_write *write)
{
	const struct fgft_reg *reg = write->reg;

	if (!reg)
		return false;
	switch (reg->kind) {
	case FGFT_REG_PLAIN:
		if (is_logged(call, write->addr))
			return false;
		fallthrough;
	case FGFT_REG_PAGED:
		write->old = read_reg(write->addr, write->width);
		break;
	case FGFT_REG_SET:
	case FGFT_REG_CLEAR:
		write->old = read_reg(partner(reg, write->addr, reg->status),
				      write->width);
		if (reg->kind == FGFT_REG_SET)
			write->changes = write->value & ~write->old;
		else
			write->changes = write->value & write->old;
		break;
	case FGFT_REG_ACKS:
		write->old = read_reg(write->addr, write->width) |
			     unacked(call->dev, write->addr);
		write->changes = write->value & write->old;
		ack(call->dev, write->addr, write->value);
		break;
	default:
		return false;
	}
	write->known = true;
	if (is_plain(reg))
		return write->old != write->value;
	return write->changes;
}

/*
 * Writes that change nothing only tell a dump what was written: half of the
 * log is theirs.  One that has to be taken back and finds no room ends register
 * undo.
 */
static void log_write(struct fgft_call *call, volatile void __iomem *addr,
		      u64 value, u32 width, const struct fgft_reg *reg)
{
	struct fgft_write write = {
		.addr = (void __iomem *)addr,
		.value = value & ones(width),
		.width = width,
		.reg = reg,
	};
	bool needed = note_old(call, &write);

	if (!reg || reg->kind == FGFT_REG_MAILBOX)
		call->rough = true;
	if (likely(call->nlogged < (needed ? FGFT_WRITES : FGFT_WRITES / 2)))
		call->writes[call->nlogged++] = write;
	else if (needed)
		call->rough = true;
	/* Last: an abort in between has not written this register. */
	call->nwrites++;
}

static bool is_bell(const struct fgft_reg *reg)
{
	return reg && (reg->kind == FGFT_REG_DOORBELL ||
		       reg->kind == FGFT_REG_RELAXED);
}

/**
 * fgft_device_write - a device register is about to be written
 * @call: running call
 * @addr: mapped register, or a port
 * @value: what will be written
 * @width: bytes
 * @ip: who writes, for the report
 *
 * Does not return if @addr is no register of the driver: the call is aborted.
 *
 * A doorbell hands memory to the device, which nothing can take back.  It waits
 * for commit with the effects deferred before and after it.  A write behind it
 * that orders with it would come first then, so the doorbell is rung before
 * that and counts as a write no register undo covers.
 *
 * Context: Inside @call.
 * Return: true if the write is to be done now, false if it waits for commit.
 */
bool fgft_device_write(struct fgft_call *call, volatile void __iomem *addr,
		       u64 value, u32 width, unsigned long ip)
{
	struct fgft_known *known = known_slot(call, addr);
	const struct fgft_reg *reg = NULL;
	struct fgft_device *dev = NULL;

	if ((likely(known->addr == addr) && !known->varies) ||
	    look_up(call, addr, value, known)) {
		dev = known->dev;
		reg = known->reg;
	}
	if (unlikely(!dev))
		fgft_abort(call, FGFT_CAUSE_ARGUMENT, ip, (unsigned long)addr,
			   "device write");
	call->dev = dev;
	call->touched = true;
	if (is_bell(reg)) {
		if (likely(call->nbells < FGFT_BELLS))
			call->bells[call->nbells] = (struct fgft_bell){
				.addr = (void __iomem *)addr,
				.value = value,
				.width = width,
			};
		else
			fgft_call_defer(call, ring, (unsigned long)addr, value,
					width, 0);
		call->nbells++;
		call->strict |= reg->kind == FGFT_REG_DOORBELL;
		if (!known->varies && known->addr == addr)
			call->bell = (struct fgft_bell_known){
				.addr = known->addr,
				.dev = dev,
				.strict = reg->kind == FGFT_REG_DOORBELL,
			};
		return false;
	}
	if (unlikely(call->nbells) && (call->strict || !reg))
		fgft_registers_wait(call);
	if (unlikely(reg) && reg->kind == FGFT_REG_MAILBOX)
		fgft_mailbox_log(call, (void __iomem *)addr, value, reg);
	log_write(call, addr, value, width, reg);
	return true;
}

/**
 * fgft_device_read - which row is there for reading a register?
 * @call: running call
 * @addr: mapped register, or a port
 * @ip: who reads, for the report
 *
 * Does not return if @addr is mapped and no register of the driver: the call is
 * aborted.
 *
 * Context: Inside @call.
 * Return: the row if what is read has to be kept, for fgft_device_keep();
 * NULL, for nearly all registers, if not.
 */
const struct fgft_reg *fgft_device_read(struct fgft_call *call,
					const volatile void __iomem *addr,
					unsigned long ip)
{
	struct fgft_known *known = known_slot(call, addr);

	if (unlikely(known->addr != addr) &&
	    !look_up(call, (volatile void __iomem *)addr, 0, known)) {
		/* A legacy port that no BAR has. */
		if (fgft_is_port(addr))
			return NULL;
		fgft_abort(call, FGFT_CAUSE_ARGUMENT, ip, (unsigned long)addr,
			   "device read");
	}
	/* Looked up for no value: a write has to look again. */
	return known->clears;
}

/**
 * fgft_device_keep - a register was read that is cleared, by that or otherwise
 * @call: running call
 * @reg: row of the register
 * @addr: the register
 * @value: what was read
 *
 * All ones is what a device that has gone reads as.
 *
 * Context: Inside @call.
 * Return: what the driver is to read.
 */
u64 fgft_device_keep(struct fgft_call *call, const struct fgft_reg *reg,
		     const volatile void __iomem *addr, u64 value)
{
	struct fgft_device *dev = known_slot(call, addr)->dev;
	void __iomem *to = partner(reg, (volatile void __iomem *)addr,
				   reg->partner);
	u32 i;

	if (reg->kind == FGFT_REG_ACKS)
		return dev ? value | unacked(dev, addr) : value;
	if (!value || value == ones(reg->width))
		return value;
	call->touched = true;
	for (i = 0; i < call->nkept; i++)
		if (call->kept[i].addr == to)
			break;
	if (i == FGFT_KEPT) {
		fgft_window_close(call);
		return value;
	}
	if (i == call->nkept) {
		call->nkept++;
		call->kept[i] = (struct fgft_kept){ .addr = to, .reg = reg };
		call->kept[i].dev = dev;
	}
	call->kept[i].value |= value;
	return value;
}

/**
 * fgft_device_told - a device is told something by other means than a register
 * @call: running call
 * @dev: the device
 * @undone: an inverse is in the undo log, or none is needed
 *
 * Context: Inside @call.
 */
void fgft_device_told(struct fgft_call *call, struct fgft_device *dev,
		      bool undone)
{
	call->dev = dev;
	call->touched = true;
	if (!undone)
		call->rough = true;
	call->nwrites++;
}

/* ---- undo ------------------------------------------------------------------------------ */

static void undo_write(struct fgft_call *call, const struct fgft_write *write)
{
	const struct fgft_reg *reg = write->reg;

	if (!write->known)
		return;
	if (is_plain(reg))
		write_reg(write->addr, write->old, write->width);
	else if (reg->kind == FGFT_REG_ACKS)
		unack(call, write);
	else if (write->changes)
		write_reg(partner(reg, write->addr, reg->partner),
			  write->changes, write->width);
}

static bool is_undone(const struct fgft_write *write)
{
	const struct fgft_reg *reg = write->reg;

	if (!write->known)
		return true;
	if (is_plain(reg))
		return !((read_reg(write->addr, write->width) ^ write->old) &
			 reg->keeps & ones(write->width));
	return true;
}

/* Masks are others' too: what is there afterwards need not be what was. */
static bool undo_all(struct fgft_call *call)
{
	bool same = true;
	u32 i;

	/* At once: what is written next may be what had this one selected. */
	for (i = call->nlogged; i--;) {
		undo_write(call, &call->writes[i]);
		if (!is_undone(&call->writes[i]))
			same = false;
	}
	return same;
}

/**
 * fgft_registers_undo - take writes back, newest first
 * @call: aborted call
 *
 * Each plain register is read back; one that does not hold its old value
 * sends the call up the ladder.
 *
 * Context: Inside @call.
 * Return: true if the device is as it was before the call.
 */
bool fgft_registers_undo(struct fgft_call *call)
{
	struct fgft_device *dev = call->dev;
	unsigned long flags;
	bool same;

	if (!dev)
		return true;
	/* A restore that has begun must not find its work undone. */
	raw_spin_lock_irqsave(&dev->lock, flags);
	same = !dev->recovering && !call->rung && !call->rough && undo_all(call);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
	return same;
}

/**
 * fgft_registers_raise - have the device say again what the call has read
 * @call: aborted call, rolled back, the device not to be restored
 *
 * Behind the rollback: an interrupt may come at once.  The rollback of a probe
 * has taken the mapping away, and there is nobody left to be told.
 *
 * Context: The entry point's.
 */
void fgft_registers_raise(struct fgft_call *call)
{
	u32 i;

	for (i = 0; i < call->nkept; i++) {
		const struct fgft_kept *kept = &call->kept[i];
		struct registers around;
		unsigned long flags;

		if (!kept->dev)
			continue;
		rcu_read_lock();
		raw_spin_lock_irqsave(&kept->dev->lock, flags);
		if (find_registers(call, kept->addr, &around) &&
		    !kept->dev->recovering)
			write_reg(kept->addr, kept->value, kept->reg->width);
		raw_spin_unlock_irqrestore(&kept->dev->lock, flags);
		rcu_read_unlock();
	}
}
