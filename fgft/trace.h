/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, group "fgft"; fields are described in
 * Documentation/ABI/testing/tracefs-events-fgft.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM fgft

#if !defined(FGFT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define FGFT_TRACE_H

#include <linux/device.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "fgft.h"

/* Fixed size: how __string() is filled changed between kernels. */
#define FGFT_TRACE_DRIVER	24
#define FGFT_TRACE_NAME		48
#define FGFT_TRACE_WORD		28

TRACE_EVENT(fgft_begin,
	TP_PROTO(const struct fgft_call *call),
	TP_ARGS(call),
	TP_STRUCT__entry(
		__array(char, driver, FGFT_TRACE_DRIVER)
		__array(char, entry, FGFT_TRACE_NAME)
		__field(u32, level)
	),
	TP_fast_assign(
		strscpy(__entry->driver, call->mod->module->name,
			FGFT_TRACE_DRIVER);
		strscpy(__entry->entry, call->entry->name, FGFT_TRACE_NAME);
		__entry->level = call->level;
	),
	TP_printk("%s %s level=%#x", __entry->driver, __entry->entry,
		  __entry->level)
);

TRACE_EVENT(fgft_commit,
	TP_PROTO(const struct fgft_call *call, unsigned long result),
	TP_ARGS(call, result),
	TP_STRUCT__entry(
		__array(char, driver, FGFT_TRACE_DRIVER)
		__array(char, entry, FGFT_TRACE_NAME)
		__field(long, result)
		__field(u32, stores)
		__field(u32, calls)
		__field(u32, writes)
	),
	TP_fast_assign(
		strscpy(__entry->driver, call->mod->module->name,
			FGFT_TRACE_DRIVER);
		strscpy(__entry->entry, call->entry->name, FGFT_TRACE_NAME);
		__entry->result = result;
		fgft_undo_count(&call->undo, &__entry->stores,
				&__entry->calls);
		__entry->writes = call->nwrites;
	),
	TP_printk("%s %s result=%ld stores=%u calls=%u writes=%u",
		  __entry->driver, __entry->entry, __entry->result,
		  __entry->stores, __entry->calls, __entry->writes)
);

TRACE_EVENT(fgft_abort,
	TP_PROTO(const struct fgft_call *call),
	TP_ARGS(call),
	TP_STRUCT__entry(
		__array(char, driver, FGFT_TRACE_DRIVER)
		__array(char, entry, FGFT_TRACE_NAME)
		__array(char, cause, FGFT_TRACE_WORD)
		__array(char, step, FGFT_TRACE_WORD)
		__field(unsigned long, ip)
		__field(unsigned long, address)
		__field(long, result)
		__field(u32, stores)
		__field(u32, calls)
		__field(u32, writes)
		__field(u64, rollback_ns)
	),
	TP_fast_assign(
		strscpy(__entry->driver, call->mod->module->name,
			FGFT_TRACE_DRIVER);
		strscpy(__entry->entry, call->entry->name, FGFT_TRACE_NAME);
		strscpy(__entry->cause, fgft_cause_name(call->fault.cause),
			FGFT_TRACE_WORD);
		strscpy(__entry->step, fgft_step_name(call->fault.step),
			FGFT_TRACE_WORD);
		__entry->ip = call->fault.ip;
		__entry->address = call->fault.addr;
		__entry->result = call->fault.result;
		__entry->stores = call->fault.undone_stores;
		__entry->calls = call->fault.undone_calls;
		__entry->writes = call->fault.register_writes;
		__entry->rollback_ns = call->fault.rollback_ns;
	),
	TP_printk("%s %s cause='%s' needs=%s ip=%pS address=%#lx result=%ld stores=%u calls=%u writes=%u rollback_ns=%llu",
		  __entry->driver, __entry->entry, __entry->cause,
		  __entry->step, (void *)__entry->ip, __entry->address,
		  __entry->result, __entry->stores, __entry->calls,
		  __entry->writes, __entry->rollback_ns)
);

TRACE_EVENT(fgft_restore,
	TP_PROTO(const struct fgft_module *mod, const struct fgft_entry *point,
		 const struct fgft_fault *fault),
	TP_ARGS(mod, point, fault),
	TP_STRUCT__entry(
		__array(char, driver, FGFT_TRACE_DRIVER)
		__array(char, entry, FGFT_TRACE_NAME)
		__array(char, device, FGFT_TRACE_NAME)
		__array(char, step, FGFT_TRACE_WORD)
		__field(int, error)
		__field(u64, restore_ns)
	),
	TP_fast_assign(
		strscpy(__entry->driver, mod->module->name, FGFT_TRACE_DRIVER);
		strscpy(__entry->entry, point->name, FGFT_TRACE_NAME);
		strscpy(__entry->device,
			fault->dev ? dev_name(fault->dev->dev) : "-",
			FGFT_TRACE_NAME);
		strscpy(__entry->step, fgft_step_name(fault->step),
			FGFT_TRACE_WORD);
		__entry->error = fault->restore_error;
		__entry->restore_ns = fault->restore_ns;
	),
	TP_printk("%s %s device=%s step=%s error=%d restore_ns=%llu",
		  __entry->driver, __entry->entry, __entry->device,
		  __entry->step, __entry->error, __entry->restore_ns)
);

#endif /* FGFT_TRACE_H */

/* Outside of the guard: it is read several times. */
#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
