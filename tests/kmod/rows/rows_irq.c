// SPDX-License-Identifier: GPL-2.0
/* Interrupts: the handler is there if it is called. */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>

#include "rows.h"

#define DEV	(&env.pdev->dev)

static irqreturn_t handler(int irq, void *data)
{
	env.hits++;
	return IRQ_HANDLED;
}

/* How often the handler is called when the interrupt comes. */
static u64 fires(void)
{
	u32 before = env.hits;
	u64 fired;

	local_irq_disable();
	generic_handle_irq(env.irq);
	fired = env.hits - before;
	local_irq_enable();
	return fired;
}

static void request(void)
{
	if (request_irq(env.irq, handler, 0, "rows", &rows))
		pr_warn("no interrupt\n");
}

static void request_disabled(void)
{
	request();
	disable_irq(env.irq);
}

static void release(void)
{
	free_irq(env.irq, &rows);
}

static void release_disabled(void)
{
	enable_irq(env.irq);
	free_irq(env.irq, &rows);
}

#define SUITE		irq
#define SUITE_FILE	"irq.def"
#include "suite.h"
