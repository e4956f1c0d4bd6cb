// SPDX-License-Identifier: GPL-2.0
/* Faults that need more than a strike; see wrong.h. */
#include <linux/bug.h>
#include <linux/crc32.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "strike.h"
#include "subject.h"
#include "wrong.h"

/* Mapped, but not the driver's, and no object of any kind. */
#define FOREIGN		((void *)subject_foreign)

static irqreturn_t wrong_handler(int irq, void *data)
{
	return IRQ_NONE;
}

static noinline void argument_writable(void)
{
	spin_lock(FOREIGN);
}

static noinline void argument_readable(void)
{
	kfree(kmemdup((void *)8, 16, GFP_KERNEL));
}

static noinline void argument_slab(void)
{
	kfree(FOREIGN);
}

static noinline void argument_inside(void)
{
	kfree(subject.heap + 2);
}

static noinline void argument_vmalloc(void)
{
	vfree(FOREIGN);
}

static noinline void argument_device(void)
{
	dma_free_coherent(FOREIGN, 8, NULL, 0);
}

static noinline void argument_dma(void)
{
	dma_free_coherent(&device.pdev->dev, 8, FOREIGN, 0);
}

static noinline void argument_direction(void)
{
	dma_unmap_single(&device.pdev->dev, 0, 8, DMA_NONE);
}

static noinline void argument_netdev(void)
{
	netif_carrier_off(FOREIGN);
}

static noinline void argument_skb(void)
{
	consume_skb(FOREIGN);
}

static noinline void argument_mmio(void)
{
	writel(0, FOREIGN);
}

/* A member of a structure at NULL, as small as a port's number. */
static noinline void argument_register(void)
{
	subject.w = readl((void __iomem *)8);
}

/* What an empty slot of remembered registers would be like. */
static noinline void argument_no_register(void)
{
	subject.w = readl((void __iomem *)NULL);
}

static noinline void argument_string(void)
{
	if (request_irq(0, wrong_handler, 0, (const char *)8, &subject))
		subject.w++;
}

/* Freed at commit: until then nothing else tells. */
static noinline void argument_freed(void)
{
	void *frag = netdev_alloc_frag(64);

	skb_free_frag(frag);
	skb_free_frag(frag);
}

static noinline void argument_size(void)
{
	unsigned int size = 0xc0000000;

	OPTIMIZER_HIDE_VAR(size);
	skb_free_frag(netdev_alloc_frag(size));
}

struct argument {
	void (*run)(void);
};

static const struct argument arguments[] = {
	{ argument_writable }, { argument_readable }, { argument_slab },
	{ argument_inside }, { argument_vmalloc }, { argument_device },
	{ argument_dma }, { argument_direction }, { argument_netdev },
	{ argument_skb }, { argument_mmio }, { argument_register },
	{ argument_no_register }, { argument_string }, { argument_freed },
	{ argument_size },
};

/* In the same order: what is called. */
const char * const wrong_arguments[] = {
	"spin_lock", "kmemdup", "kfree", "kfree", "vfree", "dma_free_coherent",
	"dma_free_coherent", "dma_unmap_single_attrs", "netif_carrier_off",
	"consume_skb", "device write", "device read", "device read",
	"request_threaded_irq", "skb_free_frag", "netdev_alloc_frag",
};

const u32 wrong_arguments_count = ARRAY_SIZE(arguments);

noinline long wrong_argument(u32 which)
{
	BUILD_BUG_ON(ARRAY_SIZE(wrong_arguments) != ARRAY_SIZE(arguments));

	subject.q = 1;
	arguments[which].run();
	return 0;
}

/* ---- exceptions ----------------------------------------------------------------- */

noinline long wrong_trap(int which)
{
	subject.q = 1;
	switch ((enum wrong_trap)which) {
	case WRONG_TRAP_INT3:
		asm volatile("int3");
		break;
	case WRONG_TRAP_OVERFLOW:
		asm volatile("int $4");
		break;
	case WRONG_TRAP_BOUND:
		asm volatile("int $5");
		break;
	}
	return 0;
}

/* ---- time ------------------------------------------------------------------------- */

#define AREA_BYTES	(2 * PAGE_SIZE)

struct napi_struct wrong_napi;

noinline long wrong_time(int which)
{
	subject.q = 1;
	while (!READ_ONCE(subject.flag)) {
		switch ((enum wrong_time)which) {
		case WRONG_TIME_DELAY:
			udelay(5);
			break;
		case WRONG_TIME_SLEEP:
			msleep(20);
			break;
		case WRONG_TIME_SLOW:
			subject.w = crc32_le(0, (u8 *)subject.area, AREA_BYTES);
			break;
		case WRONG_TIME_NAPI:
			napi_disable(&wrong_napi);
			break;
		}
	}
	return 0;
}

noinline long wrong_poll(u32 times, bool sleeps)
{
	u32 i;

	subject.q = 1;
	for (i = 0; i < times; i++)
		READ_ONCE(subject.flag);
	if (sleeps)
		msleep(20);
	for (i = 0; i < times; i++)
		READ_ONCE(subject.flag);
	return 0;
}

/* The taint is one the module has brought along. */
noinline long wrong_warn(int kind)
{
	subject.q = 1;
	__WARN_FLAGS(BUGFLAG_TAINT(TAINT_OOT_MODULE));
	subject.w = 2;
	strike(kind);
	return 0;
}

/* KASAN would put a gap between the array and what the compiler guards. */
noinline __no_sanitize_address long wrong_smash(u32 bytes)
{
	u8 room[WRONG_SMASH_ROOM];
	u8 *at = room;
	u32 i;

	subject.q = 1;
	OPTIMIZER_HIDE_VAR(at);
	for (i = 0; i < bytes; i++)
		WRITE_ONCE(at[i], 0xff);
	return 0;
}
