// SPDX-License-Identifier: GPL-2.0
/*
 * What modules of wrappers (kapi/<module>.c) need of fgft.ko: the words of
 * kapi.h.  Drivers call wrappers and hooks, and none of this.
 */

#include "bus.h"
#include "fgft.h"
#include "registers.h"
#include "kapi.h"

EXPORT_PER_CPU_SYMBOL_GPL(fgft_current_call);
EXPORT_SYMBOL_GPL(fgft_kernel_half);

/* Rows. */
EXPORT_SYMBOL_GPL(fgft_kapi_add);
EXPORT_SYMBOL_GPL(fgft_kapi_remove);

/* Checks. */
EXPORT_SYMBOL_GPL(fgft_abort_record);
EXPORT_SYMBOL_GPL(fgft_abort_trap);
EXPORT_SYMBOL_GPL(fgft_checkpoint_each);
EXPORT_SYMBOL_GPL(fgft_device_look);
EXPORT_SYMBOL_GPL(fgft_driver_body);
EXPORT_SYMBOL_GPL(fgft_driver_twin);
EXPORT_SYMBOL_GPL(fgft_netdev_look);
EXPORT_SYMBOL_GPL(fgft_object_is);
EXPORT_SYMBOL_GPL(fgft_write_check);
EXPORT_SYMBOL_GPL(fgft_write_log);
EXPORT_SYMBOL_GPL(kapi_gfp);
EXPORT_SYMBOL_GPL(kapi_sleeps);

/* What a call may write from now on. */
EXPORT_SYMBOL_GPL(fgft_domain_add);
EXPORT_SYMBOL_GPL(fgft_domain_find);
EXPORT_SYMBOL_GPL(fgft_domain_remove);
EXPORT_SYMBOL_GPL(fgft_grant);
EXPORT_SYMBOL_GPL(fgft_lend);
EXPORT_SYMBOL_GPL(kapi_devm_track);
EXPORT_SYMBOL_GPL(kapi_devres_close);
EXPORT_SYMBOL_GPL(kapi_devres_open);
EXPORT_SYMBOL_GPL(kapi_retire);
EXPORT_SYMBOL_GPL(kapi_track);
EXPORT_SYMBOL_GPL(kapi_skb_grant);

/* Buses. */
EXPORT_SYMBOL_GPL(fgft_bus_add);
EXPORT_SYMBOL_GPL(fgft_bus_remove);

/* Undo, and what waits for commit. */
EXPORT_SYMBOL_GPL(fgft_call_cancel);
EXPORT_SYMBOL_GPL(fgft_call_hasten);
EXPORT_SYMBOL_GPL(fgft_call_is_deferred);
EXPORT_SYMBOL_GPL(fgft_call_undo_full);
EXPORT_SYMBOL_GPL(fgft_undo_find);
EXPORT_SYMBOL_GPL(fgft_device_told);
EXPORT_SYMBOL_GPL(fgft_registers_message);
EXPORT_SYMBOL_GPL(fgft_window_close);

/* Sleeping, waiting and being called back. */
EXPORT_SYMBOL_GPL(fgft_call_leave);
EXPORT_SYMBOL_GPL(fgft_call_return);
EXPORT_SYMBOL_GPL(fgft_deadline_delay);
EXPORT_SYMBOL_GPL(fgft_lock_publish);
EXPORT_SYMBOL_GPL(fgft_registers_wait);

/* Classes. */
EXPORT_SYMBOL_GPL(fgft_quiescer_add);
EXPORT_SYMBOL_GPL(fgft_quiescer_remove);

/* Symbols of sparing.S, called from FGFT_SPARING() alone. */
#define EXPORT_SPARING(function)					\
void function##_sparing(void);						\
EXPORT_SYMBOL_GPL(function##_sparing)

EXPORT_SPARING(fgft_call_defer_more);
EXPORT_SPARING(fgft_call_given);
EXPORT_SPARING(fgft_device_look);
EXPORT_SPARING(fgft_may_write);
EXPORT_SPARING(fgft_netdev_look);
EXPORT_SPARING(fgft_object_is);
EXPORT_SPARING(fgft_spot_look);
EXPORT_SPARING(fgft_undo_room);
