// SPDX-License-Identifier: GPL-2.0
/*
 * fgft_rows.ko: every row of the kernel-function table, tried once when the
 * module is loaded.
 *
 *	insmod fgft.ko repeats=0
 *	insmod fgft_rows.ko dyndbg=+p
 *	cat /proc/fgft_rows
 *
 * The suite of USB is run when it is asked for: with suite=usb, and the adapter of
 * harness/usb plugged in.
 *
 * Wants QEMU's rtl8139 without another driver, a heap that poisons what is
 * freed (slub_debug=P), DMA through bounce buffers (swiotlb=force) and debugfs.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "rows.h"

/* With a device of another bus, and only if asked for. */
#define SUITE_USB	"usb"

static char *suite = "";
module_param(suite, charp, 0400);
MODULE_PARM_DESC(suite, "run this one only");

static int results_show(struct seq_file *seq, void *data)
{
	u32 i;

	seq_printf(seq, "KTAP version 1\n1..%u\n", rows_nresults);
	for (i = 0; i < rows_nresults; i++) {
		const struct rows_result *result = &rows_results[i];

		if (result->why)
			seq_printf(seq, "# expected %s: 0x%llx, not 0x%llx\n",
				   result->why, result->wanted, result->is);
		seq_printf(seq, "%sok %u %s.%s\n", result->why ? "not " : "",
			   i + 1, result->suite->name, result->test->name);
	}
	return 0;
}

static int __init fgft_rows_init(void)
{
	int err;

	err = rows_setup(!strcmp(suite, SUITE_USB));
	if (err)
		return err;
	err = -ENODEV;
	if (!rows_ready())
		goto teardown;
	err = rows_control_write("policy", "always");
	if (err)
		goto teardown;
	err = -ENOMEM;
	if (!proc_create_single(KBUILD_MODNAME, 0400, NULL, results_show))
		goto teardown;
	rows_run_all(suite);
	return 0;

teardown:
	rows_teardown();
	return err;
}

static void __exit fgft_rows_exit(void)
{
	remove_proc_entry(KBUILD_MODNAME, NULL);
	rows_teardown();
}

module_init(fgft_rows_init);
module_exit(fgft_rows_exit);

MODULE_DESCRIPTION("Tests of the FGFT kernel-function table");
MODULE_LICENSE("GPL");
