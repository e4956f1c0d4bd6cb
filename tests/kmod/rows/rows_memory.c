// SPDX-License-Identifier: GPL-2.0
/* Memory: what the domain knows, and what is free. */
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "rows.h"

#define DEV	(&env.pdev->dev)

/* A range more, or less, of these bytes. */
#define MORE(bytes)	(env.base + BIT(40) + (bytes))
#define LESS(bytes)	(env.base - BIT(40) - (bytes))

static void have(void)
{
	rows.p = kmalloc(64, GFP_KERNEL);
}

static void have_area(void)
{
	rows.p = vmalloc(PAGE_SIZE);
}

/* With a reference to be dropped, and one of ours. */
static void have_page(void)
{
	rows.page = alloc_page(GFP_KERNEL);
	get_page(rows.page);
}

/* References on the page an act told of. */
static u64 page_references(void)
{
	return env.smuggled ? page_count((struct page *)env.smuggled) : 0;
}

#define SUITE		memory
#define SUITE_FILE	"memory.def"
#include "suite.h"
