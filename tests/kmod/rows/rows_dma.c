// SPDX-License-Identifier: GPL-2.0
/* DMA mappings, through bounce buffers: a mapping is a slot taken there. */
#include <linux/dma-mapping.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "rows.h"

#define DEV		(&env.pdev->dev)
#define BOUNCE_USED	"/sys/kernel/debug/swiotlb/io_tlb_used"

static u64 slots(void)
{
	return rows_debugfs_number(BOUNCE_USED);
}

/* Where the device would look. */
static u64 *bounce(void)
{
	return phys_to_virt(rows.handle);
}

static void map(enum dma_data_direction dir)
{
	rows.handle = dma_map_single(DEV, env.scratch, 256, dir);
}

static void map_page(void)
{
	rows.handle = dma_map_page(DEV, virt_to_page(env.scratch), 0, 256,
				   DMA_TO_DEVICE);
}

static void unmap(void)
{
	dma_unmap_single(DEV, rows.handle, 256, DMA_BIDIRECTIONAL);
}

static void coherent(void)
{
	rows.p = dma_alloc_coherent(DEV, PAGE_SIZE, &rows.handle, GFP_KERNEL);
}

static void coherent_free(void)
{
	dma_free_coherent(DEV, PAGE_SIZE, rows.p, rows.handle);
}

static void frag(void)
{
	rows.page = alloc_page(GFP_KERNEL);
	rows.skb = rows_frame(64);
	skb_fill_page_desc(rows.skb, 0, rows.page, 0, 256);
	rows.skb->len += 256;
	rows.skb->data_len += 256;
}

static void frag_free(void)
{
	dma_unmap_page(DEV, rows.handle, 256, DMA_TO_DEVICE);
	kfree_skb(rows.skb);
}

/* The CPU's and the device's copy differ. */
static void mapped(u64 cpu, u64 device)
{
	map(DMA_BIDIRECTIONAL);
	*bounce() = device;
	*(u64 *)env.scratch = cpu;
}

#define SUITE		dma
#define SUITE_FILE	"dma.def"
#include "suite.h"
