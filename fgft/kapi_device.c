// SPDX-License-Identifier: GPL-2.0
/* Wrappers of device.def whose row does not say it all. */

#include <linux/device.h>
#include <linux/notifier.h>

#include "kapi.h"

KAPI_EFFECT(unregister_notifier,
	    bus_unregister_notifier(AS(struct bus_type *, a),
				    AS(struct notifier_block *, b)))

/* Nobody looks at the result: it says whether the block was there. */
KAPI_EXPORT(int, bus_unregister_notifier,
	    (struct bus_type *bus, struct notifier_block *block))
{
	KAPI_ENTER(bus_unregister_notifier);

	if (!c)
		return bus_unregister_notifier(bus, block);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(READABLE, bus, sizeof(*bus));
	NEED(WRITABLE, block, sizeof(*block));
	COMMIT(unregister_notifier, bus, block);
	return 0;
}
