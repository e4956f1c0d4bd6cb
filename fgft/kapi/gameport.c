// SPDX-License-Identifier: GPL-2.0
/* fgft_gameport.ko: wrappers of the functions of gameport.ko. */

#include <linux/gameport.h>
#include <linux/slab.h>

#include "kapi.h"

KAPI_EFFECT(port_free, fgft_domain_remove(AS(void *, a)); kfree(AS(void *, a)))
KAPI_EFFECT(port_register,
	    __gameport_register_port(AS(struct gameport *, a),
				     AS(struct module *, b)))
KAPI_EFFECT(port_unregister, fgft_domain_remove(AS(void *, a));
	    gameport_unregister_port(AS(struct gameport *, a)))

KAPI_EXPORT(void, gameport_set_phys,
	    (struct gameport *gameport, const char *format, ...))
{
	KAPI_ENTER(gameport_set_phys);
	va_list args;

	if (c) {
		WRITES(gameport->phys, sizeof(gameport->phys));
		NEED(STRING, format, 0);
	}
	va_start(args, format);
	vsnprintf(gameport->phys, sizeof(gameport->phys), format, args);
	va_end(args);
}

#define KAPI_TABLE	"kapi/gameport.def"
#include "kapi_module.h"

MODULE_DESCRIPTION("Wrappers of gameport functions for isolated drivers");
