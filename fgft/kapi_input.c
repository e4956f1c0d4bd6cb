// SPDX-License-Identifier: GPL-2.0
/*
 * Words and wrappers of input.def: the memory of an input device, and events
 * whose reporter wants an answer.
 */

#include <linux/input.h>
#include <linux/input/mt.h>
#include <linux/slab.h>

#include "kapi.h"

/* ---- memory ------------------------------------------------------------------ */

/* The device, and what it has got since it was made. */
void kapi_input_untrack(const struct input_dev *dev)
{
	if (!dev)
		return;
	if (dev->absinfo)
		fgft_domain_remove(dev->absinfo);
	fgft_domain_remove(dev);
}

static void kapi_do_drop_axes(u64 a, u64 b, u64 c, u64 d)
{
	struct input_dev *dev = AS(struct input_dev *, a);

	if (!c)
		input_mt_destroy_slots(dev);
	if (b || !dev->absinfo)
		return;
	fgft_domain_remove(dev->absinfo);
	kfree(dev->absinfo);
	dev->absinfo = NULL;
}

/*
 * The bitmaps of what a device can do lie side by side.  Axes and slots are
 * only ever added: what there was not before goes again.
 */
void kapi_input_shape(struct fgft_call *c, struct input_dev *dev,
		      unsigned long ip)
{
	fgft_write_log(c, dev->propbit,
		       offsetof(struct input_dev, hint_events_per_packet) -
			       offsetof(struct input_dev, propbit), ip);
	if (!dev->absinfo || !dev->mt)
		UNDO(drop_axes, 0, dev, dev->absinfo, dev->mt);
}

/* The table of axes is the driver's to fill in. */
void kapi_input_axes(struct fgft_call *c, const struct input_dev *dev,
		     unsigned long ip)
{
	if (dev->absinfo && !fgft_domain_find(dev->absinfo))
		kapi_track(c, ip, dev->absinfo,
			   ABS_CNT * sizeof(*dev->absinfo), FGFT_RANGE_OBJECT);
}

/* ---- contacts ------------------------------------------------------------------- */

KAPI_EFFECT(report_slot_state,
	    input_mt_report_slot_state(AS(struct input_dev *, a), b, c))

KAPI_EXPORT(bool, input_mt_report_slot_state,
	    (struct input_dev *dev, unsigned int tool, bool active))
{
	KAPI_ENTER(input_mt_report_slot_state);

	if (!c)
		return input_mt_report_slot_state(dev, tool, active);
	NEED(INPUT, dev, 0);
	COMMIT(report_slot_state, dev, tool, active);
	return active && dev->mt;
}
