// SPDX-License-Identifier: GPL-2.0
/*
 * Wrappers of irq.def: interrupt lines requested and given back.
 */

#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/slab.h>

#include "kapi.h"

/* What a line was requested with. */
struct line {
	unsigned int irq;
	irq_handler_t handler;
	irq_handler_t thread;
	unsigned long flags;
	const char *name;
	void *dev;
};

KAPI_EFFECT(free_irq, free_irq(a, AS(void *, b)))
KAPI_EFFECT(kfree, kfree(AS(void *, a)))

/*
 * If somebody has taken the line for himself in the meantime the device stays
 * without interrupts: rollback has nobody to tell.
 */
static void kapi_do_request_line(u64 a, u64 b, u64 c, u64 d)
{
	struct line *line = AS(struct line *, a);

	int err;

	err = request_threaded_irq(line->irq, line->handler, line->thread,
				   line->flags, line->name, line->dev);
	(void)err;
	kfree(line);
}

static bool line_find(unsigned int irq, void *dev, struct line *line)
{
	struct irq_data *data = irq_get_irq_data(irq);
	struct irqaction *action;
	struct irq_desc *desc;
	unsigned long flags;

	if (!data)
		return false;
	desc = irq_data_to_desc(data);
	raw_spin_lock_irqsave(&desc->lock, flags);
	for (action = desc->action; action; action = action->next)
		if (action->dev_id == dev)
			break;
	if (action)
		*line = (struct line){
			.irq = irq,
			.handler = action->handler,
			.thread = action->thread_fn,
			.flags = action->flags,
			.name = action->name,
			.dev = dev,
		};
	raw_spin_unlock_irqrestore(&desc->lock, flags);
	return action;
}

/* Before its time, inside @call: then it has to be taken back on abort. */
static void kapi_do_release_line(u64 irq, u64 dev, u64 call, u64 d)
{
	struct fgft_call *c = fgft_call_current();
	struct line *line;

	if (c && c == AS(struct fgft_call *, call)) {
		line = kzalloc(sizeof(*line), GFP_KERNEL);
		if (!line)
			fgft_abort(c, FGFT_CAUSE_MEMORY, _RET_IP_, 0, NULL);
		if (line_find(irq, AS(void *, dev), line)) {
			COMMIT(kfree, line);
			UNDO(request_line, FGFT_EFFECT_SLEEPS, line);
		} else {
			kfree(line);
		}
	}
	free_irq(irq, AS(void *, dev));
}

KAPI_EXPORT(const void *, free_irq, (unsigned int irq, void *dev))
{
	KAPI_ENTER(free_irq);
	struct line line;

	if (!c)
		return free_irq(irq, dev);
	fgft_lock_publish(c);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	/* A handler that is not there is a warning from the kernel. */
	if (!line_find(irq, dev, &line))
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, _RET_IP_,
			   (unsigned long)dev, kapi_name);
	synchronize_irq(irq);
	COMMIT(release_line, irq, dev, c);
	return line.name;
}

/* Lines the call has given back are really free before it asks for one. */
void kapi_irq_hasten(struct fgft_call *c)
{
	fgft_call_hasten(c, kapi_do_release_line);
}

KAPI_EXPORT(int, request_threaded_irq,
	    (unsigned int irq, irq_handler_t handler, irq_handler_t thread,
	     unsigned long flags, const char *name, void *dev))
{
	KAPI_ENTER(request_threaded_irq);
	int err;

	if (!c)
		return request_threaded_irq(irq, handler, thread, flags, name,
					    dev);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(STRING, name, 0);
	kapi_irq_hasten(c);
	err = request_threaded_irq(irq, handler, thread, flags, name, dev);
	if (!err)
		UNDO(free_irq, FGFT_EFFECT_SLEEPS, irq, dev);
	return err;
}

KAPI_EXPORT(int, request_irq,
	    (unsigned int irq, irq_handler_t handler, unsigned long flags,
	     const char *name, void *dev))
{
	return fgft_k_request_threaded_irq(irq, handler, NULL, flags, name,
					   dev);
}
