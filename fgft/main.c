// SPDX-License-Identifier: GPL-2.0
/*
 * fgft.ko: the run time of isolated drivers, put together.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "bus.h"
#include "control.h"
#include "fgft.h"
#include "inject.h"
#include "kapi.h"
#include "pool.h"
#include "report.h"

/*
 * From the inside out: a driver may come with the last step, so that
 * everything a call needs is ready by then.  Exit is the same in reverse.
 */
static int __init fgft_init(void)
{
	int err;

	fgft_object_init();
	err = fgft_domain_init();
	if (err)
		return err;
	err = fgft_pool_init();
	if (err)
		goto fail_call;
	err = fgft_detect_init();
	if (err)
		goto fail_detect;
	err = fgft_deadline_init();
	if (err)
		goto fail_deadline;
	err = fgft_bus_listen();
	if (err)
		goto fail_bus;
	err = fgft_recover_init();
	if (err)
		goto fail_recover;
	err = fgft_finish_init();
	if (err)
		goto fail_finish;
	err = fgft_kapi_init();
	if (err)
		goto fail_kapi;
	err = fgft_dump_init();
	if (err)
		goto fail_dump;
	fgft_report_init();
	err = fgft_control_init();
	if (err)
		goto fail_control;
	err = fgft_inject_init(fgft_control_root());
	if (err)
		goto fail_inject;
	err = fgft_mutant_init(fgft_control_root());
	if (err)
		goto fail_mutant;
	err = fgft_driver_init();
	if (err)
		goto fail_driver;
	return 0;

fail_driver:
	fgft_mutant_exit(fgft_control_root());
fail_mutant:
	fgft_inject_exit();
fail_inject:
	fgft_control_exit();
fail_control:
	fgft_report_exit();
	fgft_dump_exit();
fail_dump:
fail_kapi:
	fgft_finish_exit();
fail_finish:
	fgft_recover_exit();
fail_recover:
	fgft_bus_ignore();
fail_bus:
	fgft_deadline_exit();
fail_deadline:
	fgft_detect_exit();
fail_detect:
	fgft_pool_exit();
fail_call:
	fgft_domain_exit();
	return err;
}

static void __exit fgft_exit(void)
{
	fgft_driver_exit();
	fgft_mutant_exit(fgft_control_root());
	fgft_inject_exit();
	fgft_control_exit();
	fgft_report_exit();
	fgft_dump_exit();
	fgft_finish_exit();
	fgft_recover_exit();
	fgft_bus_ignore();
	fgft_deadline_exit();
	fgft_detect_exit();
	fgft_pool_exit();
	fgft_domain_exit();
}

module_init(fgft_init);
module_exit(fgft_exit);

MODULE_DESCRIPTION("Recovery of driver entry points from their own faults");
MODULE_LICENSE("GPL");
