// SPDX-License-Identifier: GPL-2.0
/*
 * fgft_test.ko: tests of the run time, run once when the module is loaded.
 *
 *	insmod fgft.ko
 *	insmod fgft_test.ko
 *	cat /sys/module/fgft_test/parameters/ktap
 *
 * The checkpoint tests want QEMU's edu device without another driver.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include "ktap.h"
#include "locks.h"
#include "subject.h"

static int ktap_get(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%s", ktap_text());
}

static const struct kernel_param_ops ktap_ops = {
	.get = ktap_get,
};
module_param_cb(ktap, &ktap_ops, NULL, 0400);
MODULE_PARM_DESC(ktap, "results (read only)");

static int failed_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%u\n", ktap_failed());
}

static const struct kernel_param_ops failed_ops = {
	.get = failed_get,
};
module_param_cb(failed, &failed_ops, NULL, 0400);
MODULE_PARM_DESC(failed, "tests that failed (read only)");

static int __init fgft_test_init(void)
{
	int err;

	spin_lock_init(&subject.spin);
	spin_lock_init(&device.lock);
	mutex_init(&subject.mutex);
	init_completion(&subject.done);
	locks_setup();
	err = subject_setup();
	if (err)
		goto teardown;
	err = pci_register_driver(&device_driver);
	if (err)
		goto teardown;
	err = control_write("policy", "always");
	if (err) {
		pr_err("fgft_test: not isolated: %d: build it with FGFT_TESTS=1\n",
		       err);
		goto unregister;
	}

	ktap_run_all();
	return 0;

unregister:
	pci_unregister_driver(&device_driver);
teardown:
	subject_teardown();
	return err;
}

static void __exit fgft_test_exit(void)
{
	pci_unregister_driver(&device_driver);
	subject_teardown();
}

module_init(fgft_test_init);
module_exit(fgft_test_exit);

MODULE_DESCRIPTION("Tests of the FGFT run time");
MODULE_LICENSE("GPL");
